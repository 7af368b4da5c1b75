"""What a reader sees and does on the page that splits the gradient at each addition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.additions import reading
from pages.ui.lab import Keeper
from pages.ui.translate import translator
from resnet_core.specs import ORDERS
from tests.pages.looking import all_words, errors, figures, goes_on_in_spite_of, link, said, series

Open = Callable[..., AppTest]

en = translator("en")


def part(page: AppTest, name: str) -> list[float]:
    return next(trace["y"] for uid, trace in series(figures(page)[0]).items() if uid.endswith(name))


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control(open_page: Open) -> None:
    asked = {
        "join": "residual",
        "depth": 20,
        "width": 4,
        "norm": "none",
        "activation": "tanh",
        "init": "xavier",
        "order": "pre-activation",
        "shortcut": "B",
        "steps": 50,
        "seed": 2,
    }
    page = open_page("addition", lang="en", **asked)
    assert not page.exception
    assert said(page) == []
    kept = {name: str(value) for name, value in asked.items() if name != "join"}
    assert link(page) == {"lang": "en"} | kept


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("join", "gate", "join 'gate', but there is no such choice: take one of residual, plain."),
        ("order", "x", "order 'x', but there is no such choice"),
        ("shortcut", "D", "shortcut 'D', but there is no such choice"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    goes_on_in_spite_of(open_page("addition", **{"lang": "en", name: value}), sentence)


@pytest.mark.usefixtures("no_lab")
def test_a_plain_network_has_nothing_to_split_and_the_page_says_so(open_page: Open) -> None:
    page = open_page("addition", lang="en", join="plain")
    assert not page.exception
    assert "A plain network has no shortcuts, so there is nothing to split" in page.info[0].value
    assert figures(page) == []


@pytest.mark.usefixtures("no_lab")
def test_the_recorded_split_is_shown_first_and_says_so(open_page: Open) -> None:
    page = open_page("addition", lang="en")
    assert "**Recorded.**" in all_words(page)
    identity, branch = part(page, ":identity"), part(page, ":branch")
    assert len(identity) == len(branch) == 27
    larger = sum(one > other for one, other in zip(identity, branch, strict=True))
    assert f"the larger part in {larger} of 27 units" in all_words(page)
    heat = [trace for figure in figures(page) for trace in figure["data"] if "z" in trace]
    assert [len(trace["z"]) for trace in heat] == [27, 27]


def test_the_split_of_any_network_is_measured_at_once(lab: Keeper, open_page: Open) -> None:
    asked: dict[str, Any] = {"depth": 8, "width": 2}
    page = open_page("addition", lang="en", **asked)
    assert errors(page) == []
    assert len(part(page, ":identity")) == 3
    page = open_page("addition", lang="en", order="pre-activation", shortcut="C", **asked)
    assert errors(page) == []
    assert len(part(page, ":branch")) == 3
    assert "**Measured here.** The first batch of training, seed 0." in all_words(page)


@pytest.mark.parametrize("order", ORDERS)
def test_the_split_is_measured_in_every_order(lab: Keeper, open_page: Open, order: str) -> None:
    page = open_page("addition", lang="en", depth=8, width=2, order=order)
    assert errors(page) == []
    assert len(part(page, ":identity")) == len(part(page, ":branch")) == 3


def test_what_starts_silent_brings_nothing_through_its_branches(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("addition", lang="en", depth=8, width=2, init="zero-last-bn")
    assert errors(page) == []
    zeros = next(t for u, t in series(figures(page)[0]).items() if u.endswith(":branch:zero"))
    assert zeros["x"] == [1, 2, 3]
    assert "the larger part in 3 of 3 units" in all_words(page)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"identity": [3.0, 1.0], "branch": [1.0, 1.0], "alignment": [-0.5, 0.5]},
            "against each other in 1",
        ),
        ({"identity": [0.0], "branch": [0.0], "alignment": [float("nan")]}, "No gradient arrives"),
        ({"identity": [float("nan")], "branch": [1.0], "alignment": [float("nan")]}, ""),
        ({}, ""),
    ],
)
def test_the_sentence_is_computed(values: dict[str, list[float]], words: str) -> None:
    found = reading(values, en)
    assert words in found
    assert bool(found) == bool(words)
