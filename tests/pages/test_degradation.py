"""What a reader sees and does on the degradation page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lab import Keeper
from resnet_core.specs import DegradationStudy, TrainSpec
from tests.browsing import wait_until
from tests.pages.looking import (
    all_words,
    charts,
    errors,
    figures,
    goes_on_in_spite_of,
    labels,
    link,
    press,
    said,
    series,
)

Open = Callable[..., AppTest]

SMALL = {"lang": "en", "depths": "8,14", "steps": 20, "width": 4}


def small_study(first_seed: int = 0) -> DegradationStudy:
    return DegradationStudy(
        depths=(8, 14), width=4, first_seed=first_seed, train=TrainSpec(steps=20)
    )


def finish(lab: Keeper, study: DegradationStudy) -> None:
    digests = [run.digest for run in study.runs]

    def is_over() -> bool:
        lab.client.watch(digests, visitor="a test")
        records = lab.store.runs(digests=digests)
        return len(records) == len(digests) and not any(record.active for record in records)

    wait_until(is_over)


# A link, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control(open_page: Open) -> None:
    asked: dict[str, Any] = {
        "depths": "8,14,164",
        "width": 12,
        "steps": 400,
        "seeds": 2,
        "first": 5,
        "lr": 0.07,
        "schedule": "constant",
        "shortcut": "B",
        "crop": 1,
        "flip": 1,
        "test": 0,
        "cifar10": 1,
        "data": "fashion-mnist",
        "images": 500,
        "size": 8,
    }
    page = open_page("degradation", lang="en", **asked)
    assert not page.exception
    assert said(page) == []
    assert page.multiselect[0].value == [8, 14, 164]
    sliders = {slider.label: slider.value for slider in page.select_slider}
    assert sliders == {
        "Training images": 500,
        "Image size": 8,
        "Width": 12,
        "Steps": 400,
        "Seeds": 2,
        "Learning rate": 0.07,
    }
    assert {box.label: box.value for box in page.selectbox} == {
        "Data set": "fashion-mnist",
        "Schedule": "constant",
        "Shortcut": "B",
    }
    toggles = {toggle.label: toggle.value for toggle in page.toggle}
    assert toggles["Crop at random"]
    assert toggles["Mirror at random"]
    assert not toggles["Test error"]
    assert toggles["Published: He 2015, table 6"]
    assert not toggles["Published: He 2015, table 2"]
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}


@pytest.mark.usefixtures("no_lab")
def test_what_is_chosen_stands_in_the_link_unless_it_is_the_default(open_page: Open) -> None:
    page = open_page("degradation", lang="en")
    assert link(page) == {"lang": "en"}
    page.select_slider[0].set_value(16).run()
    assert link(page) == {"lang": "en", "width": "16"}
    page.select_slider[0].set_value(8).run()
    assert link(page) == {"lang": "en"}


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("depths", "9", "Depth 9 was asked for, but a CIFAR network of basic units has 6n+2"),
        ("depths", "8,abc", "depth 'abc', but a whole number from 8 to 1202 would be right."),
        ("depths", "", "depth '', but a whole number"),
        ("depths", "8,14,20,26,32,38,44,50,56,62,68,74,80", "13 depths, but a figure has room"),
        ("width", "0", "width '0', but a whole number from 1 to 64 would be right."),
        ("steps", "1e9", "steps '1e9', but a whole number from 1 to"),
        ("steps", "-5", "steps '-5', but a whole number"),
        ("seeds", "99", "seeds '99', but a whole number from 1 to 20"),
        ("first", "-1", "first '-1', but a whole number"),
        ("lr", "nan", "lr 'nan', but a number from"),
        ("lr", "inf", "lr 'inf', but a number from"),
        ("data", "unknown", "data 'unknown', but there is no such choice: take one of digits"),
        ("schedule", "<script>", "schedule '<script>', but there is no such choice"),
        ("shortcut", "Z", "shortcut 'Z', but there is no such choice: take one of A, B, C, "),
        ("crop", "banana", "crop 'banana', but there is no such choice: take one of 0, 1."),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("degradation", **{"lang": "en", name: value})
    goes_on_in_spite_of(page, sentence)
    assert page.multiselect[0].value == [8, 20, 32, 56]


@pytest.mark.usefixtures("no_lab")
def test_each_piece_of_nonsense_has_its_own_sentence(open_page: Open) -> None:
    page = open_page("degradation", lang="en", depths="9", width="0", lr="nan", colour="mauve")
    assert len(said(page)) == 4


@pytest.mark.usefixtures("no_lab")
def test_settings_of_another_data_set_go_without_a_word(open_page: Open) -> None:
    page = open_page("degradation", lang="en", data="fashion-mnist", images=500)
    page.selectbox[0].select("digits").run()
    assert not page.exception
    assert said(page) == []
    assert link(page) == {"lang": "en"}


@pytest.mark.usefixtures("no_lab")
def test_no_depth_at_all_is_answered_with_a_sentence(open_page: Open) -> None:
    page = open_page("degradation", lang="en")
    page.multiselect[0].set_value([]).run()
    assert not page.exception
    assert errors(page) == [
        "A study of no depth was asked for: choose at least one, 8 for example."
    ]
    page.multiselect[0].set_value([8]).run()
    assert errors(page) == []
    assert not page.exception


@pytest.mark.usefixtures("no_lab")
def test_too_many_runs_are_answered_with_a_sentence(open_page: Open) -> None:
    page = open_page("degradation", lang="en", depths="8,14,20,26,32,38", seeds=20)
    assert not page.exception
    assert "but a study has at most" in errors(page)[0]


# Figures.


@pytest.mark.usefixtures("no_lab")
def test_the_recorded_verdict_stands_above_the_figure(open_page: Open) -> None:
    words = all_words(open_page("degradation", lang="en"))
    assert "**Plain: degradation.** Higher training error at 56 layers" in words
    assert (
        "The training error itself is higher: this is not overfitting. The test error rose too."
        in words
    )
    assert "**Residual: no degradation.**" in words


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("table", ["table 2", "table 6"])
def test_published_values_are_hollow_markers_with_their_source(open_page: Open, table: str) -> None:
    page = open_page("degradation", lang="en")
    before = set(series(figures(page)[0]))
    (toggle,) = [toggle for toggle in page.toggle if toggle.label.endswith(table)]
    toggle.set_value(True).run()
    assert not page.exception
    after = series(figures(page)[0])
    added = [after[uid] for uid in after if uid not in before]
    assert added
    for trace in added:
        assert trace["mode"] == "markers"
        assert trace["marker"]["symbol"].endswith("-open")
        assert "He 2015" in trace["name"]
        assert table in trace["name"]
        assert trace["y"]
    assert f"**Published.** He 2015, arXiv:1512.03385, {table}" in all_words(page)


@pytest.mark.usefixtures("no_lab")
def test_test_error_can_be_left_out(open_page: Open) -> None:
    page = open_page("degradation", lang="en")
    assert "plain:test" in series(figures(page)[0])
    next(toggle for toggle in page.toggle if toggle.label == "Test error").set_value(False).run()
    assert "plain:test" not in series(figures(page)[0])
    assert link(page) == {"lang": "en", "test": "0"}


# A study, with a lab.


def test_a_study_is_trained_remembered_replayed_and_tried_with_new_seeds(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("degradation", **SMALL)
    assert "Recorded." in all_words(page)
    press(page, "Train these 4 runs")
    assert not page.exception
    assert errors(page) == []
    study = small_study()
    (chart,) = charts(page)
    assert all(run.digest in chart["live"]["url"] for run in study.runs)
    assert "Train these 4 runs" not in labels(page)

    finish(lab, study)
    page.run()
    assert charts(page)[0]["live"] is None
    assert "Measured on this machine, and remembered." in [text.value for text in page.success]
    words = all_words(page)
    assert "**Measured here.** Runs: 4; seeds: 0;" in words
    assert "not finished yet" not in words
    depth, curves = figures(page)
    assert series(depth)["plain:train"]["x"] == [8, 14]
    assert len([uid for uid in series(curves) if series(curves)[uid]["x"]]) >= 4
    assert "plain-14" in charts(page)[0]["alts"][0]

    press(page, "Replay")
    (chart,) = charts(page)
    assert "replay=1" in chart["live"]["url"]
    assert not series(figures(page)[0])["plain:train"]["x"]

    press(page, "New seeds")
    assert link(page)["first"] == "1"
    assert "Train these 4 runs" in labels(page)
    assert not page.exception


def test_a_remembered_study_is_there_for_the_next_visitor(lab: Keeper, open_page: Open) -> None:
    study = small_study()
    lab.client.submit(study.runs, visitor="somebody else")
    finish(lab, study)
    page = open_page("degradation", **SMALL)
    assert "Measured on this machine, and remembered." in [text.value for text in page.success]


def test_results_can_be_downloaded_as_a_table(lab: Keeper, open_page: Open) -> None:
    page = open_page("degradation", lang="en")
    (button,) = page.get("download_button")
    assert button.proto.label == "Results as CSV"


def test_a_study_that_runs_can_be_left(lab: Keeper, open_page: Open) -> None:
    page = open_page("degradation", lang="en", depths="8,14", steps=20_000, width=4)
    press(page, "Train these 4 runs")
    assert "Stop" in labels(page)
    press(page, "Stop")
    assert not page.exception
    runs = DegradationStudy(depths=(8, 14), width=4, train=TrainSpec(steps=20_000)).runs
    digests = [run.digest for run in runs]
    wait_until(lambda: {record.status for record in lab.store.runs(digests=digests)} == {"stopped"})
    page.run()
    assert "Train these 4 runs" in labels(page)


def test_a_cost_is_said_before_anything_is_started(lab: Keeper, open_page: Open) -> None:
    page = open_page("degradation", **SMALL, first=900)
    assert "4 runs, about" in all_words(page)


def test_runs_that_are_too_large_are_refused_with_a_sentence(lab: Keeper, open_page: Open) -> None:
    page = open_page("degradation", lang="en", depths="1202", steps=1_000_000, width=64)
    assert ":red[Some of these runs are too large for this machine.]" in all_words(page)
    press(page, "Train these 2 runs")
    assert not page.exception
    (sentence,) = errors(page)
    assert "was asked for. It would take about" in sentence
