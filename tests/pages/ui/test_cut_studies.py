"""What a reader sees and does below the lesion bench."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import asking, cut_plans, cut_seeds, cut_studies, trained
from pages.ui.cut_measuring import Task, measuring
from pages.ui.cut_plans import Dice, Kind
from pages.ui.lab import Keeper
from pages.ui.trained import Subject
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
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
    readable,
    series,
)

Open = Callable[..., AppTest]

TWINS: dict[str, Any] = {
    "lang": "en",
    "network": "residual-20",
    "beside": "plain-20",
    "third": "none",
    "draws": 5,
    "dice": 17,
}
FEW = Dice(draws=5, seed=17)
TINY = RunSpec(network=NetworkSpec(depth=8, width=2), train=TrainSpec(steps=5))


def with_seed(seed: int) -> RunSpec:
    return TINY.model_copy(update={"train": TINY.train.model_copy(update={"seed": seed})})


def train(lab: Keeper, runs: list[RunSpec]) -> None:
    lab.client.submit(runs, visitor="0123456789ab")
    trained_by(lab, runs)


def trained_by(lab: Keeper, runs: list[RunSpec]) -> None:
    digests = [run.digest for run in runs]

    def is_over() -> bool:
        lab.client.watch(digests, visitor="0123456789ab")
        return [one.status for one in lab.store.runs(digests=digests)] == ["completed"] * len(runs)

    wait_until(is_over, 120)


def measured(page: AppTest, kind: Kind, *subjects: Subject) -> AppTest:
    """Look again and again until a figure is measured, as a browser does."""
    tasks = [cut_plans.task(kind, of, FEW) for of in subjects]

    def is_measured() -> bool:
        page.run()
        assert not page.exception
        return not any(map(measuring.missing, tasks))

    wait_until(is_measured, 120)
    return page.run()


def drawn(page: AppTest, name: str) -> list[dict[str, Any]]:
    return [series(figure) for figure in figures(page) if name in figure_title(figure)]


def figure_title(figure: dict[str, Any]) -> str:
    title: str = figure["layout"]["xaxis"]["title"]["text"]
    return title


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody clicks on the bench: nothing rests."""
    monkeypatch.setattr(cut_studies, "REST", 0.0)


