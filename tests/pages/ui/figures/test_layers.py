"""One number a layer in, a line out; zeros at the bottom, what is no number at the top."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui import theme
from pages.ui.figures.layers import LayerSeries, TheoryLine, by_layer, by_layer_updates
from pages.ui.figures.marked import HIGHEST, Number
from tests.pages.ui.figures.figure_checks import NUMBERS, check_figure, check_stream, t, trace

LABELS = ["first", "stage 1, unit 1, layer 1", "stage 1, unit 1, layer 2", "", "fc"]


def series(values: list[Number], join: str = "plain") -> LayerSeries:
    return LayerSeries(uid=join, join=join, name=f"{join}-5", values=values, labels=LABELS)


SIGMOID = series([0.0, 0.0, None, 1e-38, 1e-2])
BROKEN = series([math.nan, 1.0, math.inf, -math.inf, 3.0], "residual")


def test_zeros_stand_at_the_bottom_and_leave_a_gap_in_the_line() -> None:
    updates = by_layer_updates(SIGMOID, log=True)
    assert updates["plain"]["x"] == [1, 2, 3, 4, 5]
    assert updates["plain"]["y"] == [None, None, None, 1e-38, 1e-2]
    zero = updates["plain:zero"]
    assert zero["x"] == [1, 2]
    assert max(zero["y"]) < 0.1
    assert zero["customdata"] == [0, 0]
    assert zero["text"] == ["", "= 0"]
    figure = by_layer([SIGMOID], t=t, title="norm", log=True)
    drawn = trace(figure, "plain:zero")
    assert drawn.yaxis == "y2"
    assert "exactly 0" in drawn.hovertemplate
    assert not trace(figure, "plain").connectgaps


def test_a_linear_axis_has_a_place_for_zero() -> None:
    updates = by_layer_updates(SIGMOID, log=False)
    assert updates["plain"]["y"][0] == 0.0
    assert updates["plain:zero"]["x"] == []


def test_what_is_no_number_stands_at_the_top_and_says_what_it_is() -> None:
    updates = by_layer_updates(BROKEN, log=True)
    assert updates["residual"]["y"] == [None, 1.0, None, None, 3.0]
    bad = updates["residual:bad"]
    assert bad["x"] == [1, 3, 4]
    assert min(bad["y"]) > 0.85
    assert bad["customdata"] == bad["text"] == ["nan", "∞", "−∞"]
    assert trace(by_layer([BROKEN], t=t, title="norm", log=True), "residual:bad").yaxis == "y2"


def test_a_negative_number_has_no_place_on_a_logarithmic_axis() -> None:
    one = series([-0.5, 1.0])
    assert by_layer_updates(one, log=True)["plain:bad"]["customdata"] == ["−0.5"]
    assert by_layer_updates(one, log=False)["plain"]["y"] == [-0.5, 1.0]


def test_a_word_is_written_once_in_the_middle_of_its_longest_run() -> None:
    one = series([math.nan, 1.0, math.nan, math.nan, math.nan, math.inf])
    assert by_layer_updates(one, log=True)["plain:bad"]["text"] == ["", "", "nan", "", "∞"]


def test_marks_of_two_networks_do_not_hide_each_other() -> None:
    both = [series([0.0, math.nan], join) for join in ("plain", "residual")]
    plain, residual = (by_layer_updates(one, log=True) for one in both)
    assert plain["plain:zero"]["y"] != residual["residual:zero"]["y"]
    assert plain["plain:bad"]["y"] != residual["residual:bad"]["y"]


def test_pointing_says_which_layer_it_is() -> None:
    figure = by_layer([SIGMOID, BROKEN], t=t, title="norm", log=True)
    assert trace(figure, "plain").customdata[4] == "<br>fc"
    assert trace(figure, "plain").customdata[3] == ""
    assert trace(figure, "plain:zero").hovertext[1] == "<br>stage 1, unit 1, layer 1"
    assert "layer %{x}" in trace(figure, "plain").hovertemplate


def test_joins_keep_their_looks_and_share_their_place_in_the_legend_with_their_marks() -> None:
    figure = by_layer([SIGMOID, BROKEN], t=t, title="norm", log=True)
    assert trace(figure, "plain").line.dash == "dash"
    assert trace(figure, "plain").marker.symbol == "square"
    assert trace(figure, "residual").line.dash == "solid"
    shown = [one.name for one in figure.data if one.showlegend is not False]
    assert shown == ["plain-5", "residual-5"]
    assert trace(figure, "plain:zero").legendgroup == trace(figure, "plain").legendgroup


def test_two_networks_of_one_join_may_have_two_colours() -> None:
    one = LayerSeries(uid="b", join="plain", name="other", values=[1.0], hue="purple")
    figure = by_layer([one], t=t, title="norm", log=True)
    assert trace(figure, "b").line.color == theme.color("purple")
    assert trace(figure, "b").line.dash == "dash"


def test_theory_is_dotted_grey_and_has_a_gap_where_it_is_no_number() -> None:
    theory = [TheoryLine(name="0.25 a layer", values=[1e-9, 0.0, math.inf, 1.0])]
    drawn = trace(by_layer([], t=t, title="norm", log=True, theory=theory), "theory:1")
    assert drawn.line.to_plotly_json() == theme.theory_line()
    assert list(drawn.y) == [1e-9, None, None, 1.0]


def test_stages_are_lines_between_layers_and_named_where_there_is_room() -> None:
    one = series([1.0] * 56)
    layout = by_layer([one], t=t, title="norm", log=True, stages=(2, 20, 38)).layout
    assert [shape.x0 for shape in layout.shapes] == [1.5, 19.5, 37.5]
    assert [name.text for name in layout.annotations] == ["stage 1", "stage 2", "stage 3"]
    narrow = by_layer([one], t=t, title="norm", log=True, stages=(2, 5, 38)).layout
    assert [name.text for name in narrow.annotations] == ["stage 2", "stage 3"]


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("values", [[], [None] * 20, [math.nan] * 20])
def test_a_figure_without_numbers_has_its_axes(log: bool, values: list[Number]) -> None:
    figure = by_layer([series(values)], t=t, title="norm", log=log)
    low, high = figure.layout.yaxis.range
    assert low < high
    assert figure.layout.yaxis.autorange is True
    assert figure.layout.yaxis.title.text == "norm"
    assert figure.layout.xaxis.range[0] < 1
    assert figure.layout.xaxis.range[1] > len(values)
    check_figure(figure, by_layer_updates(series(values), log=log))


def test_cosines_keep_the_whole_of_their_axis() -> None:
    layout = by_layer([series([0.1])], t=t, title="cosine", log=False, include=(-1, 1)).layout
    low, high = layout.yaxis.autorangeoptions.include
    assert low < -1 < 1 < high


def test_few_layers_have_a_tick_each_and_there_is_no_layer_0() -> None:
    assert by_layer([series([1.0] * 8)], t=t, title="norm", log=True).layout.xaxis.dtick == 1
    for depth in (1, 8, 56, 1202):
        figure = by_layer([series([1.0] * depth)], t=t, title="norm", log=True)
        assert figure.layout.xaxis.range[0] > 0


def test_axes_are_titled_in_the_visitors_language() -> None:
    layout = by_layer([SIGMOID], t=lambda text, **_: text.upper(), title="NORM", log=True).layout
    assert layout.xaxis.title.text == "WEIGHTED LAYER, FROM IMAGE TO CLASSES"
    assert by_layer([], t=t, title="n", log=True, x_title="x").layout.xaxis.title.text == "x"


@given(values=st.lists(NUMBERS, max_size=30), log=st.booleans())
def test_whatever_comes_in_each_number_is_seen_once(values: list[Number], log: bool) -> None:
    one = series(values)
    updates = by_layer_updates(one, log=log)
    check_stream(updates)
    check_figure(by_layer([one], t=t, title="norm", log=log), updates)
    line = updates["plain"]
    drawn = [x for x, y in zip(line["x"], line["y"], strict=True) if y is not None]
    marked = updates["plain:zero"]["x"] + updates["plain:bad"]["x"]
    there = [layer for layer, value in enumerate(values, start=1) if value is not None]
    assert sorted(drawn + marked) == there
    assert all(abs(y) <= HIGHEST and (y > 0 or not log) for y in line["y"] if y is not None)
