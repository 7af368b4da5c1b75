"""Residual functions F: basic, bottleneck and single, in each activation order.

A layer is a convolution with its BN and ReLU. He et al. 2016, arXiv:1603.05027, figure 4, has five
orders; of two layers:

                                  branch F                           after the addition
    (a) original                  conv–BN–ReLU–conv–BN               ReLU
    (b) bn-after-addition         conv–BN–ReLU–conv                  BN–ReLU
    (c) relu-before-addition      conv–BN–ReLU–conv–BN–ReLU          nothing
    (d) relu-only                 ReLU–conv–BN–ReLU–conv–BN          nothing
    (e) pre-activation            BN–ReLU–conv–BN–ReLU–conv          nothing

In (d) and (e) the first unit's first activation stands after the stem, before the signal splits,
and an extra activation follows the last addition (appendix). It is what the next branch would begin
with: BN and ReLU in (e); ReLU alone in (d), where every convolution, the stem's too, has its BN
behind it. So in every order the stem is conv–BN–ReLU, and without shortcuts all five are the same
network.

The bottleneck's stride is in its first 1×1 layer, as in the paper; torchvision has it in the 3×3
("v1.5"), at more multiply-adds. A VGG's is no layer's: max pooling comes before the first.

To add a block or an order, add a row to its table here and in ``specs.choices``; of an order
also to ``PROJECTION_HAS_BN`` in ``shortcuts``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from torch import nn

from resnet_core.blocks.layers import (
    ACTIVATIONS,
    NORMALISATIONS,
    BranchDrop,
    Scale,
    Shift,
    Survive,
)
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


def _single(shape: UnitShape) -> list[Layer]:
    return [Layer(shape.in_channels, shape.out_channels, 3, shape.stride)]


BLOCKS: Mapping[str, Callable[[UnitShape], list[Layer]]] = MappingProxyType(
    {"basic": _basic, "bottleneck": _bottleneck, "single": _single}
)

EXPANSION: Mapping[str, int] = MappingProxyType({"basic": 1, "bottleneck": 4, "single": 1})
"""Channels a unit gives, over the channels of its 3×3 layers."""

SCALED = ("skipinit", "rezero", "fixup")
"""Initialisations that multiply each branch by a learned number."""

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
    if shape.initialisation in SCALED:
        parts["scale"] = Scale()
    if fixup:
        parts["shift"] = Shift()
    return parts


def _bn_after_addition(layers: list[Layer], shape: UnitShape, *, activated: bool) -> Parts:
    parts = _original(layers, shape, activated=activated)
    parts.pop(f"bn{len(layers)}", None)
    return parts


def _relu_before_addition(layers: list[Layer], shape: UnitShape, *, activated: bool) -> Parts:
    parts = _original(layers, shape, activated=activated)
    parts[f"relu{len(layers)}"] = ACTIVATIONS[shape.activation]()
    if "scale" in parts:
        parts.move_to_end("scale")
    return parts


def _relu_only(layers: list[Layer], shape: UnitShape, *, activated: bool) -> Parts:
    parts: Parts = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        if number > 1 or not activated:
            parts[f"relu{number}"] = ACTIVATIONS[shape.activation]()
        parts[f"conv{number}"] = _convolution(layer, shape)
        _add(parts, f"bn{number}", NORMALISATIONS[shape.normalisation](layer.out_channels))
    if shape.initialisation in SCALED:
        parts["scale"] = Scale()
    return parts


def _pre_activation(layers: list[Layer], shape: UnitShape, *, activated: bool) -> Parts:
    parts: Parts = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        if number > 1 or not activated:
            _add(parts, f"bn{number}", NORMALISATIONS[shape.normalisation](layer.in_channels))
            parts[f"relu{number}"] = ACTIVATIONS[shape.activation]()
        parts[f"conv{number}"] = _convolution(layer, shape)
    if shape.initialisation in SCALED:
        parts["scale"] = Scale()
    return parts


def _add(parts: Parts, name: str, part: nn.Module | None) -> None:
    if part is not None:
        parts[name] = part


@dataclass(frozen=True)
class Order:
    """One row.

    Attributes:
        branch: How a branch is laid out.
        after_addition: What each sum goes through: ``bn``, ``relu``, both or nothing.
        after_last: What the network's last sum goes through besides.
        bn_follows: Whether a convolution's BN stands behind it, and not before.
    """

    branch: Callable[..., Parts]
    after_addition: tuple[str, ...] = ()
    after_last: tuple[str, ...] = ()
    bn_follows: bool = True


ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "original": Order(_original, after_addition=("relu",)),
        "bn-after-addition": Order(_bn_after_addition, after_addition=("bn", "relu")),
        "relu-before-addition": Order(_relu_before_addition),
        "relu-only": Order(_relu_only, after_last=("relu",)),
        "pre-activation": Order(_pre_activation, after_last=("bn", "relu"), bn_follows=False),
    }
)


def build_activation(
    names: tuple[str, ...], channels: int, normalisation: str, activation: str
) -> Parts:
    """Build the parts of an activation: ``bn`` where there is a normalisation, ``relu``."""
    parts: Parts = OrderedDict()
    if "bn" in names:
        _add(parts, "bn", NORMALISATIONS[normalisation](channels))
    if "relu" in names:
        parts["relu"] = ACTIVATIONS[activation]()
    return parts


def build_residual(block: str, shape: UnitShape, *, activated: bool) -> nn.Sequential:
    """Build F of a unit; its layers are named ``conv1``, ``bn1``, ``relu1``, …, pooling ``pool``.

    Activations are called relu whatever they are: twins have parameters of the same names.

    Args:
        block: A key of ``BLOCKS``.
        shape: Of the unit.
        activated: The unit's input has been activated already (the first unit of a network; what
            begins with an activation then leaves it out: He 2016, appendix).
    """
    layers = BLOCKS[block](replace(shape, stride=1) if shape.pools else shape)
    parts = ORDERS[shape.order].branch(layers, shape, activated=activated)
    if shape.branch_dropout:
        last = f"conv{len(layers)}"
        parts = OrderedDict(
            (name, part)
            for key, layer in parts.items()
            for name, part in (
                *([("dropout", BranchDrop(shape.branch_dropout))] if key == last else []),
                (key, layer),
            )
        )
    if shape.pools:
        # A border of odd maps is kept, as layers and shortcuts of this stride keep it: ⌈H/stride⌉.
        parts["pool"] = nn.MaxPool2d(shape.stride, ceil_mode=True)
        parts.move_to_end("pool", last=False)
    if shape.survival < 1:
        parts["survive"] = Survive(shape.survival)
    return nn.Sequential(parts)


def build_after_addition(shape: UnitShape) -> nn.Module:
    """Build f, what the sum goes through: the activation, BN and the activation, or nothing."""
    parts = build_activation(
        ORDERS[shape.order].after_addition,
        shape.out_channels,
        shape.normalisation,
        shape.activation,
    )
    if "bn" in parts:
        return nn.Sequential(parts)
    return parts.get("relu", nn.Identity())


def build_after_last(order: str, channels: int, normalisation: str, activation: str) -> Parts:
    """Build what the network's last sum goes through besides: keys of the tables, and channels."""
    return build_activation(ORDERS[order].after_last, channels, normalisation, activation)