# Links, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_without_a_lab_there_is_an_empty_figure_and_nothing_to_press(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "_known", {})  # what other tests have measured
    page = open_page("lesion", **TWINS)
    assert not page.exception
    assert errors(page) == []
    (figure,) = drawn(page, "deleted unit of residual-20")
    assert not any(figure["0:mean"]["y"])
    buttons = [one for one in page.button if one.label.startswith("Measure these")]
    assert [one.disabled for one in buttons] == [True, True]
    assert len(page.get("progress")) == 0
    assert "This is measured as soon as the lab has warmed up." in all_words(page)


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("draws", "4000", "draws '4000', but a whole number from 5 to 50 would be right."),
        ("dice", "-1", "dice '-1', but a whole number from 0 to 999 would be right."),
        ("seeds", "yes", "seeds 'yes', but there is no such choice: take one of 0, 1"),
        ("third", "residual-56", "third 'residual-56', but no network of this name is trained"),
        ("third", "../secret", "third '../secret', but no network of this name is trained"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    goes_on_in_spite_of(open_page("lesion", **{"lang": "en", name: value}), sentence)


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_the_controls(open_page: Open) -> None:
    asked = TWINS | {"third": "vgg-14", "draws": 20, "dice": 3, "seeds": 1}
    page = open_page("lesion", **asked)
    assert not page.exception
    assert errors(page) == []
    assert {box.label: box.value for box in page.selectbox}["A plain network beside them"] == (
        "vgg-14"
    )
    assert {one.label: one.value for one in page.number_input}["Seed of the draws"] == 3
    assert {one.label: one.value for one in page.select_slider}["Draws of each number"] == 20
    written = {name: str(value) for name, value in asked.items()}
    assert link(page) | {"beside": "plain-20"} == written, "a twin stands there of itself"


@pytest.mark.usefixtures("no_lab")
def test_a_third_network_is_a_plain_one_of_the_same_data(open_page: Open) -> None:
    page = open_page("lesion", lang="en")
    box = next(one for one in page.selectbox if one.label == "A plain network beside them")
    assert box.value == "plain-20"
    assert not [one for one in box.options if "residual" in one or "fashion" in one.lower()]
    assert len(drawn(page, "deleted unit of residual-56")[0]["2:mean"]["x"]) == 9
    fashion = open_page("lesion", lang="en", network="residual-56-fashion", beside="none")
    box = next(one for one in fashion.selectbox if one.label == "A plain network beside them")
    assert box.value == "plain-20-fashion"


# Measured, with a lab.


@pytest.mark.usefixtures("at_once")
def test_every_single_deletion_is_measured_without_being_asked(
    lab: Keeper, open_page: Open
) -> None:
    residual, plain = trained.subject("residual-20"), trained.subject("plain-20")
    page = measured(open_page("lesion", **TWINS), "each", residual, plain)
    (figure,) = drawn(page, "deleted unit of residual-20")
    asked = [asking.cut(of, cut_plans.singles(of.network)) for of in (residual, plain)]
    for number, found in enumerate(asked):
        assert figure[f"{number}:mean"]["y"] == pytest.approx(
            [100 * cut.error for cut in found[1:]], abs=1e-3
        )
        assert figure[f"{number}:intact"]["y"][0] == pytest.approx(100 * found[0].error, abs=1e-3)
    assert figure["1:changes"]["x"] == [4, 7]
    words = all_words(page)
    assert "units of residual-20 can be deleted one at a time" in words
    assert "plain-20 bears no deletion" in words
    assert "The median deletion costs " in words
    chart = next(one for one in charts(page) if "0:mean" in series(one["figures"][0]))
    assert "360 test images. Training seed 0." in chart["captions"][0]
    assert "Error after each deletion, the median: residual-20" in chart["alts"][0]
    assert len([label for label in labels(page) if label.startswith("Measure these")]) == 2


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("kind", ["many", "order"])
def test_draws_are_measured_when_they_are_asked_for(
    lab: Keeper, open_page: Open, kind: Kind
) -> None:
    residual, plain = trained.subject("residual-20"), trained.subject("plain-20")
    page = measured(open_page("lesion", **TWINS), "each", residual, plain)
    title = {"many": "units deleted at once", "order": "Kendall's τ"}[kind]
    assert drawn(page, title) == []
    label = [one for one in labels(page) if one.startswith("Measure these")]
    press(page, label[0 if kind == "many" else -1])
    assert not page.exception
    page = measured(page, kind, residual, plain)
    (figure,) = drawn(page, title)
    for number, of in enumerate((residual, plain)):
        found = [cut_plans.errors(of, some) for _, some in cut_plans.drawn(kind, of.network, FEW)]
        points = [round(100 * error, 3) for some in found for error in some if error is not None]
        assert figure[f"{number}:draws"]["y"] == points
        assert len(points) == 5 * len(found)
    words = readable(all_words(page))
    if kind == "many":
        assert "Mean error of residual-20 by number of deleted units: 1: " in words
        assert "(draws of each: 5)" in words
    else:
        assert "Over 25 orders of residual-20 the correlation of error and Kendall's tau" in words
    captions = [text for chart in charts(page) for text in chart["captions"]]
    assert any("Draws of each number: 5, with seed 17." in text for text in captions)


def test_a_measurement_can_be_stopped(
    lab: Keeper, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cut_studies, "REST", 600.0)  # it has not even begun
    lesions = cut_plans.task(
        "many", residual := trained.subject("residual-20"), Dice(5, 41)
    ).lesions
    task = Task(residual, tuple(one for one in lesions if len(one.deleted) > 1))
    page = open_page("lesion", **TWINS | {"dice": 41})
    label = next(one for one in labels(page) if one.startswith("Measure these"))
    press(page, label)
    assert not page.exception
    assert "Stop" in labels(page)
    asked = label.split()[2]  # what is known already is not counted
    said = [one.proto.text for one in page.get("progress")]
    assert any(text.startswith(f"Measuring: 0 of {asked} lesions") for text in said)
    press(page, "Stop")
    assert not page.exception
    assert "Stop" not in labels(page)
    monkeypatch.setattr(cut_studies, "REST", 0.0)
    measured(page.run(), "each", residual)
    assert measuring.missing(task) == len(task.lesions), "it was measured all the same"


@pytest.mark.usefixtures("at_once")
def test_other_seeds_are_trained_and_shown_beside(lab: Keeper, open_page: Open) -> None:
    train(lab, [with_seed(0), with_seed(1)])
    asked = {
        "lang": "en", "network": TINY.digest, "beside": "none", "third": "none", "seeds": 1,
    }  # fmt: skip
    page = open_page("lesion", **asked)
    assert not page.exception
    assert errors(page) == []
    chart = next(one for one in charts(page) if "0:mean" in series(one["figures"][0]))
    assert "Training seeds: 0, 1." in chart["captions"][0]
    assert "No two units of residual-8, width 2 have the same shape" in all_words(page)

    press(page, "Train the missing seeds (3 runs)")
    assert not page.exception
    runs = [with_seed(seed) for seed in cut_seeds.SEEDS]
    trained_by(lab, runs)
    subjects = [trained.subject(run.digest) for run in runs]
    page = measured(page, "each", *subjects)
    assert not [label for label in labels(page) if label.startswith("Train the missing")]
    (figure,) = drawn(page, "deleted unit of residual-8")
    rows = [cut_plans.errors(of, cut_plans.singles(of.network))[1:] for of in subjects]
    means = [sum(100 * error for error in unit if error) / 5 for unit in zip(*rows, strict=True)]
    assert figure["0:mean"]["y"] == pytest.approx(means, abs=1e-3)
    assert len(figure["0:seeds"]["x"]) + len(figure["0:changes"]["x"]) == 15
    assert " of 5 seeds most of the units can be deleted one at a time" in all_words(page)


@pytest.mark.usefixtures("at_once")
def test_a_network_whose_weights_were_changed_is_refused_and_the_others_are_measured(
    lab: Keeper, open_page: Open
) -> None:
    run = TINY.model_copy(update={"train": TrainSpec(steps=6)})
    train(lab, [run])
    broken = trained.subject(run.digest)
    (weights,) = [
        one.path for one in lab.store.artefacts(run.digest) if one.name == "weights.safetensors"
    ]
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    page = open_page("lesion", lang="en", network=run.digest, beside="residual-20", third="none")
    wait_until(lambda: measuring.problem(broken), 60)
    page = measured(page, "each", trained.subject("residual-20"))
    assert any("but they are not those that it left" in one for one in errors(page))
    (figure,) = drawn(page, "deleted unit of residual-8")
    assert not any(figure["0:mean"]["y"])
    assert len([y for y in figure["1:mean"]["y"] if y is not None]) == 9

    weights.write_bytes(whole)
    press(page, "Try again")
    page = measured(page, "each", broken)
    assert errors(page) == []
