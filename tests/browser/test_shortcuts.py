"""A sweep over λ, from the press of a button to its points; and what a link shows to others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import PLOTS, counted, points, wait_for_points

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SWEEP = "shortcuts?lang=en&part=sweep&depth=8&width=2&steps=40&scales=0,1,2"
KINDS = "shortcuts?lang=en&part=kinds&depth=8&width=2&steps=200&cases=identity,highway,rezero"


def start(page: Page, runs: int) -> None:
    page.get_by_role("button", name=f"Train these {runs} runs").click()


def test_a_sweep_fills_in_and_is_there_for_the_next_visitor(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open(SWEEP)
    start(page, 3)
    expect(page.locator(".rl-cell")).to_have_count(3)
    expect(page.locator(".rl-cell").nth(0)).to_contain_text("λ = 0")
    wait_for_points(page, 0, 0, "scale_train")
    remembered = page.get_by_text("Measured on this machine, and remembered.")
    expect(remembered).to_be_visible(timeout=60_000)
    is_drawn(page)
    found = points(page, 0)
    finished = [*found["scale_train"][0], *found["scale_diverged"][0]]
    assert sorted(finished) == [0, 1, 2]
    expect(page.get_by_text("The lowest mean training error")).to_be_visible()

    other = visitor().open(SWEEP)  # another browser
    expect(other.get_by_text("Measured on this machine, and remembered.")).to_be_visible()
    assert points(other, 0) == found
    other.get_by_role("button", name="New seeds").click()
    other.wait_for_function("new URL(location).searchParams.get('first') === '1'")
    other.get_by_role("button", name="Train these 3 runs").wait_for()


def test_gates_are_drawn_while_their_network_trains(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open(KINDS)
    start(page, 3)
    page.wait_for_function(f"{PLOTS}[1]?._fullLayout?.xaxis.range[1] > 0")
    page.wait_for_function(f"{counted(1, 'gate_')} > 5")
    # While it trains, what is published stays beside what comes.
    page.wait_for_function(f"{counted(0, 'variant_published')} === 1")  # no more the recording
    wait_for_points(page, 0, 0, "variant_train")
    assert points(page, 0)["variant_published"][0] == [6.61]
    remembered = page.get_by_text("Measured on this machine, and remembered.")
    expect(remembered).to_be_visible(timeout=60_000)
    is_drawn(page)
    assert len(points(page, 0)["variant_train"][0]) == 3
    assert len(points(page, 1)["gate_3"][0]) == 25


def test_the_slider_moves_the_formula_and_the_measurement(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open("shortcuts?lang=en&depth=14&width=2&lambda=0.9")
    expect(page.get_by_text("0.9⁶ = 0.531")).to_be_visible()
    wait_for_points(page, 0, 0, "signal_gradient")
    before = page.evaluate(f"JSON.stringify({PLOTS}[0].data.map(d => d.y))")
    page.locator(".st-key-shortcuts-lambda input[type=range]").press("ArrowRight")
    expect(page.get_by_text("0.95⁶ = 0.735")).to_be_visible()
    page.wait_for_function(f"JSON.stringify({PLOTS}[0].data.map(d => d.y)) !== {before!r}")
    page.wait_for_function("new URL(location).searchParams.get('lambda') === '0.95'")

    # What one part has stays while another is looked at.
    page.get_by_role("radio", name="Every λ").click()
    page.wait_for_function("new URL(location).searchParams.get('part') === 'sweep'")
    page.get_by_role("radio", name="One λ").click()
    expect(page.get_by_text("0.95⁶ = 0.735")).to_be_visible()
