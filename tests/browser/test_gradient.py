"""Gradients while a network trains: the heat map grows, then the slider goes through its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.translate import translator
from resnet_core.specs import INITIALISATIONS, PROBES
from tests.browser.conftest import Visitor
from tests.browser.looking import PLOTS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LINK = "gradient?lang=en&depth=20&width=4&steps=400"

COLUMNS = (
    f"Math.max(0, ...{PLOTS}.flatMap(p => p.data ?? []).filter(d => d.z).map(d => d.x.length))"
)


def slider(page: Page) -> int:
    return page.locator(".st-key-gradient-step").count()


def test_watch_stop_go_on_and_look_back(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(LINK)
    assert page.evaluate(COLUMNS) == 0
    assert slider(page) == 0
    page.get_by_role("button", name="Train and watch").click()
    page.wait_for_function(f"{COLUMNS} > 3")
    expect(page.get_by_text("The latest probed step, while both train.").first).to_be_visible()
    page.reload()  # in the middle: the same visitor, the same runs
    page.wait_for_function(f"{COLUMNS} > 4")
    assert slider(page) == 0
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("training goes on from there.")).to_be_visible()
    page.get_by_role("button", name="Train and watch").click()
    expect(page.get_by_text("Measured here.")).to_be_visible()
    page.locator(".st-key-gradient-step").wait_for(timeout=60_000)
    page.wait_for_function(f"{COLUMNS} === 25")
    before = page.evaluate(f"JSON.stringify({PLOTS}[0].data[0].y)")
    page.locator(".st-key-gradient-step input[type=range]").press("End")
    page.wait_for_function(f"JSON.stringify({PLOTS}[0].data[0].y) !== {before!r}")
    expect(page.get_by_text("At step 400.")).to_be_visible()
    page.wait_for_function("new URL(location).searchParams.get('step') === '400'")


def test_lists_speak_the_language_that_is_chosen(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("gradient?lang=en&init=xavier")
    zh = translator("zh")
    page.get_by_role("radio", name="简体中文").click()
    for key, label in (
        ("show", PROBES["gradient"].label),
        ("init", INITIALISATIONS["xavier"].label),
    ):
        expect(page.locator(f".st-key-gradient-{key} input")).to_have_value(zh(label))
    page.wait_for_function("new URL(location).searchParams.get('init') === 'xavier'")
