"""What a reader sees and does on the page that looks for who is guilty of degradation."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import evidence, guilt_case
from pages.ui.guilt_case import as_csv, look_up
from pages.ui.lab import Keeper
from pages.ui.translate import translator
from resnet_core.errors import RunError
from resnet_core.specs import SUSPECTS, RunSpec, SuspectStudy, TrainSpec
from resnet_core.specs.events import (
    EvaluationCompleted,
    Event,
    ProbesCompleted,
    RunCompleted,
    RunDiverged,
    RunStarted,
)
from resnet_core.specs.places import layer_places
from resnet_core.specs.training import PROBED
from resnet_core.store import StoredEvent
from resnet_core.studies import Constructed, Recording
from tests.browsing import wait_until
from tests.pages.looking import (
    all_words,
    charts,
    errors,
    figures,
    goes_on_in_spite_of,
    labels,
    link,
    said,
    series,
)

Open = Callable[..., AppTest]

SMALL = {"lang": "en", "deep": 14, "shallow": 8, "width": 2, "steps": 20}
FINDINGS = (":green-badge", ":red-badge", ":gray-badge")


def small_study(steps: int = 20, seed: int = 0) -> SuspectStudy:
    train = TrainSpec(steps=steps, seed=seed, probes=PROBED)
    return SuspectStudy(shallow=8, deep=14, width=2, train=train)


def finish(lab: Keeper, runs: Sequence[RunSpec]) -> None:
    digests = [run.digest for run in runs]

    def is_over() -> bool:
        lab.client.watch(digests, visitor="a test")
        records = lab.store.runs(digests=digests)
        return len(records) == len(digests) and not any(record.active for record in records)

    wait_until(is_over)


def badges(page: AppTest) -> list[str]:
    found = [text.value for text in page.markdown if text.value.startswith(FINDINGS)]
    return [text for text in found if "**" in text]  # the device's badge is not bold


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def keys(page: AppTest) -> list[str]:
    return [button.key for button in page.button if button.key]


# The table, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_every_suspect_stands_there_with_its_test_and_its_threshold(open_page: Open) -> None:
    page = open_page("guilty", lang="en", width=4)
    assert not page.exception
    assert errors(page) == []
    words = all_words(page)
    for suspect in SUSPECTS.values():
        assert f"#### {str(suspect.label).capitalize()}" in words
        assert str(suspect.test) in words
        assert str(suspect.threshold) in words
        assert suspect.source in words
    assert words.count("presence is no proof of a cause") == 2
    assert badges(page) == []
    assert {f"guilty.test.{key}" for key in SUSPECTS} <= set(keys(page))
    assert "Train both networks: plain-20 and plain-56, 200 steps each." in words


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control(open_page: Open) -> None:
    asked: dict[str, Any] = {
        "deep": 44,
        "shallow": 14,
        "width": 4,
        "steps": 100,
        "lr": 0.05,
        "norm": "none",
        "seed": 7,
        "suspect": "steps",
    }
    page = open_page("guilty", lang="en", **asked)
    assert not page.exception
    assert said(page) == []
    assert [slider.value for slider in page.select_slider] == [44, 14, 4, 100, 0.05]
    assert [box.value for box in page.selectbox] == ["none", "digits"]
    assert page.number_input[0].value == 7
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("deep", "57", "Depth 57 was asked for, but a CIFAR network of basic units has 6n+2"),
        ("shallow", "abc", "depth 'abc', but a whole number from 8 to 1202 would be right."),
        ("width", "0", "width '0', but a whole number from 1 to 32 would be right."),
        ("steps", "-5", "steps '-5', but a whole number from 1 to 20000 would be right."),
        ("lr", "nan", "lr 'nan', but a number from"),
        ("norm", "layer", "norm 'layer', but there is no such choice: take one of batch, none."),
        ("seed", "-1", "seed '-1', but a whole number"),
        ("data", "unknown", "data 'unknown', but there is no such choice"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    goes_on_in_spite_of(open_page("guilty", **{"lang": "en", name: value}), sentence)


@pytest.mark.usefixtures("no_lab")
def test_a_suspect_that_is_none_is_answered_with_a_sentence(open_page: Open) -> None:
    page = open_page("guilty", lang="en", suspect="the butler")
    assert not page.exception
    (line,) = said(page)
    assert "suspect 'the butler', but there is no such choice: take one of overfitting" in line
    assert link(page) == {"lang": "en"}


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"deep": 20, "shallow": 20}, "20 layers were asked for as the deep network and 20 as"),
        ({"deep": 14, "shallow": 56}, "14 layers were asked for as the deep network and 56 as"),
        ({"deep": 1202}, "Depth 1202 was asked for, but only up to 164 layers"),
        ({"lr": 50}, "Learning rate"),
    ],
)
def test_what_is_no_case_is_answered_with_a_sentence_and_the_table_stands(
    open_page: Open, asked: dict[str, Any], sentence: str
) -> None:
    page = open_page("guilty", lang="en", **asked)
    assert not page.exception
    assert sentence in errors(page)[0]
    words = all_words(page)
    assert all(str(suspect.threshold) in words for suspect in SUSPECTS.values())
    assert not any(key.startswith("guilty.test.") for key in keys(page))


# The recorded example.


def made_up(study: SuspectStudy, errors: dict[str, float]) -> Recording[SuspectStudy]:
    """Give a recording in which runs have these training errors, by digest; else 50 %."""
    runs = {}
    for run in study.runs:
        error = errors.get(run.digest, 0.5)
        said: list[Event] = [started(), evaluation(error)]
        if run in study.base:
            norms = tuple(40.0 / 2**place.stage for place in layer_places(run.network))
            said.append(ProbesCompleted(step=1, values={"gradient": norms}))
        said.append(RunCompleted(step=200, seconds=1, images_per_second=1))
        if errors.get(run.digest) == 1:
            said[-1] = RunDiverged(step=3, loss=float("inf"), seconds=1)
        runs[run.digest] = tuple(
            StoredEvent(i, run.digest, i, one.kind, one.model_dump_json())
            for i, one in enumerate(said, start=1)
        )
    constructed = Constructed(0.0, 0.0, 1e-6, 1437)
    return Recording(
        "a command", "2026-01-01", "a CPU", {}, study, runs, {"constructed": asdict(constructed)}
    )


def started() -> RunStarted:
    return RunStarted(
        device="cpu",
        device_name="a CPU",
        threads=1,
        parameters=1,
        train_images=1437,
        test_images=360,
        versions={},
    )


def evaluation(error: float) -> EvaluationCompleted:
    return EvaluationCompleted(
        step=200, train_error=error, train_loss=1, test_error=error, test_loss=1, seconds=1
    )


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording[SuspectStudy]]:
    study = SuspectStudy()
    shallow, _ = study.base
    large = study.tests("initialisation")[2]
    new_shallow, new_deep = study.tests("steps")
    found = made_up(
        study,
        {shallow.digest: 0.0, new_shallow.digest: 0.0, new_deep.digest: 0.02, large.digest: 1.0},
    )
    monkeypatch.setattr(evidence, "suspect_recording", lambda: found)
    guilt_case._recorded_histories.cache_clear()
    yield found
    guilt_case._recorded_histories.cache_clear()


@pytest.mark.usefixtures("no_lab", "recording")
def test_the_recorded_case_has_a_verdict_for_every_suspect(open_page: Open) -> None:
    page = open_page("guilty", lang="en")
    assert not page.exception
    words = all_words(page)
    assert "**The deed: plain-56 is 50.0 percentage points worse on its own training" in words
    assert "Of 8 suspects: 7 cleared, 1 guilty, 0 not decided, 0 not tested." in words
    assert len(badges(page)) == len(SUSPECTS)
    assert "**Recorded.**" in words
    assert "**Published.** He 2015 §4.1, footnote: 3 times the iterations" in words
    (chart,) = charts(page)
    assert chart["live"] is None
    assert list(series(chart["figures"][0])["train"]["y"]) == [0, 50]
    assert "plain-56 50.0 %" in chart["alts"][0]


@pytest.mark.usefixtures("no_lab", "recording")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("key", SUSPECTS)
def test_every_suspect_has_a_figure(open_page: Open, key: str, language: str) -> None:
    page = open_page("guilty", lang=language)
    if key != "overfitting":
        press(page, f"guilty.figure.{key}")
        assert link(page)["suspect"] == key
    assert not page.exception
    (figure,) = figures(page)
    assert any(trace["x"] for trace in figure["data"])
    lines = [trace["uid"] for trace in figure["data"] if trace["uid"].startswith("threshold")]
    expected = {"overfitting": 1, "capacity": 1, "vanishing": 0, "exploding": 0}
    assert len(lines) == expected.get(key, 2)
    assert f"guilty.figure.{key}" not in keys(page)


@pytest.mark.usefixtures("no_lab", "recording")
def test_a_run_that_diverged_is_hatched_and_named(open_page: Open) -> None:
    page = open_page("guilty", lang="en", suspect="initialisation")
    (figure,) = figures(page)
    assert series(figure)["diverged"]["x"] == ["plain-56, too large"]
    assert "Diverged, and counted as 100 %: plain-56 (large)." in all_words(page)


@pytest.mark.usefixtures("no_lab", "recording")
def test_other_settings_have_no_verdicts_of_a_recording(open_page: Open) -> None:
    page = open_page("guilty", lang="en", seed=1)
    assert not page.exception
    assert badges(page) == []
    assert "Recorded." not in all_words(page)
    assert charts(page) == []


@pytest.mark.usefixtures("no_lab")
def test_verdicts_can_be_taken_home(recording: Recording[SuspectStudy]) -> None:
    rows = list(csv.DictReader(StringIO(as_csv(look_up(recording.study), translator("en")))))
    assert [row["suspect"] for row in rows] == list(SUSPECTS)
    found = {row["suspect"]: row for row in rows}
    assert found["steps"]["finding"] == "guilty"
    assert float(found["steps"]["share_of_excess"]) == pytest.approx(0.96)
    assert found["vanishing"]["shows"] == "presence"
    assert "plain-56 is worse" in found["overfitting"]["evidence"]
    assert len(found["learning-rate"]["runs"].split()) == 5


@pytest.mark.usefixtures("no_lab")
def test_no_degradation_is_said(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, recording: Recording[SuspectStudy]
) -> None:
    same = made_up(recording.study, {})
    monkeypatch.setattr(evidence, "suspect_recording", lambda: same)
    page = open_page("guilty", lang="en")
    words = all_words(page)
    assert "**No degradation here, nothing to explain.**" in words
    assert "Of 8 suspects: 0 cleared, 0 guilty, 8 not decided, 0 not tested." in words
    assert not page.exception


# A case, with a lab.


def test_a_suspect_is_tested_with_one_button_and_judged(lab: Keeper, open_page: Open) -> None:
    study = small_study()
    page = open_page("guilty", **SMALL)
    press(page, "guilty.test.steps")
    assert not page.exception
    assert errors(page) == []
    assert link(page)["suspect"] == "steps"
    submitted = {record.digest for record in lab.store.runs()}
    wanted = [*study.base, *study.tests("steps")]
    assert {run.digest for run in wanted} <= submitted
    finish(lab, wanted)
    page.run()
    assert not page.exception
    assert errors(page) == []
    assert len(badges(page)) == 5  # those that look at both networks, and this one
    words = all_words(page)
    assert "Of 8 suspects:" in words
    assert "3 not tested." in words
    assert "**Measured here.** Runs: 4; seeds: 0;" in words
    assert "guilty.test.steps" not in keys(page)
    assert "guilty.train" not in keys(page)
    assert "guilty.test.learning-rate" in keys(page)
    assert "Test all suspects" in labels(page)
    (button,) = page.get("download_button")
    assert button.proto.label == "Verdicts as CSV"

    again = open_page("guilty", **SMALL)
    assert len(badges(again)) == 5


def test_while_a_test_runs_its_row_follows_it_and_can_be_stopped(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("guilty", **SMALL | {"steps": 3000})
    study = small_study(steps=3000)
    press(page, "guilty.test.initialisation")
    assert not page.exception
    urls = [chart["live"]["url"] for chart in charts(page)]
    assert len(urls) == 2  # both networks, and the row
    assert all(run.digest in urls[0] for run in study.base)
    assert all(run.digest in urls[1] for run in study.tests("initialisation"))
    assert "Waiting for both networks." in all_words(page)
    press(page, "guilty.stop.initialisation")
    digests = [run.digest for run in study.tests("initialisation")]
    wait_until(lambda: {record.status for record in lab.store.runs(digests=digests)} == {"stopped"})
    page.run()
    assert "guilty.test.initialisation" in keys(page)
    press(page, "guilty.stop")
    digests = [run.digest for run in study.base]
    wait_until(lambda: not any(record.active for record in lab.store.runs(digests=digests)))
    page.run()
    assert not page.exception
    assert "guilty.train" in keys(page)


def test_all_suspects_are_tested_with_one_button(lab: Keeper, open_page: Open) -> None:
    study = small_study(seed=1)
    page = open_page("guilty", **SMALL, seed=1)
    assert "11 runs, about" in all_words(page)
    press(page, "guilty.test-all")
    finish(lab, study.runs)
    page.run()
    assert len(badges(page)) == len(SUSPECTS)
    assert "0 not tested." in all_words(page)
    assert "Measured on this machine, and remembered." in [text.value for text in page.success]
    (button,) = [button for button in page.button if button.label == "New seed"]
    button.click().run()
    assert link(page)["seed"] == "2"
    assert not page.exception


def test_weights_that_are_gone_are_answered_with_a_sentence(
    lab: Keeper, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small_study(seed=3)
    lab.client.submit(study.base, visitor="somebody else")
    finish(lab, study.base)

    def refuse(*_: Any, **__: Any) -> None:
        raise RunError("The weights of {run} are gone.", run="plain-8")

    monkeypatch.setattr(lab.client, "measure", refuse)
    assert isinstance(look_up(study).trouble, RunError)
    page = open_page("guilty", **SMALL, seed=3)
    assert not page.exception
    if "**The deed:" in all_words(page):
        assert errors(page) == ["The weights of plain-8 are gone."]


def test_runs_that_are_too_large_are_refused_where_the_button_stands(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("guilty", lang="en", deep=164, width=32, steps=20_000)
    assert ":red[Some of these runs are too large for this machine.]" in all_words(page)
    press(page, "guilty.test.steps")
    assert not page.exception
    assert "was asked for. It would take about" in errors(page)[0]
