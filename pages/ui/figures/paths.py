"""How long are the paths of a network of n units? Counted; with brackets of lengths.

As in Veit et al. 2016, arXiv:1605.06431, figure 6a. Hollow marks are published, filled ones are
measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.marked import EDGES
from resnet_core.studies.paths import paths_of_length, share_of_lengths

MOST_BARS = 130
"""Beyond, lengths are drawn as an area: bars would be thinner than a pixel."""

_EXPONENT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True)
class Range:
    """Neighbouring lengths that belong together, as a bracket.

    Attributes:
        uid: Of its trace.
        low: The shortest, in units.
        high: The longest.
        label: In the legend.
        hue: A colour of the palette.
        is_published: Drawn hollow.
    """

    uid: str
    low: int
    high: int
    label: str
    hue: str
    is_published: bool = False


def length_histogram(
    units: int,
    *,
    t: Callable[..., str],
    ranges: Sequence[Range] = (),
    most: tuple[int, int] | None = None,
) -> go.Figure:
    """Draw the share of all paths that each length has: C(n, k) / 2^n.

    Args:
        units: Of the network, n.
        t: Translates.
        ranges: Brackets above the bars, from the top.
        most: Lengths that are drawn strongly, both ends included.
    """
    shares = [100 * float(share_of_lengths(units, k, k)) for k in range(units + 1)]
    heights = [0.94 - 0.09 * i for i in range(len(ranges))]
    return go.Figure(
        [
            *_paths(units, shares, most, t),
            *(_bracket(one, high) for one, high in zip(ranges, heights, strict=True)),
        ],
        theme.layout(
            xaxis=length_axis(units, t),
            yaxis=theme.axis(
                t("share of all paths (%)"),
                range=[0, max(shares) * (1.1 + 0.16 * len(ranges))],
                nticks=6,
            ),
            yaxis2=EDGES,
            barmode="overlay",
            bargap=0.12,
            shapes=[shade(one) for one in ranges],
            uirevision=f"kept for {units}",
        ),
    )


def power(count: int) -> str:
    """Write a number of paths: exactly, or as a power of ten from 10⁹ on."""
    if count < 10**9:
        return f"{count:,}"
    digits = len(str(count)) - 1
    tenths = (10 * count + 10**digits // 2) // 10**digits  # rounded; no float holds 2^600
    if tenths == 100:
        digits, tenths = digits + 1, 10
    return f"{tenths // 10}.{tenths % 10} · 10{str(digits).translate(_EXPONENT)}"


def percent(share: float | Fraction) -> str:
    """Write a share in %, with as many digits as a small one needs."""
    value = 100 * float(share)
    if value >= 99.95 or value == 0:
        return f"{value:.0f} %"
    if value >= 1:
        return f"{value:.1f} %"
    if value >= 0.001:
        return f"{value:.2g} %"
    digits = -math.floor(math.log10(value))
    return f"{value * 10**digits:.1f} · 10⁻{str(digits).translate(_EXPONENT)} %"


def _paths(
    units: int, shares: Sequence[float], most: tuple[int, int] | None, t: Callable[..., str]
) -> list[go.Bar | go.Scatter]:
    """Draw all lengths faintly, and again strongly those that most paths have."""
    low, high = most or (0, -1)
    strong = t("{low}–{high}: more than 95 %", low=low, high=high)
    found = [("paths", t("all paths, counted"), range(units + 1), 0.4)]
    found += [("paths:most", strong, range(low, high + 1), 1.0)] if most else []
    traces: list[go.Bar | go.Scatter] = []
    for rank, (uid, name, lengths, alpha) in enumerate(found, start=1):
        color = theme.color("theory", alpha)
        common = {
            "uid": uid,
            "name": name,
            "legendrank": rank,
            "showlegend": True,
            "x": list(lengths),
            "y": [shares[k] for k in lengths],
            "customdata": [power(paths_of_length(units, k)) for k in lengths],
            "hovertemplate": (
                f"{at_length(t)}<br>"
                f"{t('{count} paths, {share} of all', count='%{customdata}', share='%{y:.3~g} %')}"
                "<extra></extra>"
            ),
        }
        if units <= MOST_BARS:
            traces.append(go.Bar(**common, marker={"color": color, "line": {"width": 0}}))
            continue
        line = {"color": color, "width": 1.5}
        traces.append(
            go.Scatter(**common, mode="lines", fill="tozeroy", fillcolor=color, line=line)
        )
    return traces


def _bracket(one: Range, height: float) -> go.Scatter:
    symbol = "circle-open" if one.is_published else "circle"
    return go.Scatter(
        uid=one.uid,
        name=one.label,
        legendgroup=one.uid,
        legendrank=5,
        x=[one.low, one.high],
        y=[height, height],
        yaxis="y2",
        mode="lines+markers",
        line={"color": theme.color(one.hue), "width": 2},
        marker={"color": theme.color(one.hue), "size": 8, "symbol": symbol, "line": {"width": 2}},
        cliponaxis=False,
        hovertemplate=f"{one.label}<extra></extra>",
    )


def shade(one: Range) -> dict[str, object]:
    """Give a light area behind a range of lengths."""
    return {
        "type": "rect",
        "x0": one.low - 0.5,
        "x1": one.high + 0.5,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": theme.color(one.hue, 0.1),
    }


def length_axis(units: int, t: Callable[..., str]) -> dict[str, object]:
    """Give an axis of lengths from 0 to n."""
    ticks = {"dtick": 1, "tick0": 0} if units <= 12 else {"nticks": 10}
    pad = 0.6 + 0.01 * units
    return theme.axis(
        t("length of the path: units passed through"), range=[-pad, units + pad], **ticks
    )


def at_length(t: Callable[..., str]) -> str:
    """Give the line of a hover that says the length."""
    return t("length {length}", length="%{x}")
