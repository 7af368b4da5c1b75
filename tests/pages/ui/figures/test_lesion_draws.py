"""Draws of several deletions and of other orders in, figures out."""

from __future__ import annotations

import math
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.ui.figures.lesion_draws import Many, Orders, error_by_count, error_by_order
from pages.ui.figures.lesion_parts import Look
from resnet_core.studies.spreads import half_width
from tests.pages.ui.figures.figure_checks import check_figure, t, trace

LOOK = Look(label="residual-20", join="residual")
OTHER = Look(label="plain-20", join="plain")

MANY = Many(
    look=LOOK,
    intact=0.02,
    draws=(
        (1, (((3,), 0.1), ((5,), 0.2), ((3,), 0.1))),
        (4, (((1, 2, 3, 4), 0.9), ((2, 3, 4, 5), 0.1), ((1, 3, 5, 7), 0.8))),
    ),
)
ORDERS = Orders(
    look=LOOK,
    intact=0.02,
    draws=((1, ((1.0, 0.02), (0.9, 0.1))), (4, ((0.7, 0.5), (0.8, 0.3)))),
)


def test_every_draw_is_a_pale_point_that_says_what_is_gone() -> None:
    draws = trace(error_by_count((MANY,), t=t), "0:draws")
    assert list(draws.x) == [1, 1, 1, 4, 4, 4]
    assert list(draws.y) == [10, 20, 10, 90, 10, 80]
    assert draws.customdata[3] == "without 1, 2, 3, 4"
    assert draws.marker.color.startswith("var(--residual, 0."), "it does not shine through"


def test_the_line_is_the_mean_with_its_interval() -> None:
    mean = trace(error_by_count((MANY,), t=t), "0:mean")
    assert list(mean.x) == [1, 4]
    assert list(mean.y) == pytest.approx([40 / 3, 60], abs=1e-3)
    half = half_width([10, 20, 10])
    assert mean.error_y.array[0] == pytest.approx(half, abs=1e-3)
    assert mean.error_y.arrayminus[0] == pytest.approx(min(half, fmean([10, 20, 10])), abs=1e-3)
    assert mean.customdata == ("mean of 3 draws; units: 1", "mean of 3 draws; units: 4")


def test_an_interval_stays_within_what_an_error_can_be() -> None:
    mean = trace(error_by_count((MANY,), t=t), "0:mean")
    assert mean.y[1] + mean.error_y.array[1] == pytest.approx(100)
    assert mean.y[1] - mean.error_y.arrayminus[1] == pytest.approx(0)


def test_one_draw_has_no_interval() -> None:
    one = Many(look=LOOK, intact=None, draws=((2, (((1, 2), 0.3),)),))
    mean = trace(error_by_count((one,), t=t), "0:mean")
    assert list(mean.error_y.array) == list(mean.error_y.arrayminus) == [0]


def test_two_networks_stand_beside_each_other_at_each_number() -> None:
    figure = error_by_count((MANY, Many(look=OTHER, intact=0.1, draws=MANY.draws)), t=t)
    first, second = trace(figure, "0:mean"), trace(figure, "1:mean")
    assert all(x < number < z for x, number, z in zip(first.x, (1, 4), second.x, strict=True))
    assert list(figure.layout.xaxis.tickvals) == [1, 4]
    low, high = (10**end for end in figure.layout.xaxis.range)
    assert low < first.x[0]
    assert second.x[-1] < high


def test_draws_that_are_not_measured_yet_are_not_drawn_and_the_axes_stay_as_they_are() -> None:
    rest = Many(
        look=LOOK, intact=None, draws=((1, (((3,), 0.1), ((5,), None))), (4, MANY.draws[1][1]))
    )
    empty = Many(look=LOOK, intact=None, draws=((1, (((3,), None),)), (4, (((1, 2, 3, 4), None),))))
    drawn = trace(error_by_count((rest,), t=t), "0:mean")
    assert drawn.y[0] == 10
    figure = error_by_count((empty,), t=t)
    assert list(trace(figure, "0:draws").x) == list(trace(figure, "0:mean").x) == []
    assert figure.layout.xaxis.range == error_by_count((MANY,), t=t).layout.xaxis.range

    moved = Orders(look=LOOK, intact=None, draws=((1, ((1.0, None),)), (4, ((0.7, None),))))
    figure = error_by_order((moved,), t=t)
    assert list(trace(figure, "0:draws").x) == []
    assert figure.layout.xaxis.range == error_by_order((ORDERS,), t=t).layout.xaxis.range


def test_orders_go_from_the_trained_one_to_the_unlike() -> None:
    figure = error_by_order((ORDERS,), t=t)
    begin, end = figure.layout.xaxis.range
    assert begin > 1 > 0.7 > end
    draws, mean = trace(figure, "0:draws"), trace(figure, "0:mean")
    assert list(zip(draws.x, draws.y, strict=True)) == [(1, 2), (0.9, 10), (0.7, 50), (0.8, 30)]
    assert draws.customdata[2] == "swaps: 4"
    assert list(mean.x) == pytest.approx([0.95, 0.75])
    assert list(mean.y) == pytest.approx([6, 40])


def test_the_line_of_means_never_goes_back_where_more_swaps_undo_each_other() -> None:
    undone = Orders(look=LOOK, intact=None, draws=(*ORDERS.draws, (8, ((0.9, 0.2), (0.8, 0.2)))))
    mean = trace(error_by_order((undone,), t=t), "0:mean")
    assert list(mean.x) == pytest.approx([0.95, 0.85, 0.75])
    assert [said.rpartition(": ")[2] for said in mean.customdata] == ["1", "8", "4"]


ERRORS = st.none() | st.floats(0, 1)
DRAWS = st.lists(st.tuples(st.integers(1, 27).map(lambda unit: (unit,)), ERRORS), max_size=4)
MOVED = st.lists(st.tuples(st.floats(-1, 1), ERRORS), max_size=4)


@settings(deadline=None)
@given(st.lists(DRAWS.map(tuple), max_size=4), st.lists(MOVED.map(tuple), max_size=4), ERRORS)
def test_any_draws_can_be_drawn(some: list, moved: list, intact: float | None) -> None:  # type: ignore[type-arg]
    counts = [2**power for power in range(len(some))]
    many = Many(look=LOOK, intact=intact, draws=tuple(zip(counts, some, strict=True)))
    check_figure(error_by_count((many, MANY), t=t, guessing=0.9), {})
    orders = Orders(look=OTHER, intact=intact, draws=tuple(enumerate(moved, start=1)))
    figure = error_by_order((orders,), t=t, guessing=0.9)
    check_figure(figure, {})
    assert all(math.isfinite(end) for end in figure.layout.xaxis.range)
    assert figure.layout.xaxis.range[0] > figure.layout.xaxis.range[1]
