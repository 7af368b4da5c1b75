"""Errors after single deletions in, a figure out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.ui.figures.lesion_parts import Look
from pages.ui.figures.lesions import Single, error_by_unit, places_on
from tests.pages.ui.figures.figure_checks import check_figure, t, trace

RESIDUAL = Single(
    look=Look(label="residual-14", join="residual"),
    units=(2, 2, 2),
    changes=(False, False, True, False, True, False),
    seeds=(0,),
    errors=((0.6, 0.05, 0.1, 0.04, 0.06, 0.03),),
    intact=(0.02,),
)
PLAIN = Single(
    look=Look(label="plain-8", join="plain"),
    units=(1, 1, 1),
    changes=(False, True, True),
    seeds=(0,),
    errors=((0.9, 0.8, 0.7),),
    intact=(0.25,),
)
SEEDS = replace(
    RESIDUAL,
    seeds=(0, 3),
    errors=((0.6, 0.05, 0.1, 0.04, 0.06, 0.03), (0.4, 0.07, 0.2, None, 0.02, 0.01)),
    intact=(0.02, 0.04),
)


def test_every_unit_has_a_point_in_percent() -> None:
    drawn = trace(error_by_unit((RESIDUAL,), t=t), "0:mean")
    assert list(drawn.x) == [1, 2, 3, 4, 5, 6]
    assert list(drawn.y) == [60, 5, 10, 4, 6, 3]
    assert "residual-14" in drawn.customdata[3]
    assert "without unit 4 of 6 (stage 2, unit 2)" in drawn.customdata[3]


def test_units_that_change_the_shape_have_a_symbol_of_their_own() -> None:
    figure = error_by_unit((RESIDUAL,), t=t)
    assert list(trace(figure, "0:changes").x) == [3, 5]
    assert trace(figure, "0:changes").marker.symbol == "diamond"
    assert trace(figure, "0:mean").marker.symbol == "circle"


def test_networks_of_other_depths_stand_where_they_are_as_deep() -> None:
    figure = error_by_unit((RESIDUAL, PLAIN), t=t)
    assert list(trace(figure, "1:mean").x) == [1.5, 3.5, 5.5], "in the middle of each stage"
    assert "without unit 2 of 3 (stage 2, unit 1)" in trace(figure, "1:mean").customdata[1]
    names = [note.text for note in figure.layout.annotations]
    assert names == ["stage 1", "stage 2", "stage 3"]


@pytest.mark.parametrize(
    ("units", "axis", "places"),
    [
        ((1, 1, 1), (1, 1, 1), [1, 2, 3]),
        ((3, 3, 3), (9, 9, 9), [2, 5, 8, 11, 14, 17, 20, 23, 26]),
        ((2, 2), (1, 3), [0.75, 1.25, 2.25, 3.75]),
        ((2, 2), (2, 2, 2, 2), [1.5, 3.5, 5.5, 7.5]),
    ],
)
def test_places_go_by_stages_or_else_by_the_share_of_the_whole(
    units: tuple[int, ...], axis: tuple[int, ...], places: list[float]
) -> None:
    assert places_on(units, axis) == pytest.approx(places)


def test_of_several_seeds_the_line_is_the_mean_and_each_seed_is_a_point() -> None:
    figure = error_by_unit((SEEDS,), t=t)
    line = trace(figure, "0:mean")
    assert list(line.y) == pytest.approx([50, 6, 15, 4, 4, 2])
    assert line.mode == "lines"
    seeds, changing = trace(figure, "0:seeds"), trace(figure, "0:changes")
    assert len(seeds.x) + len(changing.x) == 11, "one of the twelve is not measured yet"
    assert all("seed 0" in said or "seed 3" in said for said in seeds.customdata)
    assert list(trace(figure, "0:intact").y) == [3, 3]


def test_what_is_not_measured_yet_is_a_gap_and_the_axes_stay_as_they_are() -> None:
    empty = replace(RESIDUAL, errors=((0.6, *[None] * 5),), intact=(None,))
    figure, whole = (error_by_unit((one,), t=t, guessing=0.9) for one in (empty, RESIDUAL))
    assert list(trace(figure, "0:mean").y) == [60, None, None, None, None, None]
    assert "0:intact" not in {one.uid for one in figure.data}
    assert figure.layout.xaxis.range == whole.layout.xaxis.range
    assert figure.layout.yaxis.range == whole.layout.yaxis.range == (0, 100)
    entries = [{one.name for one in f.data if one.showlegend} for f in (figure, whole)]
    assert entries[0] == entries[1], "the legend would jump"


def test_intact_networks_and_guessing_are_lines_from_end_to_end() -> None:
    figure = error_by_unit((RESIDUAL, PLAIN), t=t, guessing=0.9)
    assert list(trace(figure, "0:intact").y) == [2, 2]
    assert list(trace(figure, "1:intact").y) == [25, 25]
    assert list(trace(figure, "guessing").y) == [90, 90]
    assert list(trace(figure, "guessing").x) == list(trace(figure, "0:intact").x) == [0.5, 6.5]


def test_networks_of_one_join_are_told_apart() -> None:
    second = replace(PLAIN, look=Look(label="plain-20", join="plain", rank=1))
    figure = error_by_unit((PLAIN, second), t=t)
    lines = [trace(figure, uid).line for uid in ("0:mean", "1:mean")]
    assert lines[0].color != lines[1].color
    assert lines[0].dash != lines[1].dash


ERRORS = st.none() | st.floats(0, 1)
SINGLES = st.integers(1, 3).flatmap(
    lambda seeds: st.builds(
        replace,
        st.just(RESIDUAL),
        seeds=st.just(tuple(range(seeds))),
        errors=st.tuples(*[st.tuples(*[ERRORS] * 6)] * seeds),
        intact=st.tuples(*[ERRORS] * seeds),
    )
)


@settings(deadline=None)
@given(SINGLES)
def test_any_errors_can_be_drawn(one: Single) -> None:
    check_figure(error_by_unit((one, PLAIN), t=t, guessing=0.9), {})
