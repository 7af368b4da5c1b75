"""How much of the gradient arrives through the identity, how much through the branch? By unit.

dL/dx = dL/dy + (dF/dx)ᵀ dL/dy: the gradient of a unit's input is a sum of two, and a residual
network has both. Source: He et al. 2016, arXiv:1603.05027, equation 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.layers import LEGEND, MARGIN, marker_size, numbered_axis, stage_marks
from pages.ui.figures.marked import (
    EDGES,
    Number,
    Updates,
    series_traces,
    series_updates,
    value_axis,
)


@dataclass(frozen=True, kw_only=True)
class Split:
    """The gradient of each unit's input in one residual network, at one moment, in its two parts.

    Attributes:
        uid: What the uids of its traces begin with.
        identity: Norm of the part that came through the shortcut, of unit 1, 2, …; None where
            there is nothing. May hold 0, nan and inf, as all of them may.
        branch: Norm of the part that came through F.
        cosine: Of the angle between both parts.
        labels: What else a unit is, when pointed at: ``stage 2, unit 3``.
    """

    uid: str
    identity: Sequence[Number] = ()
    branch: Sequence[Number] = ()
    cosine: Sequence[Number] = ()
    labels: Sequence[str] = ()


IDENTITY = {"line": theme.line("residual"), "marker": theme.marker("residual")}
BRANCH = {
    "line": {"color": theme.color("purple"), "dash": "dot", "width": 3.0},
    "marker": {"color": theme.color("purple"), "symbol": "diamond", "size": 9},
}
COSINE = {
    "line": {"color": theme.color("text"), "dash": "solid", "width": 2.5},
    "marker": {"color": theme.color("text"), "symbol": "circle", "size": 9},
}


def split_updates(split: Split) -> Updates:
    """Give the points of ``uid:identity`` and ``uid:branch``, each with its ``:zero``, ``:bad``."""
    updates: Updates = {}
    for shelf, (part, values) in enumerate(
        (("branch", split.branch), ("identity", split.identity))
    ):
        updates |= series_updates(
            f"{split.uid}:{part}",
            range(1, len(values) + 1),
            values,
            log=True,
            labels=split.labels,
            shelf=shelf,
        )
    return updates


def alignment_updates(split: Split) -> Updates:
    """Give the points of ``uid:cosine``, ``uid:cosine:zero`` (always empty), ``uid:cosine:bad``."""
    return series_updates(
        f"{split.uid}:cosine",
        range(1, len(split.cosine) + 1),
        split.cosine,
        log=False,
        labels=split.labels,
    )


def identity_and_branch(
    split: Split, *, t: Callable[..., str], title: str, stages: Sequence[int] = ()
) -> go.Figure:
    """Draw the norms of both parts.

    Args:
        split: One that is still empty holds as many None as the network has units.
        t: Translates.
        title: Of the vertical axis, with its unit.
        stages: Numbers of the units where the stages begin, the first stage's too.
    """
    last = max(len(split.identity), len(split.branch))
    updates = split_updates(split)
    traces: list[go.Scatter] = []
    for rank, (part, name, look) in enumerate(
        (
            ("branch", t("through the branch, F"), BRANCH),
            ("identity", t("through the identity"), IDENTITY),
        )
    ):
        traces += series_traces(
            updates,
            uid=f"{split.uid}:{part}",
            name=name,
            line=look["line"],
            marker=look["marker"] | {"size": marker_size(last)},
            place=t("unit {number}", number="%{x}"),
            t=t,
            rank=2 - rank,
        )
    return _figure(traces, value_axis(title, log=True), last, stages, t)


def alignment(split: Split, *, t: Callable[..., str], stages: Sequence[int] = ()) -> go.Figure:
    """Draw the cosine of the angle between both parts: 1 they add up, -1 they cancel."""
    last = len(split.cosine)
    traces = series_traces(
        alignment_updates(split),
        uid=f"{split.uid}:cosine",
        name=t("identity and branch"),
        line=COSINE["line"],
        marker=COSINE["marker"] | {"size": marker_size(last)},
        place=t("unit {number}", number="%{x}"),
        t=t,
    )
    traces[0].showlegend = False  # the axis says what it is
    y = value_axis(t("cosine between the two parts"), log=False, include=[-1, 1])
    return _figure(traces, y, last, stages, t)


def _figure(
    traces: Sequence[go.Scatter],
    yaxis: dict[str, object],
    last: int,
    stages: Sequence[int],
    t: Callable[..., str],
) -> go.Figure:
    return go.Figure(
        traces,
        theme.layout(
            xaxis=numbered_axis(t("residual unit, from image to classes"), last)
            | ({"showgrid": False} if stages else {}),
            yaxis=yaxis,
            yaxis2=EDGES,
            margin=MARGIN,
            **stage_marks(stages, last, t),
            legend=LEGEND,
            uirevision=f"kept for {last} units",
        ),
    )
