"""Lengths of paths in, bars, brackets and lines out."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.figures.marked import Number
from pages.ui.figures.path_gradients import Measured, gradient_by_length, gradient_shares_by_length
from pages.ui.figures.paths import MOST_BARS, Range, length_histogram, percent, power
from tests.pages.ui.figures.figure_checks import NUMBERS, check_figure, t, trace


def published() -> Range:
    return Range(
        uid="published", low=5, high=17, label="published: 5–17", hue="green", is_published=True
    )


def test_bars_are_shares_of_all_paths_in_percent() -> None:
    bars = trace(length_histogram(3, t=t), "paths")
    assert list(bars.x) == [0, 1, 2, 3]
    assert list(bars.y) == [12.5, 37.5, 37.5, 12.5]
    assert list(bars.customdata) == ["1", "3", "3", "1"]


def test_lengths_of_most_paths_are_drawn_again_strongly() -> None:
    figure = length_histogram(54, t=t, most=(20, 34))
    strong, faint = trace(figure, "paths:most"), trace(figure, "paths")
    assert list(strong.x) == list(range(20, 35))
    assert sum(strong.y) == pytest.approx(95.978, abs=5e-4)
    assert sum(faint.y) == pytest.approx(100)
    assert strong.marker.color != faint.marker.color


@pytest.mark.parametrize("units", [1, 27, 54, 600, 1200])
def test_every_number_of_units_gives_a_figure(units: int) -> None:
    figure = length_histogram(units, t=t, most=(units // 2, (units + 1) // 2))
    check_figure(figure, {})
    shares = trace(figure, "paths").y
    assert len(shares) == units + 1
    assert sum(shares) == pytest.approx(100)
    assert trace(figure, "paths").type == ("bar" if units <= MOST_BARS else "scatter")
    assert figure.layout.yaxis.range[1] > max(shares)


def test_a_published_range_is_a_hollow_bracket_and_a_measured_one_a_filled_one() -> None:
    here = Range(uid="here", low=2, high=9, label="effective here: 2–9", hue="residual")
    figure = length_histogram(54, t=t, ranges=[published(), here])
    bracket, own = trace(figure, "published"), trace(figure, "here")
    assert list(bracket.x) == [5, 17]
    assert list(own.x) == [2, 9]
    assert bracket.marker.symbol == "circle-open"
    assert own.marker.symbol == "circle"
    assert bracket.y[0] != own.y[0], "brackets do not hide each other"
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(4.5, 17.5), (1.5, 9.5)]


def measured(draws: list[list[Number]], place: int = 0, **more: object) -> Measured:
    means = [
        None if None in norms else sum(norms) / len(norms) for norms in zip(*draws, strict=True)
    ]
    return Measured(
        uid=f"network{place}",
        name=f"network {place}",
        place=place,
        draws=draws,
        means=means,
        **more,  # type: ignore[arg-type]
    )


def test_each_path_is_a_point_and_the_mean_a_line() -> None:
    one = measured([[1.0, 0.5, 0.1], [3.0, 0.1, 0.3]], fitted=[2.0, 0.6, 0.2])
    figure = gradient_by_length([one], units=2, t=t)
    points = trace(figure, "network0:draws")
    assert list(zip(points.x, points.y, strict=True)) == [
        (0, 1.0),
        (1, 0.5),
        (2, 0.1),
        (0, 3.0),
        (1, 0.1),
        (2, 0.3),
    ]
    assert list(trace(figure, "network0:mean").y) == pytest.approx([2.0, 0.3, 0.2])
    assert list(trace(figure, "network0:fit").y) == [2.0, 0.6, 0.2]
    assert figure.layout.yaxis.type == "log"


def test_a_gradient_of_exactly_zero_is_marked_and_not_dropped() -> None:
    figure = gradient_by_length([measured([[1.0, 0.0]])], units=1, t=t)
    assert list(trace(figure, "network0:mean:zero").x) == [1]
    assert list(trace(figure, "network0:draws").x) == [0]


@given(st.lists(st.lists(NUMBERS, min_size=4, max_size=4), max_size=3))
def test_whatever_was_measured_gives_a_figure(draws: list[list[Number]]) -> None:
    means = [row[0] for row in zip(*draws, strict=True)] if draws else []
    one = Measured(uid="network0", name="residual-8", place=0, draws=draws, means=means)
    check_figure(gradient_by_length([one], units=3, t=t), {})


def test_two_networks_differ_in_colour_and_marks() -> None:
    pair = [measured([[1.0, 0.5]], place) for place in (0, 1)]
    figure = gradient_by_length(pair, units=1, t=t)
    first, second = (trace(figure, f"network{place}:mean") for place in (0, 1))
    assert first.line.color != second.line.color
    assert first.marker.symbol != second.marker.symbol


def test_shares_are_in_percent_and_may_be_negative() -> None:
    one = measured([[1.0, 0.5, 0.1]], shares=[0.5, 0.4, 0.1], exact=[0.9, 0.2, -0.1])
    here = Range(uid="here", low=0, high=1, label="0–1", hue="residual")
    figure = gradient_shares_by_length([one], units=2, t=t, ranges=[here])
    assert list(trace(figure, "network0:product").y) == pytest.approx([50, 40, 10])
    assert list(trace(figure, "network0:exact").y) == pytest.approx([90, 20, -10])
    assert len(figure.layout.shapes) == 1
    check_figure(figure, {})


def test_what_is_not_measured_yet_is_no_entry_of_the_legend() -> None:
    one = measured([[1.0, 0.5]], shares=[0.5, 0.5])
    figure = gradient_shares_by_length([one], units=1, t=t)
    assert trace(figure, "network0:product").showlegend
    assert not trace(figure, "network0:exact").showlegend


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1"),
        (2**27, "134,217,728"),
        (2**54, "1.8 · 10¹⁶"),
        (2**600, "4.1 · 10¹⁸⁰"),
        (comb(54, 27), "1.9 · 10¹⁵"),
    ],
)
def test_a_number_of_paths_is_written_for_people(count: int, words: str) -> None:
    assert power(count) == words


def test_a_number_that_is_rounded_up_may_get_a_digit_more() -> None:
    assert power(10**12 - 1) == "1.0 · 10¹²"
    assert power(994 * 10**9) == "9.9 · 10¹¹"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Fraction(1), "100 %"),
        (0.98017, "98.0 %"),
        (0.00453667, "0.45 %"),
        (7e-8, "7.0 · 10⁻⁶ %"),
        (0, "0 %"),
    ],
)
def test_a_share_is_written_with_the_digits_that_it_needs(share: float, words: str) -> None:
    assert percent(share) == words
