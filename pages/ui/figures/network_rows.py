"""Where does each part of a network stand in its drawing? Rows, from the image to the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pages.ui.figures.parts import Group, Network, Part

TOP = 96
"""Of the first row: name, totals and image stand above."""

BOX, INNER = 22, 6
"""Height of a weighted layer, and of the gap between two of a unit."""
ABOVE, ABOVE_UNIT = 12, 20
"""Gap above a layer, and above a unit, where a sum ends and a shortcut begins."""
POOL = 18
BAND_ABOVE, BAND_BELOW = 8, 16
"""Room above the first row of each size of map, and below the last, where its sum may stand."""


@dataclass(frozen=True)
class Item:
    """What takes a row of a drawing: a part, or units that are drawn as one."""

    parts: tuple[Part, ...]
    group: Group

    @property
    def first(self) -> Part:
        """The one that is drawn."""
        return self.parts[0]

    @property
    def is_closed(self) -> bool:
        """Whether it stands for more than one unit."""
        return len(self.parts) > 1

    @property
    def high(self) -> int:
        """Height with the gap above it."""
        return (ABOVE_UNIT if self.first.stage else ABOVE) + body(self.first)


def items(network: Network, opened: frozenset[str]) -> list[Item]:
    """List what is drawn, from image to classes; of closed groups one unit for all."""
    found = []
    for group in network.groups:
        if group.repeats and group.code not in opened:
            found.append(Item(group.parts, group))
        else:
            found += [Item((part,), group) for part in group.parts]
    return found


Bands = Mapping[int, float]
"""Size of map → where its rows begin; and 0 → where the drawing ends."""


def align(drawings: Sequence[Sequence[Item]]) -> Bands:
    """Let maps of one size begin at one height in all drawings, as in the paper's figure."""
    high: dict[int, int] = {}
    for drawn in drawings:
        own: dict[int, int] = {}
        for item in drawn:
            own[item.first.size] = own.get(item.first.size, 0) + item.high
        high = {size: max(high.get(size, 0), own.get(size, 0)) for size in {*high, *own}}
    bands: dict[int, float] = {}
    y = float(TOP)
    for size in sorted(high, reverse=True):
        bands[size] = y
        y += BAND_ABOVE + high[size] + BAND_BELOW
    bands[0] = y
    return bands


def places_of(rows: Sequence[Item], bands: Bands) -> list[float]:
    """Say where each row begins, its gap included."""
    places: list[float] = []
    size, y = -1, 0.0
    for item in rows:
        if item.first.size != size:
            size = item.first.size
            y = bands[size] + BAND_ABOVE
        places.append(y)
        y += item.high
    return places


def body(part: Part) -> int:
    """Give the height of a part without the gap above it."""
    boxes = len(part.boxes)
    return POOL if part.pooling else boxes * BOX + (boxes - 1) * INNER
