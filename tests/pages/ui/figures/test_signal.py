"""Signal, gradient and the product of λ in; three lines over the units out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.ui.figures.signal import (
    signal_and_gradient,
    signal_and_gradient_updates,
    theory_of,
)
from pages.ui.figures.variants import products
from tests.pages.ui.figures.figure_checks import NUMBERS, check_figure, check_stream, t, trace

STDS = [1.0, 0.5, 0.25]
GRADIENTS = [0.1, 0.4, 2.0]


def test_theory_is_scaled_to_the_last_units_gradient() -> None:
    assert theory_of(products(0.5, 3), GRADIENTS) == [0.5, 1.0, 2.0]


def test_theory_has_a_size_even_where_the_product_is_negative() -> None:
    assert theory_of(products(-0.5, 3), GRADIENTS) == [0.5, 1.0, 2.0]


def test_theory_has_a_gap_where_the_product_is_zero_or_beyond_every_axis() -> None:
    assert theory_of(products(0, 3), GRADIENTS) == [None, None, 2.0]
    far = theory_of(products(2, 2000), [1.0] * 2000)
    assert far[0] is None
    assert far[-2:] == [2.0, 1.0]


@pytest.mark.parametrize("last", [None, 0.0, math.nan, math.inf])
def test_without_a_last_gradient_there_is_no_theory(last: float | None) -> None:
    assert theory_of(products(0.5, 3), [0.1, 0.4, last]) == [None] * 3


def test_without_gradients_there_is_no_theory() -> None:
    assert theory_of(products(0.5, 3), []) == [None] * 3
    assert theory_of(products(0.5, 3), [1.0]) == [None] * 3  # whose last unit it would be?


def test_measured_lines_start_at_unit_one() -> None:
    updates = signal_and_gradient_updates(products(0.5, 3), STDS, GRADIENTS)
    assert updates["signal:std"]["x"] == [1, 2, 3]
    assert updates["signal:std"]["y"] == STDS
    assert updates["signal:gradient"]["y"] == GRADIENTS
    assert updates["signal:theory"] == {"x": [1, 2, 3], "y": [0.5, 1.0, 2.0]}


def test_what_the_axis_has_no_place_for_is_a_gap_and_a_mark() -> None:
    updates = signal_and_gradient_updates(products(1, 3), [0.0, None, 1.0], [math.nan, 1.0, 1.0])
    assert updates["signal:std"]["y"] == [None, None, 1.0]
    assert updates["signal:std:zero"]["x"] == [1]
    assert updates["signal:gradient:bad"]["x"] == [1]
    assert updates["signal:gradient:bad"]["customdata"] == ["nan"]


def test_theory_is_dotted_and_says_that_it_is_theory() -> None:
    figure = signal_and_gradient(products(0.5, 3), STDS, GRADIENTS, t=t)
    line = trace(figure, "signal:theory")
    assert line.name == "theory: last unit's gradient × ∏λ"
    assert line.line.dash == "dot"
    assert line.line.width < trace(figure, "signal:gradient").line.width
    assert figure.layout.yaxis.type == "log"


def test_a_unit_that_is_pointed_at_says_where_it_stands() -> None:
    places = ["stage 1, unit 1", "stage 1, unit 2", "stage 2, unit 1"]
    figure = signal_and_gradient(products(0.5, 3), STDS, GRADIENTS, places=places, t=t)
    assert list(trace(figure, "signal:std").customdata) == [f"<br>{place}" for place in places]


@settings(max_examples=50, deadline=None)
@given(st.lists(NUMBERS, max_size=5), st.lists(NUMBERS, max_size=5), st.lists(NUMBERS, max_size=5))
def test_whatever_was_measured_the_browser_can_draw_it(
    factors: list[float | None], stds: list[float | None], gradients: list[float | None]
) -> None:
    updates = signal_and_gradient_updates(factors, stds, gradients)
    check_stream(updates)
    check_figure(signal_and_gradient(factors, stds, gradients, t=t), updates)
