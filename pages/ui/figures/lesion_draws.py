"""What does a trained network lose without several units, or in another order? Many draws.

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, figures 5a and 5b.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import TypeVar

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.lesion_parts import (
    Look,
    draws_trace,
    error_axis,
    guessing_trace,
    intact_key,
    intact_trace,
    mean_trace,
)
from resnet_core.studies.spreads import half_width

T = TypeVar("T")

_ASIDE = 1.035
"""Factor between neighbouring networks on a logarithmic axis, so that none hides another."""


@dataclass(frozen=True, kw_only=True)
class Many:
    """Several units deleted at once.

    Attributes:
        look: Of the network.
        intact: Without any lesion.
        draws: Number of deleted units, and of each draw: which ones, and the error, None while it
            is not measured.
    """

    look: Look
    intact: float | None
    draws: tuple[tuple[int, tuple[tuple[tuple[int, ...], float | None], ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Orders:
    """Units in other orders.

    Attributes:
        look: Of the network.
        intact: In the order as trained.
        draws: Number of swaps, and of each draw: Kendall's tau with the trained order, and the
            error, None while it is not measured.
    """

    look: Look
    intact: float | None
    draws: tuple[tuple[int, tuple[tuple[float, float | None], ...]], ...]


# --- several at once ------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def error_by_count(
    networks: tuple[Many, ...], *, t: Callable[..., str], guessing: float | None = None
) -> go.Figure:
    """Draw the error against the number of deleted units; remembered: treat it as frozen.

    Args:
        networks: Each with its draws, their mean, and the mean's 95 % interval (Student's t).
        t: Translates.
        guessing: Error of who guesses.
    """
    counts = sorted({count for one in networks for count, _ in one.draws}) or [1]
    ends = (0.75 * counts[0], 1.4 * counts[-1])
    traces = guessing_trace(guessing, ends, t)
    for number, one in reversed([*enumerate(networks)]):  # the first lies over the others
        aside = _ASIDE ** (2 * number - (len(networks) - 1))
        traces += _many_traces(number, one, aside, t)
        traces += intact_trace(number, one.look, one.intact, ends, t)
    traces.append(intact_key(t))
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(
                t("units deleted at once"),
                type="log",
                range=[math.log10(end) for end in ends],
                tickvals=counts,
                ticktext=[str(count) for count in counts],
                showgrid=False,
            ),
            yaxis=error_axis(t),
            uirevision=f"kept for {counts}",
        ),
    )


def _many_traces(number: int, one: Many, aside: float, t: Callable[..., str]) -> list[go.Scatter]:
    points = [
        (count * aside, error, t("without {units}", units=", ".join(map(str, gone))))
        for count, draws in one.draws
        for gone, error in draws
        if error is not None
    ]
    means = _measured(one.draws)
    draws = draws_trace(number, one.look, points, t)
    mean = mean_trace(
        number,
        one.look,
        [count * aside for count, _ in means],
        [[error for _, error in draws] for _, draws in means],
        [t("mean of {draws} draws; units: {count}", draws=len(d), count=c) for c, d in means],
    )
    # The interval of a mean, within what an error can be.
    halves = [_half([100 * error for _, error in draws]) for _, draws in means]
    highs = [min(half, 100 - y) for half, y in zip(halves, mean.y, strict=True)]
    lows = [min(half, y) for half, y in zip(halves, mean.y, strict=True)]
    mean.error_y = {
        "type": "data",
        "array": [round(high, 3) for high in highs],
        "arrayminus": [round(low, 3) for low in lows],
        "color": one.look.color,
        "thickness": 1.75,
        "width": 5,
    }
    return [draws, mean]


# --- another order --------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def error_by_order(
    networks: tuple[Orders, ...], *, t: Callable[..., str], guessing: float | None = None
) -> go.Figure:
    """Draw the error against Kendall's tau; remembered: treat the figure as frozen.

    The order as trained, 1, is at the left: from there it goes on, as in the other figures.

    Args:
        networks: Each with its orders, and the mean over those of as many swaps, by its tau.
        t: Translates.
        guessing: Error of who guesses.
    """
    lowest = min([tau for one in networks for _, draws in one.draws for tau, _ in draws] or [0.8])
    pad = 0.03 * (1 - lowest) or 0.01
    ends = (1 + pad, lowest - pad)
    traces = guessing_trace(guessing, ends, t)
    for number, one in reversed([*enumerate(networks)]):  # the first lies over the others
        points = [
            (tau, error, t("swaps: {swaps}", swaps=swaps))
            for swaps, draws in one.draws
            for tau, error in draws
            if error is not None
        ]
        # Swaps may undo each other: more of them are not always farther from the trained order.
        means = sorted(_measured(one.draws), key=lambda some: -_mean_tau(some[1]))
        traces += [
            draws_trace(number, one.look, points, t),
            mean_trace(
                number,
                one.look,
                [_mean_tau(draws) for _, draws in means],
                [[error for _, error in draws] for _, draws in means],
                [
                    t("mean of {draws} draws; swaps: {swaps}", draws=len(d), swaps=s)
                    for s, d in means
                ],
            ),
            *intact_trace(number, one.look, one.intact, ends, t),
        ]
    traces.append(intact_key(t))
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("Kendall's τ (1: the order as trained)"), range=list(ends)),
            yaxis=error_axis(t),
            uirevision="kept",
        ),
    )


# --- what they share ------------------------------------------------------------------------------


def _measured(
    draws: Iterable[tuple[int, Sequence[tuple[T, float | None]]]],
) -> list[tuple[int, list[tuple[T, float]]]]:
    """Keep the draws that are measured, and the numbers that have any."""
    kept = [
        (number, [(what, error) for what, error in some if error is not None])
        for number, some in draws
    ]
    return [(number, some) for number, some in kept if some]


def _half(errors: Sequence[float]) -> float:
    return half_width(errors) if len(errors) > 1 else 0.0


def _mean_tau(draws: Sequence[tuple[float, float]]) -> float:
    return fmean(tau for tau, _ in draws)
