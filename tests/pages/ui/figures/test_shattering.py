"""Correlations of gradients in, a line a network out."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from pages.ui.figures.marked import Number
from pages.ui.figures.shattering import Correlation, shattering, shattering_updates
from tests.pages.ui.figures.figure_checks import NUMBERS, check_figure, check_stream, t, trace


def one(join: str, correlations: list[Number]) -> Correlation:
    distances = [(i + 1) / len(correlations) for i in range(len(correlations))]
    return Correlation(
        uid=join, join=join, name=join, distances=distances, correlations=correlations
    )


def test_a_correlation_stands_at_its_distance() -> None:
    updates = shattering_updates(one("plain", [0.9, -0.1]))
    assert updates["plain"]["x"] == [0.5, 1.0]
    assert updates["plain"]["y"] == [0.9, -0.1]


def test_no_correlation_is_no_number_but_zero_is_one() -> None:
    updates = shattering_updates(one("residual", [0.0, math.nan]))
    assert updates["residual"]["y"] == [0.0, None]
    assert updates["residual:bad"]["x"] == [1.0]
    assert updates["residual:bad"]["customdata"] == ["nan"]
    assert updates["residual:zero"]["x"] == []


def test_axes_span_all_distances_and_correlations() -> None:
    layout = shattering([one("plain", [0.1])], t=t).layout
    assert layout.xaxis.range[0] < 0
    assert layout.xaxis.range[1] > 1
    low, high = layout.yaxis.autorangeoptions.include
    assert low < -1 < 1 < high
    assert layout.yaxis.zeroline is True
    assert list(layout.yaxis.range) == [low, high]
    assert layout.yaxis.title.text == "correlation of their gradients"


def test_joins_keep_their_looks() -> None:
    figure = shattering([one("plain", [0.1]), one("residual", [0.2])], t=t)
    assert trace(figure, "plain").line.dash == "dash"
    assert trace(figure, "residual").marker.symbol == "circle"


@given(values=st.lists(NUMBERS, max_size=9))
def test_whatever_comes_in_the_figure_stands(values: list[Number]) -> None:
    series = one("plain", values)
    check_stream(shattering_updates(series))
    check_figure(shattering([series], t=t), shattering_updates(series))
