"""Measurements that are answered at once: here in this process, and through a lab."""

from __future__ import annotations

import json

import pytest

from resnet_core.arithmetic import estimate_run
from resnet_core.errors import DataError, RunError, SpecError
from resnet_core.execute import bench
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec, UnitSpec
from resnet_core.specs.lesion import Lesion, each_deletion
from resnet_core.studies.trained import load_trained_network


def test_the_speed_of_this_machine_is_measured_once():
    speed = bench.measured_speed()
    assert speed.measured
    assert 1e-6 <= speed.seconds_per_layer < 0.1
    assert 1e6 < speed.multiply_adds_per_second < 1e15
    assert bench.measured_speed() is speed


def test_a_count_equals_the_papers():
    network = NetworkSpec(depth=110, width=16).model_dump()
    counts = bench.count(network, channels=3, classes=10, size=32)
    assert round(counts["parameters"] / 1e6, 1) == 1.7  # He 2015, table 6


def test_an_estimate_is_the_arithmetic_of_this_machine():
    run = RunSpec(network=NetworkSpec(depth=20, width=8), train=TrainSpec(steps=100))
    (found,) = bench.estimate([run.to_json()], 1e9, 1e12)["estimates"]
    right = estimate_run(run, bench.data_shape(run.data), bench.measured_speed())
    assert found["seconds"] == right.seconds
    assert found["memory_bytes"] == right.memory_bytes
    assert found["parameters"] == right.counts.parameters
    assert "fits" not in found


def test_above_a_limit_the_estimate_says_what_fits():
    run = RunSpec(network=NetworkSpec(depth=56, width=16))
    (found,) = bench.estimate([run.to_json()], 1e-9, 1e12)["estimates"]
    assert found["fits"] is None
    right = estimate_run(run, bench.data_shape(run.data), bench.measured_speed())
    (found,) = bench.estimate([run.to_json()], right.seconds / 2, 1e12)["estimates"]
    assert 8 <= found["fits"] < 56


def test_the_shape_of_images_is_known_without_loading_them():
    shape = bench.data_shape(DataSpec(dataset="cifar10", train_images=1000, image_size=16))
    assert (shape.channels, shape.size, shape.classes) == (3, 16, 10)
    assert (shape.train_images, shape.test_images) == (1000, 10_000)


@pytest.mark.parametrize(
    ("unit", "weights", "normalisation"),
    [
        (UnitSpec(), 1_179_648, 1024),
        (UnitSpec(block="bottleneck"), 69_632, 768),
        (UnitSpec(in_channels=64, out_channels=64), 73_728, 256),
        (UnitSpec(in_channels=64, out_channels=128, stride=2), 221_184, 512),
        (UnitSpec(in_channels=64, out_channels=128, stride=2, shortcut="B"), 229_376, 768),
        (UnitSpec(block="bottleneck", shortcut="C"), 135_168, 1280),
        (UnitSpec(block="bottleneck", ratio=2), 212_992, 1024),
    ],
)
def test_a_unit_is_counted_layer_by_layer(unit, weights, normalisation):
    layers = bench.unit(unit.model_dump(), size=32)["layers"]
    assert sum(layer["weights"] for layer in layers) == weights
    assert sum(layer["normalisation"] for layer in layers) == normalisation
    branch = [layer for layer in layers if layer["name"].startswith("residual.conv")]
    assert [
        (layer["kernel"], layer["input_shape"][0], layer["output_shape"][0]) for layer in branch
    ] == [(kernel, before, after) for kernel, before, after, _ in unit.convolutions]
    assert branch[0]["output_shape"][1] == 32 // unit.stride


def test_a_unit_that_cannot_be_is_a_sentence(lab):
    with pytest.raises(SpecError, match="does not divide"):
        lab.client.measure("unit", unit={"block": "bottleneck", "out_channels": 30}, size=8)


def test_stepping_through_a_run_that_left_no_weights_is_a_sentence(lab):
    run = RunSpec(network=NetworkSpec(depth=8, width=3), train=TrainSpec(seed=99))
    with pytest.raises(RunError, match="train it again"):
        lab.client.measure("step_through", run=run.to_json(), image=0, stage=1, number=1)


def test_the_constructed_solution_of_a_finished_run_is_measured(lab):
    network = NetworkSpec(depth=8, width=2, join="plain")
    run = RunSpec(network=network, train=TrainSpec(steps=5, seed=98, evaluations=1))
    lab.submit(run)
    lab.wait(run)
    deep = network.model_copy(update={"depth": 14}).model_dump()
    found = lab.client.measure("constructed", shallow=run.to_json(), deep=deep)
    assert found["images"] == 1437
    assert abs(found["deep_error"] - found["shallow_error"]) < 0.001
    assert found["largest_difference"] < 1e-4


def test_the_constructed_solution_needs_weights(lab):
    run = RunSpec(network=NetworkSpec(depth=8, width=3, join="plain"), train=TrainSpec(seed=99))
    deep = run.network.model_copy(update={"depth": 14}).model_dump()
    with pytest.raises(RunError, match="train it again"):
        lab.client.measure("constructed", shallow=run.to_json(), deep=deep)


def test_every_answer_is_json():
    machine = bench.machine()
    assert json.loads(json.dumps(machine)) == machine


