"""How much of the error goes when one thing is changed? A bar a network, with the thresholds.

Training error is wide and heavy, test error narrow and light; a run that diverged stands hatched at
100 %, as which it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.names import series_name


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The errors of one network.

    Attributes:
        name: ``plain-56``.
        change: What was changed, in a word or two; empty for the two that the test begins with.
        train: Share of the training images that is wrong, in [0, 1].
        test: The same of the test images; None where it was not measured.
        diverged: Its loss stopped being a number.
    """

    name: str
    change: str = ""
    train: float
    test: float | None = None
    diverged: bool = False

    @property
    def place(self) -> str:
        """Its place on the axis: ``plain-56, 600 steps``."""
        return ", ".join(filter(None, (self.name, self.change)))


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A training error on which a verdict hangs.

    Attributes:
        name: What follows on which side of it: ``guilty at or below``.
        error: In [0, 1].
        hue: A colour of the palette.
    """

    name: str
    error: float
    hue: str


TRAIN_WIDTH, TEST_WIDTH = 0.46, 0.2
LEAST_PLACES = 4
"""Room on the axis: two networks alone would be two barn doors."""

DASHES = ("dot", "dash")


def error_bars(
    networks: Sequence[Compared],
    *,
    t: Callable[..., str],
    thresholds: Sequence[Threshold] = (),
    base: int = 2,
) -> go.Figure:
    """Draw the errors of the networks that a test compares.

    Args:
        networks: In the order of the axis.
        t: Translates.
        thresholds: Of the training error.
        base: So many of the networks are those the test begins with; a thin line follows them.
    """
    places = [one.place for one in networks]
    measured = [one for one in networks if not one.diverged]
    traces: list[Any] = [_train(measured, t), _test(measured, t)]
    if len(measured) < len(networks):
        traces.append(_diverged([one for one in networks if one.diverged], t))
    traces += [_threshold(one, number) for number, one in enumerate(thresholds)]
    tests = [one.test for one in networks if one.test is not None]
    pad = max(0.0, (LEAST_PLACES - len(networks)) / 2)
    highest = 100 * max([*(one.train for one in networks), *tests, 0.04])
    return go.Figure(
        traces,
        theme.layout(
            barmode="overlay",
            xaxis=theme.axis(
                t("network"),
                type="category",
                categoryorder="array",
                categoryarray=places,
                range=[-0.6 - pad, len(networks) - 0.4 + pad],
                tickvals=places,
                ticktext=_labels(networks),
                autotickangles=[0, 90],
                showgrid=False,
                tickfont={"size": 14, "color": theme.color("text")},
                ticks="",
            ),
            xaxis2={"overlaying": "x", "range": [0, 1], "visible": False, "fixedrange": True},
            yaxis=theme.axis(t("error, % of the images"), range=[0, 1.16 * highest], nticks=7),
            shapes=[_divide(base)] if 0 < base < len(networks) else [],
            uirevision=f"kept for {'; '.join(places)}",
        ),
    )


def _labels(networks: Sequence[Compared]) -> list[str]:
    """Name the places in short lines; where only one network was changed, by the change alone."""
    one_changed = len({one.name for one in networks if one.change}) == 1
    return [
        "<br>".join([*([] if one.change and one_changed else [one.name]), *one.change.split()])
        for one in networks
    ]


def _train(networks: Sequence[Compared], t: Callable[..., str]) -> go.Bar:
    return go.Bar(
        uid="train",
        name=series_name("plain", "train", t),
        legendrank=1,
        x=[one.place for one in networks],
        y=[round(100 * one.train, 3) for one in networks],
        width=TRAIN_WIDTH,
        offset=-(TRAIN_WIDTH + TEST_WIDTH) / 2,
        text=[f"{100 * one.train:.1f} %" for one in networks],
        textposition="outside",
        textfont={"size": 15, "color": theme.color("text")},
        cliponaxis=False,
        marker={"color": theme.color("plain")},
        hovertemplate=f"%{{x}}<br>{series_name('plain', 'train', t)}: %{{y:.1f}} %<extra></extra>",
    )


def _test(networks: Sequence[Compared], t: Callable[..., str]) -> go.Bar:
    found = [(one.place, one.test) for one in networks if one.test is not None]
    return go.Bar(
        uid="test",
        name=series_name("plain", "test", t),
        legendrank=2,
        x=[place for place, _ in found],
        y=[round(100 * error, 3) for _, error in found],
        width=TEST_WIDTH,
        offset=(TRAIN_WIDTH - TEST_WIDTH) / 2,
        marker={"color": theme.color("plain-light", 0.5)},
        hovertemplate=f"%{{x}}<br>{series_name('plain', 'test', t)}: %{{y:.1f}} %<extra></extra>",
    )


def _diverged(networks: Sequence[Compared], t: Callable[..., str]) -> go.Bar:
    return go.Bar(
        uid="diverged",
        name=t("diverged, counts as 100 %"),
        legendrank=9,
        x=[one.place for one in networks],
        y=[100] * len(networks),
        width=TRAIN_WIDTH,
        offset=-(TRAIN_WIDTH + TEST_WIDTH) / 2,
        text=[t("diverged")] * len(networks),
        textposition="outside",
        textfont={"size": 15, "color": theme.color("text")},
        cliponaxis=False,
        marker={
            "color": theme.color("purple", 0.25),
            "line": {"color": theme.color("purple"), "width": 1.5},
            "pattern": {"shape": "/", "fgcolor": theme.color("purple"), "size": 9},
        },
        hovertemplate=f"%{{x}}<br>{t('diverged, counts as 100 %')}<extra></extra>",
    )


def _threshold(one: Threshold, number: int) -> go.Scatter:
    return go.Scatter(
        uid=f"threshold:{number}",
        name=one.name,
        legendrank=3 + number,
        xaxis="x2",
        x=[0, 1],
        y=[round(100 * one.error, 3)] * 2,
        mode="lines",
        line={"color": theme.color(one.hue), "dash": DASHES[number % len(DASHES)], "width": 2.5},
        hovertemplate=f"{one.name}: %{{y:.1f}} %<extra></extra>",
    )


def _divide(base: int) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": base - 0.5,
        "x1": base - 0.5,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": theme.color("axis"), "width": 1},
    }
