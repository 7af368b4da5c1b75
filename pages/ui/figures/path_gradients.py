"""How much gradient comes by one path, and how much by all paths of a length?

As in Veit et al. 2016, arXiv:1605.06431, figures 6b and 6c, and beside their product the gradients
of all paths, added up exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.marked import EDGES, Number, series_traces, series_updates, value_axis
from pages.ui.figures.paths import Range, at_length, length_axis, shade

HUES = ("residual", "purple")
"""Of the first network, and of the one beside it."""
EXACT_HUES = ("green", "yellow")
SYMBOLS = ("circle", "square")
EXACT_SYMBOLS = ("diamond", "triangle-up")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured of one network, by length 0…n.

    Attributes:
        uid: What the uids of its traces begin with.
        name: In the legend.
        place: 0 for the first network, 1 for the one beside it: colour and marks.
        draws: Norms of single paths: each draw has one of each length.
        means: Of the draws.
        fitted: What a geometric decay would give; empty without a fit.
        shares: Of the product, norm times number of paths, in [0, 1]; empty where nothing is.
        exact: Of the gradients of all paths, added up; they may be negative. Empty until measured.
    """

    uid: str
    name: str
    place: int
    draws: Sequence[Sequence[Number]] = ()
    means: Sequence[Number] = ()
    fitted: Sequence[Number] = ()
    shares: Sequence[float] = ()
    exact: Sequence[float] = ()


def gradient_by_length(
    measured: Sequence[Measured], *, units: int, t: Callable[..., str]
) -> go.Figure:
    """Draw the norm of the gradient that arrives by one path, by its length, as powers of ten.

    Args:
        measured: A network each.
        units: Of the deepest: the axis does not grow.
        t: Translates.
    """
    traces: list[go.Scatter] = []
    for one in measured:
        hue = HUES[one.place]
        traces.append(
            go.Scatter(
                uid=f"{one.uid}:draws",
                name=one.name,
                legendgroup=one.uid,
                showlegend=False,
                x=[k for draw in one.draws for k, norm in enumerate(draw) if _is_positive(norm)],
                y=[norm for draw in one.draws for norm in draw if _is_positive(norm)],
                mode="markers",
                marker={"color": theme.color(hue, 0.45), "size": 4, "symbol": SYMBOLS[one.place]},
                cliponaxis=False,
                hovertemplate=f"{one.name}<br>{at_length(t)}<br>%{{y:.3~g}}<extra></extra>",
            )
        )
        traces += series_traces(
            series_updates(
                f"{one.uid}:mean", range(len(one.means)), one.means, log=True, shelf=one.place
            ),
            uid=f"{one.uid}:mean",
            name=one.name,
            line={"color": theme.color(hue), "width": 2.5},
            marker={"color": theme.color(hue), "size": 6, "symbol": SYMBOLS[one.place]},
            place=at_length(t),
            t=t,
            rank=1 + one.place,
        )
        traces.append(
            go.Scatter(
                uid=f"{one.uid}:fit",
                name=t("geometric decay, fitted"),
                legendgroup="fit",
                legendrank=8,
                showlegend=not one.place and bool(one.fitted),
                x=list(range(len(one.fitted))),
                y=list(one.fitted),
                mode="lines",
                line=theme.theory_line(),
                hoverinfo="skip",
            )
        )
    return go.Figure(
        traces,
        theme.layout(
            xaxis=length_axis(units, t),
            yaxis=value_axis(t("norm by one path"), log=True),
            yaxis2=EDGES,
            uirevision=f"kept for {units}",
        ),
    )


def gradient_shares_by_length(
    measured: Sequence[Measured],
    *,
    units: int,
    t: Callable[..., str],
    ranges: Sequence[Range] = (),
) -> go.Figure:
    """Draw how much gradient all paths of each length bring: the product, and the exact sums.

    Args:
        measured: A network each.
        units: Of the deepest: the axis does not grow.
        t: Translates.
        ranges: Lengths that are shaded.
    """
    traces = []
    for one in measured:
        product, exact = t("norm × number of paths"), t("added up exactly")
        if len(measured) > 1:
            product, exact = f"{one.name}: {product}", f"{one.name}: {exact}"
        hue, symbol = HUES[one.place], SYMBOLS[one.place]
        traces.append(_line(f"{one.uid}:product", product, one.shares, hue, symbol, 2.5, t))
        hue, symbol = EXACT_HUES[one.place], EXACT_SYMBOLS[one.place]
        traces.append(_line(f"{one.uid}:exact", exact, one.exact, hue, symbol, 1.5, t))
    return go.Figure(
        traces,
        theme.layout(
            xaxis=length_axis(units, t),
            yaxis=value_axis(t("gradient (%)"), log=False),
            shapes=[shade(one) for one in ranges],
            uirevision=f"kept for {units}",
        ),
    )


def _line(
    uid: str,
    name: str,
    shares: Sequence[float],
    hue: str,
    symbol: str,
    width: float,
    t: Callable[..., str],
) -> go.Scatter:
    return go.Scatter(
        uid=uid,
        name=name,
        x=list(range(len(shares))),
        y=[100 * share for share in shares],
        mode="lines+markers",
        line={"color": theme.color(hue), "width": width},
        marker={"color": theme.color(hue), "size": 6, "symbol": symbol},
        hovertemplate=f"{name}<br>{at_length(t)}<br>%{{y:.3~g}} %<extra></extra>",
        showlegend=bool(shares),
    )


def _is_positive(value: Number) -> bool:
    return value is not None and 0 < value < math.inf
