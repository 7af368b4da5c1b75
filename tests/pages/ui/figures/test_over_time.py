"""Layers by steps in, a heat map out."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui import theme
from pages.ui.figures.over_time import Grid, over_time, over_time_updates, shared_range
from tests.pages.ui.figures.figure_checks import (
    NUMBERS,
    check_figure,
    check_stream,
    leaves,
    t,
    trace,
)

GRID = Grid(
    uid="a",
    join="plain",
    name="plain-3",
    steps=[0, 10],
    layers=3,
    values=[[0.0, 1e-3, math.nan], [1e-5, None, -math.inf]],
)


def test_cells_are_decades_and_say_the_value() -> None:
    cells = over_time_updates(GRID, log=True)["a"]
    assert cells["x"] == [0, 10]
    assert cells["y"] == [1, 2, 3]
    assert cells["z"] == [[None, -5.0], [-3.0, None], [None, None]]
    assert cells["customdata"] == [[0.0, 1e-5], [1e-3, None], ["nan", "−∞"]]


def test_zeros_and_what_is_no_number_are_marked_on_blank_cells() -> None:
    updates = over_time_updates(GRID, log=True)
    assert updates["a:zero"] == {"x": [0], "y": [1], "customdata": ["0"]}
    assert updates["a:bad"] == {"x": [0, 10], "y": [3, 3], "customdata": ["nan", "−∞"]}
    figure = over_time(GRID, t=t, title="norm", log=True, steps_total=100)
    assert [one.name for one in figure.data if one.showlegend] == ["exactly 0", "nan or infinite"]
    assert "exactly 0" in trace(figure, "a:zero").hovertemplate


def test_a_linear_scale_has_a_colour_for_zero() -> None:
    updates = over_time_updates(GRID, log=False)
    assert updates["a"]["z"][0][0] == 0.0
    assert updates["a:zero"]["x"] == []


def test_the_first_layer_is_at_the_bottom_and_the_axis_spans_the_training() -> None:
    layout = over_time(GRID, t=t, title="norm", log=True, steps_total=100).layout
    assert list(layout.yaxis.range) == [0.5, 3.5]
    assert layout.xaxis.range[0] < 0
    assert layout.xaxis.range[1] > 100
    assert layout.xaxis.title.text == "step"
    assert layout.yaxis.title.text == "weighted layer"


def test_a_single_column_is_wide_enough_to_be_seen() -> None:
    one = Grid(uid="a", join="plain", name="p", steps=[0], layers=2, values=[[1.0, 2.0]])
    cells = over_time_updates(one, log=True, steps_total=500)["a"]
    assert cells["x"] == [0, 20]
    assert cells["z"] == [[0.0, None], [0.301, None]]


@pytest.mark.parametrize("values", [[], [[0.0, 0.0]], [[math.nan, None]]])
def test_the_bar_of_colours_is_there_before_the_first_colour(values: list[list[float]]) -> None:
    one = Grid(uid="a", join="plain", name="p", steps=[0][: len(values)], layers=2, values=values)
    figure = over_time(one, t=t, title="norm", log=True, steps_total=500)
    cells = trace(figure, "a")
    assert any(value is not None for value in leaves(cells.z))
    assert cells.x[-1] > figure.layout.xaxis.range[1]
    assert cells.zmin < cells.zmax
    assert all(value is None for value in [row[-1] for row in cells.customdata])


def test_two_networks_share_one_range_of_colours_in_whole_decades() -> None:
    other = Grid(uid="b", join="residual", name="r", steps=[0], layers=1, values=[[700.0]])
    assert shared_range([GRID, other], log=True) == (-5.0, 3.0)
    assert shared_range([GRID, other], log=False) == (0.0, 700.0)
    figure = over_time(GRID, t=t, title="norm", log=True, steps_total=9, colors=(-5.0, 3.0))
    cells = trace(figure, "a")
    assert (cells.zmin, cells.zmax) == (-5.0, 3.0)
    assert cells.colorbar.title.text == "norm"
    assert cells.colorbar.ticktext[:2] == ("10<sup>−4</sup>", "10<sup>−2</sup>")
    assert "1" in cells.colorbar.ticktext


def test_a_range_is_never_empty() -> None:
    assert shared_range([], log=True) == (-4.0, 0.0)
    assert shared_range([], log=False) == (0.0, 1.0)
    one = Grid(uid="a", join="plain", name="p", steps=[0], layers=1, values=[[1.0]])
    assert shared_range([one], log=True) == (0.0, 1.0)
    assert shared_range([one], log=False) == (0.5, 1.5)


def test_a_stream_may_move_the_range_of_colours() -> None:
    cells = over_time_updates(GRID, log=True, colors=(-40.0, 0.0), title="norm")["a"]
    assert (cells["zmin"], cells["zmax"]) == (-40.0, 0.0)
    assert len(cells["colorbar"]["tickvals"]) <= 6
    assert "var(" not in json.dumps(cells)  # the browser paints figures, not streams
    assert "zmin" not in over_time_updates(GRID, log=True)["a"]


def test_the_step_of_the_scrubber_is_a_line_that_is_seen_on_every_colour() -> None:
    shapes = over_time(GRID, t=t, title="norm", log=True, steps_total=9, at=7).layout.shapes
    assert [shape.x0 for shape in shapes] == [7, 7]
    assert [shape.line.color for shape in shapes] == [theme.color("paper"), theme.color("text")]
    assert not over_time(GRID, t=t, title="norm", log=True, steps_total=9).layout.shapes


def test_the_name_is_above_in_the_colour_of_the_join() -> None:
    (name,) = over_time(GRID, t=t, title="norm", log=True, steps_total=9).layout.annotations
    assert "plain-3" in name.text
    assert name.font.color == theme.color("plain")


def test_the_lowest_colour_is_not_the_paper() -> None:
    cells = trace(over_time(GRID, t=t, title="norm", log=True, steps_total=9), "a")
    for scheme in theme.PALETTE:
        lowest = theme.resolve(cells.colorscale[0][1], scheme)
        assert lowest.startswith("rgba")
        assert float(lowest.rstrip(")").rsplit(",", 1)[1]) >= 0.25


@given(
    columns=st.lists(st.lists(NUMBERS, max_size=6), max_size=5),
    layers=st.integers(1, 5),
    log=st.booleans(),
)
def test_whatever_comes_in_each_number_is_seen_once(
    columns: list[list[float | None]], layers: int, log: bool
) -> None:
    grid = Grid(
        uid="a",
        join="plain",
        name="p",
        steps=list(range(0, 3 * len(columns), 3)),
        layers=layers,
        values=columns,
    )
    colors = shared_range([grid], log=log)
    assert colors[0] < colors[1]
    assert all(math.isfinite(end) for end in colors)
    updates = over_time_updates(grid, log=log, colors=colors, title="norm", steps_total=20)
    check_stream(updates)
    figure = over_time(grid, t=t, title="norm", log=log, steps_total=20, colors=colors)
    check_figure(figure, updates)
    cells = updates["a"]
    assert len(cells["z"]) == len(cells["customdata"]) == layers
    assert all(len(row) == len(cells["x"]) for row in cells["z"] + cells["customdata"])
    marks = {
        (step, layer)
        for mark in ("zero", "bad")
        for step, layer in zip(updates[f"a:{mark}"]["x"], updates[f"a:{mark}"]["y"], strict=True)
    }
    colored = {
        (step, layer)
        for layer, row in enumerate(cells["z"], start=1)
        for step, z in zip(cells["x"], row, strict=True)
        if z is not None and step <= 20
    }
    there = {
        (step, layer)
        for step, column in zip(grid.steps, columns, strict=True)
        for layer, value in enumerate(column[:layers], start=1)
        if value is not None
    }
    assert marks | colored == there
    assert not marks & colored
