from dataclasses import replace

import pytest

from resnet_core.arithmetic import Speed, estimate_run, fitting_depth
from resnet_core.arithmetic.estimate import SIDE_BY_SIDE, Shape
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec, cifar_depths
from resnet_core.specs.network import depths_of

DIGITS = Shape(channels=1, size=8, classes=10, train_images=1437, test_images=360)
SPEED = Speed(seconds_per_layer=1e-4, multiply_adds_per_second=2e10)


def run(network=None, **train):
    return RunSpec(network=NetworkSpec(**{"width": 8, **(network or {})}), train=TrainSpec(**train))


def estimate(plan, shape=DIGITS, speed=SPEED):
    return estimate_run(plan, shape, speed)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (run({"depth": 20}), run({"depth": 26})),
        (run({"width": 8}), run({"width": 9})),
        (run(batch_size=64), run(batch_size=128)),
    ],
    ids=["depth", "width", "batch"],
)
def test_more_depth_width_or_batch_takes_more_time_and_memory(less, more):
    assert estimate(less).seconds < estimate(more).seconds
    assert estimate(less).memory_bytes < estimate(more).memory_bytes


def test_more_steps_take_more_time_but_no_more_memory():
    short, long = estimate(run(steps=100)), estimate(run(steps=200))
    assert short.seconds < long.seconds
    assert short.memory_bytes == long.memory_bytes


def test_more_evaluations_take_more_time():
    assert estimate(run(evaluations=1)).seconds < estimate(run(evaluations=10)).seconds


def test_larger_images_take_more_time_and_memory():
    small, large = (estimate(run(), replace(DIGITS, size=size)) for size in (8, 16))
    assert small.seconds < large.seconds
    assert small.memory_bytes < large.memory_bytes


def test_a_batch_is_never_larger_than_the_training_images():
    few = replace(DIGITS, train_images=100)
    assert estimate(run(batch_size=100), few) == estimate(run(batch_size=4096), few)


def test_time_is_calls_and_multiply_adds():
    plan = run({"depth": 8}, steps=1000, batch_size=100, evaluations=1)
    none = replace(DIGITS, train_images=100, test_images=0)
    found = estimate(plan, none)
    step = found.counts.layers * 1e-4 + 3 * found.counts.multiply_adds * 100 / 2e10
    # a thousand steps, and one forward pass over a hundred images at the end
    assert found.seconds == pytest.approx(SIDE_BY_SIDE * (1000 + 1 / 3) * step)


def test_on_the_way_at_most_2000_images_of_a_split_are_evaluated():
    plan = run(evaluations=10, batch_size=10)
    many, more = (replace(DIGITS, train_images=n, test_images=0) for n in (10_000, 60_000))
    assert estimate(plan, many).seconds == estimate(plan, more).seconds


def test_a_machine_twice_as_fast_needs_half_the_time():
    fast = Speed(seconds_per_layer=5e-5, multiply_adds_per_second=4e10)
    slow, quick = estimate(run()), estimate(run(), speed=fast)
    assert quick.seconds == pytest.approx(slow.seconds / 2)
    assert quick.memory_bytes == slow.memory_bytes


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize(
    "limits",
    [
        {"max_seconds": 10.0, "max_bytes": 1e12},
        {"max_seconds": 1e9, "max_bytes": 6e8},
        {"max_seconds": 40.0, "max_bytes": 7e8},
    ],
    ids=["time", "memory", "both"],
)
def test_the_fitting_depth_fits_and_the_next_does_not(limits, block):
    plan = run({"depth": 20, "block": block})

    def fits(depth):
        found = estimate(run({"depth": depth, "block": block}))
        return found.seconds <= limits["max_seconds"] and found.memory_bytes <= limits["max_bytes"]

    depths = cifar_depths(block)
    best = fitting_depth(plan, DIGITS, SPEED, **limits)
    assert fits(best)
    assert best < depths[-1]
    assert not fits(depths[depths.index(best) + 1])


def test_the_deepest_network_fits_where_there_is_no_limit():
    found = fitting_depth(run(), DIGITS, SPEED, max_seconds=1e9, max_bytes=1e15)
    assert found == 1202


def test_no_depth_fits_where_nothing_is_allowed():
    assert fitting_depth(run(), DIGITS, SPEED, max_seconds=0, max_bytes=1e15) is None
    assert fitting_depth(run(), DIGITS, SPEED, max_seconds=1e9, max_bytes=0) is None


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_an_imagenet_network_that_is_too_large_gives_way_to_one_of_its_kind(depth):
    plan = run({"family": "imagenet", "depth": depth})
    depths = depths_of(plan.network)
    needed = estimate(run({"family": "imagenet", "depth": depths[0]})).seconds
    found = fitting_depth(plan, DIGITS, SPEED, max_seconds=needed, max_bytes=1e15)
    assert found == depths[0]


@pytest.mark.parametrize(
    "made_of",
    [
        {"normalisation": "none"},
        {"normalisation": "none", "initialisation": "skipinit"},
        {"normalisation": "none", "initialisation": "fixup"},
        {"activation": "tanh", "initialisation": "xavier"},
        {"activation": "none"},
    ],
    ids=lambda made_of: " ".join(made_of.values()),
)
def test_a_network_of_other_layers_is_estimated_and_a_fitting_depth_found(made_of):
    plan = run({"depth": 110, **made_of})
    found = estimate(plan)
    step = found.counts.layers * 1e-4 + 3 * found.counts.multiply_adds * 128 / 2e10
    assert found.seconds > SIDE_BY_SIDE * 200 * step
    best = fitting_depth(plan, DIGITS, SPEED, max_seconds=found.seconds, max_bytes=1e15)
    assert best == 110


def test_a_network_without_bn_takes_less_time_and_memory():
    with_bn, without = (estimate(run({"normalisation": key})) for key in ("batch", "none"))
    assert without.seconds < with_bn.seconds
    assert without.memory_bytes < with_bn.memory_bytes
