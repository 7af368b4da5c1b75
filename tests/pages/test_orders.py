"""What a reader sees and does on the page of activation orders."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lab import Keeper
from pages.ui.order_picker import NAME as PICKER
from pages.ui.translate import translator
from pages.ui.varied import ORDER_KIND, as_csv, look_up
from resnet_core.errors import StoreError
from resnet_core.specs import ORDERS, NetworkSpec, OrderStudy, TrainSpec
from tests.pages.looking import (
    _given,
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
from tests.pages.varying import finish

Open = Callable[..., AppTest]

t = translator("en")

SMALL: dict[str, Any] = {
    "lang": "en",
    "orders": "original,pre-activation",
    "depth": 8,
    "width": 2,
    "steps": 10,
    "seeds": 2,
}


def small_study(first_seed: int = 0) -> OrderStudy:
    return OrderStudy(
        network=NetworkSpec(depth=8, width=2),
        train=TrainSpec(steps=10),
        orders=("original", "pre-activation"),
        seeds=2,
        first_seed=first_seed,
    )


def chosen(page: AppTest) -> list[str]:
    (picker,) = _given(page, PICKER)
    found: list[str] = picker["chosen"]
    return found


@pytest.fixture
def no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app as it is before its study of orders is recorded."""

    def refuse() -> None:
        raise StoreError("A recording was looked for, but there is none.")

    monkeypatch.setitem(ORDER_KIND.__dict__, "recording", refuse)


# Links, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control(open_page: Open) -> None:
    asked: dict[str, Any] = {
        "orders": "bn-after-addition,pre-activation",
        "block": "bottleneck",
        "depth": 29,
        "width": 12,
        "steps": 60,
        "lr": 0.05,
        "seeds": 2,
        "first": 5,
        "data": "fashion-mnist",
        "images": 500,
        "size": 8,
        "test": 0,
        "published": 164,
    }
    page = open_page("orders", lang="en", **asked)
    assert not page.exception
    assert errors(page) == said(page) == []
    assert chosen(page) == ["bn-after-addition", "pre-activation"]
    sliders = {slider.label: slider.value for slider in page.select_slider}
    assert sliders == {
        "Depth": 29,
        "Width": 12,
        "Training images": 500,
        "Image size": 8,
        "Steps": 60,
        "Seeds": 2,
        "Learning rate": 0.05,
    }
    assert [box.value for box in page.selectbox] == ["bottleneck", "fashion-mnist"]
    assert page.radio[0].value == "164"
    assert not page.toggle[0].value
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("orders", "original,magic", "orders 'magic', but there is no such choice: take one of"),
        ("orders", "", "orders '', but there is no such choice"),
        ("block", "square", "block 'square', but there is no such choice: take one of basic"),
        ("depth", "33", "Depth 33 was asked for, but a CIFAR network of basic units has 6n+2"),
        ("width", "0", "width '0', but a whole number from 1 to 64 would be right."),
        ("steps", "1e9", "steps '1e9', but a whole number from 1 to 20000"),
        ("seeds", "0", "seeds '0', but a whole number from 1 to 20 would be right."),
        ("lr", "inf", "lr 'inf', but a number from"),
        ("published", "1001", "published '1001', but there is no such choice: take one of 110"),
        ("data", "unknown", "data 'unknown', but there is no such choice"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("orders", **{"lang": "en", name: value})
    goes_on_in_spite_of(page, sentence)
    assert chosen(page) == list(ORDERS)


@pytest.mark.usefixtures("no_lab")
def test_a_depth_of_the_other_block_is_refused_in_a_link_and_rounded_at_the_control(
    open_page: Open,
) -> None:
    page = open_page("orders", lang="en", block="bottleneck", depth=32)
    (line,) = said(page)
    assert "Depth 32 was asked for, but a CIFAR network of bottleneck units has 9n+2" in line
    page = open_page("orders", lang="en", depth=44)
    page.selectbox[0].set_value("bottleneck").run()
    assert not page.exception
    assert errors(page) == said(page) == []
    assert link(page) == {"lang": "en", "block": "bottleneck", "depth": "47"}


@pytest.mark.usefixtures("no_lab", "no_recording")
def test_before_anything_is_measured_the_page_says_so(open_page: Open) -> None:
    page = open_page("orders", lang="en")
    assert not page.exception
    assert "Nothing measured yet: press the button." in [info.value for info in page.info]
    drawn = series(figures(page)[0])
    assert not drawn["variant:train"]["x"]
    assert "Train these 15 runs" in labels(page)


@pytest.mark.usefixtures("no_lab", "no_recording")
def test_a_column_of_the_published_table_stands_beside_what_is_measured(open_page: Open) -> None:
    page = open_page("orders", lang="en")
    published = series(figures(page)[0])["variant:published"]
    assert published["x"] == [6.61, 8.17, 7.84, 6.71, 6.37]
    assert published["marker"]["symbol"].endswith("-open")
    assert "He 2016, ResNet-110" in published["name"]
    assert "**Published.** He 2016, arXiv:1603.05027, table 2" in all_words(page)
    page.radio[0].set_value("164").run()
    published = series(figures(page)[0])["variant:published"]
    assert published["x"] == [5.93, 6.50, 6.14, 5.91, 5.46]
    assert link(page) == {"lang": "en", "published": "164"}
    page.radio[0].set_value("none").run()
    assert not page.exception
    assert not series(figures(page)[0])["variant:published"]["x"]
    assert "**Published.**" not in all_words(page)


# A study, with a lab.


def test_orders_are_trained_judged_and_tried_with_new_seeds(lab: Keeper, open_page: Open) -> None:
    study = small_study()
    page = open_page("orders", **SMALL)
    assert "4 runs, about" in all_words(page)
    press(page, "Train these 4 runs")
    assert not page.exception
    assert errors(page) == []
    (chart,) = charts(page)
    assert chart["live"]["url"].startswith("api/live/variants.orders/")
    assert all(run.digest in chart["live"]["url"] for run in study.runs)
    finish(lab, study)
    page.run()
    assert not page.exception
    assert charts(page)[0]["live"] is None
    drawn = series(figures(page)[0])
    assert drawn["variant:test"]["customdata"] == ["original", "full pre-activation"]
    assert len(drawn["variant:test:seeds"]["x"]) == 4
    words = all_words(page)
    assert "The lowest mean test error" in words
    assert "**Measured here.** Runs: 4; seeds: 0, 1;" in words
    assert "full pre-activation" in charts(page)[0]["alts"][0]

    shown = look_up(ORDER_KIND, study)
    assert shown is not None
    rows = list(csv.DictReader(StringIO(as_csv(shown, t))))
    assert [row["variant"] for row in rows] == ["original", "pre-activation"] * 2
    assert [row["seed"] for row in rows] == ["0", "0", "1", "1"]
    means = [
        50 * sum(float(row["test_error"]) for row in rows if row["variant"] == order)
        for order in study.orders
    ]
    assert drawn["variant:test"]["x"] == pytest.approx(means, abs=1e-3)

    again = open_page("orders", **SMALL)  # another browser
    assert series(figures(again)[0])["variant:test"] == drawn["variant:test"]
    press(again, "New seeds")
    assert link(again)["first"] == "2"
    assert "Train these 4 runs" in labels(again)
