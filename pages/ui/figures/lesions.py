"""What does a trained network lose without one of its units? Each is deleted by itself.

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, figure 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from statistics import fmean
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.layers import LEGEND, MARGIN, marker_size, numbered_axis, stage_marks
from pages.ui.figures.lesion_parts import (
    PALE,
    Look,
    error_axis,
    guessing_trace,
    intact_key,
    intact_trace,
    percent,
)


@dataclass(frozen=True, kw_only=True)
class Single:
    """Each unit of a network deleted by itself.

    Attributes:
        look: Of the network.
        units: Of each stage.
        changes: Whether each unit changes the shape, in the order of units.
        seeds: Of the trainings that were measured.
        errors: A row a seed, an error a unit.
        intact: Without any lesion, one a seed.
    """

    look: Look
    units: tuple[int, ...]
    changes: tuple[bool, ...]
    seeds: tuple[int, ...]
    errors: tuple[tuple[float | None, ...], ...]
    intact: tuple[float | None, ...]


@lru_cache(maxsize=64)
def error_by_unit(
    networks: tuple[Single, ...], *, t: Callable[..., str], guessing: float | None = None
) -> go.Figure:
    """Draw the error after each deletion; remembered: treat the figure as frozen.

    The axis has the unit numbers of the first network; others stand where they are as deep, stage
    by stage where they have as many stages.

    Args:
        networks: The first one's units are the axis.
        t: Translates.
        guessing: Error of who guesses.
    """
    first = networks[0]
    count = sum(first.units)
    ends = (0.5, count + 0.5)
    traces = guessing_trace(guessing, ends, t)
    for number, one in reversed([*enumerate(networks)]):  # the first lies over the others
        traces += _single_traces(number, one, places_on(one.units, first.units), t)
        intact = [error for error in one.intact if error is not None]
        traces += intact_trace(number, one.look, fmean(intact) if intact else None, ends, t)
    traces.append(intact_key(t))
    starts = [1 + before for before in accumulate(first.units, initial=0)][:-1]
    return go.Figure(
        traces,
        theme.layout(
            xaxis=numbered_axis(t("deleted unit of {name}", name=first.look.label), count)
            | {"showgrid": False},
            yaxis=error_axis(t),
            margin=MARGIN,
            legend=LEGEND,
            **stage_marks(starts, count, t),
            uirevision=f"kept for {first.units}",
        ),
    )


def places_on(units: Sequence[int], axis: Sequence[int]) -> list[float]:
    """Say where units stand on the axis of another network: its units are at 1, 2, ….

    Args:
        units: Of each stage.
        axis: The same of the network whose numbers the axis has.
    """
    if len(units) != len(axis):  # no stages to hold on to: the same share of the whole
        units, axis = [sum(units)], [sum(axis)]
    starts = accumulate(axis, initial=0)
    return [
        round(start + (unit - 0.5) * there / here + 0.5, 4)
        for start, here, there in zip(starts, units, axis, strict=False)
        for unit in range(1, here + 1)
    ]


def _single_traces(
    number: int, one: Single, places: Sequence[float], t: Callable[..., str]
) -> list[go.Scatter]:
    several = len(one.seeds) > 1
    size = marker_size(len(places))
    said = _unit_words(one, t)
    means = [_mean([row[unit] for row in one.errors]) for unit in range(len(places))]
    points = [
        (
            places[unit],
            error,
            said[unit] + (f"<br>{t('seed {seed}', seed=seed)}" if several else ""),
            unit,
        )
        for seed, row in zip(one.seeds, one.errors, strict=True)
        for unit, error in enumerate(row)
        if error is not None
    ]
    hover = "%{customdata}<br>%{y:.1f} %<extra></extra>"
    common = {"legendgroup": str(number), "hovertemplate": hover, "cliponaxis": False}
    line = go.Scatter(
        uid=f"{number}:mean",
        name=one.look.label,
        legendrank=1 + number,
        showlegend=True,
        x=list(places),
        y=means,
        customdata=[f"{words}<br>{t('mean of the seeds')}" if several else words for words in said],
        mode="lines" if several else "lines+markers",
        line=one.look.line(2.5 if several else 1.25),
        marker=one.look.marker(size),
        **common,
    )
    # Marks lie over the line; those of one seed are its own, but for another symbol.
    marks = [
        go.Scatter(
            uid=f"{number}:{uid}",
            name=one.look.label,
            showlegend=False,
            x=[x for x, _, _, _ in chosen],
            y=[percent(error) for _, error, _, _ in chosen],
            customdata=[words for _, _, words, _ in chosen],
            mode="markers",
            marker=one.look.marker(size, PALE if several else 1) | symbol,
            **common,
        )
        for uid, symbol, chosen in (
            ("seeds", {}, [p for p in points if several and not one.changes[p[3]]]),
            ("changes", _changing(size), [p for p in points if one.changes[p[3]]]),
        )
    ]
    return [line, *marks]


def _changing(size: float) -> dict[str, Any]:
    """Give the mark of a unit that changes the shape."""
    edge = {"width": 1, "color": theme.color("paper")}
    return {"symbol": "diamond", "size": size + 5, "line": edge}


def _unit_words(one: Single, t: Callable[..., str]) -> list[str]:
    count = len(one.changes)
    places = [
        (stage, unit)
        for stage, units in enumerate(one.units, start=1)
        for unit in range(1, units + 1)
    ]
    return [
        f"{one.look.label}<br>"
        + t(
            "without unit {number} of {count} (stage {stage}, unit {unit})",
            number=number,
            count=count,
            stage=stage,
            unit=unit,
        )
        for number, (stage, unit) in enumerate(places, start=1)
    ]


def _mean(errors: Sequence[float | None]) -> float | None:
    measured = [error for error in errors if error is not None]
    return percent(fmean(measured)) if measured else None
