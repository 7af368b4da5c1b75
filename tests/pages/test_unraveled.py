"""What a reader sees and does on the page of the unraveled view."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import asking, path_draws, trained
from pages.ui.lab import Keeper
from pages.ui.unraveled_tree import NAME as TREE
from resnet_core.errors import LabError, StoreError
from resnet_core.execute.client import LabClient
from resnet_core.studies.trained import TrainedNetwork
from tests.pages.looking import (
    _given,
    all_words,
    charts,
    errors,
    figures,
    goes_on_in_spite_of,
    link,
    said,
    series,
)

Open = Callable[..., AppTest]

SMALL: dict[str, Any] = {"lang": "en", "network": "residual-20", "draws": 3}
"""Nine units: a draw is a tenth of a second."""


def tree(page: AppTest) -> dict[str, Any]:
    (found,) = _given(page, TREE)
    return found


def plotted(page: AppTest, uid: str) -> dict[str, Any]:
    (found,) = [one[uid] for one in map(series, figures(page)) if uid in one]
    return found


def until_measured(page: AppTest, points: int, uid: str = "network0:draws") -> AppTest:
    """Look again as the browser does, until there are so many points."""
    for _ in range(100):
        assert not page.exception
        if len(plotted(page, uid)["x"]) >= points:
            return page
        time.sleep(0.1)
        page.run()
    raise AssertionError(f"{uid} has {len(plotted(page, uid)['x'])} points only")


# The tree, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_three_units_are_eight_paths_and_fifteen_nodes(open_page: Open) -> None:
    page = open_page("unraveled", lang="en")
    assert not page.exception
    words = all_words(page)
    assert "$2^{3}$ = 8 paths" in words
    assert "The whole tree has 8 + 4 + 2 + 1 = 15 nodes" in words
    assert tree(page)["deleted"] == []
    assert tree(page)["svg"].count('class="rl-leaf"') == 8
    (equation,) = [text.value for text in page.latex]
    assert "f_3(x + f_1(x) + f_2(x + f_1(x)))" in equation


@pytest.mark.usefixtures("no_lab")
def test_a_deletion_takes_half_of_the_paths_and_strikes_its_terms_out(open_page: Open) -> None:
    page = open_page("unraveled", lang="en", cut="2")
    words = all_words(page)
    assert "8 → 4 paths" in words
    assert "$2^{3}$ → $2^{2}$: without $f_2$, all paths through it are gone, half" in words
    assert tree(page)["deleted"] == [2]
    (equation,) = [text.value for text in page.latex]
    assert equation.count("\\cancel{f_2(x + f_1(x))}") == 2
    assert link(page) == {"lang": "en", "cut": "2"}


@pytest.mark.usefixtures("no_lab")
def test_two_deletions_take_the_paths_through_any_of_them(open_page: Open) -> None:
    words = all_words(open_page("unraveled", lang="en", n=6, cut="2,4"))
    assert "64 → 16 paths" in words
    assert "$2^{6}$ → $2^{4}$: without $f_2$, $f_4$, all paths through any of them are" in words
    assert "The whole tree has 64 + 32" in words


@pytest.mark.usefixtures("no_lab")
def test_one_unit_is_no_units(open_page: Open) -> None:
    words = all_words(open_page("unraveled", lang="en", n=1, lengths=1))
    assert "1 unit: 2 paths" in str(charts(open_page("unraveled", lang="en", lengths=1)))
    assert not re.search(r"(?<![0-9,])1 (units|paths|nodes)", words)


@pytest.mark.usefixtures("no_lab")
def test_without_any_unit_one_path_is_left(open_page: Open) -> None:
    page = open_page("unraveled", lang="en", n=4, cut="1,2,3,4")
    assert "#### 16 → 1 path\n" in all_words(page)
    assert "One path is left: around every unit." in all_words(page)
    assert not page.latex


@pytest.mark.usefixtures("no_lab")
def test_a_plain_network_has_one_path_and_loses_it(open_page: Open) -> None:
    page = open_page("unraveled", lang="en", join="plain")
    assert "#### 1 path" in all_words(page)
    page = open_page("unraveled", lang="en", join="plain", cut="1")
    assert "1 → 0 trained paths" in all_words(page)
    assert "trained is gone: it led through $f_1$." in all_words(page)
    assert "what comes next ($f_2$) is given an input that it never saw" in all_words(page)
    (equation,) = [text.value for text in page.latex]
    assert equation.strip("$\n") == r"y_3 = f_3(f_2(\cancel{f_1}(x))) \;\to\; f_3(f_2(x))"


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("cut", "next_one", "closed"),
    [
        ("2", "what comes next ($f_3$) is", "f_3(f_1(x))"),
        ("1,2", "what comes next ($f_3$) is", "f_3(x)"),
        ("1,3", "what comes next ($f_2$) is", "f_2(x)"),
        ("3", "and the classifier is given what it", "f_2(f_1(x))"),
        ("1,2,3", "and the classifier is given what it", "x"),
    ],
)
def test_a_plain_networks_gap_is_closed_and_the_next_gets_what_it_never_saw(
    open_page: Open, cut: str, next_one: str, closed: str
) -> None:
    page = open_page("unraveled", lang="en", join="plain", cut=cut)
    assert next_one in all_words(page)
    (equation,) = [text.value for text in page.latex]
    assert equation.strip("$\n").endswith(rf"\to\; {closed}")


@pytest.mark.usefixtures("no_lab")
def test_the_tree_grows_with_the_slider_and_beyond_six_gives_numbers(open_page: Open) -> None:
    page = open_page("unraveled", lang="en", n=3, cut="3")
    slider = next(one for one in page.select_slider if one.label == "Units n")
    slider.set_value(6).run()
    assert not page.exception
    assert tree(page)["svg"].count('class="rl-leaf"') == 64
    assert "= 127 nodes" in all_words(page)
    assert "64 → 32 paths" in all_words(page)
    slider = next(one for one in page.select_slider if one.label == "Units n")
    slider.set_value(2).run()  # which has no third unit
    assert not page.exception
    assert tree(page)["deleted"] == []
    assert link(page) == {"lang": "en", "n": "2"}
    slider = next(one for one in page.select_slider if one.label == "Units n")
    slider.set_value(54).run()
    assert not page.exception
    assert _given(page, TREE) == []
    assert "| 54, 10 deleted | $2^{44}$ = 1.8 · 10¹³ |" in all_words(page)


@pytest.mark.usefixtures("no_lab")
def test_paths_of_the_papers_54_units_are_counted_and_its_ranges_named(open_page: Open) -> None:
    page = open_page("unraveled", lang="en", lengths=54)
    bars = plotted(page, "paths")
    assert len(bars["x"]) == 55
    assert sum(bars["y"][19:36]) == pytest.approx(98.017, abs=5e-4)
    assert sum(plotted(page, "paths:most")["y"]) == pytest.approx(95.978, abs=5e-4)
    published = plotted(page, "published-effective")
    assert published["x"] == [5, 17]
    assert published["marker"]["symbol"].endswith("-open")
    assert plotted(page, "published-most")["x"] == [19, 35]
    (caption, *_) = charts(page)[0]["captions"]
    assert "lengths 20 to 34, 96.0 % of them" in caption
    assert "Lengths 19 to 35 are 98.0 %, lengths 5 to 17 only 0.45 %." in caption


@pytest.mark.usefixtures("no_lab")
def test_before_the_lab_is_there_paths_are_counted_and_the_page_says_what_it_waits_for(
    open_page: Open,
) -> None:
    page = open_page("unraveled", lang="en")
    assert "Measuring needs the lab, which is warming up …" in all_words(page)
    assert len(plotted(page, "paths")["x"]) == 28  # of residual-56
    assert plotted(page, "network0:draws")["x"] == []
    assert errors(page) == said(page) == []


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("n", "0", "n '0', but a whole number from 1 to 1200 would be right."),
        ("n", "many", "n 'many', but a whole number from 1 to 1200 would be right."),
        ("join", "dense", "join 'dense', but there is no such choice: take one of residual, plain"),
        ("lengths", "1201", "lengths '1201', but a whole number from 0 to 1200"),
        ("draws", "0", "draws '0', but a whole number from 1 to 100 would be right."),
        ("network", "plain-20", "network 'plain-20', but no network of this name is trained here"),
        ("network", "../../etc", "no network of this name is trained here, or it does not fit"),
        ("network", "0123456789abcdef", "no network of this name is trained here"),
        ("beside", "plain-20", "beside 'plain-20', but no network of this name is trained here"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("unraveled", **{"lang": "en", name: value})
    goes_on_in_spite_of(page, sentence)


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("cut", ["4", "0", "1,x", "-1", "1;2", "9" * 300])
def test_units_that_the_network_does_not_have_cannot_be_deleted_by_a_link(
    open_page: Open, cut: str
) -> None:
    page = open_page("unraveled", lang="en", cut=cut)
    assert not page.exception
    (line,) = said(page)
    assert "units to delete are numbers from 1 to 3, with commas between them" in line
    assert tree(page)["deleted"] == []


@pytest.mark.usefixtures("no_lab")
def test_a_network_whose_file_is_damaged_is_a_sentence_and_the_page_goes_on(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> TrainedNetwork:
        raise StoreError("The weights of {name} were changed.", name=name)

    monkeypatch.setattr(trained, "_recorded", refuse)
    page = open_page("unraveled", lang="en")
    assert not page.exception
    assert all("were changed." in error for error in errors(page)) and errors(page)
    assert tree(page)["svg"]
    assert len(plotted(page, "paths")["x"]) == 28


# Gradients, with a lab.


@pytest.mark.usefixtures("lab")
def test_gradients_are_measured_draw_by_draw_and_judged(open_page: Open) -> None:
    page = open_page("unraveled", **SMALL)
    until_measured(page, 30)
    until_measured(page, 10, "network0:exact")
    assert errors(page) == said(page) == []
    draws = plotted(page, "network0:draws")
    assert draws["x"] == [*range(10)] * 3
    assert all(norm > 0 for norm in draws["y"])
    mean = plotted(page, "network0:mean")["y"]
    by_hand = [sum(draws["y"][k::10]) / 3 for k in range(10)]
    assert mean == pytest.approx(by_hand)
    assert sum(plotted(page, "network0:product")["y"]) == pytest.approx(100)
    assert sum(plotted(page, "network0:exact")["y"]) == pytest.approx(100)
    words = all_words(page)
    assert "3 drawn paths of each length, seeds 0 to 2, 32 test images" in words
    assert "% of the product comes by lengths" in words
    assert "all 2⁹ paths added up exactly" in words
    assert "**Measured here.**" in words
    assert "shipped with the app; made by `python -m resnet_core train" in words
    # What is shown is the interval that the sentence names.
    low, high = plotted(page, "effective")["x"]
    found = re.search(r"comes by lengths (\d+) to (\d+) of 9", words)
    assert found
    assert [int(end) for end in found.groups()] == [low, high]


@pytest.mark.usefixtures("lab")
def test_one_draw_is_shown_as_points_without_an_interval(open_page: Open) -> None:
    page = until_measured(open_page("unraveled", **SMALL | {"draws": 1}), 10)
    assert "1 drawn so far of each length. These are points" in all_words(page)
    assert all("effective" not in series(figure) for figure in figures(page))


@pytest.mark.usefixtures("lab")
def test_two_networks_stand_beside_each_other_and_are_compared(open_page: Open) -> None:
    asked = {"network": "residual-56", "beside": "residual-56-pre-activation", "draws": 1}
    page = open_page("unraveled", lang="en", **asked)
    until_measured(page, 28)
    until_measured(page, 28, "network1:draws")
    assert "The gradient falls more slowly with length in residual-56, " in all_words(page)
    assert link(page) == {"lang": "en", "beside": asked["beside"], "draws": "1"}


@pytest.mark.usefixtures("lab")
def test_the_same_network_twice_is_shown_once(open_page: Open) -> None:
    page = until_measured(open_page("unraveled", **SMALL, beside="residual-20"), 30)
    assert all("network1:mean" not in series(figure) for figure in figures(page))


def test_a_bench_that_refuses_is_a_sentence_and_is_asked_again(
    lab: Keeper, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_draws, "path_draws", path_draws.PathDraws())
    monkeypatch.setattr("pages.ui.path_lengths.path_draws", path_draws.path_draws)
    asking._ask.cache_clear()
    measure = LabClient.measure

    def refuse(self: LabClient, *args: object, **more: object) -> dict[str, Any]:
        raise LabError("The bench was asked something, but it has gone: try again in a moment.")

    monkeypatch.setattr(LabClient, "measure", refuse)
    page = open_page("unraveled", **SMALL)
    for _ in range(50):
        if errors(page):
            break
        time.sleep(0.1)
        page.run()
    assert not page.exception
    assert errors(page) == [
        "The bench was asked something, but it has gone: try again in a moment."
    ]
    assert tree(page)["deleted"] == []
    monkeypatch.setattr(LabClient, "measure", measure)
    until_measured(page.run(), 30)
    assert errors(page) == []