def test_a_broken_zip_is_a_sentence(lab, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(DataError):
        lab.client.measure("bring_images", path=str(broken), image_size=None)


def test_images_that_are_not_there_any_more_are_a_sentence(lab):
    with pytest.raises(DataError):
        lab.client.measure("imported", digest="0" * 16)


def test_an_estimate_comes_through_the_lab(lab):
    runs = [RunSpec(network=NetworkSpec(depth=d, width=8)) for d in (8, 20)]
    small, large = lab.client.estimate(runs)
    assert small.allowed
    assert 0 < small.seconds < large.seconds
    assert small.parameters < large.parameters


# --- lesions ----------------------------------------------------------------------------------

CUT = RunSpec(
    network=NetworkSpec(depth=14, width=2),
    train=TrainSpec(steps=5, seed=97, evaluations=1),
)


def lesions_of(lab, run, *lesions, **more):
    plans = [lesion.model_dump(mode="json") for lesion in lesions]
    arguments = {"run": run.to_json(), "lesions": plans, "at_most": 360, **more}
    return lab.client.measure("lesion", **arguments)["lesions"]


@pytest.fixture
def cut(lab):
    """A run that has finished, and its file."""
    lab.submit(CUT)
    lab.wait(CUT)
    path = lab.folder / "runs" / CUT.digest / "weights.safetensors"
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def test_a_finished_runs_units_are_deleted(lab, cut):
    found = lesions_of(lab, CUT, Lesion(), *each_deletion(CUT.network))
    assert len(found) == 7
    (evaluation,) = [event for event in lab.events(CUT) if event.kind == "evaluation"]
    assert found[0]["error"] == pytest.approx(evaluation.test_error)
    assert found[0]["loss"] == pytest.approx(evaluation.test_loss, rel=1e-4)
    assert {one["images"] for one in found} == {360}
    assert len({one["loss"] for one in found}) == 7
    for one in found:
        assert len(one["class_errors"]) == 10
        assert all(0 <= error <= 1 for error in one["class_errors"])


def test_a_lesion_takes_no_more_images_than_asked(lab, cut):
    (found,) = lesions_of(lab, CUT, Lesion(), at_most=5)
    assert found["images"] == 5
    assert None in found["class_errors"]  # of ten classes some have no image
    json.dumps(found, allow_nan=False)


def test_a_network_that_ships_is_cut_without_being_trained(lab):
    kept = load_trained_network("plain-20")
    for sha256 in (None, kept.sha256):
        intact, *without = lesions_of(
            lab, kept.run, Lesion(), *each_deletion(kept.run.network), sha256=sha256
        )
        assert intact["error"] == pytest.approx(kept.test_error, abs=1.01 / 360)
        assert min(one["error"] for one in without) > 0.6  # Veit 2016 section 4.1: one path, gone


@pytest.mark.parametrize(
    ("lesion", "said"),
    [
        ({"deleted": [7]}, "Unit 7 of residual-14 was asked for, but it has 6 units"),
        ({"deleted": [1, 2, 3, 4, 5, 6]}, "leave one at least"),
        ({"order": [1, 2, 4, 3, 5, 6]}, "they differ in shape"),
        ({"order": [2, 1]}, "An order of 2 units"),
        ({"scales": [[1, 99.0]]}, "Scale 99.0 was asked for"),
        ({"removed": [1]}, "a Lesion has no such setting"),
        ({"deleted": "all"}, "a list would be right"),
    ],
)
def test_a_lesion_that_does_not_fit_is_a_sentence_and_the_bench_goes_on(lab, cut, lesion, said):
    with pytest.raises(SpecError, match=said):
        lab.client.measure("lesion", run=CUT.to_json(), lesions=[lesion], at_most=360)
    assert lesions_of(lab, CUT, Lesion())[0]["images"] == 360


@pytest.mark.parametrize("more", [{"at_most": 0}, {"at_most": 10**6}])
def test_so_many_images_are_refused(lab, cut, more):
    with pytest.raises(SpecError, match="Images"):
        lesions_of(lab, CUT, Lesion(), **more)


def test_so_many_lesions_at_once_are_refused(lab, cut):
    with pytest.raises(SpecError, match="Lesions 101 was asked for"):
        lesions_of(lab, CUT, *[Lesion()] * 101)


def test_cutting_a_run_that_left_no_weights_is_a_sentence(lab):
    run = CUT.model_copy(update={"train": TrainSpec(seed=96)})
    with pytest.raises(RunError, match="train it again"):
        lesions_of(lab, run, Lesion())


def test_cutting_weights_that_were_damaged_is_a_sentence_and_the_bench_goes_on(lab, cut):
    (artefact,) = lab.store.artefacts(CUT.digest)
    left = cut.read_bytes()
    before = lesions_of(lab, CUT, Lesion(), sha256=artefact.sha256)
    other = RunSpec(network=NetworkSpec(depth=20, width=2), train=CUT.train)
    lab.submit(other)
    lab.wait(other)
    changed = bytearray(left)
    changed[-3] ^= 64
    of_another = (lab.folder / "runs" / other.digest / cut.name).read_bytes()
    for damaged in (left[:-1], b"", bytes(changed), of_another):
        cut.write_bytes(damaged)
        with pytest.raises(RunError, match="rain it again"):
            lesions_of(lab, CUT, Lesion(), sha256=artefact.sha256)
    cut.write_bytes(left)
    assert lesions_of(lab, CUT, Lesion(), sha256=artefact.sha256) == before
