"""What is in a residual unit, and what does each part cost? A drawing (SVG), and bars of weights.

Source: He et al. 2015, arXiv:1512.03385, figures 2, 3 and 5: a solid shortcut where shapes agree, a
dotted one where they do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.translate import Translate
from resnet_core.specs import UnitSpec

WIDE = 452
LEFT, RIGHT = 136, 352
"""Middle of F, and of the shortcut."""
BOX, BOX_HIGH, GAP = 176, 52, 42

FONT = theme.FONT.replace('"', "'")
STYLES: Mapping[str, str] = {
    "line": "fill:none;stroke:var(--text);stroke-width:1.75",
    "shortcut": "fill:none;stroke:var(--residual);stroke-width:3",
    "box": "fill:var(--paper);stroke:var(--text);stroke-width:1.5",
    "blue box": "fill:var(--paper);stroke:var(--residual);stroke-width:2",
    "head": "fill:var(--text);stroke:none",
    "blue head": "fill:var(--residual);stroke:none",
    "word": "fill:var(--text);font-size:17px",
    "strong": "fill:var(--text);font-size:17px;font-weight:600",
    "small": "fill:var(--muted);font-size:15px",
    "blue": "fill:var(--residual);font-size:16px;font-weight:600",
}
"""Styles stand on each element: Word and Inkscape read no style sheet in a picture."""


def unit_drawing(unit: UnitSpec, *, t: Translate) -> str:
    """Draw a unit from x down to ReLU, with its shortcut on the right.

    Colours are tokens of the palette, as in every figure: the page gives them values for light and
    dark, ``theme.resolve`` puts them in for a file.
    """
    parts: list[str] = []
    y = 26
    parts += [
        _text(LEFT, y, "x", "strong"),
        _text(LEFT + 20, y, _shape(unit.in_channels, 1), "small", "start"),
    ]
    fork = y + 30
    parts.append(_line([(LEFT, y + 10), (LEFT, fork)], "line"))
    top = fork + 24
    y = top
    last = len(unit.convolutions)
    for number, (kernel, before, after, stride) in enumerate(unit.convolutions, start=1):
        parts += [_arrow(LEFT, fork if number == 1 else y - GAP, y, "line", "head")]
        lines = [f"{kernel}×{kernel}, {before} → {after}"]
        lines += [t("stride {stride}", stride=stride)] if stride > 1 else []
        parts += _box(LEFT, y, lines, "box")
        y += BOX_HIGH
        norm = t("BN, ReLU") if number < last else t("BN")
        parts.append(_text(LEFT + 12, y + GAP // 2 + 4, norm, "small", "start"))
        y += GAP
    bottom = y - GAP
    parts += [
        _line([(38, top), (30, top), (30, bottom), (38, bottom)], "line"),
        _text(18, (top + bottom) // 2, "F(x)", "strong", turn=True),
    ]
    plus = y + 14
    parts.append(_arrow(LEFT, bottom, plus - 14, "line", "head"))
    parts += _shortcut(unit, fork, plus, t)
    parts += [
        f'<circle cx="{LEFT}" cy="{plus}" r="14" style="{STYLES["box"]}"/>',
        _line([(LEFT - 8, plus), (LEFT + 8, plus)], "line"),
        _line([(LEFT, plus - 8), (LEFT, plus + 8)], "line"),
        _text(LEFT + 12, plus + 38, formula(unit), "blue", "start"),
    ]
    y = plus + 52
    parts += [
        _arrow(LEFT, plus + 14, y, "line", "head"),
        *_box(LEFT, y, ["ReLU"], "box", high=34),
        _arrow(LEFT, y + 34, y + 64, "line", "head"),
        _text(LEFT + 12, y + 57, _shape(unit.out_channels, unit.stride), "small", "start"),
    ]
    said = escape(drawing_words(unit, t), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {y + 72}" role="img" '
        f'aria-label="{said}" style="font-family:{FONT};width:100%;height:auto;display:block">'
        f"<title>{said}</title>{''.join(parts)}</svg>"
    )


def drawing_file(unit: UnitSpec, *, t: Translate) -> str:
    """Give the drawing as a file by itself: in light colours, on white."""
    drawing = theme.resolve(unit_drawing(unit, t=t))
    paper = f'<rect width="100%" height="100%" fill="{theme.PALETTE["light"]["paper"]}"/>'
    return drawing.replace("</title>", f"</title>{paper}", 1)


def formula(unit: UnitSpec) -> str:
    """Give what the unit computes before its last ReLU."""
    return "H(x) = F(x) + Wx" if unit.changes or unit.projects else "H(x) = F(x) + x"


def drawing_words(unit: UnitSpec, t: Translate) -> str:
    """Say what the drawing shows, for those who do not see it."""
    layers = "; ".join(
        f"{kernel}×{kernel}, {before} → {after}" for kernel, before, after, _ in unit.convolutions
    )
    return t(
        "Residual unit, {formula}. F: {layers}; stride {stride}. Shortcut: {shortcut}.",
        formula=formula(unit),
        layers=layers,
        stride=unit.stride,
        shortcut=", ".join(shortcut_lines(unit, t)),
    )


def shortcut_lines(unit: UnitSpec, t: Translate) -> list[str]:
    """Say in a few words, a line each, what stands on the shortcut."""
    if unit.projects:
        lines = [f"1×1, {unit.in_channels} → {unit.out_channels}"]
        return [*lines, t("stride {stride}", stride=unit.stride)] if unit.stride > 1 else lines
    lines = [t("every second pixel")] if unit.stride > 1 else []
    if extra := unit.out_channels - unit.in_channels:
        lines.append(t("{count} zero channels", count=extra))
    return lines or [t("identity")]


def _shortcut(unit: UnitSpec, fork: int, plus: int, t: Translate) -> list[str]:
    """Draw what carries x past F: solid where shapes agree, dotted where they do not."""
    dots = "" if not unit.changes else ";stroke-dasharray:0.1 8;stroke-linecap:round"
    style = STYLES["shortcut"] + dots
    path = f"M{LEFT} {fork}H{RIGHT}V{plus}H{LEFT + 26}"
    parts = [
        f'<path d="{path}" style="{style}"/>',
        f'<path d="M{LEFT + 16} {plus}l12 -6v12z" style="{STYLES["blue head"]}"/>',
    ]
    middle = (fork + plus) // 2
    lines = shortcut_lines(unit, t)
    if not (unit.changes or unit.projects):
        # Beside the line, which nothing interrupts: x passes as it is.
        return [
            *parts,
            _text(RIGHT + 14, middle, "x", "blue", "start"),
            _text(RIGHT + 14, middle + 22, lines[0], "small", "start"),
        ]
    parts += _box(RIGHT, middle - BOX_HIGH // 2, lines, "blue box")
    if unit.projects:
        parts.append(_text(RIGHT + 12, middle + BOX_HIGH // 2 + 24, t("BN"), "small", "start"))
    return parts


def _shape(channels: int, stride: int) -> str:
    return f"{channels} × H × W" if stride == 1 else f"{channels} × H/{stride} × W/{stride}"


def _text(
    x: int, y: int, words: str, style: str, anchor: str = "middle", *, turn: bool = False
) -> str:
    turned = f' transform="rotate(-90 {x} {y})"' if turn else ""
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" style="{STYLES[style]}"{turned}>'
        f"{escape(words)}</text>"
    )


def _line(points: Sequence[tuple[int, int]], style: str) -> str:
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    return f'<path d="{path}" style="{STYLES[style]}"/>'


def _arrow(x: int, start: int, end: int, style: str, head: str) -> str:
    return (
        _line([(x, start), (x, end - 6)], style)
        + f'<path d="M{x} {end}l-5 -10h10z" style="{STYLES[head]}"/>'
    )


def _box(x: int, y: int, lines: Sequence[str], style: str, *, high: int = BOX_HIGH) -> list[str]:
    corner = f'x="{x - BOX // 2}" y="{y}" width="{BOX}" height="{high}" rx="6"'
    first = y + high // 2 + 6 - 11 * (len(lines) - 1)
    words = ("word", "small")
    return [f'<rect {corner} style="{STYLES[style]}"/>'] + [
        _text(x, first + 22 * i, line, words[min(i, 1)]) for i, line in enumerate(lines)
    ]


def weight_bars(rows: Mapping[str, Sequence[tuple[str, int]]], *, t: Translate) -> go.Figure:
    """Draw what units cost: a bar a unit, made of its 3×3 layers, 1×1 layers and shortcut.

    Args:
        rows: Name of the unit → its convolutions: ``3×3``, ``1×1`` or ``shortcut``, and weights.
        t: Translates.
    """
    kinds = {
        "3×3": (t("3×3 layers"), theme.color("theory")),
        "1×1": (t("1×1 layers"), theme.color("yellow")),
        "shortcut": (t("shortcut"), theme.color("residual")),
    }
    names = list(rows)
    sums = {name: sum(weights for _, weights in row) for name, row in rows.items()}
    bars = []
    for kind, (label, color) in kinds.items():
        amounts = [sum(weights for one, weights in rows[name] if one == kind) for name in names]
        bars.append(
            go.Bar(
                uid=kind,
                name=label,
                legendgroup=kind,
                orientation="h",
                x=amounts,
                y=names,
                marker={"color": color, "line": {"width": 0}},
                hovertemplate=f"{label}: %{{x:,}}<extra></extra>",
                showlegend=any(amounts),
            )
        )
    return go.Figure(
        bars,
        theme.layout(
            xaxis=theme.axis(t("weights"), nticks=4, rangemode="tozero"),
            yaxis=theme.axis(
                t("unit"),
                autorange="reversed",
                ticks="",
                tickvals=names,
                # The sum stands with the name: at the end of a bar a phone has no room for it.
                ticktext=[f"{name}<br><b>{sums[name]:,}</b>" for name in names],
            ),
            barmode="stack",
            bargap=0.42,
        ),
    )
