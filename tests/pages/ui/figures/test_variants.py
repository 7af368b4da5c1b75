"""Entries in; error by λ, error by row and gates by step out."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from pages.ui.chart import figure_json
from pages.ui.figures.variants import (
    Entry,
    error_against_scale,
    error_against_scale_updates,
    error_by_variant,
    error_by_variant_updates,
    gates_over_time,
    gates_over_time_updates,
    height_of,
    products,
)
from resnet_core.studies.spreads import t95
from tests.pages.ui.figures.figure_checks import check_figure, check_stream, t, trace

SWEEP = [
    Entry(key="1.5", label="λ = 1.5", scale=1.5, diverged=["seed 0, step 13", "seed 1, step 9"]),
    Entry(
        key="1", label="λ = 1", scale=1.0, errors_train=[0.0, 0.02], errors_test=[0.01, 0.03, 0.05]
    ),
    Entry(key="0.5", label="λ = 0.5", scale=0.5, errors_train=[0.25], diverged=["seed 1, step 2"]),
    Entry(key="0", label="λ = 0", scale=0.0),
]

ROWS = [
    Entry(
        key="identity",
        label="identity",
        errors_train=[0.0, 0.01, 0.02],
        errors_test=[0.06, 0.08, 0.10],
        published=0.0661,
    ),
    Entry(key="no-shortcut", label="no shortcut", errors_test=[0.3], published_fail=True),
    Entry(key="half", label="half", diverged=["seed 0, step 13"]),
]


def percents(values: list[float]) -> list[float]:
    return [100 * value for value in values]


def test_the_product_of_the_scales_ends_at_one_and_begins_with_all_but_one_of_them() -> None:
    assert products(0.5, 4) == [0.125, 0.25, 0.5, 1.0]
    assert products(-1, 3) == [1.0, -1.0, 1.0]
    assert products(0, 3) == [0.0, 0.0, 1.0]
    assert products(1, 1) == [1.0]
    assert products(2, 2000)[0] == math.inf
    assert products(2, 0) == []


def test_each_scale_has_the_mean_of_its_seeds_in_the_order_of_the_axis() -> None:
    updates = error_against_scale_updates(SWEEP)
    # A seed that diverged has all images wrong: at 0.5 one of two, at 1.5 both.
    assert updates["scale:train"] == {
        "x": [0.5, 1.0, 1.5],
        "y": [62.5, 1.0, 100.0],
        "customdata": [
            " (25.0–100.0 %, n = 2)",
            " (0.0–2.0 %, n = 2)",
            " (100.0–100.0 %, n = 2)",
        ],
    }
    assert updates["scale:test"]["x"] == [0.5, 1.0, 1.5]
    assert updates["scale:test"]["y"] == [100.0, 3.0, 100.0]


def test_each_seed_of_a_scale_is_a_dot_where_there_are_several() -> None:
    updates = error_against_scale_updates(SWEEP)
    assert updates["scale:train:seeds"] == {"x": [1.0, 1.0], "y": [0.0, 2.0]}
    assert updates["scale:test:seeds"] == {"x": [1.0] * 3, "y": [1.0, 3.0, 5.0]}


def test_a_scale_that_diverged_stands_at_the_top_with_seed_and_step() -> None:
    found = error_against_scale_updates(SWEEP)["scale:diverged"]
    assert found["x"] == [0.5, 1.5]
    assert found["text"] == ["seed 1, step 2", "seed 0, step 13; seed 1, step 9"]
    figure = error_against_scale(SWEEP, t=t)
    crosses = trace(figure, "scale:diverged")
    assert crosses.yaxis == "y2"
    assert figure.layout.yaxis2.overlaying == "y"
    low, high = figure.layout.yaxis2.range
    assert all(low < y <= high and y > 0.9 * high for y in found["y"])
    assert "%{text}" in crosses.hovertemplate
    assert "diverged" in crosses.hovertemplate


def test_every_scale_has_its_tick_and_a_line_stands_at_the_identity() -> None:
    figure = error_against_scale(SWEEP, t=t)
    assert figure.layout.xaxis.tickvals == (0, 0.5, 1, 1.5)
    assert figure.layout.xaxis.ticktext == ("0", "0.5", "1", "1.5")
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 1.5
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (1, 1)
    assert [(note.text, note.x) for note in figure.layout.annotations] == [("identity", 1)]


def test_crowded_scales_keep_ticks_apart_and_the_tick_of_the_identity() -> None:
    scales = [0.9 + i / 1000 for i in range(201)]
    entries = [Entry(key=f"{scale:g}", label="", scale=scale) for scale in scales]
    ticks = error_against_scale(entries, t=t).layout.xaxis.tickvals
    assert 1 in ticks
    assert len(ticks) > 2
    assert all(second - first >= 0.029 for first, second in pairwise(ticks))


def test_two_entries_of_the_same_scale_are_drawn() -> None:
    twice = [
        Entry(key="a", label="a", scale=1.0, errors_train=[0.1]),
        Entry(key="b", label="b", scale=1.0, errors_train=[0.2]),
    ]
    assert error_against_scale_updates(twice)["scale:train"]["y"] == [10.0, 20.0]


@pytest.mark.parametrize("entries", [SWEEP, [], [Entry(key="1", label="", scale=1.0)]])
def test_the_figure_by_scale_shows_what_a_stream_would_send(entries: list[Entry]) -> None:
    updates = error_against_scale_updates(entries)
    check_stream(updates)
    check_figure(error_against_scale(entries, t=t), updates)
    assert set(updates) == set(error_against_scale_updates(SWEEP))


def test_the_test_images_may_be_left_out() -> None:
    for figure in (
        error_against_scale(SWEEP, t=t, show_test=False),
        error_by_variant(ROWS, t=t, show_test=False),
    ):
        uids = {one.uid for one in figure.data}
        assert not any(":test" in uid for uid in uids)
        assert any(":train" in uid for uid in uids)


def test_the_first_row_stands_on_top_and_rows_are_named() -> None:
    axis = error_by_variant(ROWS, t=t).layout.yaxis
    assert axis.ticktext == ("identity", "no shortcut", "half")
    assert axis.tickvals == (0, 1, 2)
    assert axis.range == (2.5, -0.5)


def test_names_are_there_before_anything_is_measured() -> None:
    figure = error_by_variant([Entry(key="a", label="a"), Entry(key="b", label="b")], t=t)
    (holder,) = [one for one in figure.data if (one.yaxis or "y") == "y" and one.xaxis is None]
    assert len(holder.x) == 1  # Plotly draws no axis without a trace that has a point
    assert holder.showlegend is False
    assert figure.layout.yaxis.ticktext == ("a", "b")


def test_each_row_has_mean_and_seeds_and_says_its_name() -> None:
    updates = error_by_variant_updates(ROWS)
    mean = updates["variant:test"]
    assert mean["x"] == [8.0, 30.0]
    assert mean["customdata"] == ["identity", "no shortcut"]
    assert [round(y) for y in mean["y"]] == [0, 1]
    assert mean["text"][1] == ""
    assert mean["text"][0].startswith(" (6.0–10.0 %, n = 3; 95 %: ")
    seeds = updates["variant:train:seeds"]
    assert seeds["x"] == [0.0, 1.0, 2.0]
    assert {round(y) for y in seeds["y"]} == {0}
    assert updates["variant:train"]["y"] != mean["y"][:1]


def test_the_interval_is_students_of_the_mean_and_stays_a_share() -> None:
    updates = error_by_variant_updates(ROWS)
    errors = [6.0, 8.0, 10.0]
    half = t95(3) * stdev(errors) / math.sqrt(3)
    drawn = [x for x in updates["variant:test:interval"]["x"] if x is not None]
    assert min(drawn) == pytest.approx(fmean(errors) - half, abs=0.001)
    assert max(drawn) == pytest.approx(fmean(errors) + half, abs=0.001)
    train = [x for x in updates["variant:train:interval"]["x"] if x is not None]
    assert min(train) == 0  # 1 - 2.48 would be
    alone = error_by_variant_updates([Entry(key="a", label="a", errors_test=[0.1])])
    assert alone["variant:test:interval"]["x"] == []
    two = error_by_variant_updates([Entry(key="a", label="a", errors_test=[0.4, 0.5])])
    assert two["variant:test:interval"]["x"]


def test_an_interval_encloses_nothing() -> None:
    points = error_by_variant_updates(ROWS)["variant:test:interval"]
    corners = list(zip(points["x"][:-1], points["y"][:-1], strict=True))
    around = [*corners, corners[0]]
    assert sum(x * b - a * y for (x, y), (a, b) in pairwise(around)) == pytest.approx(0, abs=1e-9)
    assert points["x"][-1] is None


def test_a_row_that_diverged_has_a_cross_at_the_right_edge() -> None:
    found = error_by_variant_updates(ROWS)["variant:diverged"]
    assert found == {
        "x": [100.0],
        "y": [2.0],
        "customdata": ["half"],
        "text": ["seed 0, step 13"],
    }
    figure = error_by_variant(ROWS, t=t)
    crosses = trace(figure, "variant:diverged")
    assert crosses.xaxis == "x2"
    assert crosses.marker.symbol == "x-thin"
    assert figure.layout.xaxis2.overlaying == "x"
    assert 100 < figure.layout.xaxis2.range[1] < 105
    assert "%{text}" in crosses.hovertemplate


def test_published_errors_are_hollow_and_name_their_source() -> None:
    figure = error_by_variant(ROWS, t=t, published="He 2016, table 1")
    shown = trace(figure, "variant:published")
    assert list(shown.x) == [6.61]
    assert shown.marker.symbol.endswith("-open")
    assert shown.name == "published: He 2016, table 1"
    assert shown.showlegend


def test_what_failed_in_the_paper_stands_at_twenty_percent_and_says_so() -> None:
    figure = error_by_variant(ROWS, t=t, published="He 2016, table 1")
    failed = trace(figure, "variant:published:fail")
    assert (list(failed.x), list(failed.y)) == ([20.0], [1.0])
    assert failed.marker.symbol.endswith("-open")
    assert "> 20 % (fail)" in failed.hovertemplate
    assert failed.name.endswith("> 20 % (fail)")  # what is downloaded has 20 in its place
    assert failed.showlegend is False  # the other marker names the source already
    assert 20 in [line.x0 for line in figure.layout.shapes]
    alone = error_by_variant(ROWS[1:], t=t, published="He 2016, table 1")
    assert trace(alone, "variant:published:fail").showlegend
    without = error_by_variant(ROWS[:1], t=t)
    assert 20 not in [line.x0 for line in without.layout.shapes]


@pytest.mark.parametrize("entries", [ROWS, [], [Entry(key="a", label="a")]])
def test_the_figure_by_row_shows_what_a_stream_would_send(entries: list[Entry]) -> None:
    updates = error_by_variant_updates(entries)
    check_stream(updates)
    check_figure(error_by_variant(entries, t=t), updates)
    assert set(updates) == set(error_by_variant_updates(ROWS))


def test_what_is_downloaded_of_a_row_is_its_name() -> None:
    figure = figure_json(error_by_variant(ROWS, t=t))
    for one in figure["data"]:
        if one.get("x") and one.get("fill") != "toself":
            axis = one["yaxis"].replace("y", "yaxis")
            assert figure["layout"][axis]["visible"] is False  # then it is ``customdata``
            assert set(one["customdata"]) <= {"identity", "no shortcut", "half"}


def test_long_names_are_broken_between_words_and_never_in_a_formula() -> None:
    label = "gate on the shortcut only, bias of the gate b = −6"
    (name,) = error_by_variant([Entry(key="a", label=label)], t=t).layout.yaxis.ticktext
    lines = name.split("<br>")
    assert len(lines) > 1
    assert all(len(line) <= 28 for line in lines)
    assert " ".join(lines).replace("\u00a0", " ") == label
    assert "b\u00a0=\u00a0−6" in lines[-1]


def test_a_chinese_name_is_broken_where_it_is_as_wide() -> None:
    label = "捷径上的门控单元偏置为负六时的情形如何"
    (name,) = error_by_variant([Entry(key="a", label=label)], t=t).layout.yaxis.ticktext
    assert all(len(line) <= 14 for line in name.split("<br>"))
    assert name.replace("<br>", "") == label


def test_a_label_without_words_is_an_empty_line() -> None:
    assert error_by_variant([Entry(key="a", label="")], t=t).layout.yaxis.ticktext == ("",)


def test_more_rows_and_longer_names_are_higher() -> None:
    assert height_of(ROWS * 4) > height_of(ROWS) > 100
    long = [Entry(key="a", label="a " * 60)] * 3
    assert height_of(long) > height_of(ROWS)
    assert height_of([]) > 0


OPENINGS = [[0.1, 0.2, 0.3], [0.2, None, math.nan]]


def test_each_unit_is_a_line_over_the_steps_with_gaps_where_nothing_is() -> None:
    updates = gates_over_time_updates([0, 50], OPENINGS)
    assert updates == {
        "gate:1": {"x": [0, 50], "y": [0.1, 0.2]},
        "gate:2": {"x": [0, 50], "y": [0.2, None]},
        "gate:3": {"x": [0, 50], "y": [0.3, None]},
    }


def test_lines_grow_stronger_from_the_first_unit_to_the_last() -> None:
    figure = gates_over_time([0, 50], OPENINGS, t=t)
    colors = [one.line.color for one in figure.data]
    assert colors == ["var(--residual, 0.3)", "var(--residual, 0.65)", "var(--residual)"]


def test_lines_of_many_units_are_thin_and_only_two_of_them_stand_in_the_legend() -> None:
    figure = gates_over_time([0], [[0.5] * 54], t=t)
    assert [one.name for one in figure.data if one.showlegend] == ["unit 1", "unit 54"]
    assert max(one.line.width for one in figure.data[1:-1]) <= 1.5


def test_a_line_that_is_pointed_at_names_its_unit() -> None:
    labels = ["stage 1, unit 1", "stage 1, unit 2", "stage 2, unit 1"]
    figure = gates_over_time([0, 50], OPENINGS, t=t, labels=labels)
    assert [one.hovertemplate.split("<br>")[0] for one in figure.data] == labels
    plain = gates_over_time([0, 50], OPENINGS, t=t)
    assert plain.data[2].hovertemplate.startswith("unit 3<br>")


def test_lines_are_there_before_a_step_is_probed() -> None:
    figure = gates_over_time([], [], t=t, labels=["a", "b"], steps_total=100)
    assert [one.uid for one in figure.data] == ["gate:1", "gate:2"]
    assert figure.layout.xaxis.range == (0, 101)
    assert len(gates_over_time([], [], t=t).data) == 0


def test_the_axis_of_the_gates_says_what_open_and_shut_mean() -> None:
    axis = gates_over_time([0, 50], OPENINGS, t=t).layout.yaxis
    assert axis.title.text.replace("<br>", " ") == (
        "mean opening g: 0 leaves the shortcut, 1 shuts it"
    )
    assert axis.range[0] <= 0
    assert axis.range[1] >= 1


def test_the_figure_of_the_gates_shows_what_a_stream_would_send() -> None:
    updates = gates_over_time_updates([0, 50], OPENINGS, units=4)
    check_stream(updates)
    check_figure(gates_over_time([0, 50], OPENINGS, t=t, units=4), updates)
    assert updates["gate:4"] == {"x": [0, 50], "y": [None, None]}
