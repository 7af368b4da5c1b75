"""What a reader sees and does on the page that takes a residual unit apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lab import Keeper
from pages.ui.stepping import PLAN, recorded
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


def drawing(page: AppTest) -> str:
    (svg,) = [text.value for text in page.markdown if "<svg" in text.value]
    return svg


def pictures(page: AppTest) -> list[str]:
    return [one.proto.body for one in page.get("html") if "<figure" in one.proto.body]


# A link, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control(open_page: Open) -> None:
    asked: dict[str, Any] = {
        "block": "bottleneck",
        "in": 100,
        "out": 120,
        "stride": 2,
        "ratio": 3,
        "shortcut": "B",
        "image": 3,
        "stage": 2,
    }
    page = open_page("unit", lang="en", **asked)
    assert not page.exception
    assert said(page) == []
    assert errors(page) == []
    assert [group.value for group in page.button_group[1:]] == ["bottleneck", 2, "B", 2]
    assert [slider.value for slider in page.select_slider] == [100, 120, 3]
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}
    assert "3×3, 40 → 40" in drawing(page)


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("stride", "3", "stride '3', but a whole number from 1 to 2 would be right."),
        ("in", "0", "in '0', but a whole number from 1 to 4096 would be right."),
        ("out", "-64", "out '-64', but a whole number from 1 to 4096 would be right."),
        ("in", "1e2", "in '1e2', but a whole number"),
        ("ratio", "0", "ratio '0', but a whole number from 1 to 64 would be right."),
        ("block", "inception", "block 'inception', but there is no such choice: take one of"),
        ("shortcut", "D", "shortcut 'D', but there is no such choice: take one of A, B, C."),
        ("image", "360", "image '360', but a whole number from 0 to 359 would be right."),
        ("stage", "4", "stage '4', but a whole number from 1 to 3 would be right."),
        ("number", "<script>", "number '<script>', but a whole number from 1"),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("unit", **{"lang": "en", name: value})
    goes_on_in_spite_of(page, sentence)
    assert drawing(page) == drawing(open_page("unit", lang="en"))


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"block": "bottleneck", "out": 30},
            "30 channels out were asked for with a bottleneck ratio of 4, but 4 does not divide "
            "30: 28 channels would be right.",
        ),
        (
            {"in": 128, "out": 64},
            "Shortcut A was asked for with 128 channels in and 64 out, but zeros can only add "
            "channels: shortcut B, or at least 128 channels out, would be right.",
        ),
    ],
)
def test_a_unit_that_cannot_be_is_answered_with_a_sentence(
    open_page: Open, asked: dict[str, Any], sentence: str
) -> None:
    page = open_page("unit", lang="en", **asked)
    assert not page.exception
    assert errors(page)[0] == sentence
    assert not any("<svg" in text.value for text in page.markdown)
    assert charts(page)  # the comparison stands


@pytest.mark.usefixtures("no_lab")
def test_the_sentence_says_what_the_unit_computes(open_page: Open) -> None:
    page = open_page("unit", lang="en")
    assert "**H(x) = F(x) + x.** The shapes agree" in all_words(page)
    page.button_group[2].set_value(2).run()
    assert "**H(x) = F(x) + Wx.**" in all_words(page)
    assert "takes every second pixel" in all_words(page)
    page.button_group[3].set_value("B").run()
    assert "W is a 1×1 convolution with stride 2, 256 → 256 channels." in all_words(page)
    page.button_group[2].set_value(1).run()
    assert "The shapes agree: x is added as it is." in all_words(page)
    page.button_group[3].set_value("C").run()
    assert "Option C projects all the same" in all_words(page)


@pytest.mark.usefixtures("no_lab")
def test_the_comparison_is_the_papers(open_page: Open) -> None:
    page = open_page("unit", lang="en")
    words = charts(page)[0]["captions"][0]
    for number in ("1,179,648", "69,632", "16.94", "73,728"):
        assert number in words


@pytest.mark.usefixtures("no_lab")
def test_a_preset_sets_the_controls(open_page: Open) -> None:
    page = open_page("unit", lang="en", stride=2, shortcut="C")
    press(page, "bottleneck, 256 channels")
    assert link(page) == {"lang": "en", "block": "bottleneck"}
    assert "1×1, 64 → 256" in drawing(page)
    press(page, "two 3×3, 64 channels")
    assert link(page) == {"lang": "en", "in": "64", "out": "64"}


@pytest.mark.usefixtures("no_lab")
def test_recorded_maps_are_shown_first_and_say_so(open_page: Open) -> None:
    page = open_page("unit", lang="en")
    assert "**Recorded.** Feature maps of residual-8, width 8, 100 steps, seed 0." in all_words(
        page
    )
    (body,) = pictures(page)
    assert body.count("<figure") == 5
    page.button_group[4].set_value(2).run()
    (body,) = pictures(page)
    assert body.count("<figure") == 6
    assert "F(x) + Wx" in body


@pytest.mark.usefixtures("no_lab")
def test_an_image_that_is_not_recorded_is_answered_with_a_sentence(open_page: Open) -> None:
    page = open_page("unit", lang="en", image=200)
    assert not page.exception
    assert "only images 0 to 3 in unit 1 of each stage are recorded" in page.info[0].value
    assert pictures(page) == []


def test_what_is_recorded_adds_up() -> None:
    for answer in recorded()["answers"]:
        maps = {name: one["values"] for name, one in answer["maps"].items()}
        before = maps.get("h", maps["x"])
        for i, channel in enumerate(maps["sum"]):
            for y, row in enumerate(channel):
                for x, value in enumerate(row):
                    assert abs(before[i][y][x] + maps["F"][i][y][x] - value) <= 0.0201
                    assert maps["output"][i][y][x] == max(0.0, value)


# With a lab.


def test_every_term_is_written_out(lab: Keeper, open_page: Open) -> None:
    page = open_page("unit", lang="en")
    words = all_words(page)
    assert words.count("3·3·256·256 = 589,824") == 2
    assert "**1,179,648** | **1,024**" in words
    press(page, "bottleneck, 256 channels")
    words = all_words(page)
    for term in ("1·1·256·64 = 16,384", "3·3·64·64 = 36,864", "1·1·64·256 = 16,384"):
        assert term in words
    assert "**69,632** | **768**" in words
    page.button_group[3].set_value("C").run()
    assert "| shortcut (1×1) | 1·1·256·256 = 65,536 | 2·256 = 512 |" in all_words(page)
    (figure,) = figures(page)
    assert series(figure)["shortcut"]["x"][0] == 65_536
    sums = [label.split("<b>")[1] for label in figure["layout"]["yaxis"]["ticktext"]]
    assert sums == ["135,168</b>", "1,179,648</b>", "69,632</b>", "73,728</b>"]
    assert errors(page) == []


def test_train_a_small_network_and_look_into_it(lab: Keeper, open_page: Open) -> None:
    page = open_page("unit", lang="en")
    if "Train a small network and look into it" in labels(page):
        press(page, "Train a small network and look into it")
        assert errors(page) == []
    else:  # another test's run is looked into, as long as the button's own is not there
        lab.client.submit([PLAN], visitor="a test")

    def is_over() -> bool:
        lab.client.watch([PLAN.digest], visitor="a test")
        record = lab.store.run(PLAN.digest)
        return record is None or not record.active

    wait_until(is_over)
    page = open_page("unit", lang="en", image=200, stage=3)
    assert not page.exception
    assert errors(page) == []
    assert "Train a small network and look into it" not in labels(page)
    assert "**Measured here.**" in all_words(page)
    (body,) = pictures(page)
    assert "first 16 of 32 channels, 2\u00a0×\u00a02" in body
    page.number_input[1].set_value(9).run()
    assert "Unit 9 of stage 3 was asked for, but residual-" in errors(page)[0]
