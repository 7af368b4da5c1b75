"""Two networks in the hands of one visitor, and before the eyes of another."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from safetensors.numpy import load as load_safetensors

from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import PLOTS, wait_for_points, wait_for_start

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LINK = "twins?lang=en&depth1=8&depth2=8&width1=4&width2=4"
LAST = f"{PLOTS}[0].data.filter(d => d.uid.includes('batch')).map(d => d.x[d.x.length - 1])"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def last_steps(page: Page) -> list[int]:
    found: list[int] = page.evaluate(LAST)
    return found


def test_start_pause_one_step_resume_and_stop_while_another_looks_on(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(f"{LINK}&steps=16000")
    press(page, "Start")
    wait_for_start(page, 16000, figure=0)
    page.wait_for_function("new URL(location).searchParams.has('by')")

    theirs = visitor().open(page.url)
    expect(theirs.get_by_text("You are watching somebody else's runs.")).to_be_visible()
    for name in ("Pause", "Stop", "One step", "Resume"):
        expect(theirs.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(theirs.get_by_role("button", name="Start my own")).to_be_visible()
    seen = wait_for_points(theirs, 0, 0, "batch")
    wait_for_points(theirs, 0, seen, "batch")

    press(page, "Pause")
    page.get_by_role("button", name="Resume").wait_for()
    is_drawn(page)
    paused = last_steps(page)
    press(page, "One step")
    page.wait_for_function(f"{LAST}.join() === '{','.join(str(step + 1) for step in paused)}'")
    page.get_by_role("button", name="Resume").wait_for()
    theirs.wait_for_function(f"{LAST}.join() === '{','.join(str(step + 1) for step in paused)}'")

    press(page, "Resume")
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function(f"Math.min(...{LAST}) > {max(paused) + 1}")
    press(page, "Stop")
    page.get_by_role("button", name="Resume").wait_for()
    page.get_by_role("link", name="plain-8: metrics (CSV)").wait_for()
    theirs.get_by_role("link", name="plain-8: metrics (CSV)").wait_for()
    expect(theirs.get_by_text("You are watching somebody else's runs.")).to_be_visible()


def test_a_sliders_step_draws_the_controls_and_what_follows_from_them(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open("twins?lang=en&width1=4&width2=4&steps=30")
    counts = page.get_by_text("multiply-adds").first
    page.wait_for_function("!document.querySelector('[data-stale=true]')")

    def step(key: str) -> None:
        before = counts.inner_text()
        page.locator(".st-key-twins-depth1 input[type=range]").press(key)
        expect(counts).not_to_have_text(before)

    page.get_by_text("This is a recorded example").wait_for()
    page.evaluate(f"{PLOTS}[0].marked = true")
    step("ArrowLeft")
    page.wait_for_function("new URL(location).searchParams.get('depth1') === '26'")
    step("ArrowLeft")
    page.wait_for_function("new URL(location).searchParams.get('depth1') === '20'")
    assert page.evaluate(f"{PLOTS}[0].marked")  # the chart is the same one

    press(page, "Start")
    page.get_by_text("Trained already: remembered from before.").wait_for()
    expect(page.get_by_role("link", name="plain-20: metrics (CSV)")).to_be_visible()
    step("ArrowRight")  # nobody has trained this one
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="plain-20: metrics (CSV)")).to_have_count(0)


def test_what_finished_runs_leave_can_be_downloaded(visitor: Callable[..., Visitor]) -> None:
    somebody = visitor()
    page = somebody.open(f"{LINK}&steps=30")
    press(page, "Start")
    page.get_by_text("Trained already: remembered from before.").wait_for()

    def download(name: str) -> bytes:
        link = page.get_by_role("link", name=name).get_attribute("href")
        answer = somebody.context.request.get(f"{somebody.app.address}/{link}")
        assert answer.ok
        assert "attachment" in answer.headers["content-disposition"]
        return bytes(answer.body())

    for network in ("plain-8", "residual-8"):
        rows = list(csv.DictReader(io.StringIO(download(f"{network}: metrics").decode())))
        assert max(int(row["step"]) for row in rows) == 30
        assert len(load_safetensors(download(f"{network}: weights"))) > 20
