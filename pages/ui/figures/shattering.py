"""How alike are the gradients of two inputs that are nearly the same? Correlation by distance.

Where a step to the neighbouring input gives a gradient that has nothing to do with the last one,
the gradient is shattered. Source: Balduzzi et al. 2017, arXiv:1702.08591, section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.layers import MARGIN
from pages.ui.figures.marked import (
    EDGES,
    Number,
    Updates,
    series_traces,
    series_updates,
    value_axis,
)


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """What one network's gradients of neighbouring inputs have in common.

    Attributes:
        uid: What the uids of its traces begin with.
        join: ``plain`` or ``residual``.
        name: In the legend.
        distances: Between two inputs, as shares of the line from one image to another: (0, 1].
        correlations: Mean over the pairs of that distance, in [-1, 1]; may hold nan (a gradient
            that is 0 everywhere has no correlation); None where there is nothing.
        labels: What else is said of a distance, when pointed at: ``of 24 pairs``.
        hue: A colour of the palette, where two networks of the same join must be told apart.
    """

    uid: str
    join: str
    name: str
    distances: Sequence[float] = ()
    correlations: Sequence[Number] = ()
    labels: Sequence[str] = ()
    hue: str | None = None


def shattering_updates(one: Correlation) -> Updates:
    """Give the points by uid: ``uid``, ``uid:zero`` (always empty) and ``uid:bad``."""
    return series_updates(
        one.uid,
        one.distances,
        one.correlations,
        log=False,
        labels=one.labels,
        shelf=int(one.join == "residual"),
    )


def shattering(series: Sequence[Correlation], *, t: Callable[..., str]) -> go.Figure:
    """Draw the correlation of gradients against the distance of their inputs, a line a network."""
    traces: list[go.Scatter] = []
    farthest = max((distance for one in series for distance in one.distances), default=1.0)
    for one in series:
        line, marker = theme.line(one.join), theme.marker(one.join)
        if one.hue is not None:
            line["color"] = marker["color"] = theme.color(one.hue)
        traces += series_traces(
            shattering_updates(one),
            uid=one.uid,
            name=one.name,
            line=line,
            marker=marker | {"size": 7},
            place=t("distance {distance}", distance="%{x:.3~g}"),
            t=t,
            rank=1 + (one.join == "residual"),
        )
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(
                t("distance (1: from image to image)"),
                range=[-0.02, farthest + 0.02],
                dtick=0.1 if farthest <= 0.6 else 0.2,
            ),
            yaxis=value_axis(t("correlation of their gradients"), log=False, include=[-1, 1]),
            yaxis2=EDGES,
            margin=MARGIN,
        ),
    )
