"""The tree of paths: as many as there are, each where it belongs, gone when a unit is."""

from __future__ import annotations

import re
from itertools import pairwise, product
from xml.etree import ElementTree

import pytest

from pages.ui import theme
from pages.ui.figures.unraveled import (
    ASTRAY,
    BOTTOM,
    GONE,
    MOST_DRAWN,
    TOP,
    drawing_file,
    drawing_words,
    tree,
    unraveled_drawing,
)
from pages.ui.translate import translator

t = translator("en")
units_drawn = pytest.mark.parametrize("units", range(1, MOST_DRAWN + 1))


def parts(svg: str, name: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    return [one for one in root.iter() if one.get("class") == name]


def is_gone(part: ElementTree.Element) -> bool:
    return f"opacity:{GONE}" in (part.get("style") or "")


@units_drawn
def test_the_tree_has_every_path_once_and_all_nodes(units: int) -> None:
    nodes = list(tree(units))
    ends = [node.way for node in nodes if node.level == 0]
    assert sorted(ends) == ["".join(way) for way in product("01", repeat=units)]
    assert len(nodes) == len({node.way for node in nodes}) == 2 ** (units + 1) - 1


def test_three_units_have_eight_paths_and_fifteen_nodes_of_these_lengths() -> None:
    nodes = list(tree(3))
    assert len(nodes) == 15
    lengths = sorted(len(node.units(3)) for node in nodes if not node.level)
    assert lengths == [0, 1, 1, 1, 2, 2, 2, 3]


@units_drawn
def test_a_way_names_its_units_from_the_last_to_the_first(units: int) -> None:
    for node in tree(units):
        if node.level:
            continue
        through = [unit for unit in range(1, units + 1) if node.way[units - unit] == "1"]
        assert list(node.units(units)) == through


@units_drawn
def test_ends_stand_apart_in_equal_steps_within_the_tree(units: int) -> None:
    heights = sorted(node.y for node in tree(units) if not node.level)
    steps = {round(b - a, 6) for a, b in pairwise(heights)}
    assert steps == {round((BOTTOM - TOP) / 2**units, 6)}
    assert TOP < heights[0] < heights[-1] < BOTTOM


def test_an_addition_stands_in_the_middle_of_its_two_branches() -> None:
    nodes = {node.way: node for node in tree(4)}
    for way, node in nodes.items():
        if node.level:
            assert node.y == pytest.approx((nodes[f"{way}0"].y + nodes[f"{way}1"].y) / 2)


def test_a_plain_network_is_a_chain() -> None:
    nodes = list(tree(4, is_plain=True))
    assert [node.way for node in nodes] == ["", "1", "11", "111", "1111"]


@units_drawn
def test_every_unit_can_be_pressed_and_says_what_it_does(units: int) -> None:
    buttons = parts(unraveled_drawing(units, t=t), "rl-unit")
    assert [one.get("data-unit") for one in buttons] == [str(i + 1) for i in range(units)]
    assert {one.get("role") for one in buttons} == {"button"}
    assert buttons[0].get("aria-label") == "Delete unit 1"
    assert {one.get("aria-pressed") for one in buttons} == {"false"}


@pytest.mark.parametrize("deleted", [(1,), (2,), (3,), (1, 3), (1, 2, 3)])
def test_deleting_units_takes_the_paths_through_them_and_no_others(deleted: tuple[int]) -> None:
    svg = unraveled_drawing(3, t=t, deleted=deleted)
    ends = {
        part.get("data-way"): part
        for part in parts(svg, "rl-way")
        if len(part.get("data-way") or "") == 3 and part.find("./*[@class='rl-leaf']") is not None
    }
    assert len(ends) == 8
    left = [part for part in ends.values() if not is_gone(part)]
    assert len(left) == 8 // 2 ** len(deleted)
    for part in ends.values():
        through = {int(unit) for unit in (part.get("data-through") or "").split()}
        assert is_gone(part) == bool(through & {*deleted})
    pressed = [one.get("aria-pressed") for one in parts(svg, "rl-unit")]
    assert pressed == [str(unit in deleted).lower() for unit in (1, 2, 3)]


def test_a_plain_network_without_a_unit_has_no_path() -> None:
    svg = unraveled_drawing(3, t=t, is_plain=True, deleted=(2,))
    assert len(parts(svg, "rl-way")) == 7  # three edges, four nodes
    assert all(is_gone(part) for part in parts(svg, "rl-way"))
    assert not any(is_gone(part) for part in parts(unraveled_drawing(3, t=t), "rl-way"))
    assert "paths left: 0" in drawing_words(3, t=t, is_plain=True, deleted=(2,))
    assert "paths left: 1" in drawing_words(3, t=t, is_plain=True)


@pytest.mark.parametrize(
    ("deleted", "astray"),
    [((), []), ((1,), [2, 3, 4]), ((2, 3), [4]), ((1, 3), [2, 4]), ((4,), [])],
)
def test_plain_units_behind_a_gap_stand_back_and_the_gap_is_closed(
    deleted: tuple[int, ...], astray: list[int]
) -> None:
    svg = unraveled_drawing(4, t=t, is_plain=True, deleted=deleted)
    found = parts(svg, "rl-unit rl-astray")
    assert [int(one.get("data-unit") or 0) for one in found] == astray
    faint = [one for one in parts(svg, "rl-f") if one.get("style") == f"opacity:{ASTRAY}"]
    assert len(faint) == len(astray)
    closed = ["opacity:0" not in (one.get("style") or "") for one in parts(svg, "rl-gap")]
    assert closed == [unit in deleted for unit in (1, 2, 3, 4)]


def test_with_shortcuts_nothing_stands_back_and_no_gap_is_closed() -> None:
    svg = unraveled_drawing(4, t=t, deleted=(2,))
    assert parts(svg, "rl-unit rl-astray") == parts(svg, "rl-gap") == []


def test_the_words_count_paths_nodes_and_what_is_left() -> None:
    assert drawing_words(3, t=t, deleted=(2,)) == (
        "A residual network, units: 3; its whole tree of 8 paths with 15 nodes. Deleted: 2; paths "
        "left: 4."
    )
    assert "Deleted: –; paths left: 8." in drawing_words(3, t=t)


def test_copies_of_each_signal_are_counted_below_their_column() -> None:
    root = ElementTree.fromstring(unraveled_drawing(3, t=t))
    words = [one.text for one in root.iter() if one.tag.endswith("text")]
    assert words[-4:] == ["x: 8", "y₁: 4", "y₂: 2", "y₃: 1"]


@units_drawn
def test_a_file_has_colours_and_no_tokens(units: int) -> None:
    svg = drawing_file(units, t=t, deleted=(1,))
    ElementTree.fromstring(svg)
    assert "var(--" not in svg
    assert theme.PALETTE["light"]["residual"] in svg


def test_tokens_are_those_of_the_palette() -> None:
    used = set(re.findall(r"var\(--([a-z0-9-]+)", unraveled_drawing(4, t=t)))
    assert used <= set(theme.PALETTE["light"])
