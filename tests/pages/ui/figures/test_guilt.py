"""Errors in, bars with thresholds out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pages.ui.figures.guilt import Compared, Threshold, error_bars
from tests.pages.ui.figures.figure_checks import check_figure, t

BASE = [
    Compared(name="plain-20", train=0.0, test=0.02),
    Compared(name="plain-56", train=0.4, test=0.45),
]
CHANGED = [
    Compared(name="plain-56", change="too small", train=0.1, test=0.2),
    Compared(name="plain-56", change="too large", train=1.0, test=1.0, diverged=True),
]
LINES = [
    Threshold(name="guilty at or below", error=0.2, hue="purple"),
    Threshold(name="cleared at or above", error=0.3, hue="green"),
]


def test_training_error_is_wide_and_written_out() -> None:
    figure = error_bars([*BASE, *CHANGED], t=t)
    traces = {trace.uid: trace for trace in figure.data}
    assert list(traces["train"].x) == ["plain-20", "plain-56", "plain-56, too small"]
    assert list(traces["train"].y) == [0, 40, 10]
    assert list(traces["train"].text) == ["0.0 %", "40.0 %", "10.0 %"]
    assert list(traces["test"].y) == [2, 45, 20]
    assert traces["train"].width > 2 * traces["test"].width
    check_figure(figure, {})


def test_what_diverged_is_told_apart() -> None:
    figure = error_bars([*BASE, *CHANGED], t=t)
    (trace,) = [trace for trace in figure.data if trace.uid == "diverged"]
    assert list(trace.x) == ["plain-56, too large"]
    assert list(trace.y) == [100]
    assert trace.marker.pattern.shape == "/"
    assert "diverged" not in {trace.uid for trace in error_bars(BASE, t=t).data}


def test_thresholds_reach_from_side_to_side() -> None:
    figure = error_bars(BASE, t=t, thresholds=LINES)
    found = {trace.name: trace for trace in figure.data if trace.uid.startswith("threshold")}
    assert [list(trace.y) for trace in found.values()] == [[20, 20], [30, 30]]
    assert {trace.xaxis for trace in found.values()} == {"x2"}
    assert figure.layout.xaxis2.range == (0, 1)
    assert len({trace.line.dash for trace in found.values()}) == 2


def test_the_two_that_a_test_begins_with_stand_apart() -> None:
    assert len(error_bars([*BASE, *CHANGED], t=t).layout.shapes) == 1
    assert len(error_bars(BASE, t=t).layout.shapes) == 0


def test_a_place_is_named_by_what_was_changed_unless_two_networks_were() -> None:
    labels = error_bars([*BASE, *CHANGED], t=t).layout.xaxis.ticktext
    assert labels == ("plain-20", "plain-56", "too<br>small", "too<br>large")
    longer = [
        Compared(name=name, change="600 steps", train=0.1) for name in ("plain-20", "plain-56")
    ]
    labels = error_bars([*BASE, *longer], t=t).layout.xaxis.ticktext
    assert labels[2:] == ("plain-20<br>600<br>steps", "plain-56<br>600<br>steps")


FRACTIONS = st.floats(0, 1)
NETWORKS = st.lists(
    st.builds(
        Compared,
        name=st.sampled_from(["plain-20", "plain-56"]),
        change=st.sampled_from(["", "too small", "0.03"]),
        train=FRACTIONS,
        test=st.none() | FRACTIONS,
        diverged=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.place,
)


@given(NETWORKS)
def test_any_errors_can_be_drawn(networks: list[Compared]) -> None:
    figure = error_bars(networks, t=t, thresholds=LINES)
    check_figure(figure, {})
    low, high = figure.layout.yaxis.range
    assert low == 0
    assert all(100 * one.train <= high for one in networks)
