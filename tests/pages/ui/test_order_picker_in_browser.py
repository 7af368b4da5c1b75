"""What a visitor does with the order picker: mouse, keyboard, link, telephone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from resnet_core.specs import ORDERS
from tests.browsing import free_port, serving, settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

SERVER = Path(__file__).with_name("picker_server.py")
DESKTOP, TELEPHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(browser: Browser) -> Iterator[str]:
    with serving(SERVER, free_port()) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the page: ``visit("?orders=original")``."""
    contexts = []
    problems: list[str] = []

    def _visit(query: str = "", *, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{address}/{query}")
        page.locator(".rl-order").nth(len(ORDERS) - 1).wait_for(timeout=30_000)
        settled(page)
        return page

    yield _visit
    for context in contexts:
        context.close()
    assert problems == []


def order(page: Page, name: str) -> Locator:
    return page.locator(f"button[data-order='{name}']")


def chooses(page: Page, *names: str) -> None:
    """Wait until page, buttons and address say that these are chosen."""
    expect(page.get_by_text("Chosen: ", exact=False)).to_have_text(f"Chosen: {', '.join(names)}")
    settled(page)
    for one in ORDERS:
        expect(order(page, one)).to_have_attribute("aria-pressed", str(one in names).lower())
    asked = "null" if names == ("original", "pre-activation") else repr(",".join(names))
    page.wait_for_function(f"new URL(location).searchParams.get('orders') === {asked}")


def test_a_click_chooses_and_a_second_one_leaves_out(visit: Callable[..., Page]) -> None:
    page = visit()
    chooses(page, "original", "pre-activation")
    order(page, "relu-only").click()
    chooses(page, "original", "relu-only", "pre-activation")
    order(page, "original").click()
    chooses(page, "relu-only", "pre-activation")


def test_the_last_one_stays(visit: Callable[..., Page]) -> None:
    page = visit("?orders=relu-only")
    chooses(page, "relu-only")
    order(page, "relu-only").click()
    expect(order(page, "relu-only")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Run again").click()
    chooses(page, "relu-only")
    expect(order(page, "relu-only")).to_have_attribute("title", "At least one order stays chosen.")


def test_the_keyboard_chooses_and_keeps_its_place(visit: Callable[..., Page]) -> None:
    page = visit("?orders=original")
    order(page, "original").focus()
    page.keyboard.press("Tab")
    expect(order(page, "bn-after-addition")).to_be_focused()
    page.keyboard.press("Enter")
    chooses(page, "original", "bn-after-addition")
    expect(order(page, "bn-after-addition")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    chooses(page, "original", "bn-after-addition", "relu-before-addition")


def test_quick_clicks_are_all_heard(visit: Callable[..., Page]) -> None:
    page = visit("?orders=original")
    page.evaluate(
        "for (const one of [...document.querySelectorAll('.rl-order')].slice(1)) one.click()"
    )
    chooses(page, *ORDERS)


def test_the_choice_survives_reruns_and_the_page_may_change_it(
    visit: Callable[..., Page],
) -> None:
    page = visit("?orders=original,relu-only")
    order(page, "original").click()
    page.get_by_role("button", name="Run again").click()
    chooses(page, "relu-only")
    page.get_by_role("button", name="All").click()
    chooses(page, *ORDERS)


def test_the_link_opens_the_same_choice(visit: Callable[..., Page]) -> None:
    page = visit()
    order(page, "original").click()
    chooses(page, "pre-activation")
    other = visit(f"?{page.url.partition('?')[2]}")
    chooses(other, "pre-activation")


def test_a_button_is_named_by_what_it_shows(visit: Callable[..., Page]) -> None:
    page = visit()
    group = page.get_by_role("group", name="Activation orders to compare")
    expect(group.get_by_role("button")).to_have_count(len(ORDERS))
    button = group.get_by_role("button", name="(e) full pre-activation: branch BN, ReLU, weight")
    expect(button).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("size", "rows"), [(DESKTOP, [5]), (TELEPHONE, [2, 2, 1])])
def test_five_stand_side_by_side_and_two_in_a_row_on_a_telephone(
    visit: Callable[..., Page], size: dict[str, int], rows: list[int]
) -> None:
    page = visit(size=size)
    boxes = [order(page, one).bounding_box() for one in ORDERS]
    tops = [round(box["y"]) for box in boxes if box is not None]
    assert [tops.count(top) for top in sorted(set(tops))] == rows
    for box in boxes:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_ones_are_strong_and_the_others_pale(
    visit: Callable[..., Page], scheme: str
) -> None:
    page = visit("?orders=original", scheme=scheme)
    page.mouse.move(1, 1)
    look = (
        "(button) => [getComputedStyle(button.querySelector('.rl-order-drawing')).opacity,"
        " getComputedStyle(button).boxShadow !== 'none']"
    )
    assert order(page, "original").evaluate(look) == ["1", True]
    opacity, outlined = order(page, "relu-only").evaluate(look)
    assert float(opacity) < 0.7
    assert not outlined
    word = "(button) => getComputedStyle(button.querySelector('text')).fill"
    bright = sum(map(int, order(page, "original").evaluate(word)[4:-1].split(", "))) > 3 * 128
    assert bright == (scheme == "dark")
