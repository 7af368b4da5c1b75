"""The three parts of the page that asks whether it is an ensemble, trained and looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import points, wait_for_points

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def open_part(page: Page, name: str, caption: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()
    expect(page.get_by_text(caption)).to_be_visible(timeout=60_000)
    is_drawn(page)


def test_each_part_is_drawn_from_networks_that_ship(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("ensemble?lang=en")
    expect(page.get_by_text("Each unit deleted by itself.")).to_be_visible(timeout=60_000)
    is_drawn(page)
    wait_for_points(page, 1, 19, "number")
    cuts = points(page, 0)
    assert len(cuts) == 4
    assert all(len(xs) == 27 for xs, _ in cuts.values())

    open_part(page, "Averaged", "One image is 0.28 % of 360.")
    page.wait_for_function("new URL(location).searchParams.get('part') === 'together'")
    assert {"together", "deep"} < set(points(page, 0))

    open_part(page, "Refined?", "Diamonds: the first unit of each stage")
    assert len(points(page, 0)["ratio_2"][0]) == 9
    assert len(points(page, 2)["exit"][0]) == 9

    open_part(page, "Trained otherwise", "Each unit deleted by itself.")
    assert points(page, 0) == cuts


def test_four_networks_are_trained_and_then_cut(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("ensemble?lang=en&depth=8&width=2&steps=40")
    page.get_by_role("button", name="Train these 4 runs").click()
    expect(page.locator(".rl-cell")).to_have_count(4)
    expect(page.locator(".rl-cell").nth(2)).to_contain_text("effective paths")
    expect(page.get_by_text("Each unit deleted by itself.")).to_be_visible(timeout=60_000)
    is_drawn(page)
    expect(page.get_by_text("Measured on this machine, and remembered.")).to_be_visible()
    page.wait_for_function(
        "document.querySelectorAll('.rl-plot')[0].data.every(trace => trace.x.length === 3)"
    )
