"""Which paths does a network of n units have? Its block diagram, and below it the unraveled view.

Source: Veit et al. 2016, arXiv:1605.06431, figure 1. From the output back: y_i is y_{i-1} plus
f_i(y_{i-1}), so each addition has two branches, and n of them end in 2^n copies of the input. In
the drawing each unit stands above its copies. A deleted unit gives nothing, and neither does what
leads to it alone. A plain network has one path, which is gone without any of its units; on the
bench the gap is closed, and what lies behind it gets what it never saw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from pages.ui import theme
from pages.ui.figures.svg import FONT, attributes, number, path, rect, text

MOST_DRAWN = 6
"""Units of the largest tree that is drawn: 64 paths, 127 nodes."""

WIDE, HIGH = 720, 392
LEFT, RIGHT = 52, 664
"""Of the first column, the input's, and of the last, the output's."""
LINE = 62
"""Height of the block diagram's line."""
TOP, BOTTOM = 98, 360
"""Of the tree."""
GONE = 0.1
"""Opacity of what is no longer reached."""
ASTRAY = 0.45
"""Opacity of plain units behind a gap."""

STYLES: Mapping[str, str] = MappingProxyType(
    {
        "through": "fill:none;stroke:var(--muted)",
        "around": "fill:none;stroke:var(--residual)",
        "gap": "fill:none;stroke:var(--plain);stroke-width:2;stroke-dasharray:5 4",
        "box": "fill:var(--paper);stroke:var(--text);stroke-width:1.5",
        "node": "fill:var(--text);stroke:none",
        "sum": "fill:var(--paper);stroke:var(--text);stroke-width:1.5",
        "sign": "fill:none;stroke:var(--text);stroke-width:1.5",
        "cross": "fill:none;stroke:var(--plain);stroke-width:3;stroke-linecap:round",
        "hit": "fill:transparent;stroke:none",
        "word": "fill:var(--text);font-size:16px;font-weight:600",
        "small": "fill:var(--muted);font-size:14px",
    }
)

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Node:
    """A copy of y_i in the tree, i its level; level 0 is the input.

    Attributes:
        level: 0…n.
        way: From the output back to here: ``1`` for each unit passed through, ``0`` for each that
            is gone around, the last unit first. The output's is empty, an input's is a path.
        y: In the drawing.
    """

    level: int
    way: str
    y: float

    def units(self, units: int) -> tuple[int, ...]:
        """Give the units, from 1 on, that lie on the way from here to the output."""
        return tuple(sorted(units - i for i, step in enumerate(self.way) if step == "1"))


def name(letter: str, index: int) -> str:
    """Name a unit or a signal: ``f₂``, ``y₃``."""
    return letter + str(index).translate(_SUBSCRIPT)


def tree(units: int, *, is_plain: bool = False) -> Iterator[Node]:
    """Give the nodes of the unraveled view, the output first: 2^(n+1) - 1, n + 1 of a chain."""
    yield from _below(Node(units, "", 0), TOP, BOTTOM, is_plain)


def _below(node: Node, top: float, bottom: float, is_plain: bool) -> Iterator[Node]:
    middle = (top + bottom) / 2
    yield Node(node.level, node.way, middle)
    if not node.level:
        return
    if not is_plain:
        yield from _below(Node(node.level - 1, f"{node.way}0", 0), top, middle, is_plain)
        top = middle
    yield from _below(Node(node.level - 1, f"{node.way}1", 0), top, bottom, is_plain)


def unraveled_drawing(
    units: int, *, t: Callable[..., str], is_plain: bool = False, deleted: Collection[int] = ()
) -> str:
    """Draw a network of so many units, and its paths below.

    Units carry ``data-unit``; what belongs to paths carries ``data-way``, its way to the output,
    and ``data-through``, the units on it.

    Args:
        units: 1…6.
        t: Translates.
        is_plain: Without shortcuts.
        deleted: Units, from 1 on; what they take with them is drawn faintly.
    """
    nodes = {node.way: node for node in tree(units, is_plain=is_plain)}
    parts = [*_diagram(units, is_plain, deleted, t)]
    parts += [_edge(node, nodes, units, is_plain, deleted) for node in nodes.values() if node.way]
    parts += [_dot(node, units, is_plain, deleted) for node in nodes.values()]
    parts += _copies(units, is_plain)
    said = escape(drawing_words(units, t=t, is_plain=is_plain, deleted=deleted), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="group" '
        f'aria-label="{said}" style="font-family:{FONT};width:100%;height:auto;display:block">'
        f"{''.join(parts)}</svg>"
    )


