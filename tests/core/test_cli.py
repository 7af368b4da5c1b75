"""The command line against a real lab of its own, started once for this module."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from resnet_core.cli import app
from resnet_core.execute.client import LabClient
from resnet_core.specs import DegradationStudy, NetworkSpec, RunSpec, ScaleStudy, TrainSpec
from resnet_core.store import Store
from resnet_core.studies import load_recording

SMALL = ["--width", "4", "--steps", "20", "--batch-size", "32"]


def say(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def rows(result: Result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def refusal(*arguments: str) -> str:
    """Give the sentence with which the command line refuses: exit code 2, and no traceback."""
    result = say(*arguments)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


# --- count ------------------------------------------------------------------------------------


def test_resnet_110_is_counted_exactly():
    (row,) = rows(say("count", "--depth", "110", "--width", "16", "--json"))
    assert row["parameters"] == 1_727_962
    assert row["multiply_adds"] == 252_887_680
    assert row["network"]["depth"] == 110


def test_an_imagenet_network_is_counted_at_its_own_size_and_classes():
    (row,) = rows(
        say("count", "--family", "imagenet", "--depth", "50", "--shortcut", "B", "--json")
    )
    assert row["parameters"] == 25_557_032
    assert round(row["multiply_adds"] / 1e9, 3) == 3.858


def test_a_count_reads_well_without_json():
    result = say("count", "--depth", "20", "--join", "plain")
    assert result.exit_code == 0
    assert "plain-20, width 16" in result.stdout
    assert "269,722" in result.stdout
    assert "40,551,040" in result.stdout


def test_images_and_classes_of_another_kind_can_be_counted():
    asked = ["--channels", "1", "--size", "8", "--classes", "7", "--json"]
    (row,) = rows(say("count", "--depth", "20", *asked))
    assert row["parameters"] == 269_722 - 2 * 9 * 16 - 3 * 65


def test_a_wide_network_is_counted_by_its_family():
    (row,) = rows(say("count", "--family", "wide", "--depth", "40", "--width", "4", "--json"))
    assert row["parameters"] == 8_949_210


def test_a_model_of_torchvision_is_counted():
    (row,) = rows(say("count", "--torchvision", "resnet50", "--json"))
    assert row["parameters"] == 25_557_032
    assert row["parameters"] == row["weights"] + row["biases"] + row["normalisation"]
    assert round(row["multiply_adds"] / 1e9, 3) == 4.089
    assert "layers" not in row


def test_the_table_of_layers_adds_up():
    (row,) = rows(say("count", "--depth", "1202", "--layers", "--json"))
    for key in ("weights", "biases", "normalisation", "multiply_adds"):
        assert sum(layer[key] for layer in row["layers"]) == row[key]
    assert row["parameters"] == 19_421_274


def test_the_table_of_layers_reads_well_without_json():
    said = say("count", "--depth", "8", "--layers").stdout.splitlines()
    (row,) = [line.split() for line in said if line.startswith("stages.2.0.residual.conv2")]
    assert row[1:] == ["Conv2d", "64×8×8", "36,864", "2,359,296", "25×25"]


def test_a_network_of_other_layers_is_counted():
    made_of = ["--activation", "tanh", "--normalisation", "none", "--initialisation", "skipinit"]
    (row,) = rows(say("count", "--depth", "20", *made_of, "--json"))
    assert row["normalisation"] == 0
    assert row["biases"] == 16 + 6 * (16 + 32 + 64) + 10
    assert row["parameters"] == 269_722 - (16 + 6 * (16 + 32 + 64)) + 9
    assert [row["network"][name[2:]] for name in made_of[::2]] == made_of[1::2]


def test_what_is_unusual_of_a_network_is_said():
    said = say("count", "--depth", "20", "--normalisation", "none").stdout.splitlines()
    assert said[0] == "residual-20, width 16, normalisation none"


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("count", "--depth", "9"), "Depth 9 was asked for"),
        (("count", "--width", "0"), "Width 0 was asked for"),
        (("count", "--torchvision", "resnet51"), "Model 'resnet51' was asked for"),
        (("count", "--torchvision", "alexnet", "--size", "8"), "Images of 8×8 pixels"),
        (("count", "--family", "wide", "--depth", "29"), "Depth 29 was asked for"),
        (("count", "--family", "wide", "--block", "bottleneck"), "Block 'bottleneck' was asked"),
        (("count", "--shortcut", "D"), "Shortcut 'D' was asked for"),
        (("count", "--family", "imagenet", "--depth", "20"), "Depth 20 was asked for"),
        (("count", "--activation", "gelu"), "Activation 'gelu' was asked for"),
        (("count", "--normalisation", "layer"), "Normalisation 'layer' was asked for"),
        (("count", "--family", "vgg", "--block", "basic"), "but a VGG here has 'single'"),
        (("train", "--family", "vgg", "--depth", "15"), "the nearest are 14 and 17"),
        (("train", "--family", "vgg", "--join", "residual"), "but a VGG here has 'plain'"),
        (("train", "--family", "inception"), "Family 'inception' was asked for"),
        (("train", "--family", "wide", "--depth", "11"), "a wide network has 6n+4 layers"),
        (("train", "--initialisation", "zero"), "Initialisation 'zero' was asked for"),
        (("train", "--initialisation", "fixup"), "it is made for normalisation 'none'"),
        (("train", "--initialisation", "zero-last-bn", "--join", "plain"), "'residual': take that"),
        (("train", "--probes", "1001"), "Probes 1001 was asked for"),
        (("train", "--change", "200:shortcut_scale=0"), "Step of a change 200 was asked for"),
        (("train", "--change", "nonsense"), "Change 'nonsense' was asked for"),
        (("train", "--change", "5:learning_rate=nan"), "Value 'nan' was asked for"),
        (("train", "--depth", "10000"), "Depth 10000 was asked for"),
        (("train", "--dataset", "cifar100"), "Data set 'cifar100' was asked for"),
        (("train", "--lr", "nan"), "Learning rate nan was asked for"),
        (("train", "--images", "/nowhere/at/all"), "/nowhere/at/all"),
        (("study", "degradation", "--depths", "8,9"), "Depth 9 was asked for"),
        (("study", "degradation", "--seeds", "0"), "Seeds 0 was asked for"),
        (("study", "scales", "--scales", "nan"), "Scales nan was asked for"),
        (("study", "scales", "--scales", "0.5,3"), "Shortcut scale 3.0 was asked for"),
        (("study", "scales", "--scales", "1,1"), "each may stand once, in rising order."),
        (("study", "scales", "--seeds", "17"), "170 runs were asked for"),
        (("study", "shortcuts", "--cases", "wormhole"), "Shortcut case 'wormhole' was asked for"),
        (("study", "shortcuts", "--cases", ""), "A study of no variant was asked for"),
        (("study", "shortcuts", "--block", "bottleneck", "--depth", "32"), "Depth 32 was asked"),
        (("study", "orders", "--orders", "original,original"), "'original' was asked for twice"),
        (("study", "orders", "--first-seed", "-1"), "First seed -1 was asked for"),
    ],
    ids=" ".join,
)
def test_a_plan_that_cannot_be_built_is_refused_with_its_sentence(arguments, said, own_folders):
    assert said in refusal(*arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("study", "degradation", "--depths", "8,x"), "whole numbers"),
        (("study", "degradation", "--depths", ""), "whole numbers"),
        (("study", "scales", "--scales", "1,much"), "numbers with commas"),
        (("count", "--classes", "0"), "'--classes'"),
        (("count", "--channels", "-1"), "'--channels'"),
        (("count", "--size", "0"), "'--size'"),
        (("count", "--depth", "deep"), "'--depth'"),
        (("paint",), "'paint'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_read_is_refused_by_name(arguments, said):
    assert said in refusal(*arguments)


def test_without_a_command_it_says_what_there_is():
    said = say().output
    assert all(command in said for command in ("train", "study", "count", "runs"))


def test_the_module_is_the_same_command_line():
    said = subprocess.run(
        [sys.executable, "-m", "resnet_core", "count", "--depth", "9"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert said.stderr.startswith("Depth 9 was asked for")


# --- with a lab -------------------------------------------------------------------------------


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RESNET_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RESNET_LAB_STORE", raising=False)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabClient]:
    """A lab that the first command starts, with folders of its own, told to end afterwards."""
    root = tmp_path_factory.mktemp("lab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_LAB_DATA", str(root / "data"))
        patch.setenv("RESNET_LAB_CACHE", str(root / "cache"))
        patch.setenv("RESNET_LAB_IDLE_SECONDS", "60")
        patch.delenv("RESNET_LAB_STORE", raising=False)
        client = LabClient()
        yield client
        # Every command was a client of its own, so one goodbye does not end this lab.
        os.kill(client.status().pid, signal.SIGTERM)


@pytest.fixture(scope="module")
def studied(lab: LabClient) -> list[dict]:
    """The lines of a study of two depths and two seeds; seed 0 stays for other tests."""
    asked = ["--depths", "8,14", "--seeds", "2", *SMALL, "--json"]
    return rows(say("study", "degradation", *asked))


def test_the_last_line_of_a_study_has_one_entry_a_depth_and_join_with_one_error_a_seed(studied):
    results = studied[-1]["results"]
    assert [(row["depth"], row["join"]) for row in results] == [
        *((8, "plain"), (8, "residual")),
        *((14, "plain"), (14, "residual")),
    ]
    for row in results:
        for errors in (row["train_error"], row["test_error"]):
            assert len(errors) == 2
            assert all(0 <= error <= 1 for error in errors)


def test_a_study_asked_again_is_remembered_and_says_the_same(studied, lab):
    asked = ["study", "degradation", "--depths", "8,14", "--seeds", "2", *SMALL]
    assert rows(say(*asked, "--json"))[-1] == studied[-1]
    result = say(*asked)
    assert result.exit_code == 0
    assert "8 of 8 runs were known already." in result.stdout
    assert "residual-14" in result.stdout
    assert "training error" in result.stdout


def test_training_says_every_event_and_the_result_last(studied, lab):
    events = rows(say("train", "--depth", "8", *SMALL, "--seed", "7", "--json"))
    assert events[0]["kind"] == "started"
    assert events[-1]["kind"] == "completed"
    assert sum(len(event["losses"]) for event in events if event["kind"] == "steps") == 20
    assert [event["step"] for event in events if event["kind"] == "evaluation"][-1] == 20


def test_training_says_what_was_probed(studied, lab):
    made_of = ["--activation", "tanh", "--normalisation", "none", "--initialisation", "xavier"]
    asked = ["train", "--depth", "8", *SMALL, *made_of, "--seed", "7", "--probes", "3", "--json"]
    probed = [event for event in rows(say(*asked)) if event["kind"] == "probes"]
    assert [event["step"] for event in probed] == [1, 11, 20]
    assert all(len(event["values"]["gradient"]) == 8 for event in probed)
    listed = rows(say("runs", "--limit", "1", "--json"))
    store = Store.open(lab.url, read_only=True)
    plan = store.run(listed[0]["digest"]).spec
    store.close()
    assert [getattr(plan.network, name[2:]) for name in made_of[::2]] == made_of[1::2]
    assert plan.train.probes == 3


def test_training_says_what_was_changed(studied, lab):
    changes = ["--change", "5:shortcut_scale=0", "--change", "5:shortcut_scale=1+8"]
    asked = ["train", "--depth", "8", *SMALL, *changes, "--change", "9:learning_rate=0.01"]
    events = rows(say(*asked, "--seed", "7", "--json"))
    changed = [event for event in events if event["kind"] == "changed"]
    assert [(e["step"], e["what"], e["value"], e["over"]) for e in changed] == [
        (5, "shortcut_scale", 0, 0),
        (5, "shortcut_scale", 1, 8),
        (9, "learning_rate", 0.01, 0),
    ]
    assert events[-1]["kind"] == "completed"


def test_training_reads_well_without_json(studied, lab):
    result = say("train", "--depth", "8", *SMALL, "--seed", "0")
    assert result.exit_code == 0, result.output
    last = result.stdout.splitlines()[-1]
    assert last.startswith("residual-8: completed at step 20, training error ")


def test_a_run_of_a_study_is_the_run_that_train_would_do(studied, lab):
    study = DegradationStudy(
        depths=(8, 14), width=4, seeds=2, train=TrainSpec(steps=20, batch_size=32)
    )
    listed = {row["digest"] for row in rows(say("runs", "--limit", "100", "--json"))}
    assert {run.digest for run in study.runs} <= listed


def test_runs_are_listed_newest_first(studied, lab):
    listed = rows(say("runs", "--limit", "3", "--json"))
    assert len(listed) == 3
    assert [row["created"] for row in listed] == sorted(
        (row["created"] for row in listed), reverse=True
    )
    assert {row["status"] for row in listed} == {"completed"}
    assert all((row["step"], row["steps"]) == (20, 20) for row in listed)


def test_runs_read_well_without_json(studied, lab):
    lines = say("runs", "--limit", "2").stdout.splitlines()
    assert len(lines) == 2
    assert all("completed" in line and "digits" in line for line in lines)


def test_a_run_that_is_too_large_is_refused_with_what_would_fit(studied, lab):
    sentence = refusal("train", "--depth", "1202", "--width", "64", "--steps", "1000000")
    assert sentence.startswith("residual-1202 at width 64 for 1000000 steps was asked for.")
    assert "fits" in sentence


def test_a_study_is_recorded_into_a_file(studied, lab, tmp_path):
    path = tmp_path / "study.jsonl.gz"
    asked = ["--depths", "8", "--seeds", "2", *SMALL, "--record", str(path), "--json"]
    last = rows(say("study", "degradation", *asked))[-1]
    assert path.exists()
    assert last["results"] == studied[-1]["results"][:2]


TINY = ["--depth", "8", "--width", "2", "--steps", "4"]


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (("scales", "--scales", "0,1"), ["0", "1"]),
        (("shortcuts", "--cases", "identity,exclusive-gate-6"), ["identity", "exclusive-gate-6"]),
        (("orders", "--orders", "original,pre-activation"), ["original", "pre-activation"]),
    ],
    ids=lambda value: value[0],
)
def test_the_last_line_of_a_study_of_variants_has_their_errors_and_a_verdict(lab, asked, keys):
    study = ["study", *asked, *TINY, "--seeds", "2", "--first-seed", "3"]
    last = rows(say(*study, "--json"))[-1]
    assert [row["variant"] for row in last["results"]] == keys
    for row in last["results"]:
        assert row["diverged"] == []
        for errors in (row["train_error"], row["test_error"]):
            assert len(errors) == 2
            assert all(0 <= error <= 1 for error in errors)
    assert last["verdict"]
    assert not any("{" in sentence for sentence in last["verdict"])
    result = say(*study)
    assert result.exit_code == 0, result.output
    assert "4 of 4 runs were known already." in result.stdout
    assert result.stdout.splitlines()[-len(last["verdict"]) :] == last["verdict"]
    assert any(line.split()[:1] == [keys[1]] for line in result.stdout.splitlines())


def test_a_run_of_a_sweep_is_the_run_that_the_page_would_do(lab):
    rows(say("study", "scales", "--scales", "0.5", "--lr", "0.05", *TINY, "--json"))
    (run,) = ScaleStudy(
        scales=(0.5,),
        network=NetworkSpec(depth=8, width=2),
        train=TrainSpec(steps=4, learning_rate=0.05),
    ).runs
    store = Store.open(lab.url, read_only=True)
    assert store.run(run.digest) is not None
    store.close()


def test_a_sweep_in_which_a_run_diverges_is_recorded_and_says_at_which_step(lab, tmp_path):
    path = tmp_path / "scales.json"
    exploding = ["--scales", "2", "--depth", "32", "--width", "2", "--lr", "100", "--steps", "20"]
    asked = [*exploding, "--record", str(path), "--json"]
    ((row,), verdict) = rows(say("study", "scales", *asked))[-1].values()
    assert (row["train_error"], row["test_error"]) == ([None], [None])
    ((seed, step),) = [entry.values() for entry in row["diverged"]]
    assert seed == 0
    assert 0 < step <= 20
    assert verdict[-1].startswith(f"λ = 2 diverged (seed 0; step {step})")
    recorded = load_recording(path, ScaleStudy)
    assert recorded.study.scales == (2,)
    assert [outcome.step for outcome in recorded.outcomes()] == [step]


def test_units_of_a_finished_run_are_deleted(studied, lab, tmp_path):
    digest = next(
        row["digest"]
        for row in rows(say("runs", "--limit", "100", "--json"))
        if row["network"] == "residual-14"
    )
    (each,) = rows(say("lesion", digest[:9], "--json"))
    assert (each["run"], each["network"], each["images"]) == (digest, "residual-14", 360)
    assert [row["unit"] for row in each["deleted"]] == [1, 2, 3, 4, 5, 6]
    assert all(0 <= row["error"] <= 1 for row in [each["intact"], *each["deleted"]])
    assert each["said"][0].split(" can be deleted")[0].endswith("of the 6 units of residual-14")
    drawn = ["--draws", "3", "--seed", "5", "--images", "50", "--json"]
    (many,) = rows(say("lesion", digest, "--delete", "1,4", *drawn))
    assert (many["images"], many["draws"], many["seed"]) == (50, 3, 5)
    for row, count in zip(many["deleted"], (1, 4), strict=True):
        assert row["count"] == count
        assert [len(units) for units in row["units"]] == [count] * 3
        assert row["mean_error"] == pytest.approx(sum(row["errors"]) / 3)
    said = say("lesion", digest[:9], "--delete", "2", "--draws", "2").stdout.splitlines()
    assert said[0].startswith("residual-14, digits, 360 test images: error ")
    assert said[1].startswith("without 2    units  mean error ")
    # Kept under another name, it is the same network.
    (kept,) = rows(say("keep", digest, "--into", str(tmp_path / "kept"), "--json"))
    written = json.loads((tmp_path / "kept.json").read_text())
    assert kept["test_error"] == written["test_error"] == each["intact"]["error"]
    # What made it can be typed again: the same run, so nothing new is trained.
    before = all_digests()
    made = written["command"].split(" && ")[0].split()[3:]
    assert made[0] == "train"
    assert rows(say(*made, "--json"))[-1]["kind"] == "completed"
    assert all_digests() == before


@pytest.mark.parametrize(
    ("asked", "name", "units"),
    [
        (("--family", "vgg", "--depth", "8"), "vgg-8", 6),
        (("--family", "wide", "--depth", "10"), "wide-10-2", 3),
        (("--depth", "8", "--join", "plain", "--block", "single"), "plain-8", 6),
    ],
    ids=["vgg", "wide", "single"],
)
def test_networks_of_every_kind_are_trained_cut_and_kept_with_what_made_them(
    studied, lab, tmp_path, asked, name, units
):
    trained = ("--width", "2", "--steps", "5", "--batch-size", "32")
    before = {*all_digests()}
    said = say("train", *asked, *trained).stdout.splitlines()
    assert said[-1].startswith(f"{name}: completed at step 5")
    (digest,) = {*all_digests()} - before
    (each,) = rows(say("lesion", digest, "--images", "50", "--json"))
    assert [row["unit"] for row in each["deleted"]] == [*range(1, units + 1)]
    say("keep", digest, "--into", str(tmp_path / "kept"))
    made = json.loads((tmp_path / "kept.json").read_text())["command"].split(" && ")[0].split()[4:]
    # What a family fixes, or usually has, need not be typed.
    assert {*zip(made[::2], made[1::2], strict=True)} == {
        *zip(asked[::2], asked[1::2], strict=True),
        *zip(trained[::2], trained[1::2], strict=True),
    }


def all_digests() -> list[str]:
    return [row["digest"] for row in rows(say("runs", "--limit", "100", "--json"))]


def test_a_network_that_ships_is_cut_by_its_name(studied, lab):
    (row,) = rows(say("lesion", "plain-20", "--images", "100", "--json"))
    assert (row["network"], row["images"], len(row["deleted"])) == ("plain-20", 100, 9)
    assert min(one["error"] for one in row["deleted"]) > 0.6


def test_lesions_that_cannot_be_are_refused_with_their_sentence(studied, lab):
    said_so_far = rows(say("runs", "--limit", "100", "--json"))
    (digest, *_) = (row["digest"] for row in said_so_far if row["status"] == "completed")
    for arguments, said in (
        ((digest, "--delete", "all"), "Units 'all' were asked to be deleted"),
        ((digest, "--delete", "4,2"), "rising"),
        ((digest, "--delete", "0"), "Number of deleted units 0"),
        ((digest, "--delete", "99"), "Number of deleted units 99"),
        ((digest, "--draws", "0", "--delete", "1"), "Draws 0"),
        ((digest, "--images", "0"), "Images 0 was asked for"),
        (("nonsense",), "Run 'nonsense' was asked for, but there is none here"),
        (("",), "Run '' was asked for, but there is none here"),
    ):
        assert said in refusal("lesion", *arguments)


def test_a_run_without_weights_or_without_an_end_is_refused_with_its_sentence(studied, lab):
    asked = ["--depth", "8", *SMALL, "--seed", "31", "--json"]
    digest = RunSpec.model_validate(
        {
            "network": {"depth": 8, "width": 4},
            "train": {"steps": 20, "batch_size": 32, "seed": 31},
        }
    ).digest
    rows(say("train", *asked))
    weights = Path(os.environ["RESNET_LAB_DATA"], "runs", digest, "weights.safetensors")
    left = weights.read_bytes()
    weights.write_bytes(left[:-1] + bytes([left[-1] ^ 1]))
    assert "the file has been changed" in refusal("lesion", digest)
    weights.unlink()
    assert "left none, or they were removed" in refusal("lesion", digest)
    endless = RunSpec(network={"depth": 8, "width": 4}, train={"steps": 100_000, "seed": 32})
    lab.submit([endless], visitor="ann")
    try:
        assert "let it finish first" in refusal("lesion", endless.digest)
    finally:
        lab.stop([endless.digest], visitor="ann")


def test_the_store_is_tidied(studied, lab):
    result = say("runs", "tidy", "--max-megabytes", "1000")
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_the_command_line_and_its_lab_do_not_import_pytorch():
    code = "import sys, resnet_core.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0


def test_the_plan_of_the_command_line_is_the_plan_of_the_page(studied, lab):
    run = RunSpec.model_validate(
        {
            "network": {"depth": 8, "width": 4},
            "train": {"steps": 20, "batch_size": 32, "seed": 0},
        }
    )
    store = Store.open(lab.url, read_only=True)
    assert store.run(run.digest) is not None
    store.close()
