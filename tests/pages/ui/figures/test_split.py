"""The two parts of a gradient in, two lines out; and the cosine between them."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from pages.ui.figures.marked import Number
from pages.ui.figures.split import (
    Split,
    alignment,
    alignment_updates,
    identity_and_branch,
    split_updates,
)
from tests.pages.ui.figures.figure_checks import NUMBERS, check_figure, check_stream, t, trace

SPLIT = Split(
    uid="r",
    identity=[0.1, 0.1, math.nan],
    branch=[0.01, 0.0, 0.02],
    cosine=[1.0, -0.5, math.nan],
    labels=["stage 1, unit 1", "stage 1, unit 2", "stage 1, unit 3"],
)


def test_both_parts_are_lines_whose_gaps_are_marked() -> None:
    updates = split_updates(SPLIT)
    assert updates["r:identity"]["y"] == [0.1, 0.1, None]
    assert updates["r:identity:bad"]["x"] == [3]
    assert updates["r:branch"]["y"] == [0.01, None, 0.02]
    assert updates["r:branch:zero"]["x"] == [2]
    assert set(updates) == {
        f"r:{part}{mark}" for part in ("identity", "branch") for mark in ("", ":zero", ":bad")
    }


def test_the_parts_differ_in_more_than_colour() -> None:
    figure = identity_and_branch(SPLIT, t=t, title="norm")
    identity, branch = trace(figure, "r:identity"), trace(figure, "r:branch")
    assert (identity.line.dash, identity.marker.symbol) == ("solid", "circle")
    assert (branch.line.dash, branch.marker.symbol) == ("dot", "diamond")
    assert identity.name == "through the identity"
    assert branch.name == "through the branch, F"


def test_axes_say_what_and_where() -> None:
    layout = identity_and_branch(SPLIT, t=t, title="norm", stages=(1,)).layout
    assert layout.yaxis.type == "log"
    assert layout.yaxis.title.text == "norm"
    assert layout.xaxis.title.text == "residual unit, from image to classes"
    assert [name.text for name in layout.annotations] == ["stage 1"]


def test_the_cosine_has_all_of_its_axis_and_a_line_at_zero() -> None:
    figure = alignment(SPLIT, t=t)
    low, high = figure.layout.yaxis.autorangeoptions.include
    assert low < -1 < 1 < high
    assert figure.layout.yaxis.zeroline is True
    assert list(trace(figure, "r:cosine").y) == [1.0, -0.5, None]
    assert list(trace(figure, "r:cosine:bad").x) == [3]


def test_what_is_still_empty_has_its_axes() -> None:
    empty = Split(uid="r", identity=[None] * 27, branch=[None] * 27, cosine=[None] * 27)
    for figure in (identity_and_branch(empty, t=t, title="norm"), alignment(empty, t=t)):
        assert figure.layout.xaxis.range[1] > 27
        assert figure.layout.yaxis.range[0] < figure.layout.yaxis.range[1]
    identity_and_branch(Split(uid="r"), t=t, title="norm")
    alignment(Split(uid="r"), t=t)


@given(
    identity=st.lists(NUMBERS, max_size=9),
    branch=st.lists(NUMBERS, max_size=9),
    cosine=st.lists(NUMBERS, max_size=9),
)
def test_whatever_comes_in_the_figures_stand(
    identity: list[Number], branch: list[Number], cosine: list[Number]
) -> None:
    split = Split(uid="r", identity=identity, branch=branch, cosine=cosine)
    check_stream(split_updates(split))
    check_figure(identity_and_branch(split, t=t, title="norm"), split_updates(split))
    check_stream(alignment_updates(split))
    check_figure(alignment(split, t=t), alignment_updates(split))
