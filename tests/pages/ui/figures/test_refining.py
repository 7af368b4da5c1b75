"""What each unit does to the signal, stages set apart."""

from __future__ import annotations

from pages.ui.figures.refining import cosines_by_unit, errors_by_exit, ratios_by_unit
from tests.pages.ui.figures.figure_checks import check_figure, t, trace

STAGES = [1, 1, 2, 2, 3]


def test_each_stage_is_a_line_with_its_first_unit_marked() -> None:
    figure = ratios_by_unit(STAGES, [1.5, 0.5, 0.4, 0.3, 0.2], t=t)
    check_figure(figure, {})
    assert list(trace(figure, "ratio:2").x) == [3, 4]
    assert list(trace(figure, "ratio:2").y) == [0.4, 0.3]
    assert list(trace(figure, "ratio:2:first").x) == [3]
    assert trace(figure, "ratio:2:first").marker.symbol == "diamond"
    assert len({trace(figure, f"ratio:{stage}").line.color for stage in (1, 2, 3)}) == 3
    assert [one.uid for one in figure.data if one.showlegend is not False] == [
        "ratio:1",
        "ratio:2",
        "ratio:3",
    ]


def test_units_that_change_the_shape_have_no_cosine() -> None:
    figure = cosines_by_unit(STAGES, [0.8, 0.9, None, 0.95, None], t=t)
    check_figure(figure, {})
    assert list(trace(figure, "cosine:2").y) == [None, 0.95]


def test_few_units_have_a_tick_each_and_none_stands_between() -> None:
    assert ratios_by_unit(STAGES, [1.0] * 5, t=t).layout.xaxis.dtick == 1
    assert ratios_by_unit([1] * 27, [1.0] * 27, t=t).layout.xaxis.dtick is None
    assert errors_by_exit([3], [0.2], t=t, stage=3).layout.xaxis.dtick == 1


def test_exits_stand_at_the_units_of_the_last_stage() -> None:
    figure = errors_by_exit([4, 5, 6], [0.2, 0.05, 0.02], t=t, stage=2)
    check_figure(figure, {})
    assert list(trace(figure, "exit").x) == [4, 5, 6]
    assert list(trace(figure, "exit").y) == [20.0, 5.0, 2.0]
    assert list(trace(figure, "exit:first").y) == [20.0]
