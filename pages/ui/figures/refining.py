"""How much does each unit change the signal, and how soon could the head read it?

Jastrzębski et al. 2018 (arXiv:1710.04773) draw the ratio of norms by unit; stages are set apart by
colour, and the first unit of each stage is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme

Number = float | None

FEW_UNITS = 12
"""Up to so many each has its tick."""


def ratios_by_unit(
    stages: Sequence[int], ratios: Sequence[Number], *, t: Callable[..., str]
) -> go.Figure:
    """Draw ‖F‖ / ‖h‖ of each unit.

    Args:
        stages: Of each unit, from 1.
        ratios: One a unit; None where there is none.
        t: Translates.
    """
    axis = theme.axis(
        t("‖F‖ / ‖h‖: what is added, over<br>what it is added to"), rangemode="tozero", nticks=6
    )
    return _by_unit("ratio", stages, ratios, axis, t)


def cosines_by_unit(
    stages: Sequence[int], cosines: Sequence[Number], *, t: Callable[..., str]
) -> go.Figure:
    """Draw the cosine between input and output of each unit that keeps the signal's shape.

    Args:
        stages: Of each unit, from 1.
        cosines: One a unit; None where input and output cannot be compared.
        t: Translates.
    """
    axis = theme.axis(
        t("cosine of input and output:<br>1 means the same direction"),
        autorangeoptions={"include": [1.0, 0.9]},
        nticks=6,
    )
    return _by_unit("cosine", stages, cosines, axis, t)


def errors_by_exit(
    units: Sequence[int],
    errors: Sequence[float],
    *,
    t: Callable[..., str],
    stage: int,
) -> go.Figure:
    """Draw the error if the head reads the signal after each unit of the last stage.

    Args:
        units: Their numbers in the network, from 1.
        errors: Fractions; the last is the network's own.
        t: Translates.
        stage: The last.
    """
    color = _stage_color(stage)
    shown = [round(100 * error, 3) for error in errors]
    trace = go.Scatter(
        uid="exit",
        name=t("stage {stage}", stage=stage),
        showlegend=False,
        x=list(units),
        y=shown,
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"color": color, "size": 7},
        cliponaxis=False,
        hovertemplate=(
            t("after unit {number}: {error} %", number="%{x}", error="%{y:.1f}") + "<extra></extra>"
        ),
    )
    first = _first_unit(trace, "exit:first")
    return go.Figure(
        [trace, first],
        theme.layout(
            xaxis=theme.axis(
                t("the head reads after unit"),
                range=[min(units, default=1) - 0.5, max(units, default=1) + 0.5],
                **_whole(len(units)),
            ),
            yaxis=theme.axis(
                t("test error, %"),
                rangemode="tozero",
                autorangeoptions={"include": [0, 5], "clipmax": 103},
                nticks=7,
            ),
            uirevision=f"kept for exits {list(units)}",
        ),
    )


def _by_unit(
    uid: str,
    stages: Sequence[int],
    values: Sequence[Number],
    axis: dict[str, Any],
    t: Callable[..., str],
) -> go.Figure:
    traces = []
    for stage in sorted(set(stages)):
        places = [place for place, one in enumerate(stages) if one == stage]
        color = _stage_color(stage)
        name = t("stage {stage}", stage=stage)
        trace = go.Scatter(
            uid=f"{uid}:{stage}",
            name=name,
            legendgroup=f"stage {stage}",
            legendrank=stage,
            x=[place + 1 for place in places],
            y=[values[place] for place in places],
            mode="lines+markers",
            connectgaps=False,
            line={"color": color, "width": 2},
            marker={"color": color, "size": 7},
            cliponaxis=False,
            hovertemplate=f"{name}, {t('unit {number}', number='%{x}')}: %{{y:.3f}}<extra></extra>",
        )
        traces += [trace, _first_unit(trace, f"{uid}:{stage}:first")]
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("unit"), range=[0.3, len(stages) + 0.7], **_whole(len(stages))),
            yaxis=axis,
            uirevision=f"kept for {uid} {list(stages)}",
        ),
    )


def _first_unit(trace: go.Scatter, uid: str) -> go.Scatter:
    """Mark the first point of a stage's line: a trace of its own, for the legend shows one mark."""
    return go.Scatter(
        uid=uid,
        name=trace.name,
        legendgroup=trace.legendgroup,
        showlegend=False,
        x=trace.x[:1],
        y=trace.y[:1],
        mode="markers",
        marker={"color": trace.marker.color, "size": 13, "symbol": "diamond"},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _whole(units: int) -> dict[str, Any]:
    """Give the ticks of an axis of units: whole ones, each unit's own where there are few."""
    return {"dtick": 1, "tick0": 1} if units <= FEW_UNITS else {"nticks": 8, "tickformat": "d"}


def _stage_color(stage: int) -> str:
    return theme.color(theme.STAGES[1 + (stage - 1) % (len(theme.STAGES) - 1)])
