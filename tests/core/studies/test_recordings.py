from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from resnet_core.errors import RunError, StoreError
from resnet_core.specs import (
    DegradationStudy,
    NetworkSpec,
    OrderStudy,
    ScaleStudy,
    ShortcutStudy,
    TrainSpec,
)
from resnet_core.specs.choices import GATED
from resnet_core.specs.events import ProbesCompleted, StepsCompleted
from resnet_core.studies import (
    load_recording,
    order_verdict,
    outcomes,
    save_recording,
    scale_verdict,
    shortcut_verdict,
    variants,
    verdicts,
)

COMMAND = "python -m resnet_core study degradation"
RUNS = Path(__file__).resolve().parents[3] / "assets" / "runs"
VARYING = {
    "scales": (ScaleStudy, scale_verdict),
    "shortcuts": (ShortcutStudy, shortcut_verdict),
    "orders": (OrderStudy, order_verdict),
}
"""Studies of variants that ship with the app: plan and verdict by name."""


@pytest.fixture
def file(study, finished_store, tmp_path):
    path = tmp_path / "study.json"
    save_recording(study, finished_store, path, command=COMMAND, date="2026-01-02")
    return path


def test_a_recording_says_where_it_comes_from(file, study):
    recording = load_recording(file, DegradationStudy)
    assert (recording.command, recording.date) == (COMMAND, "2026-01-02")
    assert recording.hardware == "A processor, 1 thread a run"
    assert recording.versions == {"python": "3.11"}
    assert recording.study == study
    assert list(recording.runs) == [run.digest for run in study.runs]


def test_a_recording_has_the_same_outcomes_and_verdicts(file, study, finished_store):
    recorded, measured = (
        load_recording(file, DegradationStudy).outcomes(),
        outcomes(study, finished_store),
    )
    assert [o.status for o in recorded] == [o.status for o in measured]
    for one, other in zip(recorded, measured, strict=True):
        if other.train_error is not None:
            assert math.isclose(one.train_error, other.train_error, rel_tol=1e-4)
    kinds = [{j: v.kind for j, v in verdicts(o, 1437).items()} for o in (recorded, measured)]
    assert kinds[0] == kinds[1] == {"plain": "diverged", "residual": "degradation"}


def test_steps_are_merged_by_twenty_and_no_loss_is_lost(file, study, said):
    run = study.runs[0]
    events = load_recording(file, DegradationStudy).events(run.digest)
    steps = [e.event for e in events if e.kind == "steps"]
    assert [(e.step, len(e.losses)) for e in steps] == [(20, 20), (40, 20)]
    losses = [x for e in said(run) if isinstance(e, StepsCompleted) for x in e.losses]
    recorded = [x for e in steps for x in e.losses]
    assert all(math.isclose(*pair, rel_tol=1e-4) for pair in zip(losses, recorded, strict=True))
    sequences = [event.sequence for event in events]
    assert sequences == sorted(sequences)
    assert sequences[-1] == len(said(run))


def test_a_loss_that_is_no_number_survives(file, study):
    last = load_recording(file, DegradationStudy).events(study.runs[2].digest)[-1].event
    assert last.kind == "diverged"
    assert math.isnan(last.loss)


def test_ids_count_through_the_whole_file(file):
    recording = load_recording(file, DegradationStudy)
    ids = [event.id for events in recording.runs.values() for event in events]
    assert ids == list(range(1, len(ids) + 1))


def test_eight_runs_of_two_hundred_steps_are_small(store, said, tmp_path):
    study = DegradationStudy(width=4)
    for run in study.runs:
        store.add_run(run, requested_by=None, now=1.0)
        start, *_, end = said(study.runs[0])
        numbers = [0.123456789 * (i + 1) for i in range(4)]
        steps = [
            StepsCompleted(step=s, losses=numbers, errors=numbers, seconds=1 / 3)
            for s in range(4, 201, 4)
        ]
        evaluations = [said(study.runs[0])[6]] * 10
        events = [start, *steps, *evaluations, end]
        store.append(run.digest, list(enumerate(events, 1)), status="completed", ended=2.0)
    save_recording(study, store, tmp_path / "study.json", command=COMMAND)
    assert (tmp_path / "study.json").stat().st_size < 100_000


