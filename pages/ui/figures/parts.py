"""Which parts does a network have? Its layers, as they were read, gathered into what is drawn.

A part is a residual unit, or a layer or a pooling outside of units. Nothing is known here of how a
network is built: kernels, strides and the limits of units all come out of the layers' shapes,
weights and names (``stages.0.2.residual.conv1`` is in the third unit of the first stage).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import isqrt, log2, prod
from typing import Any, Literal

Shape = tuple[int, ...]
Shortcut = Literal["", "identity", "padding", "projection"]
Row = Mapping[str, Any]
"""A layer as the bench lists it; see ``resnet_core.arithmetic.reading.Layer``."""


@dataclass(frozen=True)
class Box:
    """One weighted layer: a convolution, or a linear layer, whose kernel is 0."""

    kernel: int
    channels: int
    stride: int = 1


@dataclass(frozen=True)
class Part:
    """What is drawn as one thing.

    Attributes:
        stage: Of a unit, from 1; 0 outside of units.
        number: Of a unit in its stage, from 1; else of the part among those outside, from 1.
        boxes: Weighted layers, shortcut not counted; none in a pooling.
        pooling: ``max``, ``average``, or nothing.
        shortcut: What carries x past the layers; nothing where nothing does.
        input_shape: (C, H, W).
        output_shape: (C, H, W), or (K,).
        parameters: Of everything in it.
        multiply_adds: Of everything in it, one image.
        receptive_field: Of its output, in pixels; None for the whole image.
    """

    stage: int
    number: int
    boxes: tuple[Box, ...]
    pooling: str
    shortcut: Shortcut
    input_shape: Shape
    output_shape: Shape
    parameters: int
    multiply_adds: int
    receptive_field: tuple[int, int] | None

    @property
    def code(self) -> str:
        """Name it within its network, also in a link."""
        return f"{self.stage}.{self.number}"

    @property
    def changes(self) -> bool:
        """Whether its output has another shape than its input: a shortcut past it is dotted."""
        return self.input_shape != self.output_shape

    @property
    def size(self) -> int:
        """Height of its output, in pixels."""
        return self.output_shape[1] if len(self.output_shape) == 3 else 1

    @property
    def kind(self) -> tuple[Any, ...]:
        """What units that repeat each other have in common."""
        return (self.stage, self.boxes, self.shortcut, self.input_shape, self.output_shape)


@dataclass(frozen=True)
class Group:
    """A part, or units of a stage that repeat each other: ×N."""

    parts: tuple[Part, ...]

    @property
    def first(self) -> Part:
        """The one that is drawn for all."""
        return self.parts[0]

    @property
    def code(self) -> str:
        """Name it within its network, also in a link."""
        return self.first.code

    @property
    def repeats(self) -> bool:
        """Whether there is something to open."""
        return len(self.parts) > 1


@dataclass(frozen=True)
class Network:
    """A network as it is drawn.

    Attributes:
        name: Above its drawing.
        join: ``plain`` or ``residual``.
        image: Shape of an image, (C, H, W).
        parts: From image to classes.
    """

    name: str
    join: str
    image: Shape
    parts: tuple[Part, ...]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Its parts, those that repeat each other together."""
        found = []
        for (stage, *_), alike in groupby(self.parts, key=lambda part: part.kind):
            parts = tuple(alike)
            found += [Group(parts)] if stage else [Group((part,)) for part in parts]
        return tuple(found)

    @cached_property
    def opening(self) -> frozenset[str]:
        """The codes of what can be opened."""
        return frozenset(group.code for group in self.groups if group.repeats)

    @property
    def depth(self) -> int:
        """Count the weighted layers, those on shortcuts not among them."""
        return sum(len(part.boxes) for part in self.parts)

    @property
    def parameters(self) -> int:
        """Count all it can learn."""
        return sum(part.parameters for part in self.parts)

    @property
    def multiply_adds(self) -> int:
        """Count its work for one image."""
        return sum(part.multiply_adds for part in self.parts)

    def level(self, size: int) -> int:
        """Say which of the four colours maps of a size have: 1 to 4; 0 before the first stage.

        ImageNet networks begin their stages at a quarter of the image, CIFAR networks at once. So
        equal sizes have equal colours, in VGG too, which has no units.
        """
        image = self.image[1]
        halvings = round(log2(image / size)) if size else 0
        first = 2 if image > 64 else 0
        return max(0, halvings - first + 1) if size > 1 else 0


