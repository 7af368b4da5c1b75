"""Which way of training bears lesions better? Errors by deleted unit, and by number of them.

The figure that Veit et al. 2016 (arXiv:1605.06431) draw of stochastic depth is number 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from resnet_core.studies.regimes import Cuts
from resnet_core.studies.spreads import half_width


@dataclass(frozen=True)
class Look:
    """How a way of training is drawn.

    Attributes:
        color: Of the palette.
        symbol: Of its points.
        dash: Of its line.
    """

    color: str
    symbol: str
    dash: str = "solid"


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "usual": Look("residual", "circle"),
        "stochastic-depth": Look("green", "diamond", "dash"),
        "effective-paths": Look("violet", "square", "dot"),
        "dropout": Look("yellow", "x", "dashdot"),
    }
)
"""Keys are those of ``specs.regimes.REGIMES``."""

FEW_UNITS = 12
"""Up to so many each has its tick; nor has half a unit one."""

APART = 0.13
"""Between the points of two ways of training at one number of deleted units."""


def error_by_unit(
    found: Sequence[Cuts], *, t: Callable[..., str], names: Mapping[str, str]
) -> go.Figure:
    """Draw the error after deleting each unit by itself, a line a network.

    Args:
        found: One a network; those of a way of training share its colour.
        t: Translates.
        names: Of the ways of training, by key.
    """
    traces = []
    for regime, look in LOOKS.items():
        group = [one for one in found if one.regime == regime]
        for place, one in enumerate(group):
            errors = [round(100 * error, 3) for error in one.lesions[1]]
            strength = 1.0 if place == 0 else 0.45
            name = names[regime]
            seed = t("seed {seed}", seed=one.seed)
            traces.append(
                go.Scatter(
                    uid=f"unit:{regime}:{one.seed}",
                    name=name,
                    legendgroup=regime,
                    legendrank=list(LOOKS).index(regime) + 1,
                    showlegend=place == 0,
                    x=list(range(1, len(errors) + 1)),
                    y=errors,
                    mode="lines+markers",
                    line={
                        "color": theme.color(look.color, strength),
                        "dash": look.dash,
                        "width": 2 if place == 0 else 1,
                    },
                    marker={
                        "color": theme.color(look.color, strength),
                        "symbol": look.symbol,
                        "size": 7 if place == 0 else 4,
                    },
                    cliponaxis=False,
                    hovertemplate=(
                        f"{name}, {seed}<br>"
                        + t("without unit {number}: {error} %", number="%{x}", error="%{y:.1f}")
                        + "<extra></extra>"
                    ),
                )
            )
    units = max((len(one.lesions[1]) for one in found), default=1)
    ticks = {"dtick": 1, "tick0": 1} if units <= FEW_UNITS else {"nticks": 8, "tickformat": "d"}
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("deleted unit"), range=[0.5, units + 0.5], **ticks),
            yaxis=_error_axis(t),
            uirevision=_kept(found),
        ),
    )


def error_by_number(
    found: Sequence[Cuts], *, t: Callable[..., str], names: Mapping[str, str]
) -> go.Figure:
    """Draw the mean error by the number of units that are deleted at once, with its 95 % interval.

    The interval is that over the lesions, or over the seeds where there are several. Of one seed
    whose lesions are all there are there is none: nothing was drawn.
    """
    numbers = [0, *sorted(found[0].lesions)] if found else [0]
    traces: list[go.Scatter] = []
    for place, (regime, look) in enumerate(LOOKS.items()):
        group = [one for one in found if one.regime == regime]
        if not group:
            continue
        samples = [_sample(group, number) for number in numbers]
        halves = [
            100 * half_width(row) if _is_sample(group, number, row) else 0.0
            for number, row in zip(numbers, samples, strict=True)
        ]
        lift = APART * (place - (len(LOOKS) - 1) / 2)
        color = theme.color(look.color)
        traces.append(
            go.Scatter(
                uid=f"number:{regime}",
                name=names[regime],
                legendgroup=regime,
                legendrank=place + 1,
                x=[at + lift for at in range(len(numbers))],
                y=[round(100 * fmean(row), 3) for row in samples],
                customdata=[
                    [
                        number,
                        f" ± {half:.1f}" if _is_sample(group, number, row) else "",
                        len(row),
                    ]
                    for number, half, row in zip(numbers, halves, samples, strict=True)
                ],
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        round(min(half, 100 - 100 * fmean(row)), 3)
                        for half, row in zip(halves, samples, strict=True)
                    ],
                    "arrayminus": [
                        round(min(half, 100 * fmean(row)), 3)
                        for half, row in zip(halves, samples, strict=True)
                    ],
                    "color": color,
                    "thickness": 1.25,
                    "width": 3,
                },
                mode="lines+markers",
                line={"color": color, "dash": look.dash, "width": 2},
                marker={"color": color, "symbol": look.symbol, "size": 8},
                cliponaxis=False,
                hovertemplate=(
                    f"{names[regime]}<br>"
                    + t(
                        "{number} units deleted: {error}{half} % (n = {count})",
                        number="%{customdata[0]}",
                        error="%{y:.1f}",
                        half="%{customdata[1]}",
                        count="%{customdata[2]}",
                    )
                    + "<extra></extra>"
                ),
            )
        )
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(
                t("units deleted at once"),
                tickvals=list(range(len(numbers))),
                ticktext=[str(number) for number in numbers],
                range=[-0.4, len(numbers) - 0.6],
            ),
            yaxis=_error_axis(t),
            uirevision=_kept(found),
        ),
    )


def _sample(group: Sequence[Cuts], number: int) -> list[float]:
    """Give the errors that a mean is of: those of one network's lesions, or the seeds' means."""
    rows = [one.lesions[number] if number else (one.intact,) for one in group]
    return list(rows[0]) if len(rows) == 1 else [fmean(row) for row in rows]


def _is_sample(group: Sequence[Cuts], number: int, row: Sequence[float]) -> bool:
    """Whether a mean is one of several that could have been drawn, and so has an interval."""
    if len(row) < 2:
        return False
    return len(group) > 1 or not group[0].is_complete(number)


def _error_axis(t: Callable[..., str]) -> dict[str, Any]:
    return theme.axis(
        t("test error, %"),
        rangemode="tozero",
        autorangeoptions={"include": [0, 10], "clipmax": 103},
        nticks=7,
    )


def _kept(found: Sequence[Cuts]) -> str:
    """Name what is drawn: zoom is kept until it is something else."""
    return "kept for " + "; ".join(
        f"{one.regime} {one.seed} {len(one.lesions.get(1, ()))}" for one in found
    )
