"""A study, from the press of the button to a colleague who opens the link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import (
    PLOTS,
    losses,
    note_every_loss,
    points,
    wait_for_points,
    wait_for_start,
    x_range,
    zoom,
)

pytestmark = pytest.mark.browser

LINK = "degradation?lang=en&depths=8,14&steps=150&width=4"
REMEMBERED = "Measured on this machine, and remembered."


def test_a_study_fills_in_while_the_page_answers_and_is_remembered(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(LINK)
    page.get_by_role("button", name="Train these 4 runs").click()
    page.get_by_role("button", name="Stop").wait_for()
    wait_for_start(page, 150)
    note_every_loss(page)

    # The reader zooms in, hides a series, and turns another control meanwhile.
    zoomed = zoom(page, 1)
    entry = page.locator(".rl-panel").nth(1).get_by_role("button", name="residual, batches")
    entry.click()
    page.evaluate(f"window.before = {PLOTS}[1]")
    page.get_by_text("Test error", exact=True).click()
    page.wait_for_function("new URL(location).searchParams.get('test') === '0'")
    page.wait_for_function(f"{PLOTS}[0].data.every(d => !d.uid.includes('test'))")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    wait_for_points(page, 1, wait_for_points(page, 1, 0, "batch"), "batch")
    assert x_range(page, 1) == pytest.approx(zoomed)
    expect(entry).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(f"window.before === {PLOTS}[1]")

    page.get_by_text(REMEMBERED).wait_for()
    is_drawn(page)
    assert x_range(page, 1) == pytest.approx(zoomed)
    expect(entry).to_have_attribute("aria-pressed", "false")
    verdict = page.locator("[data-testid=stMarkdown]").filter(has_text="Residual:")
    expect(verdict).to_contain_text("Plain:")
    expect(verdict).not_to_contain_text("not finished")
    expect(page.get_by_text("Measured here.")).to_be_visible()
    # Without the test error there is less: the count fell once, when the switch was turned.
    assert len(losses(page)) <= 1
    shown = [points(page, 0), points(page, 1)]
    assert sorted(shown[0]["plain_train"][0]) == [8, 14]

    page.reload()
    is_drawn(page)
    page.get_by_text(REMEMBERED).wait_for()
    assert [points(page, 0), points(page, 1)] == shown

    other = visitor().open(page.url)
    other.get_by_text(REMEMBERED).wait_for()
    assert [points(other, 0), points(other, 1)] == shown

    other.get_by_role("button", name="Replay").click()
    other.get_by_text("Replay:").wait_for()
    other.wait_for_function(f"{PLOTS}[0].data.every(d => !d.x.length)")
    other.get_by_text("Replay:").wait_for(state="hidden")
    is_drawn(other)
    assert [points(other, 0), points(other, 1)] == shown


def test_somebody_who_opens_the_link_of_a_running_study_sees_the_same_runs(
    visitor: Callable[..., Visitor],
) -> None:
    link = f"{LINK}&first=50"
    mine = visitor().open(link)
    mine.get_by_role("button", name="Train these 4 runs").click()
    wait_for_start(mine, 150)
    theirs = visitor().open(link)
    wait_for_start(theirs, 150)
    expect(theirs.get_by_role("button", name="Stop")).to_be_visible()
    mine.get_by_text(REMEMBERED).wait_for()
    theirs.get_by_text(REMEMBERED).wait_for()
    is_drawn(mine)
    is_drawn(theirs)
    assert points(mine, 1) == points(theirs, 1)
