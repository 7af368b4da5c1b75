"""What does a network look like, layer by layer? A drawing (SVG) from the image to the classes.

Source: He et al. 2015, arXiv:1512.03385, figure 3: a box a weighted layer, a solid shortcut where
shapes agree, a dotted one where they do not. Two things are ours: units that repeat each other are
drawn once, with ×N; and a box is one step wider for each doubling of its channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log2

from pages.ui import theme
from pages.ui.figures.network_rows import (
    BOX,
    INNER,
    POOL,
    TOP,
    Bands,
    Item,
    align,
    body,
    items,
    places_of,
)
from pages.ui.figures.network_words import (
    box_words,
    drawing_words,
    panel,
    pooling_words,
    shape_words,
    shortcut_words,
    totals,
)
from pages.ui.figures.parts import Box, Network
from pages.ui.figures.svg import FONT, attributes, number, path, rect, text
from pages.ui.translate import Translate

WIDE = 364
MIDDLE = 176
ARC, BESIDE = 278, 288
"""Where shortcuts run, and where words beside them begin."""
STYLES: Mapping[str, str] = {
    "line": "fill:none;stroke:var(--text);stroke-width:1.5",
    "shortcut": "fill:none;stroke:var(--residual);stroke-width:2.25",
    "dotted": "fill:none;stroke:var(--residual);stroke-width:2.5;stroke-linecap:round;"
    "stroke-dasharray:0.1 5.5",
    "head": "fill:var(--residual);stroke:none",
    "sum": "fill:var(--paper);stroke:var(--text);stroke-width:1.4",
    "band": "fill:none;stroke:var(--axis);stroke-width:1;stroke-dasharray:2 4",
    "bracket": "fill:none;stroke:var(--muted);stroke-width:1.5",
    "pill": "fill:var(--paper);stroke:var(--text);stroke-width:1.25",
    "mark": "fill:var(--text);stroke:none",
    "pool": "fill:var(--paper);stroke:none",
    "name": "fill:var(--text);font-size:18px;font-weight:700",
    "plain name": "fill:var(--plain);font-size:18px;font-weight:700",
    "residual name": "fill:var(--residual);font-size:18px;font-weight:700",
    "word": "fill:var(--text);font-size:13.5px",
    "times": "fill:var(--text);font-size:13px;font-weight:600",
    "small": "fill:var(--muted);font-size:12px",
    "blue": "fill:var(--residual);font-size:12px",
}


def network_drawings(
    networks: Sequence[Network], opened: Sequence[frozenset[str]], *, t: Translate
) -> list[str]:
    """Draw networks that stand side by side.

    Args:
        networks: From left to right. Those with images of one size are drawn to one height.
        opened: Codes of the groups whose units are all drawn, for each network.
        t: Translates.
    """
    drawn = [items(*one) for one in zip(networks, opened, strict=True)]
    bands = {
        size: align(
            [rows for one, rows in zip(networks, drawn, strict=True) if one.image[1] == size]
        )
        for size in {network.image[1] for network in networks}
    }
    return [
        # Not an image to a screen reader: it could not go to the parts.
        _svg(
            number(bands[network.image[1]][0]),
            {"role": "group", "aria-label": drawing_words(network, t)},
            _inside(network, rows, bands[network.image[1]], codes, t),
        )
        for network, rows, codes in zip(networks, drawn, opened, strict=True)
    ]


def drawing_file(network: Network, opened: frozenset[str], *, t: Translate) -> str:
    """Give a drawing as a file by itself: in light colours, on white."""
    rows = items(network, opened)
    bands = align([rows])
    said = drawing_words(network, t)
    paper = rect(0, 0, WIDE, bands[0], "fill:var(--paper)", radius=0)
    title = f"<title>{escape(said)}</title>"
    inside = title + paper + _inside(network, rows, bands, opened, t)
    drawing = _svg(number(bands[0]), {"role": "img", "aria-label": said}, inside)
    return theme.resolve(drawing)


def _svg(high: str, said: Mapping[str, str], inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}"{attributes(said)} '
        f'style="font-family:{FONT};width:100%;height:auto;display:block">{inside}</svg>'
    )


def _inside(
    network: Network, rows: Sequence[Item], bands: Bands, opened: frozenset[str], t: Translate
) -> str:
    kind = f"{network.join} name" if network.join else "name"
    parts = [text(2, 20, network.name, STYLES[kind])]
    parts += [
        text(2, 40 + 17 * i, line, STYLES["small"]) for i, line in enumerate(totals(network, t))
    ]
    image = t("image {shape}", shape=shape_words(network.image))
    parts.append(text(MIDDLE, TOP - 12, image, STYLES["word"], "middle"))
    separators = [y for size, y in bands.items() if size]
    parts += [path(f"M0 {number(y)}H{WIDE}", STYLES["band"]) for y in separators]
    places = places_of(rows, bands)
    last = places[-1] + rows[-1].high - BOX
    parts.append(path(f"M{MIDDLE} {TOP - 6}V{number(last)}", STYLES["line"]))
    before: tuple[int, ...] = ()
    for item, y in zip(rows, places, strict=True):
        shape = item.first.output_shape
        label = shape_words(shape) if shape != before and len(shape) == 3 else ""
        before = shape
        parts.append(_item(item, network, y, label, t))
    parts.append(_brackets(rows, places, opened))
    return "".join(parts)


def _item(item: Item, network: Network, y: float, label: str, t: Translate) -> str:
    """Draw one row: what can be pointed at, focused and, where it repeats, opened."""
    first = item.first
    level = network.level(first.size)
    top = y + item.high - body(first)
    drawn = []
    if label:
        drawn.append(text(2, top + 15, label, STYLES["small"]))
    if first.pooling:
        words = pooling_words(first, t)
        drawn.append(rect(MIDDLE - 62, top, 124, POOL, STYLES["pool"]))
        drawn.append(text(MIDDLE, top + 13.5, words, STYLES["small"], "middle"))
    for place, box in enumerate(first.boxes):
        drawn.append(_box(box, top + place * (BOX + INNER), level, t))
    if first.shortcut:
        drawn.append(_shortcut(item, top, t))
    if item.is_closed:
        drawn.append(_pill(len(item.parts), top + body(first) / 2 - 11, is_open=False))
    bottom = top + body(first) + (14 if first.shortcut else 4)
    hit = (
        f'<rect x="0" y="{number(top - 5)}" width="{WIDE}" height="{number(bottom - top + 5)}" '
        f'rx="6" fill="none" pointer-events="all" class="rl-hit"/>'
    )
    said = {
        "class": "rl-part",
        "data-part": first.code,
        **({"data-group": item.group.code} if item.group.repeats else {}),
        "role": "button" if item.group.repeats else "img",
        **({"aria-expanded": str(not item.is_closed).lower()} if item.group.repeats else {}),
        "aria-label": panel(item.parts, network, t).sentence,
    }
    return f"<g{attributes(said)}>{hit}{''.join(drawn)}</g>"


def box_width(channels: int) -> float:
    """Give the width of a box: one step of 13 for each doubling of the channels."""
    return max(58.0, 72 + 13 * (log2(channels) - 4))


def _box(box: Box, top: float, level: int, t: Translate) -> str:
    wide = box_width(box.channels)
    style = f"fill:var(--tint-{level});stroke:var(--{theme.STAGES[level]});stroke-width:1.25"
    return rect(MIDDLE - wide / 2, top, wide, BOX, style) + text(
        MIDDLE, top + 15.5, box_words(box, t), STYLES["word"], "middle"
    )


def _shortcut(item: Item, top: float, t: Translate) -> str:
    """Draw what carries x past a unit, from above its first layer to the sum below its last."""
    fork, plus = top - 4, top + body(item.first) + 8
    style = STYLES["dotted" if item.first.changes else "shortcut"]
    arc = f"M{MIDDLE} {number(fork)}H{ARC - 8}q8 0 8 8V{number(plus - 8)}q0 8 -8 8H{MIDDLE + 14}"
    # Beside the line, and clear of the button of a group, above it or below.
    middle = top + body(item.first) / 2
    clear = -17 if item.is_closed else 9 if item.group.repeats else 4
    words = shortcut_words(item.first, t)
    return "".join(
        (
            path(arc, style),
            path(f"M{MIDDLE + 6.5} {number(plus)}l9 -4.5v9z", STYLES["head"]),
            f'<circle cx="{MIDDLE}" cy="{number(plus)}" r="5.5" style="{STYLES["sum"]}"/>',
            path(f"M{MIDDLE - 3.2} {number(plus)}h6.4m-3.2 -3.2v6.4", STYLES["line"]),
            text(BESIDE, middle + clear, words, STYLES["blue"]) if words else "",
        )
    )


def _pill(count: int, top: float, *, is_open: bool) -> str:
    """Draw the button that opens or closes units that repeat each other."""
    words = f"×{count}"
    wide = 32 + 8 * len(words)
    x, y = BESIDE + 11, top + 11
    mark = "m0 -3h8l-4 6z" if is_open else "m1 -4.5v9l6 -4.5z"
    return (
        f'<g class="rl-times">{rect(BESIDE, top, wide, 22, STYLES["pill"], radius=11)}'
        f"{path(f'M{number(x)} {number(y)}{mark}', STYLES['mark'])}"
        f"{text(x + 12, top + 15.5, words, STYLES['times'])}</g>"
    )


def _brackets(rows: Sequence[Item], places: Sequence[float], opened: frozenset[str]) -> str:
    """Draw the brackets that hold the units of open groups together, each with its button."""
    drawn = []
    for code in sorted(opened):
        own = [
            (item, y)
            for item, y in zip(rows, places, strict=True)
            if item.group.code == code and item.group.repeats
        ]
        if not own:
            continue
        (first, start), (last, end) = own[0], own[-1]
        top = start + first.high - body(first.first)
        bottom = end + last.high
        said = {"class": "rl-open", "data-group": code}
        bracket = f"M{BESIDE} {number(top + 9)}H{WIDE - 2}V{number(bottom)}h-6"
        pill = _pill(len(own), top - 2, is_open=True)
        drawn.append(f"<g{attributes(said)}>{path(bracket, STYLES['bracket'])}{pill}</g>")
    return "".join(drawn)
