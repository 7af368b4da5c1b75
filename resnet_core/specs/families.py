"""Which families of networks are there, and what does each fix? Depths, units, settings.

A CIFAR network (He 2015 §4.2) has a stem, three stages of n units and a classifier: 6n+2 layers
with basic units (two weighted layers each), 9n+2 with bottleneck units (three each), 3n+2 with
single ones. A wide network (Zagoruyko & Komodakis 2016) has 6n+4 layers: the three projections at
the head of its stages count. An ImageNet network (He 2015 table 1) has four stages, and the depths
of the table.

A VGG is ours: a small one, for small images, to be cut beside the others, as Veit et al. 2016
(arXiv:1605.06431, section 4.1) cut a larger one. It has stem, stages and classifier of a plain
CIFAR network, but its units are one 3×3 layer each, so 3n+2 layers, and where stages 2 and 3 begin
2×2 max pooling halves the maps, not a stride: the layers and parameters of a plain network of its
depth. The networks of Simonyan & Zisserman 2015 (arXiv:1409.1556) have no BN, five stages with
pooling after each, and three fully connected layers where ours has global average pooling and one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from resnet_core.errors import SpecError
from resnet_core.specs.plan import shown

MIN_DEPTH, MAX_DEPTH = 8, 1202

IMAGENET_UNITS: Mapping[int, tuple[str, tuple[int, ...]]] = MappingProxyType(
    {
        18: ("basic", (2, 2, 2, 2)),
        34: ("basic", (3, 4, 6, 3)),
        50: ("bottleneck", (3, 4, 6, 3)),
        101: ("bottleneck", (3, 4, 23, 3)),
        152: ("bottleneck", (3, 8, 36, 3)),
    }
)
"""Depth → block and units of each stage (He 2015 table 1)."""

LAYERS_OF_UNIT: Mapping[str, int] = MappingProxyType({"basic": 2, "bottleneck": 3, "single": 1})
"""Weighted layers of one unit, shortcut not counted."""

FIXED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "wide": MappingProxyType(
            {"block": "basic", "join": "residual", "shortcut": "B", "order": "pre-activation"}
        ),
        "vgg": MappingProxyType({"block": "single", "join": "plain", "order": "original"}),
    }
)
"""Settings that a family has no choice of."""

USUAL: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "wide": MappingProxyType({"depth": 28, "width": 10}),
        "vgg": MappingProxyType({"depth": 14}),
        "imagenet": MappingProxyType({"width": 64}),
    }
)
"""What a plan of a family says of depth and width, if it was not asked."""

_NAMES = {"block": "Block", "join": "Join", "shortcut": "Shortcut", "order": "Activation order"}


def filled_in(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings as they were asked for, with what their family fixes or usually has."""
    family = settings.get("family")
    if not isinstance(family, str):  # anything may be asked for, and not all of it can be hashed
        return dict(settings)
    found: dict[str, Any] = {**USUAL.get(family, {}), **FIXED.get(family, {}), **settings}
    if family == "imagenet" and found.get("depth") in [*IMAGENET_UNITS]:
        found.setdefault("block", IMAGENET_UNITS[found["depth"]][0])
    return found


def depths_in(family: str, block: str) -> tuple[int, ...]:
    """List every depth that a network of a family can have, up to 1202, rising."""
    if family == "imagenet":
        return tuple(depth for depth, row in IMAGENET_UNITS.items() if row[0] == block)
    layers = 3 * LAYERS_OF_UNIT[block]
    if family == "wide":
        return tuple(range(10, MAX_DEPTH + 1, layers))
    return tuple(range(max(MIN_DEPTH, layers + 2), MAX_DEPTH + 1, layers))


def check_family(family: str, settings: Mapping[str, Any]) -> None:
    """Refuse what a family does not have.

    Args:
        family: A key of ``FAMILIES``.
        settings: Of a network: ``depth``, and those of ``FIXED``; keys of their tables.

    Raises:
        SpecError: With what would be right.
    """
    for name, right in FIXED.get(family, {}).items():
        if settings[name] != right:
            raise _not_in_family(family, _NAMES[name], settings[name], right)
    depth, block = settings["depth"], settings["block"]
    if family == "imagenet":
        _check_imagenet(depth, block)
        return
    depths = depths_in(family, block)
    if depth not in depths:
        raise _no_such_depth(family, block, depth, depths)


def _not_in_family(family: str, name: str, value: str, right: str) -> SpecError:
    values = {"name": name, "value": repr(value), "right": repr(right)}
    if family == "wide":
        return SpecError("{name} {value} was asked for, but a wide network has {right}.", **values)
    return SpecError("{name} {value} was asked for, but a VGG here has {right}.", **values)


def _no_such_depth(family: str, block: str, depth: int, depths: tuple[int, ...]) -> SpecError:
    above = next((one for one in depths[1:] if one > depth), depths[-1])
    values = {
        "depth": shown(depth),
        "highest": depths[-1],
        "below": depths[depths.index(above) - 1],
        "above": above,
    }
    if family == "wide":
        return SpecError(
            "Depth {depth} was asked for, but a wide network has 6n+4 layers, from 10 to "
            "{highest}: the nearest are {below} and {above}.",
            **values,
        )
    if family == "vgg":
        return SpecError(
            "Depth {depth} was asked for, but a VGG here has 3n+2 layers, from 8 to {highest}: the "
            "nearest are {below} and {above}.",
            **values,
        )
    return SpecError(
        "Depth {depth} was asked for, but a CIFAR network of {block} units has {layers}n+2 layers, "
        "from {lowest} to {highest}: the nearest are {below} and {above}.",
        block=block,
        layers=3 * LAYERS_OF_UNIT[block],
        lowest=depths[0],
        **values,
    )


def _check_imagenet(depth: int, block: str) -> None:
    if depth not in IMAGENET_UNITS:
        raise SpecError(
            "Depth {depth} was asked for, but the ImageNet networks have 18, 34, 50, 101 or 152 "
            "layers.",
            depth=shown(depth),
        )
    right = IMAGENET_UNITS[depth][0]
    if block != right:
        raise SpecError(
            "Block {block} was asked for, but the ImageNet network of depth {depth} has {right} "
            "units.",
            block=repr(block),
            depth=depth,
            right=right,
        )