def drawing_file(
    units: int, *, t: Callable[..., str], is_plain: bool = False, deleted: Collection[int] = ()
) -> str:
    """Give the drawing as a file by itself: in light colours, on white."""
    drawing = theme.resolve(unraveled_drawing(units, t=t, is_plain=is_plain, deleted=deleted))
    paper = f'<rect width="100%" height="100%" fill="{theme.PALETTE["light"]["paper"]}"/>'
    return drawing.replace('display:block">', f'display:block">{paper}', 1)


def drawing_words(
    units: int, *, t: Callable[..., str], is_plain: bool = False, deleted: Collection[int] = ()
) -> str:
    """Say what the drawing shows, for those who do not see it."""
    if is_plain:
        return t(
            "A plain network, units: {units}; one path. Deleted: {deleted}; trained paths left: "
            "{left}.",
            units=units,
            deleted=", ".join(map(str, sorted(deleted))) or "–",
            left=0 if deleted else 1,
        )
    return t(
        "A residual network, units: {units}; its whole tree of {paths} paths with {nodes} nodes. "
        "Deleted: {deleted}; paths left: {left}.",
        units=units,
        paths=1 << units,
        nodes=(2 << units) - 1,
        deleted=", ".join(map(str, sorted(deleted))) or "–",
        left=1 << (units - len({*deleted})),
    )


# --- the block diagram ----------------------------------------------------------------------------


def _diagram(
    units: int, is_plain: bool, deleted: Collection[int], t: Callable[..., str]
) -> Iterator[str]:
    yield text(LEFT - 14, LINE + 5, "x", STYLES["word"], "end")
    yield text(RIGHT + 16, LINE + 5, name("y", units), STYLES["word"])
    for unit in range(1, units + 1):
        yield _unit(unit, units, is_plain, deleted, t)


def _unit(
    unit: int, units: int, is_plain: bool, deleted: Collection[int], t: Callable[..., str]
) -> str:
    start, end = _x(unit - 1, units), _x(unit, units)
    middle = (start + end) / 2
    half = min(26.0, 0.24 * (end - start))
    is_gone = unit in deleted
    is_astray = is_plain and not is_gone and any(one < unit for one in deleted)
    fade = f"opacity:{GONE if is_gone else ASTRAY}" if is_gone or is_astray else ""
    parts = [
        rect(start, 14, end - start, LINE + 8, STYLES["hit"], radius=8).replace(
            "<rect", '<rect class="rl-hit"', 1
        ),
        f'<g class="rl-f" style="{fade}">',
        path(
            f"M{number(start)} {LINE}H{number(end - (0 if is_plain else 9))}",
            STYLES["through"] + ";stroke-width:2",
        ),
        rect(middle - half, LINE - 16, 2 * half, 32, STYLES["box"], radius=6),
        text(middle, LINE + 5, name("f", unit), STYLES["word"], "middle"),
        "</g>",
    ]
    if is_plain:
        arc = f"M{number(start)} {LINE}C{number(start + 6)} 14 {number(end - 6)} 14 "
        arc = path(f"{arc}{number(end)} {LINE}", STYLES["gap"] + ("" if is_gone else ";opacity:0"))
        parts.append(arc.replace("<path", '<path class="rl-gap"', 1))
    else:
        curve = f"M{number(start + 6)} {LINE}V36Q{number(start + 6)} 22 {number(start + 20)} 22"
        curve += f"H{number(end - 14)}Q{number(end)} 22 {number(end)} 36V{LINE - 9}"
        parts += [
            path(f"M{number(start)} {LINE}h6", STYLES["through"] + ";stroke-width:2"),
            path(curve, STYLES["around"] + ";stroke-width:2.5"),
            f'<circle cx="{number(end)}" cy="{LINE}" r="9" style="{STYLES["sum"]}"/>',
            path(f"M{number(end - 5)} {LINE}h10M{number(end)} {LINE - 5}v10", STYLES["sign"]),
        ]
    size = min(14.0, half)
    cross = path(
        f"M{number(middle - size)} {number(LINE - size)}l{number(2 * size)} {number(2 * size)}"
        f"m0 -{number(2 * size)}l-{number(2 * size)} {number(2 * size)}",
        STYLES["cross"] + ("" if is_gone else ";opacity:0"),
    )
    parts.append(cross.replace("<path", '<path class="rl-cross"', 1))
    said = {
        "class": "rl-unit rl-astray" if is_astray else "rl-unit",
        "data-unit": unit,
        "tabindex": 0,
        "role": "button",
        "aria-pressed": str(is_gone).lower(),
        "aria-label": t("Delete unit {unit}", unit=unit),
    }
    return f"<g{attributes(said)}>{''.join(parts)}</g>"


