"""The drawings of the five orders hold to what is built, and to their frame."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from torch import nn

from pages.ui import theme
from pages.ui.figures.orders import (
    ROWS,
    WEIGHTS,
    branch_of,
    order_diagram,
    order_diagrams,
    order_name,
    order_title,
    order_words,
)
from pages.ui.translate import Translate, translator
from resnet_core.blocks.residual import build_after_addition, build_residual
from resnet_core.blocks.shortcuts import UnitShape
from resnet_core.specs import BLOCKS, ORDERS

SVG = "{http://www.w3.org/2000/svg}"
T = translator("en")
WORDS = {nn.Conv2d: "weight", nn.BatchNorm2d: "BN", nn.ReLU: "ReLU"}

each_order = pytest.mark.parametrize("order", ORDERS)
each_block = pytest.mark.parametrize("block", WEIGHTS)


def parts(module: nn.Module) -> list[str]:
    """What a module is made of, in the words of the drawings; what changes nothing is left out."""
    leaves = [one for one in module.modules() if not list(one.children())]
    return [WORDS[type(one)] for one in leaves if not isinstance(one, nn.Identity)]


def boxes(element: ET.Element) -> Iterator[tuple[float, float, str]]:
    """Left edge, top and word of each box."""
    for group in element.iter(f"{SVG}g"):
        if "data-box" in group.attrib:
            rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
            assert rect is not None
            assert text is not None
            yield float(rect.attrib["x"]), float(rect.attrib["y"]), text.text or ""


def test_every_order_and_block_is_drawn_in_the_order_of_the_table() -> None:
    assert list(ROWS) == list(ORDERS)
    assert set(WEIGHTS) == set(BLOCKS)


@each_order
def test_the_letter_is_that_of_the_papers_figure(order: str) -> None:
    assert ORDERS[order].source == f"He 2016 fig. 4 ({ROWS[order].letter})"


@each_order
@each_block
def test_the_boxes_are_what_is_built(order: str, block: str) -> None:
    shape = UnitShape(16, 16, stride=1, order=order)
    assert list(branch_of(order, block)) == parts(build_residual(block, shape, activated=False))
    assert list(ROWS[order].after) == parts(build_after_addition(shape))


@each_order
@each_block
def test_the_boxes_are_drawn_from_the_top_on_branch_and_main_path(order: str, block: str) -> None:
    drawn = sorted(boxes(ET.fromstring(order_diagram(order, t=T, block=block))), key=lambda b: b[1])
    branch = max(x for x, _, _ in drawn)
    assert [word for x, _, word in drawn if x == branch] == list(branch_of(order, block))
    assert [word for x, _, word in drawn if x < branch] == list(ROWS[order].after)
    tops = [y for _, y, _ in drawn]
    assert len(set(tops)) == len(tops)


@pytest.mark.parametrize("language", ["en", "zh"])
@each_block
def test_all_five_say_what_they_show_to_those_who_do_not_see(language: str, block: str) -> None:
    t = translator(language)
    drawing = ET.fromstring(order_diagrams(["original"], t=t, block=block))
    assert drawing.attrib["role"] == "img"
    assert drawing.findtext(f"{SVG}title") == drawing.attrib["aria-label"]
    for order in ORDERS:
        assert order_words(order, t, block=block) in drawing.attrib["aria-label"]


def test_the_words_name_branch_and_what_follows_the_addition() -> None:
    assert order_words("bn-after-addition", T) == (
        "(b) BN after addition: branch weight, BN, ReLU, weight; after the addition: BN, ReLU."
    )
    assert order_words("pre-activation", T).endswith("after the addition: nothing.")


def test_the_chosen_ones_are_framed_and_the_others_pale() -> None:
    drawing = ET.fromstring(order_diagrams(["original", "relu-only"], t=T))
    for group in drawing.iter(f"{SVG}g"):
        if "data-order" not in group.attrib:
            continue
        framed = any("--residual" in r.attrib["style"] for r in group.findall(f"{SVG}rect"))
        pale = any("opacity" in g.attrib.get("style", "") for g in group.findall(f"{SVG}g"))
        is_chosen = group.attrib["data-order"] in ("original", "relu-only")
        assert (framed, pale) == (is_chosen, not is_chosen)
    marked = [g.attrib["data-order"] for g in drawing.iter(f"{SVG}g") if "data-order" in g.attrib]
    assert marked == list(ORDERS)


@each_order
def test_the_name_stands_under_the_drawing(order: str) -> None:
    drawing = ET.fromstring(order_diagrams(ORDERS, t=T))
    (group,) = [g for g in drawing.iter(f"{SVG}g") if g.attrib.get("data-order") == order]
    said = " ".join(text.text or "" for text in group.findall(f"{SVG}text"))
    assert order_title(order, T) in said
    assert order_title(order, T) == f"({ROWS[order].letter}) {order_name(order, T)}"


@each_order
def test_a_single_drawing_is_marked_and_says_what_it_shows(order: str) -> None:
    drawing = ET.fromstring(order_diagram(order, t=T))
    assert drawing.attrib["aria-label"] == order_words(order, T)
    assert [
        g.attrib["data-order"] for g in drawing.iter(f"{SVG}g") if "data-order" in g.attrib
    ] == [order]


@pytest.mark.parametrize("language", ["en", "zh"])
@each_block
def test_no_words_leave_their_drawing(language: str, block: str) -> None:
    t = translator(language)
    for text in (order_diagrams(ORDERS, t=t, block=block), *_alone(t, block)):
        drawing = ET.fromstring(text)
        _, _, wide, high = map(float, drawing.attrib["viewBox"].split())
        groups = [g for g in drawing.iter(f"{SVG}g") if "data-order" in g.attrib]
        room = wide / len(groups)
        for group in groups:
            shift = re.match(r"translate\(([\d.]+) 0\)", group.attrib.get("transform", ""))
            free = (room - 156) / 2 if shift else 0  # names reach into the space between
            for one in group.iter(f"{SVG}text"):
                found = re.search(r"font-size:(\d+)px", one.attrib["style"])
                assert found is not None
                words = "".join(one.itertext())
                # Half a size a letter, a whole one for a Chinese character: a little too much.
                width = int(found[1]) * sum(1.0 if ord(c) > 0x2E80 else 0.56 for c in words)
                x, y = float(one.attrib["x"]), float(one.attrib["y"])
                left = x - width / 2 if one.attrib["text-anchor"] == "middle" else x
                assert left >= -free, words
                assert left + width <= room - free, words
                assert int(found[1]) - 4 <= y <= high, words


def _alone(t: Translate, block: str) -> list[str]:
    return [order_diagram(order, t=t, block=block) for order in ORDERS]


def test_colours_are_tokens_of_the_palette() -> None:
    text = order_diagrams(["original"], t=T)
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) <= set(theme.PALETTE["light"])
    assert not re.search(r"#[0-9a-f]{3}", text)
    assert "var(" not in theme.resolve(text, "dark")
