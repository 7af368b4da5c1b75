"""A hunt for the guilty, from the press of a button to the verdict, and after a refresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import points

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LINK = "guilty?lang=en&deep=20&shallow=8&width=2"


def come(visitor: Callable[..., Visitor], link: str) -> Page:
    """Open a case of which nothing is known: it has no figure yet."""
    one = visitor()
    page = one.context.new_page()
    page.on("pageerror", lambda error: one.problems.append(f"script error: {error}"))
    page.goto(f"{one.app.address}/{link}")
    row(page, "capacity").wait_for()
    return page


def row(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-guilty-row-{key}")


def badge(page: Page, key: str) -> Locator:
    return row(page, key).locator(".stMarkdownBadge")


def test_a_suspect_is_tested_judged_and_remembered(visitor: Callable[..., Visitor]) -> None:
    page = come(visitor, f"{LINK}&steps=60")
    for key in ("overfitting", "steps", "capacity"):
        expect(badge(page, key)).to_have_count(0)
    row(page, "steps").get_by_role("button", name="Test").click()
    # Both networks are seen learning, and the row's own runs below its name.
    page.locator(".rl-plot.rl-ready").first.wait_for()
    expect(row(page, "steps").locator(".rl-cell")).to_have_count(2)
    expect(row(page, "vanishing")).to_contain_text("Waiting for both networks.")
    # What needs no more than both networks is judged as soon as they are done.
    for key in ("overfitting", "vanishing", "exploding", "capacity"):
        expect(badge(page, key)).to_be_visible(timeout=60_000)
    expect(badge(page, "steps")).to_be_visible(timeout=60_000)
    is_drawn(page)
    expect(badge(page, "learning-rate")).to_have_count(0)
    expect(page.get_by_text("3 not tested.")).to_be_visible()
    found = {key: badge(page, key).inner_text() for key in ("overfitting", "steps", "capacity")}
    assert len(points(page, 0)["train"][0]) >= 2
    assert "suspect=steps" in page.url

    page.reload()
    is_drawn(page)
    for key, said in found.items():
        expect(badge(page, key)).to_have_text(said)

    row(page, "vanishing").get_by_role("button", name="Figure").click()
    page.wait_for_function("new URL(location).searchParams.get('suspect') === 'vanishing'")
    row(page, "vanishing").locator(".rl-plot.rl-ready").wait_for()
    expect(page.locator(".rl-plot")).to_have_count(1)


def test_a_test_can_be_stopped_and_taken_up_again(visitor: Callable[..., Visitor]) -> None:
    page = come(visitor, f"{LINK}&steps=2000&seed=5")
    row(page, "initialisation").get_by_role("button", name="Test").click()
    stop = row(page, "initialisation").get_by_role("button", name="Stop")
    stop.wait_for()
    expect(row(page, "initialisation").locator(".rl-cell")).to_have_count(3)
    stop.click()
    row(page, "initialisation").get_by_role("button", name="Test").wait_for()
    expect(row(page, "initialisation").locator(".rl-cell")).to_have_count(0)
    page.get_by_role("button", name="Stop all").click()
    page.get_by_role("button", name="Train both networks").wait_for()
    row(page, "initialisation").get_by_role("button", name="Test").click()
    stop.wait_for()
    page.get_by_role("button", name="Stop all").click()
    page.get_by_role("button", name="Train both networks").wait_for()
