"""Where does the activation stand? The five orders of a unit, drawn (SVG).

Source: He et al. 2016, arXiv:1603.05027, figure 4 (a) to (e): the grey arrow is what passes from
unit to unit, the branch leaves it and comes back at the addition. ``blocks.residual`` builds what
is drawn here; a test holds the two together.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from pages.ui.figures import svg
from pages.ui.translate import Translate

WEIGHTS: Mapping[str, int] = MappingProxyType({"basic": 2, "bottleneck": 3, "single": 1})
"""Weight layers of a branch, by block."""


@dataclass(frozen=True)
class Row:
    """One order, as it is drawn.

    Attributes:
        letter: In the paper's figure 4.
        layer: The boxes of a layer of the branch, from the top.
        dropped: So many boxes are missing at the end of the branch's last layer.
        after: The boxes after the addition.
    """

    letter: str
    layer: tuple[str, ...]
    dropped: int = 0
    after: tuple[str, ...] = ()


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "original": Row("a", ("weight", "BN", "ReLU"), dropped=1, after=("ReLU",)),
        "bn-after-addition": Row("b", ("weight", "BN", "ReLU"), dropped=2, after=("BN", "ReLU")),
        "relu-before-addition": Row("c", ("weight", "BN", "ReLU")),
        "relu-only": Row("d", ("ReLU", "weight", "BN")),
        "pre-activation": Row("e", ("BN", "ReLU", "weight")),
    }
)
"""Keys are those of ``specs.choices.ORDERS``, in its order."""

WIDE, CAPTION_HIGH, SPACE = 156, 52, 14
MAIN, BRANCH = 40, 114
"""Middle of the grey arrow, and of the branch."""
BOX, BOX_HIGH, STEP = 72, 21, 27
TOP, RADIUS = 42, 10
LETTERS = 19
"""Most letters in a line of a name."""

PALE = "opacity:0.5"
STYLES: Mapping[str, str] = MappingProxyType(
    {
        "main": "fill:none;stroke:var(--axis);stroke-width:6",
        "main head": "fill:var(--axis);stroke:none",
        "line": "fill:none;stroke:var(--text);stroke-width:1.5",
        "head": "fill:var(--text);stroke:none",
        "sum": "fill:var(--paper);stroke:var(--text);stroke-width:1.5",
        "weight": "fill:var(--paper);stroke:var(--text);stroke-width:1.5",
        "BN": "fill:var(--tint-2);stroke:var(--green);stroke-width:1.5",
        "ReLU": "fill:var(--tint-1);stroke:var(--yellow);stroke-width:1.5",
        "word": "fill:var(--text);font-size:14px",
        "x": "fill:var(--text);font-size:15px;font-style:italic",
        "name": "fill:var(--text);font-size:14px;font-weight:600",
        "pale name": "fill:var(--muted);font-size:14px",
        "frame": "fill:none;stroke:var(--residual);stroke-width:2.5",
    }
)


def order_name(order: str, t: Translate) -> str:
    """Name an order as the paper does, in the visitor's language."""
    return {
        "original": t("original"),
        "bn-after-addition": t("BN after addition"),
        "relu-before-addition": t("ReLU before addition"),
        "relu-only": t("ReLU-only pre-activation"),
        "pre-activation": t("full pre-activation"),
    }[order]


def order_title(order: str, t: Translate) -> str:
    """Name an order with its letter: ``(a) original``."""
    return f"({ROWS[order].letter}) {order_name(order, t)}"


def branch_of(order: str, block: str = "basic") -> tuple[str, ...]:
    """Give the boxes of the branch, from the top: ``weight``, ``BN``, ``ReLU``."""
    row = ROWS[order]
    boxes = row.layer * WEIGHTS[block]
    return boxes[: len(boxes) - row.dropped]


def order_words(order: str, t: Translate, *, block: str = "basic") -> str:
    """Say what a drawing shows, for those who do not see it."""
    words = _words(t)
    after = ", ".join(words[box] for box in ROWS[order].after)
    return t(
        "{name}: branch {branch}; after the addition: {after}.",
        name=order_title(order, t),
        branch=", ".join(words[box] for box in branch_of(order, block)),
        after=after or t("nothing"),
    )


def order_diagrams(chosen: Collection[str], *, t: Translate, block: str = "basic") -> str:
    """Draw the five orders side by side, with their names; the chosen ones strong, others pale.

    Colours are tokens of the palette: a page gives them values, ``theme.resolve`` puts them in.

    Args:
        chosen: Keys of ``ROWS``.
        t: Translates.
        block: A key of ``WEIGHTS``.
    """
    high = height(block) + CAPTION_HIGH
    parts = []
    for number, order in enumerate(ROWS):
        is_chosen = order in chosen
        x = SPACE / 2 + number * (WIDE + SPACE)
        inner = _diagram(order, t, block)
        parts.append(
            f"<g{svg.attributes({'data-order': order})} "
            f'transform="translate({svg.number(x)} 0)">'
            + (svg.rect(-5, 2, WIDE + 10, high - 4, STYLES["frame"], radius=8) * is_chosen)
            + (inner if is_chosen else f'<g style="{PALE}">{inner}</g>')
            + _caption(order, t, height(block), is_chosen=is_chosen)
            + "</g>"
        )
    said = " ".join(order_words(order, t, block=block) for order in ROWS)
    return _whole(len(ROWS) * (WIDE + SPACE), high, said, "".join(parts))


