"""Residual functions F: basic and bottleneck, in each activation order.

A layer is a convolution with its BN and ReLU. In the original order they stand conv–BN–ReLU, the
last ReLU left to after the addition; in full pre-activation BN–ReLU–conv (He 2016 fig. 4). The
bottleneck's stride is in its first 1×1 layer, as in the paper; torchvision has it in the 3×3
("v1.5"), at more multiply-adds.

To add a block or an order, add a row to its table here and in ``specs.choices``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import nn

from resnet_core.blocks.layers import ACTIVATIONS, NORMALISATIONS, Scale, Shift
from resnet_core.blocks.shortcuts import UnitShape


@dataclass(frozen=True)
class Layer:
    """One weighted layer of a branch: a convolution ``kernel``×``kernel``."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int


def _basic(shape: UnitShape) -> list[Layer]:
    return [
        Layer(shape.in_channels, shape.out_channels, 3, shape.stride),
        Layer(shape.out_channels, shape.out_channels, 3, 1),
    ]


def _bottleneck(shape: UnitShape) -> list[Layer]:
    narrow = shape.out_channels // (shape.ratio or EXPANSION["bottleneck"])
    return [
        Layer(shape.in_channels, narrow, 1, shape.stride),
        Layer(narrow, narrow, 3, 1),
        Layer(narrow, shape.out_channels, 1, 1),
    ]


BLOCKS: Mapping[str, Callable[[UnitShape], list[Layer]]] = MappingProxyType(
    {"basic": _basic, "bottleneck": _bottleneck}
)

EXPANSION: Mapping[str, int] = MappingProxyType({"basic": 1, "bottleneck": 4})
"""Channels a unit gives, over the channels of its 3×3 layers."""


Parts = OrderedDict[str, nn.Module]


def _convolution(layer: Layer, shape: UnitShape) -> nn.Conv2d:
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel,
        stride=layer.stride,
        padding=layer.kernel // 2,
        # BN beside it has a shift, Fixup has scalars.
        bias=shape.normalisation == "none" and shape.initialisation != "fixup",
    )


def _original(layers: list[Layer], shape: UnitShape, *, activated: bool) -> Parts:
    fixup = shape.initialisation == "fixup"
    parts: Parts = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        if fixup:
            parts[f"shift{number}a"] = Shift()
        parts[f"conv{number}"] = _convolution(layer, shape)
        _add(parts, f"bn{number}", NORMALISATIONS[shape.normalisation](layer.out_channels))
        if number < len(layers):
            if fixup:
                parts[f"shift{number}b"] = Shift()
            parts[f"relu{number}"] = ACTIVATIONS[shape.activation]()
    if shape.initialisation in ("skipinit", "fixup"):
        parts["scale"] = Scale()
    if fixup:
        parts["shift"] = Shift()
    return parts


def _pre_activation(layers: list[Layer], shape: UnitShape, *, activated: bool) -> Parts:
    parts: Parts = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        if number > 1 or not activated:
            _add(parts, f"bn{number}", NORMALISATIONS[shape.normalisation](layer.in_channels))
            parts[f"relu{number}"] = ACTIVATIONS[shape.activation]()
        parts[f"conv{number}"] = _convolution(layer, shape)
    if shape.initialisation == "skipinit":
        parts["scale"] = Scale()
    return parts


def _add(parts: Parts, name: str, part: nn.Module | None) -> None:
    if part is not None:
        parts[name] = part


@dataclass(frozen=True)
class Order:
    """One row: how a branch is laid out, and whether the sum is activated."""

    branch: Callable[..., Parts]
    activates_sum: bool


ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "original": Order(_original, activates_sum=True),
        "pre-activation": Order(_pre_activation, activates_sum=False),
    }
)


def build_residual(block: str, shape: UnitShape, *, activated: bool) -> nn.Sequential:
    """Build F of a unit; its layers are named ``conv1``, ``bn1``, ``relu1``, ….

    Activations are called relu whatever they are: twins have parameters of the same names.

    Args:
        block: A key of ``BLOCKS``.
        shape: Of the unit.
        activated: The unit's input has been through BN and ReLU already (the first unit of a
            pre-activation network: He 2016, appendix).
    """
    layers = BLOCKS[block](shape)
    return nn.Sequential(ORDERS[shape.order].branch(layers, shape, activated=activated))


def build_after_addition(shape: UnitShape) -> nn.Module:
    """Build f, what the sum goes through: the activation, or nothing in full pre-activation."""
    return ACTIVATIONS[shape.activation]() if ORDERS[shape.order].activates_sum else nn.Identity()
