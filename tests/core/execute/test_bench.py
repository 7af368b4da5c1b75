"""Measurements that are answered at once: here in this process, and through a lab."""

from __future__ import annotations

import json

import pytest

from resnet_core.arithmetic import estimate_run
from resnet_core.errors import DataError, RunError, SpecError
from resnet_core.execute import bench
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec, UnitSpec


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
