"""What a reader sees and does on the page that asks whether it is an ensemble."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import averaging, regime_cuts, trained
from pages.ui.lab import Keeper
from pages.ui.translate import LANGUAGES, translator
from pages.ui.variant_entries import TRAININGS, variant_name
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.regimes import REGIMES, RegimeStudy
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
    said,
    series,
)
from tests.pages.varying import finish

Open = Callable[..., AppTest]

WAITING = "Measuring needs the lab, which is warming up …"

SMALL: dict[str, Any] = {"lang": "en", "depth": 8, "width": 2, "steps": 12}


def small_study(**more: Any) -> RegimeStudy:
    return RegimeStudy(network=NetworkSpec(depth=8, width=2), train=TrainSpec(steps=12), **more)


def infos(page: AppTest) -> list[str]:
    return [one.value for one in page.info]


def words_of(page: AppTest) -> str:
    """What the page says, as a visitor reads it."""
    return readable(all_words(page))


def box(page: AppTest, label: str) -> Any:
    (found,) = [one for one in page.selectbox if one.label == label]
    return found


# --- links, without a lab -------------------------------------------------------------------------


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("part", ["trained", "together", "refinement"])
def test_without_a_lab_every_part_says_what_it_waits_for(open_page: Open, part: str) -> None:
    page = open_page("ensemble", lang="en", part=part)
    assert not page.exception
    assert errors(page) == said(page) == []
    assert WAITING in infos(page)


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control_of_the_first_part(open_page: Open) -> None:
    asked: dict[str, Any] = {
        "depth": 20,
        "width": 4,
        "steps": 60,
        "lr": 0.05,
        "seeds": 2,
        "first": 5,
        "data": "fashion-mnist",
        "images": 500,
        "size": 8,
    }
    page = open_page("ensemble", lang="en", **asked)
    assert not page.exception
    assert errors(page) == said(page) == []
    assert {slider.label: slider.value for slider in page.select_slider} == {
        "Depth": 20,
        "Width": 4,
        "Training images": 500,
        "Image size": 8,
        "Steps": 60,
        "Learning rate": 0.05,
        "Seeds": 2,
    }
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}
    assert "Train these 8 runs" in labels(page)
    assert any("Your settings have not been trained yet" in one for one in infos(page))


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("part", "name", "value", "sentence"),
    [
        ("trained", "part", "magic", "part 'magic', but there is no such choice: take one of"),
        ("trained", "depth", "33", "Depth 33 was asked for"),
        ("trained", "seeds", "6", "seeds '6', but a whole number from 1 to 5 would be right."),
        ("together", "net1", "magic", "net1 'magic', but no network of this name is trained"),
        ("together", "net4", "0123456789abcdef", "but no network of this name is trained"),
        ("together", "deep", "none", "deep 'none', but no network of this name is trained"),
        ("refinement", "network", "plain-20", "network 'plain-20', but no network of this name"),
        ("refinement", "network", "../secrets", "network '../secrets', but no network"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, part: str, name: str, value: str, sentence: str
) -> None:
    asked = {"lang": "en", "part": part, name: value}
    page = open_page("ensemble", **asked)
    if part == "trained":
        goes_on_in_spite_of(page, sentence)
        return
    assert not page.exception
    (line,) = said(page)
    assert sentence in line
    assert "This page goes on with" in line
    assert link(page) == {"lang": "en", "part": part}


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"net2": "none", "net3": "none"}, "An ensemble of 1 network was asked for, but averaging"),
        ({"net2": "residual-20"}, "residual-20 was asked for twice in one ensemble"),
    ],
)
def test_an_ensemble_that_cannot_be_is_refused_in_a_sentence_and_the_page_goes_on(
    open_page: Open, asked: dict[str, str], sentence: str
) -> None:
    page = open_page("ensemble", lang="en", part="together", **asked)
    assert not page.exception
    assert said(page) == []
    (line,) = errors(page)
    assert sentence in line
    assert "Drawn meanwhile: residual-20, seed 0; residual-20, seed" in words_of(page)
    assert WAITING in infos(page)  # it would be measured


@pytest.mark.usefixtures("no_lab")
def test_the_lists_hold_what_was_tested_on_the_same_images(open_page: Open) -> None:
    page = open_page("ensemble", lang="en", part="together")
    assert not any("Fashion" in option for option in box(page, "Network 1").options)
    assert any("Fashion" in option for option in box(page, "Against").options)
    box(page, "Against").set_value("residual-56-fashion").run()
    assert not page.exception
    assert errors(page) == said(page) == []
    taken = [box(page, f"Network {place}").value for place in (1, 2, 3, 4, 5)]
    assert taken == ["plain-20-fashion", "residual-56-fashion", "none", "none", "none"]
    box(page, "Against").set_value("residual-56").run()
    assert errors(page) == said(page) == []
    assert box(page, "Network 1").value == "residual-20"


@pytest.mark.usefixtures("no_lab")
def test_a_network_of_other_images_in_a_link_is_answered_with_a_sentence(open_page: Open) -> None:
    page = open_page("ensemble", lang="en", part="together", net1="plain-20-fashion")
    (line,) = said(page)
    assert "or it does not fit this figure" in line
    assert box(page, "Network 1").value == "residual-20"


def test_bars_name_what_sets_networks_of_one_name_apart() -> None:
    subjects = [
        trained.subject(code)
        for code in ("residual-20", "residual-56", "residual-56-stochastic-depth")
    ]
    assert averaging.labels(subjects, translator("en")) == [
        "residual-20, seed 0",
        "residual-56, seed 0",
        "residual-56, stochastic depth, seed 0",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_live_chart_tells_ways_of_training_apart(language: str) -> None:
    t = translator(language)
    names = [variant_name(TRAININGS, run, t) for run in RegimeStudy().runs]
    assert names == [t(row.label) for row in REGIMES.values()]
    other = NetworkSpec(depth=20, survival=0.7)
    assert variant_name(TRAININGS, RunSpec(network=other), t) == "residual-20"


# --- what ships, with a lab -----------------------------------------------------------------------


def test_networks_that_ship_are_cut_at_once_and_judged(lab: Keeper, open_page: Open) -> None:
    page = open_page("ensemble", lang="en")
    assert not page.exception
    assert errors(page) == said(page) == []
    by_unit, by_number = figures(page)
    assert {uid.split(":")[1] for uid in series(by_unit)} == set(REGIMES)
    usual = series(by_unit)["unit:usual:0"]
    assert len(usual["y"]) == 27
    assert usual["y"][0] == max(usual["y"]) > 50  # without the first unit it is lost
    assert sorted(usual["y"])[13] < 10  # without most others it is not
    assert by_number["layout"]["xaxis"]["ticktext"] == ["0", "1", "2", "4", "8"]
    words = words_of(page)
    assert "as usual: with 1, 2, 4, 8 units deleted it loses" in words
    for regime in ("stochastic depth", "effective paths", "dropout in the branches"):
        assert f"{regime}: with as many deleted it loses" in words
    assert "But it is one seed" in words
    assert "23 of 54 units in each step, error 5.96 %; all units, 6.10 %" in words
    assert "Here 12 of 27 units take part, 44.4 % (there 42.6 %)" in words
    (chart,) = charts(page)
    assert "1: each possible lesion once; 2, 4, 8: 10 draws at random" in chart["captions"][1]
    assert "on 360 test images" in words
    assert "New seeds" in labels(page)


def test_networks_are_averaged_and_set_against_a_deep_one(lab: Keeper, open_page: Open) -> None:
    page = open_page("ensemble", lang="en", part="together")
    assert not page.exception
    assert errors(page) == said(page) == []
    bars, costs = figures(page)
    names = ["residual-20, seed 0", "residual-20, seed 1", "residual-20, seed 2"]
    assert bars["layout"]["yaxis"]["ticktext"] == [*names, "together", "residual-56, seed 0"]
    found = series(bars)
    each = [found[f"each:{place}"]["x"][0] for place in range(3)]
    assert found["together"]["x"][0] <= sum(each) / 3 + 1e-9
    assert sum(trace["x"][0] for trace in series(costs).values()) == pytest.approx(95, abs=0.1)
    words = words_of(page)
    assert "The 3 networks together err in" in words
    assert "Together they have 203,718 parameters, 95 % of what residual-56" in words
    assert "1,894,848 multiply-adds an image, 97 %" in words
    assert "It does not show that a residual network is an ensemble" in words

    box(page, "Network 3").set_value("none").run()
    assert not page.exception
    assert "The 2 networks together err in" in words_of(page)
    assert link(page) == {"lang": "en", "part": "together", "net3": "none"}

    box(page, "Network 2").set_value("none").run()
    (line,) = errors(page)
    assert "An ensemble of 1 network was asked for" in line
    assert "The 2 networks together err in" in words_of(page)  # those drawn last
    assert len(figures(page)) == 2


def test_what_units_do_to_the_signal_is_drawn_stage_by_stage(lab: Keeper, open_page: Open) -> None:
    page = open_page("ensemble", lang="en", part="refinement", network="residual-20")
    assert not page.exception
    assert errors(page) == said(page) == []
    ratios, cosines, exits = (series(figure) for figure in figures(page))
    assert [ratios[f"ratio:{stage}"]["x"] for stage in (1, 2, 3)] == [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
    ]
    assert cosines["cosine:2"]["y"][0] is None  # it changes the shape
    assert all(0 < value <= 1 for value in cosines["cosine:1"]["y"])
    recorded = trained.subject("residual-20").recorded
    assert recorded is not None
    assert exits["exit"]["y"][-1] == pytest.approx(100 * recorded.test_error, abs=0.3)
    words = words_of(page)
    assert "‖F‖/‖h‖ of the first against the highest of the others" in words
    assert "Units are not independent" in words


def test_where_there_are_few_lesions_each_is_made_once() -> None:
    few = regime_cuts.lesions_by_number(NetworkSpec(depth=8))
    assert {k: [lesion.deleted for lesion in group] for k, group in few.items()} == {
        1: [(1,), (2,), (3,)],
        2: [(1, 2), (1, 3), (2, 3)],
    }
    some = regime_cuts.lesions_by_number(NetworkSpec(depth=20))
    assert {k: len(group) for k, group in some.items()} == {1: 9, 2: 10, 4: 10, 8: 9}
    assert len(set(some[8])) == 9  # so many has nine units but one


# --- what is trained here, with a lab -------------------------------------------------------------


def test_networks_are_trained_in_four_ways_and_then_cut(lab: Keeper, open_page: Open) -> None:
    study = small_study()
    page = open_page("ensemble", **SMALL)
    assert any("Your settings have not been trained yet" in one for one in infos(page))
    assert "residual-56" in words_of(page)  # the example
    press(page, "Train these 4 runs")
    assert not page.exception
    assert errors(page) == []
    (chart,) = charts(page)
    assert chart["live"]["url"].startswith("api/live/variants.regimes/")
    assert all(run.digest in chart["live"]["url"] for run in study.runs)
    finish(lab, study)
    page.run()
    assert not page.exception
    assert errors(page) == []
    (chart,) = charts(page)
    assert chart["live"] is None
    by_unit, by_number = figures(page)
    assert set(series(by_unit)) == {f"unit:{regime}:0" for regime in REGIMES}
    assert by_number["layout"]["xaxis"]["ticktext"] == ["0", "1", "2"]  # three units: one stays
    for trace in series(by_number).values():  # all that there are: nothing was drawn
        assert trace["error_y"]["array"] == [0, 0, 0]
    words = words_of(page)
    assert (
        chart["captions"][1]
        == "0: intact; 1, 2: each possible lesion once. No whiskers: nothing was drawn."
    )
    assert "Here 1 of 3 units take part, 33.3 % (there 42.6 %)" in words
    assert "beyond noise" not in words.partition("Published.")[0].partition("as usual: with")[2]
    assert "Measured on this machine, and remembered." in [one.value for one in page.success]
    assert f"run `{study.runs[0].digest}`" in words_of(page)

    press(page, "New seeds")
    assert link(page)["first"] == "1"
    assert "Train these 4 runs" in labels(page)


def test_a_network_whose_weights_have_gone_is_named_and_the_others_are_compared(
    lab: Keeper, open_page: Open
) -> None:
    study = small_study(first_seed=40)
    lab.client.submit(study.runs, visitor="0123456789ab")
    finish(lab, study)
    gone = next(run for run in study.runs if study.key_of(run) == "dropout")
    (weights,) = [one for one in lab.store.artefacts(gone.digest) if "weights" in one.name]
    shutil.move(weights.path, weights.path.with_suffix(".away"))
    page = open_page("ensemble", **SMALL, first=40)
    assert not page.exception
    (line,) = errors(page)
    assert "it has left none, or they were removed: train it again." in line
    drawn = {uid.split(":")[1] for uid in series(figures(page)[0])}
    assert drawn == set(REGIMES) - {"dropout"}


def test_only_what_does_not_ship_is_trained(lab: Keeper, open_page: Open) -> None:
    page = open_page("ensemble", lang="en", seeds=2)
    assert not page.exception
    assert "Train the 4 missing runs" in labels(page)
    assert "4 runs, about" in words_of(page)
    # The four that ship can be compared meanwhile.
    assert {uid.split(":")[2] for uid in series(figures(page)[0])} == {"0"}
    press(page, "Train the 4 missing runs")
    known = lab.store.runs(digests=[run.digest for run in RegimeStudy(seeds=2).runs])
    assert {record.spec.train.seed for record in known} == {1}
    press(page, "Stop")
    assert not page.exception
