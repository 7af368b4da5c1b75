"""Units are deleted by clicking them, paths fade and are counted, and the link keeps it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.looking import points, wait_for_points

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LINK = "unraveled?lang=en&network=residual-20&draws=3"

LEFT = """[...document.querySelectorAll('.rl-leaf')]
  .filter(leaf => !leaf.closest('.rl-gone')).length"""


def unit(page: Page, number: int) -> Locator:
    return page.locator(f".rl-unit[data-unit='{number}']")


def test_a_click_on_a_unit_takes_half_of_the_paths_and_another_brings_them_back(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(LINK)
    assert page.evaluate(LEFT) == 8
    unit(page, 2).click()
    assert page.evaluate(LEFT) == 4, "the browser does not wait for the page"
    expect(page.get_by_text("8 → 4 paths")).to_be_visible()
    expect(unit(page, 2)).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("new URL(location).searchParams.get('cut') === '2'")

    other = visitor().open(page.url)  # another browser
    assert other.evaluate(LEFT) == 4
    expect(other.get_by_text("8 → 4 paths")).to_be_visible()

    unit(page, 2).click()
    expect(page.get_by_text("At each unit there are two ways")).to_be_visible()
    assert page.evaluate(LEFT) == 8
    page.wait_for_function("!new URL(location).searchParams.has('cut')")


def test_units_can_be_deleted_quickly_and_by_keyboard(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(f"{LINK}&n=6")
    assert page.evaluate(LEFT) == 64
    for number in (1, 4):
        unit(page, number).click()
    unit(page, 6).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("64 → 8 paths")).to_be_visible()
    assert page.evaluate(LEFT) == 8
    page.wait_for_function("new URL(location).searchParams.get('cut') === '1,4,6'")
    assert page.evaluate(LEFT) == 8, "no older answer of the page brings a path back"


def test_a_plain_network_loses_its_path_and_units_behind_the_gap_stand_back(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(f"{LINK}&join=plain&n=4")
    assert page.evaluate(LEFT) == 1
    expect(page.locator(".rl-astray")).to_have_count(0)
    unit(page, 3).click()
    unit(page, 2).click()
    assert page.evaluate(LEFT) == 0
    astray = "[...document.querySelectorAll('.rl-astray')].map(u => u.dataset.unit)"
    assert page.evaluate(astray) == ["4"]
    expect(page.get_by_text("1 → 0 trained paths")).to_be_visible()
    assert page.evaluate(astray) == ["4"], "the page's answer changes nothing"
    expect(unit(page, 2).locator(".rl-gap")).to_have_css("opacity", "1")
    expect(unit(page, 1).locator(".rl-gap")).to_have_css("opacity", "0")


def test_a_path_that_is_pointed_at_shines_and_says_which_units_it_passes(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(LINK)
    page.locator(".rl-way[data-way='101'] .rl-leaf").hover()
    line = page.locator(".rl-unraveled-line")
    expect(line).to_have_text("Path through f₁, f₃: length 2")
    lit = page.evaluate("[...document.querySelectorAll('.rl-way.rl-on')].map(w => w.dataset.way)")
    assert {*lit} == {"", "1", "10", "101"}
    unit(page, 3).click()
    page.locator(".rl-way[data-way='101'] .rl-leaf").hover()
    expect(line).to_contain_text("It passes through a deleted unit, and so it is gone.")


def test_gradients_come_draw_by_draw_while_units_are_deleted(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(LINK)
    wait_for_points(page, 1, 0, "draws")
    unit(page, 1).click()
    expect(page.get_by_text("8 → 4 paths")).to_be_visible()
    wait_for_points(page, 2, 9, "exact")
    assert points(page, 1)["network0_draws"][0] == [*range(10)] * 3
    expect(page.get_by_text("paths added up exactly")).to_be_visible()
    assert page.evaluate(LEFT) == 4, "what was measured leaves the tree alone"