def test_of_what_was_probed_some_may_be_kept_alone(store, said, tmp_path):
    study = ScaleStudy(scales=(1,), network=NetworkSpec(depth=8), train=TrainSpec(steps=40))
    (run,) = study.runs
    first, *others = said(run)
    probes = ProbesCompleted(step=1, values={"gate": (0.5, 0.25, 0.125), "gradient": (1.0,) * 8})
    store.add_run(run, requested_by=None, now=1.0)
    store.append(run.digest, list(enumerate([first, probes, *others], 1)), status="completed")
    kept = {}
    for name, some in (("all", None), ("gates", ("gate",)), ("none", ())):
        save_recording(study, store, tmp_path / name, command=COMMAND, probes=some)
        events = load_recording(tmp_path / name, ScaleStudy).events(run.digest)
        assert [event.kind for event in events].count("probes") == 1
        kept[name] = next(e.event.values for e in events if e.kind == "probes")
    assert kept == {"all": probes.values, "gates": {"gate": (0.5, 0.25, 0.125)}, "none": {}}


def test_an_unfinished_study_is_not_recorded(study, finished_store, tmp_path):
    finished_store.delete_run(study.runs[3].digest)
    with pytest.raises(RunError, match="8 runs was asked for, but 1 have no result"):
        save_recording(study, finished_store, tmp_path / "x.json", command=COMMAND)
    assert not (tmp_path / "x.json").exists()


def test_a_recording_that_cannot_be_written_is_a_sentence(study, finished_store, tmp_path):
    with pytest.raises(StoreError, match="cannot be done"):
        save_recording(study, finished_store, tmp_path / "no" / "x.json", command=COMMAND)


def test_an_unknown_run_is_refused(file):
    with pytest.raises(RunError, match="this recording has no such run"):
        load_recording(file, DegradationStudy).events("0" * 16)


def test_what_is_no_recording_is_refused(file, tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        load_recording(tmp_path / "missing.json", DegradationStudy)
    good = json.loads(file.read_text())
    for bad in (
        [],
        {},
        {**good, "format": 2},
        {**good, "runs": good["runs"][1:]},
        {**good, "study": {"depths": [9]}},
    ):
        file.write_text(json.dumps(bad))
        with pytest.raises(StoreError, match="record the study again"):
            load_recording(file, DegradationStudy)
    file.write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        load_recording(file, DegradationStudy)


# --- what ships with the app ----------------------------------------------------------------------


@pytest.mark.parametrize("name", VARYING)
def test_a_study_of_variants_ships_with_the_app_whole_and_small(name):
    plan, verdict = VARYING[name]
    path = RUNS / f"{name}-digits.json"
    recording = load_recording(path, plan)
    study = recording.study
    assert recording.command.startswith(f"python -m resnet_core study {name} --seeds {study.seeds}")
    assert study.keys == plan().keys
    assert (study.network, study.train, study.data) == (plan().network, plan().train, plan().data)
    assert study.seeds >= 3
    found = variants(study, recording.outcomes())
    assert [len(v.train_errors) + len(v.diverged) for v in found] == [study.seeds] * len(found)
    said = " ".join(str(sentence) for sentence in verdict(study, found))
    assert "no result so far" not in said
    assert "noise" in said
    assert path.stat().st_size < 1_500_000


def test_the_gates_of_the_shortcuts_that_ship_can_be_watched():
    recording = load_recording(RUNS / "shortcuts-digits.json", ShortcutStudy)
    gated = [run for run in recording.study.runs if run.network.shortcut in GATED]
    assert gated
    for run in gated:
        events = [stored.event for stored in recording.events(run.digest)]
        probed = [event for event in events if isinstance(event, ProbesCompleted)]
        assert [event.step for event in probed] == [*run.train.probe_steps]
        units = sum(run.network.units_per_stage)
        assert all(len(event.values["gate"]) == units for event in probed)
        assert all(0 < g < 1 for event in probed for g in event.values["gate"])


def test_the_gates_of_the_shortcuts_that_ship_start_as_far_open_as_their_bias_says():
    recording = load_recording(RUNS / "shortcuts-digits.json", ShortcutStudy)
    first = {}
    for run in recording.study.runs[: len(recording.study.keys)]:
        events = [stored.event for stored in recording.events(run.digest)]
        probed = [event for event in events if isinstance(event, ProbesCompleted)]
        if probed:
            first[recording.study.key_of(run)] = probed[0].values["gate"][0]
    # With one seed the first unit's gate sees the same images through the same weights.
    assert first["exclusive-gate-0"] > first["exclusive-gate-6"] > first["exclusive-gate-7"]
    assert first["shortcut-gate-0"] == first["exclusive-gate-0"]
    assert first["shortcut-gate-6"] == first["exclusive-gate-6"]
