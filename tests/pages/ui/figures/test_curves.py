"""Runs in, lines out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.ui.figures.curves import (
    Curve,
    change_text,
    change_updates,
    curve_updates,
    training_curves,
)
from resnet_core.specs import Change


def run(join: str, depth: int) -> Curve:
    return Curve(
        uid=f"{join}{depth}",
        label=f"{join}-{depth}",
        join=join,
        depth=depth,
        steps=[1, 2, 3],
        errors=[0.9, 0.5, None],
        losses=[2.3, 1.5, None],
        evaluation_steps=[2],
        train_errors=[0.6],
        test_errors=[0.7],
        train_losses=[1.8],
        test_losses=[1.9],
    )


RUNS = [run(join, depth) for depth in (8, 20, 32, 56) for join in ("plain", "residual")]


def test_errors_are_shares_in_and_percent_out() -> None:
    assert curve_updates(RUNS[0], quantity="error") == {
        "plain8:batch_error": {"x": [1, 2, 3], "y": [90.0, 50.0, None]},
        "plain8:test_error": {"x": [2], "y": [70.0]},
        "plain8:train_error": {"x": [2], "y": [60.0]},
    }


def test_losses_stay_nats() -> None:
    assert curve_updates(RUNS[0], quantity="loss") == {
        "plain8:loss": {"x": [1, 2, 3], "y": [2.3, 1.5, None]},
        "plain8:test_loss": {"x": [2], "y": [1.9]},
        "plain8:train_loss": {"x": [2], "y": [1.8]},
    }


@pytest.mark.parametrize("quantity", ["error", "loss"])
def test_the_figure_shows_what_a_stream_would_send(quantity: str) -> None:
    figure = training_curves(RUNS, t=str, quantity=quantity)  # type: ignore[arg-type]
    sent = {}
    for one in RUNS:
        sent |= curve_updates(one, quantity=quantity)  # type: ignore[arg-type]
    shown = {trace.uid: {"x": list(trace.x), "y": list(trace.y)} for trace in figure.data}
    assert shown == sent


def test_axes_are_titled_in_the_visitors_language() -> None:
    figure = training_curves(RUNS, t=str.upper)
    assert figure.layout.xaxis.title.text == "STEP"
    assert figure.layout.yaxis.title.text == "ERROR, % OF THE IMAGES"
    loss = training_curves(RUNS, t=str, quantity="loss")
    assert loss.layout.yaxis.title.text == "loss, nats an image (log scale)"


def test_the_legend_has_one_entry_a_join_and_kind() -> None:
    figure = training_curves(RUNS, t=str)
    entries = [trace for trace in figure.data if trace.showlegend]
    assert sorted(trace.name for trace in entries) == [
        "plain, batches",
        "plain, test",
        "plain, training",
        "residual, batches",
        "residual, test",
        "residual, training",
    ]
    assert all(trace.uid.split(":")[0].endswith("56") for trace in entries)


def test_deeper_is_stronger_and_test_is_lighter() -> None:
    widths = {trace.uid: trace.line.width for trace in training_curves(RUNS, t=str).data}
    assert widths["plain56:train_error"] > widths["plain8:train_error"]
    assert widths["plain56:train_error"] > widths["plain56:test_error"]


def test_batches_and_test_images_may_be_left_out() -> None:
    figure = training_curves(RUNS[:1], t=str, show_batches=False, show_test=False)
    assert [trace.uid for trace in figure.data] == ["plain8:train_error"]


def test_pointing_at_a_line_names_the_run() -> None:
    assert "plain-8" in training_curves(RUNS, t=str).data[0].hovertemplate


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(value=0.0), "λ → 0"),
        (Change(value=1.0, over=50), "λ → 1 (50)"),
        (Change(what="learning_rate", value=0.01), "η → 0.01"),
    ],
)
def test_a_change_is_a_few_signs(change: Change, text: str) -> None:
    assert change_text(change) == text


def test_changes_stand_below_the_top_edge_on_a_shelf_each() -> None:
    marks = {"one": [(100, "λ → 0"), (150, "λ → 1")], "other": [(100, "λ → 0")], "none": []}
    first, second, third = change_updates(marks).values()
    assert first["x"] == [100, 150]
    assert first["text"] == ["λ → 0", "λ → 1"]
    heights = [*first["y"], *second["y"]]
    assert len(set(heights)) == 3, "their words would stand on each other"
    assert all(0 < height < 1 for height in heights)
    assert third == {"x": [], "y": [], "text": []}


def test_a_figure_of_two_runs_has_room_for_changes_that_are_still_to_come() -> None:
    runs = [replace(one, legend=one.label) for one in RUNS[:2]]
    drawn = {trace.uid: trace for trace in training_curves(runs, t=str.format).data}
    for one in runs:
        marks = drawn[f"{one.uid}:changes"]
        assert marks.yaxis == "y2"
        assert list(marks.x) == []
        assert marks.showlegend is False


def test_a_study_of_many_runs_has_no_marks() -> None:
    assert not [t for t in training_curves(RUNS, t=str.format).data if "changes" in t.uid]