def order_diagram(order: str, *, t: Translate, block: str = "basic") -> str:
    """Draw one order without its name, for where that stands beside the drawing."""
    said = order_words(order, t, block=block)
    inner = f"<g{svg.attributes({'data-order': order})}>{_diagram(order, t, block)}</g>"
    return _whole(WIDE, height(block), said, inner)


def height(block: str) -> int:
    """Give the height of one drawing without its name; all five have the same."""
    most = max(len(row.after) for row in ROWS.values())
    return _sum_at(block) + RADIUS + most * STEP + 52


def _words(t: Translate) -> dict[str, str]:
    return {"weight": t("weight"), "BN": t("BN"), "ReLU": t("ReLU")}


def _sum_at(block: str) -> int:
    """Give where the addition stands: below the longest branch."""
    longest = max(len(branch_of(order, block)) for order in ROWS)
    return TOP + longest * STEP + 8


def _whole(wide: float, high: float, said: str, inner: str) -> str:
    size = f"0 0 {svg.number(wide)} {svg.number(high)}"
    named = svg.attributes({"viewBox": size, "role": "img", "aria-label": said})
    title = svg.attributes({"style": f"font-family:{svg.FONT};width:100%;height:auto"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"{named}{title}>'
        f"<title>{escape(said)}</title>{inner}</svg>"
    )


def _diagram(order: str, t: Translate, block: str) -> str:
    words = _words(t)
    sum_at, end = _sum_at(block), height(block)
    boxes = branch_of(order, block)
    foot = TOP + len(boxes) * STEP - (STEP - BOX_HIGH)
    parts = [
        svg.path(f"M{MAIN} 22V{end - 34}", STYLES["main"]),
        svg.path(f"M{MAIN} {end - 24}l-9 -13h18z", STYLES["main head"]),
        _signal(MAIN, 15, "l"),
        _signal(MAIN, end - 10, "l+1"),
        svg.path(f"M{MAIN} 32H{BRANCH}V{TOP}", STYLES["line"]),
    ]
    for number, box in enumerate(boxes):
        y = TOP + number * STEP
        if number:
            parts.append(svg.path(f"M{BRANCH} {y - STEP + BOX_HIGH}V{y}", STYLES["line"]))
        parts.append(_box(BRANCH, y, box, words))
    into = MAIN + RADIUS
    parts += [
        svg.path(f"M{BRANCH} {foot}V{sum_at}H{into + 8}", STYLES["line"]),
        svg.path(f"M{into} {sum_at}l10 -5v10z", STYLES["head"]),
        f'<circle cx="{MAIN}" cy="{sum_at}" r="{RADIUS}" style="{STYLES["sum"]}"/>',
        svg.path(f"M{MAIN - 6} {sum_at}h12M{MAIN} {sum_at - 6}v12", STYLES["line"]),
        svg.text(MAIN + RADIUS + 6, sum_at + 17, t("addition"), STYLES["word"]),
    ]
    for number, box in enumerate(ROWS[order].after):
        parts.append(_box(MAIN, sum_at + RADIUS + 16 + number * STEP, box, words))
    return "".join(parts)


def _box(x: int, y: int, box: str, words: Mapping[str, str]) -> str:
    return (
        f"<g{svg.attributes({'data-box': box})}>"
        + svg.rect(x - BOX / 2, y, BOX, BOX_HIGH, STYLES[box])
        + svg.text(x, y + BOX_HIGH / 2 + 5, words[box], STYLES["word"], "middle")
        + "</g>"
    )


def _signal(x: int, y: int, index: str) -> str:
    """Write x with the number of its unit below the line."""
    small = f'<tspan dy="4" style="font-size:11px">{index}</tspan>'
    return f'<text x="{x}" y="{y}" text-anchor="middle" style="{STYLES["x"]}">x{small}</text>'


def _caption(order: str, t: Translate, y: int, *, is_chosen: bool) -> str:
    lines = textwrap.wrap(order_title(order, t), LETTERS, break_on_hyphens=False)
    style = STYLES["name" if is_chosen else "pale name"]
    return "".join(
        svg.text(WIDE / 2, y + 20 + 18 * number, line, style, "middle")
        for number, line in enumerate(lines)
    )
