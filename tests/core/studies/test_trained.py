"""Networks that ship with the app, and how a run becomes one."""

import json

import pytest
import torch
from safetensors.torch import save_file

from resnet_core.errors import RunError, StoreError
from resnet_core.lesions import load_for_lesions, measure
from resnet_core.specs.events import EvaluationCompleted, RunCompleted
from resnet_core.specs.lesion import Lesion
from resnet_core.store.places import run_folder
from resnet_core.studies.trained import (
    FOLDER,
    keep_network,
    kept_weights,
    load_trained_network,
    trained_names,
    trained_networks,
)
from tests.saying import started

NAMES = trained_names()


def test_a_residual_network_and_a_plain_one_ship_and_are_small():
    joins = {network.run.network.join for network in trained_networks()}
    assert joins == {"plain", "residual"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 10_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_network_that_ships_has_the_error_that_its_file_says(name):
    kept = load_trained_network(name)
    found = load_for_lesions(kept.run, kept.weights, at_most=10_000, sha256=kept.sha256)
    (intact,) = measure(found.network, found.images, found.labels, [Lesion()])
    assert intact.images == kept.test_images
    # On another processor one image may fall to the other side.
    assert intact.error == pytest.approx(kept.test_error, abs=1.01 / kept.test_images)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_that_ships_says_how_it_was_made(name):
    kept = load_trained_network(name)
    assert f"keep {kept.run.digest[:8]} --into assets/trained/{name}" in kept.command
    assert kept.command.startswith("python -m resnet_core train ")
    assert kept.date
    assert kept.hardware
    assert {"python", "torch", "resnet_core"} <= {*kept.versions}


# --- keeping ----------------------------------------------------------------------------------


@pytest.fixture
def record(store, study):
    """A run that has completed and left a file as its weights."""
    run = study.runs[0]
    store.add_run(run, requested_by=None, now=1.0)
    evaluations = [
        EvaluationCompleted(
            step=step,
            train_error=0.1,
            train_loss=0.1,
            test_error=error,
            test_loss=0.1,
            train_images=40,
            test_images=20,
            seconds=1.0,
        )
        for step, error in ((20, 0.4), (40, 0.25))
    ]
    events = [
        started(),
        *evaluations,
        RunCompleted(step=40, seconds=2.0, images_per_second=10.0),
    ]
    store.append(run.digest, list(enumerate(events, start=1)), status="completed", ended=86_400.0)
    path = run_folder(run.digest) / "weights.safetensors"
    save_file({"x": torch.arange(3.0)}, path)
    store.add_artefact(run.digest, path)
    return store.run(run.digest)


def test_a_kept_network_is_read_as_it_was_written(store, record, tmp_path):
    kept = keep_network(store, record, tmp_path / "one", command="make it")
    assert load_trained_network("one", tmp_path) == kept
    assert kept.run == record.spec
    assert (kept.test_error, kept.test_images) == (0.25, 20)
    assert (kept.command, kept.date) == ("make it", "1970-01-02")
    left = run_folder(record.digest) / "weights.safetensors"
    assert kept.weights.read_bytes() == left.read_bytes()
    assert kept.sha256 == kept_weights(store, record).sha256
    assert trained_names(tmp_path) == ("one",)
    assert {path.name for path in tmp_path.glob("one.*")} == {"one.json", "one.safetensors"}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("queued", "it is queued: let it finish first"),
        ("running", "it is running: let it finish first"),
        ("paused", "it is paused"),
        ("diverged", "it has diverged: take a run that has completed"),
        ("stopped", "it has stopped"),
        ("failed", "it has failed"),
    ],
)
def test_a_run_that_has_not_completed_has_no_weights(store, record, status, said):
    store.update_run(record.digest, status=status)
    with pytest.raises(RunError, match=said):
        kept_weights(store, store.run(record.digest))


def test_weights_that_went_are_missed(store, record, tmp_path):
    (run_folder(record.digest) / "weights.safetensors").unlink()
    with pytest.raises(RunError, match="left none, or they were removed: train it again"):
        keep_network(store, record, tmp_path / "one", command="")
    assert trained_names(tmp_path) == ()


def test_a_run_that_left_no_weights_has_none(finished_store, study):
    record = next(r for r in finished_store.runs() if r.status == "completed")
    with pytest.raises(RunError, match="left none"):
        kept_weights(finished_store, record)


def test_a_folder_that_is_not_there_is_a_sentence(store, record, tmp_path):
    with pytest.raises(StoreError, match="name a file in a folder that is there"):
        keep_network(store, record, tmp_path / "nowhere" / "one", command="")


@pytest.mark.parametrize(
    "change",
    [
        lambda row: "no JSON",
        lambda row: "[]",
        lambda row: json.dumps(row | {"format": 99}),
        lambda row: json.dumps({k: v for k, v in row.items() if k != "sha256"}),
        lambda row: json.dumps(row | {"colour": "red"}),
        lambda row: json.dumps(row | {"run": {"network": {"depth": 9}}}),
    ],
)
def test_a_damaged_file_is_a_sentence(store, record, tmp_path, change):
    keep_network(store, record, tmp_path / "one", command="")
    path = tmp_path / "one.json"
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(StoreError, match="cannot be read"):
        load_trained_network("one", tmp_path)


def test_a_name_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="looked for"):
        load_trained_network("none", tmp_path)
