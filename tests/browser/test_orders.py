"""Orders are chosen by clicking their drawings, trained, and shown to whoever has the link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from resnet_core.specs import ORDERS
from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import counted, points, wait_for_points

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LINK = "orders?lang=en&depth=8&width=2&steps=50&seeds=2"


def drawing(page: Page, order: str) -> Locator:
    return page.locator(f".rl-order[data-order={order}]")


def pressed(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.rl-order[aria-pressed=true]')].map(b => b.dataset.order)"
    )
    return found


def test_two_orders_are_chosen_trained_and_shared_by_their_link(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(LINK)
    assert pressed(page) == list(ORDERS)
    for order in ("bn-after-addition", "relu-before-addition", "relu-only"):
        drawing(page, order).click()
    page.wait_for_function(
        "new URL(location).searchParams.get('orders') === 'original,pre-activation'"
    )
    page.get_by_role("button", name="Train these 4 runs").click()
    expect(page.locator(".rl-cell")).to_have_count(4)
    expect(page.locator(".rl-cell").nth(3)).to_contain_text("full pre-activation, seed 1")
    page.wait_for_function(f"{counted(0, 'variant_published')} === 2")  # no more the recording
    assert points(page, 0)["variant_published"][0] == [6.61, 6.37]
    wait_for_points(page, 0, 0, "variant_train")
    remembered = page.get_by_text("Measured on this machine, and remembered.")
    expect(remembered).to_be_visible(timeout=60_000)
    is_drawn(page)
    found = points(page, 0)
    assert len(found["variant_test_seeds"][0]) == 4
    expect(page.get_by_text("The lowest mean test error")).to_be_visible()

    other = visitor().open(page.url)  # another browser
    assert pressed(other) == ["original", "pre-activation"]
    expect(other.get_by_text("Measured on this machine, and remembered.")).to_be_visible()
    assert points(other, 0) == found
