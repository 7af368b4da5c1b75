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


def _convolution(layer: Layer) -> nn.Conv2d:
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel,
        stride=layer.stride,
        padding=layer.kernel // 2,
        bias=False,  # the BN beside it has a shift
    )


def _original(layers: list[Layer], *, activated: bool) -> OrderedDict[str, nn.Module]:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        parts[f"conv{number}"] = _convolution(layer)
        parts[f"bn{number}"] = nn.BatchNorm2d(layer.out_channels)
        if number < len(layers):
            parts[f"relu{number}"] = nn.ReLU()
    return parts


def _pre_activation(layers: list[Layer], *, activated: bool) -> OrderedDict[str, nn.Module]:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        if number > 1 or not activated:
            parts[f"bn{number}"] = nn.BatchNorm2d(layer.in_channels)
            parts[f"relu{number}"] = nn.ReLU()
        parts[f"conv{number}"] = _convolution(layer)
    return parts


@dataclass(frozen=True)
class Order:
    """One row: how a branch is laid out, and what stands after the addition."""

    branch: Callable[..., OrderedDict[str, nn.Module]]
    after_addition: Callable[[], nn.Module]


ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "original": Order(_original, nn.ReLU),
        "pre-activation": Order(_pre_activation, nn.Identity),
    }
)


def build_residual(block: str, shape: UnitShape, *, activated: bool) -> nn.Sequential:
    """Build F of a unit; its layers are named ``conv1``, ``bn1``, ``relu1``, ….

    ReLU is never in place: that breaks backward hooks at the addition.

    Args:
        block: A key of ``BLOCKS``.
        shape: Of the unit.
        activated: The unit's input has been through BN and ReLU already (the first unit of a
            pre-activation network: He 2016, appendix).
    """
    return nn.Sequential(ORDERS[shape.order].branch(BLOCKS[block](shape), activated=activated))