def read_parts(layers: Sequence[Row], *, join: str) -> tuple[Part, ...]:
    """Gather layers into parts.

    Args:
        layers: In order, as the bench lists them.
        join: ``plain`` or ``residual``: an identity shortcut is no layer, so no row says it.
    """
    parts: list[Part] = []
    outside = 0
    for place, rows in _gathered(layers):
        if place is None:
            outside += 1
            parts.append(_part(rows, 0, outside, ""))
        else:
            parts.append(_part(rows, *place, _shortcut(rows) if join == "residual" else ""))
    return tuple(parts)


def _gathered(layers: Sequence[Row]) -> Iterator[tuple[tuple[int, int] | None, list[Row]]]:
    """Give the rows of each part: a unit's; a layer's or pooling's, with BN and ReLU after it."""
    for place, group in groupby(layers, key=_place):
        rows = list(group)
        if place is not None:
            yield place, rows
            continue
        starts = [number for number, row in enumerate(rows) if _begins(row)]
        for number, start in enumerate(starts):
            # What stands before the first, such as the last BN of pre-activation, goes with it.
            end = starts[number + 1] if number + 1 < len(starts) else len(rows)
            yield None, rows[start if number else 0 : end]


def _place(row: Row) -> tuple[int, int] | None:
    """Stage and unit of a layer, both from 1; None outside of units."""
    parts = str(row["name"]).split(".")
    return (int(parts[1]) + 1, int(parts[2]) + 1) if parts[0] == "stages" else None


def _begins(row: Row) -> bool:
    return _is_weighted(row) or (_pooling(row) != "" and row["input_shape"] != row["output_shape"])


def _is_weighted(row: Row) -> bool:
    return row["kind"] in ("Conv2d", "Linear")


def _pooling(row: Row) -> str:
    kind = str(row["kind"])
    return "" if "Pool" not in kind else "max" if "Max" in kind else "average"


def _shortcut(rows: Sequence[Row]) -> Shortcut:
    kinds = {row["kind"] for row in rows if ".shortcut" in row["name"]}
    return "projection" if "Conv2d" in kinds else "padding" if kinds else "identity"


def _part(rows: Sequence[Row], stage: int, number: int, shortcut: Shortcut) -> Part:
    weighted = [row for row in rows if _is_weighted(row) and ".shortcut" not in row["name"]]
    pooling = "" if weighted else next(filter(None, map(_pooling, rows)), "")
    # A pooling that changes nothing, as VGG's last at its usual size, hides no field.
    fields = [row["receptive_field"] for row in rows if row["receptive_field"] is not None]
    return Part(
        stage=stage,
        number=number,
        boxes=tuple(map(_box, weighted)),
        pooling=pooling,
        shortcut=shortcut,
        input_shape=tuple(rows[0]["input_shape"]),
        output_shape=tuple(rows[-1]["output_shape"]),
        parameters=sum(row["weights"] + row["biases"] + row["normalisation"] for row in rows),
        multiply_adds=sum(row["multiply_adds"] + row["attention"] for row in rows),
        receptive_field=(fields[-1][0], fields[-1][1]) if fields else None,
    )


def _box(row: Row) -> Box:
    """Read kernel and stride out of weights and shapes: k·k·channels in·channels out weights."""
    before, after = row["input_shape"], row["output_shape"]
    if row["kind"] == "Linear":
        return Box(0, after[-1])
    kernel = isqrt(row["weights"] // prod((before[0], after[0])))
    return Box(kernel, after[0], round(before[1] / after[1]))
