"""A visitor cuts, swaps and scales units with mouse, keyboard and finger; numbers follow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browsing import settled

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

Come = Callable[..., Visitor]

SMALL = "lesion?lang=en&network=residual-20"


def unit(page: Page, place: int, row: int = 0) -> Locator:
    return page.locator(f".rl-cut-row[data-row='{row}'] .rl-cut-unit[data-place='{place}']")


def deleted(page: Page) -> list[list[int]]:
    """The places that are marked, row by row."""
    found: list[list[int]] = page.evaluate(
        "[...document.querySelectorAll('.rl-cut-row')].map(row =>"
        " [...row.querySelectorAll('.rl-deleted')].map(one => Number(one.dataset.place)))"
    )
    return found


def numbers(page: Page) -> list[str]:
    found: list[str] = page.locator(".rl-cut-error").all_text_contents()
    return found


def has_answered(page: Page) -> None:
    """Wait until the page has measured what was said to it."""
    page.wait_for_function("!document.querySelector('.rl-cut').matches('.rl-waiting')")
    settled(page)


def asks(page: Page, **settings: str) -> None:
    """Wait until these settings stand in the address, and no other of a lesion."""
    wanted = {"cut": None, "swap": None, "scale": None} | settings
    page.wait_for_function(
        "wanted => Object.entries(wanted).every(([name, value]) =>"
        " new URL(location).searchParams.get(name) === value)",
        arg=wanted,
    )


def mode(page: Page, label: str) -> None:
    page.get_by_role("radio", name=label).click()
    settled(page)


def test_a_click_deletes_a_unit_of_both_networks_and_a_second_one_restores_it(
    visitor: Come,
) -> None:
    page = visitor().open("lesion?lang=en")
    has_answered(page)
    before = numbers(page)
    marked: Any = unit(page, 14).evaluate(
        "one => { one.click(); return [one.ariaPressed, one.matches('.rl-deleted')]; }"
    )
    assert marked == ["true", True]  # before anybody has answered
    has_answered(page)
    asks(page, cut="14")
    assert deleted(page) == [[14], [14]]
    residual, plain = numbers(page)
    assert residual.startswith(f"{before[0]} →")
    assert plain.startswith(f"{before[1]} →")
    title = unit(page, 14).get_attribute("title") or ""
    assert "Unit 14 of 27: stage 2, unit 5" in title
    assert "deleted: only its shortcut is left" in title
    assert f"deleted by itself: error {residual.split('→')[1].strip()}" in title
    assert "a gap" in (unit(page, 14, 1).get_attribute("title") or "")
    unit(page, 14, 1).click()  # the other row's does the same
    has_answered(page)
    asks(page)
    assert deleted(page) == [[], []]
    assert numbers(page) == before


def test_quick_clicks_are_all_heard(visitor: Come) -> None:
    page = visitor().open("lesion?lang=en")
    page.evaluate(
        "for (const place of [3, 8, 9, 12, 8]) document.querySelector("
        "`.rl-cut-row[data-row='0'] .rl-cut-unit[data-place='${place}']`).click()"
    )
    asks(page, cut="3,9,12")
    has_answered(page)
    assert deleted(page) == [[3, 9, 12]] * 2


def test_units_are_reached_and_deleted_by_the_keyboard(visitor: Come) -> None:
    page = visitor().open(SMALL)
    first = unit(page, 1)
    expect(first).to_have_attribute("tabindex", "0")
    expect(unit(page, 2)).to_have_attribute("tabindex", "-1")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    asks(page, cut="2")
    has_answered(page)
    expect(unit(page, 2)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    asks(page, cut="2,9")
    has_answered(page)
    expect(unit(page, 9)).to_be_focused()
    group = page.get_by_role("group", name="Units of residual-20")
    pressed = group.get_by_role("button", pressed=True)
    expect(pressed).to_have_count(2)
    assert "Unit 9 of 9" in (pressed.nth(1).get_attribute("aria-label") or "")


def test_deleting_every_unit_is_refused_and_the_bench_goes_on(visitor: Come) -> None:
    page = visitor().open(f"{SMALL}&cut=1,2,3,4,5,6,7,8")
    unit(page, 9).click()
    expect(page.get_by_text("The bench keeps one unit at least")).to_be_visible()
    assert deleted(page) == [list(range(1, 9))] * 2
    unit(page, 8).click()
    asks(page, cut="1,2,3,4,5,6,7")
    has_answered(page)
    expect(page.get_by_text("The bench keeps one unit at least")).to_have_count(0)


def test_units_of_equal_shape_change_places_and_others_are_told_why_not(visitor: Come) -> None:
    page = visitor().open(SMALL)
    mode(page, "Swap two")
    expect(unit(page, 4)).to_have_class(re.compile("rl-barred"))  # alone of its kind
    unit(page, 2).click()
    expect(page.locator(".rl-cut-hint")).to_contain_text("Unit 2 with which one?")
    unit(page, 5).click()
    expect(page.locator(".rl-cut-hint")).to_contain_text("Units 2 and 5 differ in shape")
    unit(page, 2).click()  # afresh
    expect(page.locator(".rl-cut-hint")).to_contain_text("Unit 2 with which one?")
    page.locator(".rl-cut-head").first.click()  # elsewhere
    expect(page.locator(".rl-cut-hint")).to_contain_text("Click a unit, then another one")
    unit(page, 2).click()
    unit(page, 3).click()
    asks(page, swap="2-3")
    has_answered(page)
    expect(unit(page, 2)).to_have_text("3")
    expect(unit(page, 3, 1)).to_have_text("2")
    expect(page.locator(".rl-cut-more").first).to_contain_text("Kendall's τ 0.944")
    unit(page, 8).drag_to(unit(page, 9))
    asks(page, swap="2-3,8-9")
    has_answered(page)
    unit(page, 2).click()
    unit(page, 5).click()
    expect(page.locator(".rl-cut-hint")).to_contain_text("differ in shape")
    page.get_by_role("button", name="Undo").click()
    asks(page, swap="2-3")
    expect(page.locator(".rl-cut-hint")).not_to_contain_text("differ in shape")


def test_a_deleted_unit_that_changes_places_stays_deleted(visitor: Come) -> None:
    page = visitor().open(f"{SMALL}&cut=2&mode=swap")
    unit(page, 2).click()
    unit(page, 3).click()
    asks(page, cut="3", swap="2-3")
    has_answered(page)
    assert deleted(page) == [[3], [3]]


def test_the_slider_scales_a_branch_all_the_way(visitor: Come) -> None:
    page = visitor().open(f"{SMALL}&mode=scale&cut=6")
    unit(page, 5).click()
    slider = page.get_by_role("slider", name="Branch of unit 5")
    slider.focus()
    for _ in range(7):  # faster than they are answered
        page.keyboard.press("ArrowLeft")
    asks(page, cut="6", scale="5:0.3")
    has_answered(page)
    expect(slider).to_have_value("0.3")
    expect(slider).to_be_focused()
    expect(unit(page, 5)).to_contain_text("×0.3")
    assert "its branch × 0.3" in (unit(page, 5).get_attribute("title") or "")
    assert "the whole unit × 0.3" in (unit(page, 5, 1).get_attribute("title") or "")
    unit(page, 6).click()  # a deleted one begins at 0
    slider = page.get_by_role("slider", name="Branch of unit 6")
    expect(slider).to_have_value("0")
    slider.fill("1")
    asks(page, scale="5:0.3")
    has_answered(page)
    assert deleted(page) == [[], []]


def test_the_best_is_kept_for_each_network_and_only_while_less_than_ten_points_are_lost(
    visitor: Come,
) -> None:
    page = visitor().open("lesion?lang=en&cut=14")
    game = page.locator(".rl-cut-game")
    expect(game).to_contain_text("How many can you cut before the upper network loses 10 points?")
    expect(game).to_contain_text("Cut: 1 of 27 units.")
    has_answered(page)
    expect(game).to_contain_text("Your best with this network: –.")  # a link is nobody's best
    unit(page, 16).click()
    expect(game).to_contain_text("Cut: 2 of 27 units.")
    expect(game).to_contain_text("Your best with this network: 2.")
    page.evaluate(
        "for (const one of [1, 2, 3]) document.querySelectorAll('.rl-cut-unit')[one - 1].click()"
    )
    expect(game).to_contain_text("Cut: 5 of 27 units.")
    has_answered(page)
    expect(game).to_contain_text("Your best with this network: 2.")
    page.get_by_role("button", name="Restore all").click()
    expect(game).to_contain_text("Cut: 0 of 27 units.")
    page.reload()
    expect(game).to_contain_text("Your best with this network: 2.")
    page.goto(page.url.split("lesion")[0] + SMALL)
    expect(game).to_contain_text("Cut: 0 of 9 units. ")
    expect(game).to_contain_text("Your best with this network: –.")


def test_nonsense_in_the_browsers_store_is_no_best(visitor: Come) -> None:
    someone = visitor()
    someone.context.add_init_script(
        "localStorage.setItem = () => { throw new Error('full'); };"
        "localStorage.getItem = () => '<b>99</b>';"
    )
    page = someone.open("lesion?lang=en")
    unit(page, 14).click()
    expect(page.locator(".rl-cut-game")).to_contain_text("Your best with this network: 1.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_each_stage_has_room_and_nothing_sticks_out(
    visitor: Come, scheme: str
) -> None:
    size = {"width": 390, "height": 844}
    page = visitor(viewport=size, color_scheme=scheme).open("lesion?lang=en&cut=3")
    for place in (1, 9, 10, 27):
        box = unit(page, place).bounding_box()
        assert box is not None
        assert box["width"] >= 24
        assert box["height"] >= 44
        assert 0 <= box["x"] <= 390 - box["width"]
    tops = [unit(page, place).bounding_box()["y"] for place in (1, 10, 19)]  # type: ignore[index]
    assert tops == sorted(set(tops))  # a line for each stage
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink = unit(page, 5).evaluate("one => getComputedStyle(one).color")
    bright = sum(map(int, ink[4:-1].split(", "))) > 3 * 128
    assert bright == (scheme == "dark")
