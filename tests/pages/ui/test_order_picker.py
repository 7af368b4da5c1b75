"""What the order picker gives, and what it hands to the browser, without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.figures.orders import order_words
from pages.ui.translate import translator
from resnet_core.specs import ORDERS

PAGE = Path(__file__).with_name("picker_page.py")


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=30)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def chosen(page: AppTest) -> list[str]:
    return page.text[0].value.removeprefix("Chosen: ").split(", ")


def given(page: AppTest) -> dict[str, Any]:
    """What the browser gets."""
    (found,) = [
        json.loads(element.proto.json)[0]
        for element in page.get("bidi_component")
        if element.proto.component_name == "resnet_lab_order_picker"
    ]
    return dict(found)


def test_what_is_passed_in_is_chosen_and_shown() -> None:
    page = opened(orders="relu-only")
    assert chosen(page) == ["relu-only"]
    assert given(page)["chosen"] == ["relu-only"]


def test_the_chosen_ones_come_in_the_order_of_the_table_and_each_once() -> None:
    page = opened(orders="pre-activation,bn-after-addition,original,original")
    assert chosen(page) == ["original", "bn-after-addition", "pre-activation"]


@pytest.mark.parametrize("nonsense", ["", "nothing-known", ","])
def test_at_least_one_is_chosen_always(nonsense: str) -> None:
    assert chosen(opened(orders=nonsense)) == list(ORDERS)


def test_the_choice_survives_a_rerun_and_follows_the_page() -> None:
    page = opened(orders="relu-only")
    page.button[0].click().run()
    assert chosen(page) == ["relu-only"]
    page.button[1].click().run()
    assert chosen(page) == list(ORDERS)
    assert given(page)["chosen"] == list(ORDERS)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_every_order_has_its_drawing_and_is_named_for_those_who_do_not_see(block: str) -> None:
    orders = given(opened(block=block))["orders"]
    assert [one["order"] for one in orders] == list(ORDERS)
    for one in orders:
        assert one["said"] == order_words(one["order"], translator("en"), block=block)
        assert one["said"].startswith(one["name"])
        assert f'data-order="{one["order"]}"' in one["svg"]
        assert one["svg"].count(">weight<") == {"basic": 2, "bottleneck": 3}[block]
