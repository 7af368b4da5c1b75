"""From a control to the new drawing on the screen: networks, and the residual unit.

A real browser on *Residual networks, drawn*: the depth slider of a CIFAR network beside VGG-19 and
plain-34 moves by the arrow key from 8 to 152 layers; then ResNet-152 and VGG-19 are chosen from the
list. Then *The residual unit*, whose channels move. The clock is the browser's: from the key's or
the click's own event until the frame with the new drawing is painted.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tests.benchmarks.common import (
    PAINTED,
    Row,
    app_server,
    browser_page,
    fresh_folders,
    quantile,
    run_benchmark,
    wait_for_calm,
)
from tests.browsing import settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

STEPS = 12
THIRD = "[data-place='3'] svg"
UNIT = "svg[role=img][aria-label]:not([width])"

ARM = """([drawing, event]) => {
  const said = () => document.querySelector(drawing)?.getAttribute("aria-label");
  const before = said();
  const parts = (window.benchParts = {});
  addEventListener(event, ({ timeStamp }) => {
    parts.begun = timeStamp;
    const observer = new MutationObserver(() => {
      const now = said();
      if (!now || now === before) return;
      observer.disconnect();
      PAINTED
    });
    const what = { subtree: true, childList: true, attributes: true, characterData: true };
    observer.observe(document.body, what);
  }, { capture: true, once: true });
}""".replace("PAINTED", PAINTED)


def measure(arguments: argparse.Namespace) -> list[Row]:
    rounds = 1 if arguments.quick else 3
    with (
        fresh_folders() as environment,
        app_server(environment) as address,
        browser_page() as page,
    ):
        _open(page, f"{address}/drawn?lang=en&third=cifar-residual&depth3=8", THIRD)
        depths = _slide(page, ".st-key-drawn-depth3", THIRD)
        again = []
        for _ in range(rounds - 1):
            _open(page, f"{address}/drawn?lang=en&third=cifar-residual&depth3=8", THIRD)
            again += _slide(page, ".st-key-drawn-depth3", THIRD)
        chosen: dict[str, list[float]] = {"ResNet-152": [], "VGG-19": []}
        for shortcut in "BCA"[:rounds]:  # each asks the lab for a network it has not read
            link = f"{address}/drawn?lang=en&third=plain-18&shortcut={shortcut}"
            for name, took in chosen.items():
                _open(page, link, THIRD)
                took.append(_choose(page, name))
        _open(page, f"{address}/unit?lang=en&in=16&out=16", UNIT)
        unit = _slide(page, ".st-key-unit-out", UNIT, steps=7)
    note = f"{STEPS} steps, 8 to 152 layers, each asked of the lab"
    return [
        Row("depth → drawing, p50", quantile(depths, 0.5), "ms", at_most=120, note=note),
        Row("depth → drawing, p95", quantile(depths, 0.95), "ms"),
        *(
            [Row("  remembered networks, p50", quantile(again, 0.5), "ms", at_most=120)]
            if again
            else []
        ),
        *(
            Row(f"{name} drawn", max(took), "ms", at_most=500, note=f"the slowest of {len(took)}")
            for name, took in chosen.items()
        ),
        Row("channels → unit's drawing, p50", quantile(unit, 0.5), "ms", at_most=120),
        Row("channels → unit's drawing, p95", quantile(unit, 0.95), "ms"),
    ]


def _open(page: Page, url: str, drawing: str) -> None:
    page.goto(url)
    page.locator(drawing).first.wait_for()
    settled(page)
    wait_for_calm()


def _slide(page: Page, slider: str, drawing: str, *, steps: int = STEPS) -> list[float]:
    """Move a slider by the arrow key; give what each step took."""
    found = []
    for _ in range(steps):
        page.evaluate(ARM, [drawing, "keydown"])
        page.locator(f"{slider} input[type=range]").press("ArrowRight")
        found.append(_took(page))
    return found


def _choose(page: Page, name: str) -> float:
    """Take a network from the third list; give what it took."""
    page.locator(".st-key-drawn-third input").click()
    option = page.get_by_role("option", name=name, exact=True)
    option.wait_for()
    page.wait_for_timeout(400)
    page.evaluate(ARM, [THIRD, "click"])
    option.click()
    return _took(page)


def _took(page: Page) -> float:
    page.wait_for_function("window.benchParts.painted")
    took: float = page.evaluate("window.benchParts.painted - window.benchParts.begun")
    page.wait_for_timeout(400)  # as a hand does: look, then move on
    return took


if __name__ == "__main__":
    run_benchmark("drawing", measure)
