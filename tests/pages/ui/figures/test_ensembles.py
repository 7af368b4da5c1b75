"""Errors and costs of several networks beside those of a deep one."""

from __future__ import annotations

import pytest

from pages.ui.figures.ensembles import cost_together, errors_together
from resnet_core.studies.ensembles import Classified, Together
from tests.pages.ui.figures.figure_checks import check_figure, t, trace

EACH = (Classified(0.02, 200, 60, 500), Classified(0.04, 200, 20, 300))
FOUND = Together(EACH, 0.01, 0.05)
DEEP = Classified(0.03, 200, 100, 1000)
NAMES = ["shallow, seed 0", "shallow, seed 1"]


def test_each_error_is_a_bar_with_its_images_counted() -> None:
    figure = errors_together(FOUND, DEEP, t=t, names=NAMES, deep_name="deep")
    check_figure(figure, {})
    assert [one.uid for one in figure.data] == ["each:0", "each:1", "together", "deep"]
    assert [one.x[0] for one in figure.data] == [2.0, 4.0, 1.0, 3.0]
    assert [one.text[0] for one in figure.data] == ["4 of 200", "8 of 200", "2 of 200", "6 of 200"]
    assert list(figure.layout.yaxis.ticktext) == [*NAMES, "together", "deep"]


def test_a_long_name_stands_in_two_lines() -> None:
    names = ["residual-56, full pre-activation, seed 0", "residual-20, seed 1"]
    figure = errors_together(FOUND, DEEP, t=t, names=names, deep_name="deep")
    assert list(figure.layout.yaxis.ticktext[:2]) == [
        "residual-56,<br>full pre-activation, seed 0",
        "residual-20, seed 1",
    ]


def test_costs_are_stacked_as_shares_of_the_deep_networks() -> None:
    figure = cost_together(FOUND, DEEP, t=t, names=NAMES, deep_name="deep")
    check_figure(figure, {})
    assert list(trace(figure, "cost:0").x) == [60.0, 50.0]
    assert list(trace(figure, "cost:1").x) == [20.0, 30.0]
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 100
    assert figure.layout.xaxis.range[1] >= 100


@pytest.mark.parametrize("times", [1, 50])
def test_the_axis_reaches_as_far_as_the_dearest(times: int) -> None:
    each = tuple(Classified(0.02, 200, 60 * times, 500) for _ in range(5))
    figure = cost_together(
        Together(each, 0.01, 0.05), DEEP, t=t, names=list("abcde"), deep_name="deep"
    )
    assert figure.layout.xaxis.range[1] >= 5 * 60 * times
