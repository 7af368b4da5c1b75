"""How long a run will take and how much memory it needs, before it starts.

Time: a training step calls every layer forward and backward (a fixed cost a call) and does three
times the forward pass's multiply-adds (He's own rule: forward, gradient of inputs, gradient of
weights). Both rates are measured on the machine by the lab's bench. Memory: activations are kept
for the backward pass, weights stand there with gradient and momentum.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.arithmetic.counts import Counts, count_network
from resnet_core.specs import RunSpec
from resnet_core.specs.network import depths_of

PASSES = 3
"""Multiply-adds of a training step over those of a forward pass."""

SIDE_BY_SIDE = 1.5
"""How much slower a run is beside others than alone: 1.2 to 1.8 for the default study's runs on two
cores, whose bench measures a lone process."""

PROCESS_BYTES = 350 * 2**20
"""A run's process before it has built anything, shared pages not counted twice."""


@dataclass(frozen=True)
class Speed:
    """How fast a device is, measured there.

    Attributes:
        seconds_per_layer: Fixed cost of a layer's forward and backward call in one step.
        multiply_adds_per_second: Of small convolutions, training.
        device: ``cpu``, ``cuda`` or ``mps``.
        measured: False for the guess used until the bench has measured.
    """

    seconds_per_layer: float = 9e-5
    multiply_adds_per_second: float = 2.2e10
    device: str = "cpu"
    measured: bool = False


@dataclass(frozen=True)
class Shape:
    """What the data are: image channels and size, classes, and how many of each split."""

    channels: int
    size: int
    classes: int
    train_images: int
    test_images: int


@dataclass(frozen=True)
class Estimate:
    """What a run will have and cost."""

    counts: Counts
    seconds: float
    memory_bytes: int


def estimate_run(run: RunSpec, shape: Shape, speed: Speed) -> Estimate:
    """Estimate one run on data of this shape, on a device of this speed."""
    counts = count_network(
        run.network, channels=shape.channels, classes=shape.classes, size=shape.size
    )
    batch = min(run.train.batch_size, shape.train_images)
    step = (
        counts.layers * speed.seconds_per_layer
        + PASSES * counts.multiply_adds * batch / speed.multiply_adds_per_second
    )
    evaluated = _evaluated_images(run, shape)
    forward = step / PASSES / batch
    seconds = SIDE_BY_SIDE * (run.train.steps * step + evaluated * forward)
    floats = counts.activations * batch * 1.3 + counts.parameters * 4
    pictures = (shape.train_images + shape.test_images) * shape.channels * shape.size**2
    return Estimate(counts, seconds, int(PROCESS_BYTES + 4 * floats + pictures))


def fitting_depth(
    run: RunSpec, shape: Shape, speed: Speed, *, max_seconds: float, max_bytes: float
) -> int | None:
    """Give the greatest depth that fits both limits with all else equal, or None."""
    best = None
    depths = depths_of(run.network)
    low, high = 0, len(depths) - 1
    while low <= high:  # cost rises with depth: bisect
        middle = (low + high) // 2
        network = run.network.model_copy(update={"depth": depths[middle]})
        estimate = estimate_run(run.model_copy(update={"network": network}), shape, speed)
        if estimate.seconds <= max_seconds and estimate.memory_bytes <= max_bytes:
            best, low = depths[middle], middle + 1
        else:
            high = middle - 1
    return best


EVALUATED_ON_THE_WAY = 2_000
EVALUATED_AT_THE_END = 10_000
"""Images of each split that an evaluation classifies at most, before and after the last step."""


def _evaluated_images(run: RunSpec, shape: Shape) -> int:
    on_the_way = sum(min(n, EVALUATED_ON_THE_WAY) for n in (shape.train_images, shape.test_images))
    at_the_end = sum(min(n, EVALUATED_AT_THE_END) for n in (shape.train_images, shape.test_images))
    return (len(run.train.evaluation_steps) - 1) * on_the_way + at_the_end
