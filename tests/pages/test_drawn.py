"""What a reader sees on the page that draws residual networks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import architectures, drawn, opening
from pages.ui.architectures import Architecture, Cost, differences
from pages.ui.figures.parts import Network
from pages.ui.lab import Keeper
from pages.ui.networks import Asked
from pages.ui.translate import LANGUAGES, translator
from resnet_core.errors import SpecError
from resnet_core.execute import bench
from resnet_core.specs import NETWORKS, OPTIONS
from tests.pages.looking import (
    all_words,
    drawings,
    errors,
    goes_on_in_spite_of,
    link,
    said,
)

Open = Callable[..., AppTest]
T = translator("en")


def names(page: AppTest) -> list[str]:
    return [re.findall(r"font-weight:700\">([^<]+)<", one["svg"])[0] for one in shown(page)]


def shown(page: AppTest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = drawings(page)["drawings"]
    return found


# Without a lab: what ships with the app.


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_3_is_there_before_the_lab_is(open_page: Open, language: str) -> None:
    page = open_page("drawn", lang=language)
    assert not page.exception
    assert errors(page) == said(page) == []
    assert names(page) == ["VGG-19", "plain-34", "ResNet-34"]
    assert [one["place"] for one in shown(page)] == [1, 2, 3]
    t = translator(language)
    assert t("Recorded.") in all_words(page)
    assert all(one["panels"] for one in shown(page))
    assert link(page) == {"lang": language}


@pytest.mark.usefixtures("no_lab")
def test_what_is_not_recorded_waits_and_the_rest_is_drawn(open_page: Open) -> None:
    page = open_page("drawn", lang="en", third="resnet-152", open="3:3.2")
    assert errors(page) == said(page) == []
    assert names(page) == ["VGG-19", "plain-34"]
    assert link(page) == {"lang": "en", "third": "resnet-152", "open": "3:3.2"}
    page = open_page("drawn", lang="en", first="resnet-50", second="none", third="none")
    assert not page.exception
    assert not page.get("bidi_component")


def test_what_is_recorded_is_what_the_networks_say() -> None:
    found = drawn.recorded()
    right = {Asked(None, "vgg19").code: bench.torchvision_layers("vgg19")["layers"]}
    for name in ("plain-34", "resnet-34"):
        network = NETWORKS[name]
        code = Asked(network, size=224, classes=1000).code
        right[code] = bench.layers(network.model_dump(), 3, 1000, 224)["layers"]
    assert found == json.loads(json.dumps(right))


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("first", "resnet-19", "The link asks for first 'resnet-19', but there is no such choice"),
        ("first", "none", "The link asks for first 'none', but there is no such choice"),
        ("second", "<script>", "second '<script>', but there is no such choice"),
        ("third", "", "third '', but there is no such choice"),
        ("shortcut", "D", "shortcut 'D', but there is no such choice: take one of paper, A, B, C."),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("drawn", **{"lang": "en", name: value})
    goes_on_in_spite_of(page, sentence)
    assert names(page) == ["VGG-19", "plain-34", "ResNet-34"]


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("3:2", "The link asks to open '3:2', but a code such as 3:3.2 would be right"),
        ("4:1.1", "The link asks to open '4:1.1', but a code such as"),
        ("3:1.1,<b>", "The link asks to open '<b>', but a code such as"),
        (",".join(f"3:1.{n}" for n in range(20)), "The link asks to open '3:1.0,3:1.1,"),
        ("3:9.1", "The link asks to open '3:9.1', but a code such as"),
        ("3:2.1", "The link asks to open 3:2.1, but there is no such group: 2:1.1, 2:2.2,"),
        ("1:1.1", "The link asks to open 1:1.1, but there is no such group"),
    ],
)
def test_what_cannot_be_opened_is_said(open_page: Open, asked: str, sentence: str) -> None:
    page = open_page("drawn", lang="en", open=asked)
    assert not page.exception
    (line,) = said(page)
    assert line.startswith(sentence)
    assert len(line) < 300
    assert link(page) == {"lang": "en"}
    assert names(page) == ["VGG-19", "plain-34", "ResNet-34"]


@pytest.mark.usefixtures("no_lab")
def test_a_link_opens_groups_and_a_new_network_closes_its_own(open_page: Open) -> None:
    page = open_page("drawn", lang="en", open="2:3.2,3:1.1")
    assert said(page) == []
    assert link(page) == {"lang": "en", "open": "2:3.2,3:1.1"}
    counts = [one["svg"].count('data-part="') for one in shown(page)]
    assert counts == [24, 11 + 4, 11 + 2]
    page.selectbox(key="drawn.second").set_value("vgg-19").run()
    assert said(page) == []
    assert link(page) == {"lang": "en", "second": "vgg-19", "open": "3:1.1"}


# With a lab.


@pytest.mark.parametrize("name", [drawn.VGG, *drawn.IMAGENET, *drawn.CIFAR])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_network_of_the_list_is_drawn(
    lab: Keeper, open_page: Open, name: str, language: str
) -> None:
    asked = {"first": name, "second": "none", "third": "none"}
    page = open_page("drawn", lang=language, **asked)
    assert not page.exception
    assert errors(page) == said(page) == []
    (one,) = shown(page)
    depth = {drawn.VGG: 19, **dict.fromkeys(drawn.CIFAR, 56)}.get(name) or int(name.split("-")[1])
    assert translator(language)("{count} weighted layers", count=depth) in one["svg"]
    assert link(page) == {"lang": language} | {
        key: value for key, value in asked.items() if (key, value) != ("first", drawn.VGG)
    }


@pytest.mark.parametrize("shortcut", OPTIONS)
def test_a_shortcut_is_set_for_all(lab: Keeper, open_page: Open, shortcut: str) -> None:
    page = open_page("drawn", lang="en", first="resnet-18", second="resnet-50", shortcut=shortcut)
    assert names(page) == [
        f"{name}, {shortcut}" for name in ("ResNet-18", "ResNet-50", "ResNet-34")
    ]
    assert ("zeros" in shown(page)[1]["svg"]) == (shortcut == "A")
    assert "1×1, 512</text>" in shown(page)[1]["svg"]


def test_depths_of_cifar_networks_and_what_was_open(lab: Keeper, open_page: Open) -> None:
    page = open_page("drawn", lang="en", third="cifar-residual", depth3=1202, open="3:2.2")
    assert said(page) == errors(page) == []
    assert names(page)[2] == "ResNet-1202, CIFAR"
    assert shown(page)[2]["svg"].count('data-part="2.') == 200
    page.select_slider(key="drawn.depth3").set_value(110).run()
    assert shown(page)[2]["svg"].count('data-part="2.') == 18
    assert link(page)["open"] == "3:2.2"
    page.select_slider(key="drawn.depth3").set_value(8).run()
    assert said(page) == []
    assert "open" not in link(page)


def test_a_depth_that_cannot_be_is_answered(lab: Keeper, open_page: Open) -> None:
    page = open_page("drawn", lang="en", third="cifar-plain", depth3=9)
    (line,) = said(page)
    assert line.startswith("Depth 9 was asked for, but a CIFAR network of basic units")
    assert line.endswith("This page goes on with 56.")
    assert names(page)[2] == "plain-56, CIFAR"


def test_strips_say_what_stages_hold(no_lab: None, open_page: Open) -> None:
    strips = drawings(open_page("drawn", lang="en"))["strips"]
    assert len(strips) == 3
    assert "VGG-19: 71.5 % (fc, 4096)" in strips[1]["words"]
    assert "plain-34: 6.3 % (Stage 1, unit 1)" in strips[2]["words"]


def test_the_five_are_counted_and_their_differences_explained(lab: Keeper, open_page: Open) -> None:
    page = open_page("drawn", lang="en")
    (table,) = [table.value for table in page.table]
    assert [*table["network"]] == [f"ResNet-{depth}" for depth in (18, 34, 50, 101, 152)]
    counts = ["11,689,512", "21,797,672", "25,557,032", "44,549,160", "60,192,808"]
    assert [*table["parameters, B"]] == [*table["parameters, torchvision"]] == counts
    ours, theirs = [*table["10⁹ multiply-adds, B"]], [*table["10⁹, torchvision"]]
    assert ours == ["1.814", "3.664", "3.858", "7.570", "11.282"]
    assert theirs == ["1.814", "3.664", "4.089", "7.801", "11.514"]
    assert [*table["10⁹, printed"]] == ["1.8", "3.6", "3.8", "7.6", "11.3"]
    words = all_words(page)
    assert "ResNet-50, ResNet-101, ResNet-152: torchvision's have the same parameters" in words
    assert "231,211,008 multiply-adds more" in words
    assert "3.86 becomes 4.09 · 10⁹ for ResNet-50" in words
    assert "ResNet-18, ResNet-34: B has 173,824 parameters and 19,267,584 multiply-adds" in words
    assert "ResNet-50: the paper prints 3.8, we count 3.858 · 10⁹ with B." in words
    assert "arXiv:1512.03385, table 1" in words


# By themselves.


def row(depth: int, ours: float, theirs: float, printed: float) -> Architecture:
    a, b, tv = (Cost(10, round(1e9 * count)) for count in (ours, ours, theirs))
    return Architecture(depth, a, b, tv, printed * 1e9)


def test_a_difference_is_only_said_where_there_is_one() -> None:
    alike = differences([row(18, 1.8, 1.8, 1.8)], T)
    assert any("torchvision's are ours" in sentence for sentence in alike)
    assert not any("four times as many" in sentence for sentence in alike)
    assert any("is our count, rounded" in sentence for sentence in alike)
    other = differences([row(18, 1.0, 1.5, 3.0), row(34, 1.0, 1.25, 1.0)], T)
    assert any("250,000,000–500,000,000 multiply-adds more" in sentence for sentence in other)
    assert any("We cannot explain the difference" in sentence for sentence in other)


@pytest.mark.parametrize("theirs", [Cost(11, 1_500_000_000), Cost(10, 500_000_000)])
def test_other_parameters_or_fewer_products_are_not_the_strides(theirs: Cost) -> None:
    ours = Cost(10, 1_000_000_000)
    said = differences([Architecture(50, ours, ours, theirs, 1e9)], T)
    assert not any("torchvision" in sentence for sentence in said)


def test_what_the_paper_prints_names_its_table() -> None:
    found = architectures.published()
    assert found["unit"] == "multiply-adds"
    assert re.fullmatch(r"He 2015, arXiv:\d{4}\.\d{5}, table 1", found["source"])
    assert set(found["note"]) == set(LANGUAGES)
    printed = {point["depth"]: point["multiply_adds"] / 1e9 for point in found["points"]}
    assert printed == {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}


def test_codes_of_groups_are_read_once_each() -> None:
    assert opening.read_open("3:2.2,3:2.2,1:1.1") == ["3:2.2", "1:1.1"]
    for text in ("", ",", "3:2.2;", "0:1.1", "3:5.1", "3:1.1000"):
        with pytest.raises(SpecError, match="asks to open"):
            opening.read_open(text)


def test_a_file_is_named_after_its_network() -> None:
    one = drawn.Drawn(1, Asked(None, "vgg19"), "ResNet-56, CIFAR, B")
    assert one.file == "resnet_56_cifar_b"
    assert isinstance(drawn.read(drawn.Drawn(1, Asked(None, "vgg19"), "VGG-19")), Network)
