"""What happens at each layer? One number a layer, from the image to the classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.marked import (
    EDGES,
    Number,
    Updates,
    is_drawn,
    series_traces,
    series_updates,
    value_axis,
)


@dataclass(frozen=True, kw_only=True)
class LayerSeries:
    """One number a layer of one network.

    Attributes:
        uid: What the uids of its traces begin with.
        join: ``plain`` or ``residual``.
        name: In the legend.
        values: Of layer 1, 2, …; None where there is nothing. May hold 0, nan, inf and -inf.
        labels: What else a layer is, when pointed at: ``stage 2, unit 3, layer 1``.
        hue: A colour of the palette, where two networks of the same join must be told apart.
    """

    uid: str
    join: str
    name: str
    values: Sequence[Number]
    labels: Sequence[str] = ()
    hue: str | None = None


@dataclass(frozen=True, kw_only=True)
class TheoryLine:
    """What a formula says of each layer; where it is not a number, the line has a gap."""

    name: str
    values: Sequence[Number]


def by_layer_updates(series: LayerSeries, *, log: bool) -> Updates:
    """Give the points of a series' traces by uid: ``uid``, ``uid:zero`` and ``uid:bad``."""
    return series_updates(
        series.uid,
        range(1, len(series.values) + 1),
        series.values,
        log=log,
        labels=series.labels,
        shelf=int(series.join == "residual"),
    )


def by_layer(
    series: Sequence[LayerSeries],
    *,
    t: Callable[..., str],
    title: str,
    log: bool,
    theory: Sequence[TheoryLine] = (),
    x_title: str | None = None,
    stages: Sequence[int] = (),
    include: Sequence[float] = (),
) -> go.Figure:
    """Draw one number a layer.

    Args:
        series: A network each. One that is still empty holds as many None as it has layers.
        t: Translates.
        title: Of the vertical axis, with its unit.
        log: Powers of ten; what they have no place for is marked at the edges.
        theory: Dotted grey; their uids are ``theory:1``, ``theory:2``, ….
        x_title: Of the horizontal axis.
        stages: Numbers of the layers where the stages begin, the first stage's too.
        include: Values the vertical axis reaches at least: -1 and 1 for cosines.
    """
    last = max([*(len(one.values) for one in series), *(len(one.values) for one in theory), 0])
    traces = [
        go.Scatter(
            uid=f"theory:{number}",
            name=line.name,
            legendrank=10 + number,
            x=list(range(1, len(line.values) + 1)),
            y=[value if is_drawn(value, log=log) else None for value in line.values],
            mode="lines",
            line=theme.theory_line(),
            hovertemplate=f"{line.name}<br>%{{y:.3~g}}<extra></extra>",
        )
        for number, line in enumerate(theory, start=1)
    ]
    for one in series:
        line, marker = theme.line(one.join), theme.marker(one.join)
        if one.hue is not None:
            line["color"] = marker["color"] = theme.color(one.hue)
        traces += series_traces(
            by_layer_updates(one, log=log),
            uid=one.uid,
            name=one.name,
            line=line,
            marker=marker | {"size": marker_size(last)},
            place=t("layer {number}", number="%{x}"),
            t=t,
            rank=1 + (one.join == "residual"),
        )
    return go.Figure(
        traces,
        theme.layout(
            xaxis=numbered_axis(x_title or t("weighted layer, from image to classes"), last)
            | ({"showgrid": False} if stages else {}),
            yaxis=value_axis(title, log=log, include=include),
            yaxis2=EDGES,
            margin=MARGIN,
            **stage_marks(stages, last, t),
            legend=LEGEND,
            uirevision=f"kept for {last} layers, {'log' if log else 'linear'}",
        ),
    )


MARGIN = {"l": 56, "r": 16, "t": 32, "b": 44}
"""Room for half a mark, and above it for the names of the stages."""

LEGEND = {"orientation": "h", "x": 0, "y": 1.09, "yanchor": "bottom", "bgcolor": "rgba(0, 0, 0, 0)"}
"""Of a downloaded image (``chart`` has its own): above the names of the stages."""


def marker_size(count: int) -> int:
    """Give the size of a marker among so many on a line: neighbours stay apart."""
    return max(4, min(9, 360 // max(1, count)))


def numbered_axis(title: str, last: int) -> dict[str, Any]:
    """Give an axis of layers or units from 1 to ``last``; 0 where nobody knows yet."""
    if not last:
        return theme.axis(title, range=[0.5, 8.5], autorange=True, dtick=1, tick0=1)
    ticks = {"dtick": 1, "tick0": 1} if last <= 12 else {"nticks": 12}
    pad = min(0.95, 0.5 + 0.01 * last)  # no tick at 0, which is no layer
    return theme.axis(title, range=[1 - pad, last + pad], **ticks)


def stage_marks(stages: Sequence[int], last: int, t: Callable[..., str]) -> dict[str, Any]:
    """Give thin lines where stages begin, and their names above where they have room."""
    shapes, names = [], []
    ends = [*stages[1:], last + 1][: len(stages)]
    for stage, (first, end) in enumerate(zip(stages, ends, strict=True), start=1):
        shapes.append(
            {
                "type": "line",
                "x0": first - 0.5,
                "x1": first - 0.5,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "layer": "below",
                "line": {"color": theme.color("axis"), "width": 1},
            }
        )
        if end - first >= 0.14 * last:
            names.append(
                {
                    "text": t("stage {stage}", stage=stage),
                    "x": (first + end - 1) / 2,
                    "yref": "paper",
                    "y": 1,
                    "yanchor": "bottom",
                    "yshift": 6,
                    "showarrow": False,
                    "font": {"size": 13, "color": theme.color("muted")},
                }
            )
    return {"shapes": shapes, "annotations": names}
