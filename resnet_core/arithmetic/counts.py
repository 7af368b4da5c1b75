"""What a network has and costs: parameters, multiply-adds, activations; read off the network.

The network is built on PyTorch's meta device and read layer by layer (``reading``): exact, no
memory, and no second definition that could disagree with the first. The papers' formulas stand in
the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from itertools import groupby

import torch
from torch import Tensor, nn

from resnet_core.arithmetic.reading import Field, Layer, read_module
from resnet_core.errors import SpecError
from resnet_core.nets import build_on_meta
from resnet_core.specs import NetworkSpec
from resnet_core.specs.network import layers_a_group

UNITS_READ = 3
"""Units a stage in the longest network that is read whole."""


@dataclass(frozen=True)
class Counts:
    """Exact counts of one network.

    Attributes:
        parameters: Trainable numbers.
        multiply_adds: Of convolution and linear layers, one image.
        attention: Multiply-adds of attention's matrix products, one image.
        activations: Numbers that layers give and the backward pass needs, one image.
        layers: Modules that do arithmetic (convolution, BN, activation, learned scalar, pooling,
            linear), each a call into PyTorch.
    """

    parameters: int
    multiply_adds: int
    attention: int
    activations: int
    layers: int


def count_network(spec: NetworkSpec, *, channels: int, classes: int, size: int) -> Counts:
    """Count a network for images of shape (channels, size, size).

    In a CIFAR or wide network every unit of a stage after the first is the same, so each count
    grows by a constant with n: deep ones are read off the networks with n = 2 and n = 3, which
    makes a slider over depth immediate. A test holds this against counting the deep network itself.
    """
    n = spec.units_per_stage[0]
    if not _repeats(spec) or n <= UNITS_READ:
        return _count(spec, channels, classes, size)
    two, three = (
        _count(_with_units(spec, k), channels, classes, size) for k in (UNITS_READ - 1, UNITS_READ)
    )
    return Counts(
        *(a + (n - 2) * (b - a) for a, b in zip(astuple(two), astuple(three), strict=True))
    )


def read_network(spec: NetworkSpec, *, channels: int, classes: int, size: int) -> list[Layer]:
    """List the layers of a network for images of shape (channels, size, size), in order.

    A deep CIFAR network is read with three units a stage; the others repeat the third, each with
    as much more of the image in sight as the third sees more than the second.
    """
    n = spec.units_per_stage[0]
    if not _repeats(spec) or n <= UNITS_READ:
        return list(_read(spec, channels, classes, size))
    short = list(_read(_with_units(spec, UNITS_READ), channels, classes, size))
    layers: list[Layer] = []
    wider: Field = (0, 0)  # than in the short network, so far
    for place, group in groupby(short, key=_place):
        rows = list(group)
        layers += [_seen_wider(row, wider) for row in rows]
        if place is not None and place[1] == UNITS_READ - 1:
            stage, unit = place
            before = [row for row in short if _place(row) == (stage, unit - 1)]
            more = _minus(rows[-1].receptive_field, before[-1].receptive_field)
            for extra in range(1, n - UNITS_READ + 1):
                wider = (wider[0] + more[0], wider[1] + more[1])
                layers += [_seen_wider(_renumbered(row, unit + extra), wider) for row in rows]
    return layers


def count_layers(layers: Sequence[Layer]) -> Counts:
    """Add up what a network's layers have and cost."""
    used = [layer for layer in layers if layer.output_shape]
    return Counts(
        parameters=sum(layer.parameters for layer in layers),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        attention=sum(layer.attention for layer in layers),
        activations=sum(layer.activations for layer in used),
        layers=len(used),
    )


def read_torchvision(name: str, size: int | None = None) -> list[Layer]:
    """List the layers of one of torchvision's classification models.

    Args:
        name: As in ``torchvision.models.list_models``.
        size: Of the images, pixels; by default that of its published weights.

    Raises:
        SpecError: There is no such model, or it does not take images of this size.
    """
    # torchvision takes a second to import, and only this needs it.
    from resnet_core.nets.torchvision_models import build_torchvision_on_meta, torchvision_metadata

    usual = torchvision_metadata(name)["size"]
    network = build_torchvision_on_meta(name)
    image = torch.empty(1, 3, size or usual, size or usual, device="meta")
    try:
        return read_module(network, image)
    except (RuntimeError, ValueError, AssertionError) as error:
        raise SpecError(
            "Images of {size}×{size} pixels were asked for, but {name} does not take them: "
            "{usual}×{usual} is its usual size.",
            size=size,
            name=name,
            usual=usual,
        ) from error


def count_module(network: nn.Module, image: Tensor) -> Counts:
    """Count any network by sending one meta image of shape (1, C, H, W) through it."""
    return count_layers(read_module(network, image))


def _repeats(spec: NetworkSpec) -> bool:
    """Whether every stage has the same number of units, all alike but the first."""
    return spec.family != "imagenet"


def _with_units(spec: NetworkSpec, n: int) -> NetworkSpec:
    fixed = spec.depth - layers_a_group(spec) * spec.units_per_stage[0]
    return spec.model_copy(update={"depth": layers_a_group(spec) * n + fixed})


def _place(layer: Layer) -> tuple[int, int] | None:
    """Stage and unit of a layer, from 0; None in stem and head."""
    parts = layer.name.split(".")
    return (int(parts[1]), int(parts[2])) if parts[0] == "stages" else None


def _renumbered(layer: Layer, unit: int) -> Layer:
    parts = layer.name.split(".")
    return replace(layer, name=".".join([*parts[:2], str(unit), *parts[3:]]))


def _seen_wider(layer: Layer, more: Field) -> Layer:
    if layer.receptive_field is None:
        return layer
    high, wide = layer.receptive_field
    return replace(layer, receptive_field=(high + more[0], wide + more[1]))


def _minus(one: Field | None, other: Field | None) -> Field:
    assert one is not None and other is not None  # units are convolutions
    return one[0] - other[0], one[1] - other[1]


@lru_cache(maxsize=256)
def _read(spec: NetworkSpec, channels: int, classes: int, size: int) -> tuple[Layer, ...]:
    network = build_on_meta(spec, channels=channels, classes=classes)
    return tuple(read_module(network, torch.empty(1, channels, size, size, device="meta")))


@lru_cache(maxsize=4096)
def _count(spec: NetworkSpec, channels: int, classes: int, size: int) -> Counts:
    return count_layers(_read(spec, channels, classes, size))
