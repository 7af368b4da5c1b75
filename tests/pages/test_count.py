"""What a reader sees on the page that counts networks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.figures.names import short
from pages.ui.networks import Asked, read_code, read_codes
from pages.ui.translate import translator
from resnet_core.errors import SpecError
from resnet_core.specs import NETWORKS
from tests.pages.looking import all_words, errors, figures, link, press, said, series

Open = Callable[..., AppTest]

pytestmark = pytest.mark.usefixtures("lab")


def metrics(page: AppTest) -> list[str]:
    return [metric.value for metric in page.metric]


def test_resnet_56_is_counted_as_in_table_6(open_page: Open) -> None:
    page = open_page("count", lang="en")
    assert not page.exception
    assert metrics(page)[:2] == ["853 k", "125.5 M"]
    assert "853,018 parameters: 848,944 weights, 10 biases, 4,064 of normalisation." in all_words(
        page
    )


@pytest.mark.parametrize(
    ("asked", "parameters", "products"),
    [
        ({"depth": 1202}, "19,421,274", "2,829,238,912"),
        ({"family": "wide"}, "36,479,194", "5,243,328,768"),
        ({"family": "vgg"}, "172,506", "26,395,264"),
        ({"family": "imagenet", "imagenet_shortcut": "plain", "imagenet_depth": 34},
         "21,623,848", "3,644,493,824"),
        ({"block": "bottleneck", "order": "pre-activation", "shortcut": "B"},
         "1,703,258", "244,500,992"),
        ({"family": "torchvision", "model": "vit_b_16"}, "86,567,656", "16,848,500,736"),
    ],
    ids=str,
)  # fmt: skip
def test_a_link_counts_what_it_asks_for(
    open_page: Open, asked: dict[str, object], parameters: str, products: str
) -> None:
    page = open_page("count", lang="en", **asked)
    assert said(page) == errors(page) == []
    assert f"{parameters} parameters:" in all_words(page)
    assert f"{products} multiply-adds" in all_words(page)
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}


def test_a_model_stands_beside_what_torchvision_says_of_it(open_page: Open) -> None:
    page = open_page("count", lang="en", family="torchvision", model="swin_t")
    assert "28,288,354 parameters, 4.491 · 10⁹ multiply-adds at 224×224" in all_words(page)
    assert "more of attention" in all_words(page)


def test_up_to_four_networks_stand_side_by_side(open_page: Open) -> None:
    page = open_page("count", lang="en", depth=20)
    press(page, "Compare")
    page.pills(key="count.family").set_value("imagenet").run()
    (table,) = [frame.value for frame in page.dataframe]
    assert [*table["network"]] == ["ResNet-50, B", "residual-20, width 16, A"]
    assert [*table["parameters"]] == [25_557_032, 269_722]
    assert link(page)["with"] == "cifar.20.16.basic.residual.A.original.32.10"
    press(page, "Clear")
    assert not page.dataframe
    assert "with" not in link(page)


def test_curves_of_cost_and_the_network_in_them(open_page: Open) -> None:
    page = open_page("count", lang="en", depth=110)
    parameters, products = (series(figure) for figure in figures(page))
    at = parameters["basic"]["x"].index(110)
    assert parameters["basic"]["y"][at] == parameters["plain"]["y"][at] == 1_727_962
    assert (parameters["chosen"]["x"], parameters["chosen"]["y"]) == ([110], [1_727_962])
    assert products["chosen"]["y"] == [252_887_680]


def test_the_layers_are_shown_when_asked_for(open_page: Open) -> None:
    page = open_page("count", lang="en", depth=8, layers=1)
    (table,) = [frame.value for frame in page.dataframe]
    assert table["weights"].sum() == 74_800
    assert next(iter(table["layer"])) == "stem.conv"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"family": "alexnet"}, "The link asks for family 'alexnet', but there is no such choice"),
        ({"family": "vgg", "vgg_depth": 15}, "Depth 15 was asked for, but a VGG here has 3n+2"),
        ({"block": "single"}, "The link asks for block 'single'"),
        ({"depth": 9}, "Depth 9 was asked for, but a CIFAR network of basic units"),
        ({"family": "wide", "wide_depth": 29}, "Depth 29 was asked for, but a wide network"),
        ({"family": "imagenet", "imagenet_depth": 19}, "Depth 19 was asked for, but the ImageNet"),
        ({"family": "torchvision", "model": "resnet51"}, "The link asks for model 'resnet51'"),
        ({"width": 0}, "The link asks for width '0'"),
        ({"with": "torchvision.resnet51"}, "The link asks for model 'resnet51'"),
        ({"with": "cifar.9"}, "The link asks to compare 'cifar.9', but a code such as"),
        ({"with": "cifar.8.16.basic.residual.A.original.2.10"}, "The link asks for size '2'"),
        ({"with": "cifar.9.16.basic.residual.A.original.32.10"}, "Depth 9 was asked for"),
    ],
    ids=str,
)
def test_nonsense_in_a_link_gets_a_sentence(
    open_page: Open, asked: dict[str, object], sentence: str
) -> None:
    page = open_page("count", lang="en", **asked)
    assert not page.exception
    assert any(line.startswith(sentence) for line in said(page)), said(page)
    assert metrics(page)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_code_in_a_link_is_read_back(name: str) -> None:
    asked = Asked(NETWORKS[name])
    assert read_code(asked.code) == asked


def test_a_small_vgg_is_named_and_its_cost_stands_beside_cifar_networks_of_its_width(
    open_page: Open,
) -> None:
    page = open_page("count", lang="en", family="vgg", width=8, vgg_depth=20)
    assert "A small VGG: a plain network of single 3×3 layers" in all_words(page)
    press(page, "Compare")
    assert link(page)["with"] == "vgg.20.8.single.plain.A.original.32.10"
    assert read_code(link(page)["with"]).name(translator("en")) == "vgg-20, width 8"
    parameters, _ = (series(figure) for figure in figures(page))
    assert parameters["chosen"]["x"] == [20]
    at = parameters["plain"]["x"].index(20)
    assert parameters["chosen"]["y"] == [parameters["plain"]["y"][at]] == [68_050]


def test_no_more_than_four_are_compared() -> None:
    with pytest.raises(SpecError, match="with 4 networks, but there is room for 3"):
        read_codes(",".join(f"torchvision.resnet{depth}" for depth in (18, 34, 50, 101)))


def test_a_network_is_compared_with_once() -> None:
    assert read_codes("torchvision.vgg19,torchvision.vgg19") == ["torchvision.vgg19"]


def test_large_numbers_are_short() -> None:
    assert [short(n) for n in (12, 4_064, 19_421_274, 2_829_238_912)] == [
        "12",
        "4.064 k",
        "19.42 M",
        "2.829 G",
    ]
