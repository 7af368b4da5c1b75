"""Points in, error against depth out."""

from __future__ import annotations

import pytest

from pages.ui.figures.degradation import (
    Point,
    Published,
    error_against_depth,
    error_against_depth_updates,
)

POINTS = [
    Point(
        depth=20,
        join="plain",
        errors_train=[0.1, None, 0.3],
        errors_test=[0.2, None, 0.4],
        diverged=["seed 1"],
    ),
    Point(depth=8, join="plain", errors_train=[0.0, 0.02, 0.01], errors_test=[0.1, 0.1, 0.1]),
    Point(depth=8, join="residual", errors_train=[0.05]),
    Point(depth=56, join="residual"),
]


def test_each_depth_has_the_mean_of_its_seeds() -> None:
    updates = error_against_depth_updates(POINTS)
    assert updates["plain:train"]["x"] == [8, 20]
    assert updates["plain:train"]["y"] == pytest.approx([1.0, 20.0])
    assert updates["plain:train"]["customdata"] == [
        " (0.0–2.0 %, n = 3)",
        " (10.0–30.0 %, n = 2)",
    ]
    assert updates["residual:train"] == {"x": [8], "y": [5.0], "customdata": [""]}
    assert updates["residual:test"]["x"] == []


def test_the_band_goes_there_along_the_top_and_back_along_the_bottom() -> None:
    band = error_against_depth_updates(POINTS)["plain:train:band"]
    assert band == {"x": [8, 20, 20, 8], "y": [2.0, 30.0, 10.0, 0.0]}
    assert error_against_depth_updates(POINTS)["residual:train:band"] == {"x": [], "y": []}


def test_each_seed_is_a_dot() -> None:
    seeds = error_against_depth_updates(POINTS)["plain:train:seeds"]
    assert seeds == {"x": [8, 8, 8, 20, 20], "y": [0.0, 2.0, 1.0, 10.0, 30.0]}


def test_what_diverged_stands_at_the_top() -> None:
    updates = error_against_depth_updates(POINTS)
    assert updates["plain:diverged"] == {"x": [20], "y": [1.0], "text": ["seed 1"]}
    trace = next(t for t in error_against_depth(POINTS, t=str).data if t.uid == "plain:diverged")
    assert trace.yaxis == "y2"


def test_the_figure_shows_what_a_stream_would_send() -> None:
    figure = error_against_depth(POINTS, t=str)
    assert {trace.uid for trace in figure.data} == set(error_against_depth_updates(POINTS))
    for trace in figure.data:
        for name, values in error_against_depth_updates(POINTS)[trace.uid].items():
            assert list(trace[name] or []) == values


def test_axes_are_titled_and_every_depth_has_its_place_from_the_start() -> None:
    figure = error_against_depth(POINTS, t=str)
    assert figure.layout.xaxis.title.text == "depth, weighted layers"
    assert figure.layout.yaxis.title.text == "error, % of the images"
    assert figure.layout.xaxis.tickvals == (8, 20, 56)
    assert figure.layout.xaxis.range[0] < 8
    assert figure.layout.xaxis.range[1] > 56


def test_depths_far_apart_are_shown_on_a_logarithmic_axis() -> None:
    points = [Point(depth=depth, join="plain") for depth in (8, 1202)]
    assert error_against_depth(points, t=str).layout.xaxis.type == "log"


def test_test_images_may_be_left_out() -> None:
    uids = {trace.uid for trace in error_against_depth(POINTS, t=str, show_test=False).data}
    assert "plain:test" not in uids
    assert "plain:train" in uids


def test_published_values_are_hollow_and_carry_their_source() -> None:
    rows = [
        Published(depth=56, join="residual", error=0.0697, source="He 2015, table 6, CIFAR-10"),
        Published(depth=20, join="residual", error=0.0875, source="He 2015, table 6, CIFAR-10"),
    ]
    trace = error_against_depth(POINTS, t=str, published=rows).data[-1]
    assert list(trace.x) == [20, 56]
    assert list(trace.y) == [8.75, 6.97]
    assert trace.marker.symbol == "circle-open"
    assert trace.name == "published: He 2015, table 6, CIFAR-10"
    assert "He 2015, table 6, CIFAR-10" in trace.hovertemplate
