"""From a link, or a slider's step, to gradients on the screen: *Signal and gradient*.

A real browser opens the page with seeds that nobody has asked for, so that the lab's bench probes
both twins and the textbook case anew; then the depth slider moves. The clock is the browser's: from
the navigation, or the key's own event, until the frame with the new lines is painted.
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

STEPS = 6
LINES = "[...document.querySelectorAll('.rl-plot .scatterlayer .trace path.js-line')]"

OPENED = f"""() => {{
  const drawn = [...document.querySelectorAll(".rl-plot")].slice(0, 2).filter(
    (plot) => plot.querySelector(".scatterlayer .trace path.js-line"));
  if (drawn.length < 2 || {LINES}.length < 3) return 0;
  return performance.now();
}}"""

ARM = """() => {
  const lines = () => LINES.map((line) => line.getAttribute("d")).join();
  const before = lines();
  const parts = (window.benchParts = {});
  addEventListener("keydown", ({ timeStamp }) => {
    parts.begun = timeStamp;
    const observer = new MutationObserver(() => {
      const now = lines();
      if (!now || now === before) return;
      observer.disconnect();
      PAINTED
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  }, { capture: true, once: true });
}""".replace("LINES", LINES).replace("PAINTED", PAINTED)


def measure(arguments: argparse.Namespace) -> list[Row]:
    rounds = 2 if arguments.quick else 8
    with (
        fresh_folders() as environment,
        app_server(environment) as address,
        browser_page() as page,
    ):
        opened = []
        page.goto(f"{address}/gradient?lang=en")  # Plotly is in the browser's cache afterwards
        page.wait_for_function(OPENED)
        for seed in range(101, 101 + rounds):
            wait_for_calm()
            page.goto(f"{address}/gradient?lang=en&seed={seed}")
            opened.append(page.wait_for_function(OPENED, polling="raf").json_value())
        settled(page)
        found = []
        for _ in range(STEPS):
            page.evaluate(ARM)
            page.locator(".st-key-gradient-depth input[type=range]").press("ArrowLeft")
            found.append(_took(page))
    note = f"{rounds} seeds, each probed anew: three networks of 56 layers"
    return [
        Row("link → gradients at the start", max(opened), "ms", at_most=2000, note=note),
        Row("link → gradients, p50", quantile(opened, 0.5), "ms"),
        Row(
            "depth → gradients, p50", quantile(found, 0.5), "ms", note=f"{STEPS} steps from 56 down"
        ),
    ]


def _took(page: Page) -> float:
    page.wait_for_function("window.benchParts.painted")
    took: float = page.evaluate("window.benchParts.painted - window.benchParts.begun")
    page.wait_for_timeout(600)  # as a hand does: look, then move on
    return took


if __name__ == "__main__":
    run_benchmark("gradients", measure)
