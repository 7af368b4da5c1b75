"""Measurements that are answered at once: here in this process, and through a lab."""

from __future__ import annotations

import json

import pytest

from resnet_core.arithmetic import estimate_run
from resnet_core.errors import DataError
from resnet_core.execute import bench
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec


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