# --- the tree -------------------------------------------------------------------------------------


def _edge(
    node: Node, nodes: Mapping[str, Node], units: int, is_plain: bool, deleted: Collection[int]
) -> str:
    """Draw what leads from a node to the addition that takes it: around a unit, or through it."""
    above = nodes[node.way[:-1]]
    start, end = _x(node.level, units), _x(above.level, units)
    room = (BOTTOM - TOP) / (1 if is_plain else 1 << (units - node.level))
    thick = max(1.0, min(2.0, room / 10))
    is_through = node.way[-1] == "1"
    bend = 0.23 * (end - start)
    curve = (
        f"M{number(start)} {number(node.y)}H{number(end - 2 * bend)}"
        f"C{number(end - bend)} {number(node.y)} {number(end - bend)} {number(above.y)} "
        f"{number(end)} {number(above.y)}"
    )
    style = STYLES["through" if is_through else "around"]
    inside = [path(curve, f"{style};stroke-width:{number(thick)}")]
    if is_through:
        high, half = min(26.0, 0.7 * room), min(20.0, 0.18 * (end - start))
        middle = start + 0.33 * (end - start)
        inside.append(rect(middle - half, node.y - high / 2, 2 * half, high, STYLES["box"]))
        if high >= 12:
            size = min(14.0, 0.75 * high)
            word = name("f", units - len(node.way) + 1)
            style = f"fill:var(--text);font-size:{number(size)}px"
            inside.append(text(middle, node.y + 0.34 * size, word, style, "middle"))
    return _part(node, units, is_plain, deleted, "".join(inside))


def _dot(node: Node, units: int, is_plain: bool, deleted: Collection[int]) -> str:
    x = _x(node.level, units)
    paths = 1 if is_plain else 1 << units
    room = (BOTTOM - TOP) / paths
    radius = min(4.5, max(1.6, room / 3))
    inside = (
        f'<circle cx="{number(x)}" cy="{number(node.y)}" r="{number(radius)}" '
        f'style="{STYLES["node"]}"/>'
    )
    if not node.level:
        # The number at a path's end is its length; the hidden area is what a pointer finds.
        if room >= 12:
            length = str(node.way.count("1"))
            inside += text(x - 12, node.y + 5, length, STYLES["small"], "end")
        area = rect(x - 40, node.y - room / 2, 60, room, STYLES["hit"], radius=0)
        inside += area.replace("<rect", '<rect class="rl-leaf"', 1)
    return _part(node, units, is_plain, deleted, inside)


def _part(node: Node, units: int, is_plain: bool, deleted: Collection[int], inside: str) -> str:
    # A chain is one path: all of it is gone without any of its units.
    through = tuple(range(1, units + 1)) if is_plain else node.units(units)
    said: dict[str, object] = {
        "class": "rl-way",
        "data-way": node.way,
        "data-through": " ".join(map(str, through)),
        "style": f"--level:{units - node.level}",
    }
    if not {*through}.isdisjoint(deleted):
        said["style"] = f"{said['style']};opacity:{GONE}"
    return f"<g{attributes(said)}>{inside}</g>"


def _copies(units: int, is_plain: bool) -> Iterator[str]:
    """Say below each column how many copies of which signal stand in it."""
    for level in range(units + 1):
        count = 1 if is_plain else 1 << (units - level)
        what = name("y", level) if level else "x"
        yield text(_x(level, units), HIGH - 8, f"{what}: {count}", STYLES["small"], "middle")


def _x(level: int, units: int) -> float:
    return LEFT + (RIGHT - LEFT) * level / units
