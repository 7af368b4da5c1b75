"""What do the figures of lesions share? How networks are told apart, and lines from end to end.

Errors are shares in [0, 1] when they come and % when they are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme

HUES = {"plain": ("plain", "yellow", "purple"), "residual": ("residual", "violet", "green")}
"""Colours of the first, second and third network of a join."""

PALE = 0.35
"""How strong each draw or seed is beside their mean."""

LAST = 20
"""Rank in the legend of what is no network's."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a network is told apart from the others of a figure.

    Attributes:
        label: Its name.
        join: ``plain`` or ``residual``.
        rank: So many of the same join stand before it.
    """

    label: str
    join: str
    rank: int = 0

    @property
    def color(self) -> str:
        """Token of its colour."""
        return self.shade(1)

    def shade(self, alpha: float) -> str:
        """Give its colour, shining through."""
        hues = HUES[self.join]
        return theme.color(hues[self.rank % len(hues)], alpha)

    def line(self, width: float, alpha: float = 1) -> dict[str, Any]:
        """Give its line; a second network of the same join is dotted."""
        dash = "dot" if self.rank else theme.DASH[self.join]
        return {"color": self.shade(alpha), "width": width, "dash": dash}

    def marker(self, size: float, alpha: float = 1) -> dict[str, Any]:
        """Give its marker."""
        return {"symbol": theme.SYMBOL[self.join], "size": size, "color": self.shade(alpha)}


def draws_trace(
    number: int, look: Look, points: Sequence[tuple[float, float, str]], t: Callable[..., str]
) -> go.Scatter:
    """Draw each draw, pale.

    Args:
        number: Of the network in the figure: uids begin with it.
        look: Of the network.
        points: Where each stands, its error, and what is said when it is pointed at.
        t: Translates.
    """
    return go.Scatter(
        uid=f"{number}:draws",
        name=f"{look.label}, {t('each draw')}",
        legendgroup=str(number),
        showlegend=False,
        x=[round(x, 4) for x, _, _ in points],
        y=[percent(error) for _, error, _ in points],
        customdata=[words for _, _, words in points],
        mode="markers",
        marker=look.marker(6, PALE),
        cliponaxis=False,
        hovertemplate=f"{look.label}<br>%{{customdata}}<br>%{{y:.1f}} %<extra></extra>",
    )


def mean_trace(
    number: int,
    look: Look,
    xs: Sequence[float],
    errors: Sequence[Sequence[float]],
    said: Sequence[str],
) -> go.Scatter:
    """Draw the mean of draws, with the network's entry in the legend.

    Args:
        number: Of the network in the figure.
        look: Of the network.
        xs: Where each mean stands.
        errors: Of which it is the mean, one or more.
        said: What is said of each when it is pointed at.
    """
    return go.Scatter(
        uid=f"{number}:mean",
        name=look.label,
        legendgroup=str(number),
        legendrank=1 + number,
        showlegend=True,
        x=[round(x, 4) for x in xs],
        y=[percent(fmean(some)) for some in errors],
        customdata=list(said),
        mode="lines+markers",
        line=look.line(2.5),
        marker=look.marker(9),
        cliponaxis=False,
        hovertemplate=f"{look.label}<br>%{{customdata}}<br>%{{y:.1f}} %<extra></extra>",
    )


def intact_trace(
    number: int,
    look: Look,
    error: float | None,
    ends: tuple[float, float],
    t: Callable[..., str],
) -> list[go.Scatter]:
    """Draw the error without any lesion as a thin line from end to end; nothing of None.

    All networks' are one group of the legend: see ``intact_key``.
    """
    if error is None:
        return []
    name = t("{name}, intact", name=look.label)
    return [
        go.Scatter(
            uid=f"{number}:intact",
            name=name,
            legendgroup="intact",
            showlegend=False,
            x=list(ends),
            y=[percent(error)] * 2,
            mode="lines",
            line=look.line(1, 0.7),
            hovertemplate=f"{name}<br>%{{y:.1f}} %<extra></extra>",
        )
    ]


def intact_key(t: Callable[..., str]) -> go.Scatter:
    """Say in the legend what the thin lines are, whichever network's they are."""
    return go.Scatter(
        uid="intact",
        name=t("nothing deleted"),
        legendgroup="intact",
        legendrank=LAST,
        showlegend=True,
        x=[None],
        y=[None],
        mode="lines",
        line={"color": theme.color("muted"), "width": 1},
        hoverinfo="skip",
    )


def guessing_trace(
    error: float | None, ends: tuple[float, float], t: Callable[..., str]
) -> list[go.Scatter]:
    """Draw the error of who guesses as a dotted line from end to end; nothing of None."""
    if error is None:
        return []
    return [
        go.Scatter(
            uid="guessing",
            name=t("guessing"),
            legendrank=LAST + 1,
            showlegend=True,
            x=list(ends),
            y=[percent(error)] * 2,
            mode="lines",
            line=theme.theory_line(),
            hovertemplate=f"{t('guessing')}<br>%{{y:.1f}} %<extra></extra>",
        )
    ]


def error_axis(t: Callable[..., str]) -> dict[str, Any]:
    """Give the axis of errors: the same in all three figures, so that they can be compared."""
    return theme.axis(t("test error, %"), range=[0, 100], dtick=20)


def percent(error: float) -> float:
    """Give a share in %."""
    return round(100 * error, 3)
