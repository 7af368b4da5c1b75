"""Drawings answer: to the mouse, to the keyboard, to a finger; what is open stands in the link."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LINK = "drawn?lang=en"


def part(page: Page, place: int, code: str) -> Locator:
    return page.locator(f"[data-place='{place}'] [data-part='{code}']")


def word(page: Page, place: int, code: str) -> Locator:
    """What a layer of a part is called: a place to point at."""
    return part(page, place, code).locator("text[style*='13.5px']").first


def panel(page: Page) -> Locator:
    return page.locator(".rl-said")


def opened(page: Page, codes: str) -> None:
    """Wait until the address says what is open."""
    page.wait_for_function(
        f"(new URL(location).searchParams.get('open') ?? '') === {codes!r}", timeout=10_000
    )


def test_the_panel_says_what_is_pointed_at(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(LINK)
    expect(panel(page)).to_be_hidden()
    word(page, 1, "0.1").hover()
    expect(panel(page)).to_contain_text("3×224×224 → 64×224×224")
    expect(panel(page)).to_contain_text("1,792")
    word(page, 3, "2.1").hover()
    expect(panel(page)).to_contain_text("Stage 2, unit 1")
    expect(panel(page)).to_contain_text("64×56×56 → 128×28×28")
    expect(panel(page)).to_contain_text("221,696")
    box, own = panel(page).bounding_box(), part(page, 3, "2.1").bounding_box()
    assert box is not None
    assert own is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440
    assert box["x"] + box["width"] <= own["x"] + 1 or box["x"] >= own["x"] + own["width"] - 1
    page.mouse.move(5, 5)
    expect(panel(page)).to_be_hidden()


def test_repeated_units_open_and_close_on_a_click_and_the_link_keeps_it(
    visitor: Callable[..., Visitor],
) -> None:
    somebody = visitor()
    page = somebody.open(LINK)
    word(page, 3, "2.2").click()
    opened(page, "3:2.2")
    expect(part(page, 3, "2.4")).to_be_visible()
    expect(page.locator("[data-place='3'] [data-part^='2.']")).to_have_count(4)
    other = visitor().open(page.url)
    expect(part(other, 3, "2.4")).to_be_visible()
    page.locator("[data-place='3'] .rl-open[data-group='2.2'] .rl-times").click()
    opened(page, "")
    expect(part(page, 3, "2.4")).to_have_count(0)


def test_the_keyboard_reaches_every_part(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(LINK)
    assert page.locator(".rl-network [tabindex='0']").count() == 3  # one stop a drawing
    part(page, 3, "0.1").focus()
    expect(panel(page)).to_contain_text("7×7, 64, /2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(part(page, 3, "1.1")).to_be_focused()
    expect(part(page, 3, "1.1")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    opened(page, "3:1.1")
    expect(part(page, 3, "1.1")).to_be_focused()
    expect(part(page, 3, "1.1")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(part(page, 3, "1.2")).to_be_focused()
    page.keyboard.press("Enter")
    opened(page, "")
    expect(part(page, 3, "1.1")).to_be_focused()
    page.keyboard.press("End")
    expect(panel(page)).to_contain_text("fc, 1000")
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()


def test_a_finger_asks_first_and_opens_by_the_button(visitor: Callable[..., Visitor]) -> None:
    somebody = visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = somebody.open(LINK)
    word(page, 3, "1.1").tap()
    expect(panel(page)).to_contain_text("Stage 1, units 1 to 3")
    box = panel(page).bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    assert "open=" not in page.url
    part(page, 3, "1.1").locator(".rl-times").tap()
    opened(page, "3:1.1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_drawings_stand_beside_each_other_where_there_is_room(
    visitor: Callable[..., Visitor],
) -> None:
    wide = visitor().open(LINK)
    tops = [box["y"] for box in boxes(wide)]
    assert len(tops) == 3
    assert len(set(tops)) == 1
    narrow = visitor(viewport={"width": 390, "height": 844}).open(LINK)
    lefts = [box["x"] for box in boxes(narrow)]
    assert len(set(lefts)) == 1


def boxes(page: Page) -> list[dict[str, float]]:
    found = [one.bounding_box() for one in page.locator(".rl-network svg").all()]
    return [dict(box) for box in found if box is not None]  # type: ignore[call-overload]


def test_a_depth_moves_the_drawing(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(f"{LINK}&third=cifar-residual&depth3=20")
    column = page.locator("[data-place='3']")
    expect(column).to_contain_text("20 weighted layers")
    page.locator(".st-key-drawn-depth3 input[type=range]").press("ArrowRight")
    expect(column).to_contain_text("26 weighted layers")
    page.wait_for_function("new URL(location).searchParams.get('depth3') === '26'")


def test_a_drawing_is_a_file(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(LINK)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="ResNet-34 as SVG").click()
    assert waiting.value.suggested_filename == "resnet_34.svg"
    file = ET.fromstring(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert str(file.get("aria-label")).startswith("ResNet-34: 34 weighted layers")


def test_dark_and_light_drawings_differ(visitor: Callable[..., Visitor]) -> None:
    fill = "getComputedStyle(document.querySelector(\"[data-part='1.1'] rect[style*=tint]\")).fill"
    light = visitor(color_scheme="light").open(LINK)
    dark = visitor(color_scheme="dark").open(LINK)
    assert light.evaluate(fill) != dark.evaluate(fill)
