"""From a slider's step to the new counts on the screen: alone, and while a class looks on.

A real browser on *Train two networks*; the depth slider moves by the arrow key, twelve steps from
8 to 152 layers. Each page has a seed of its own, so the lab is asked for each answer; then the
same page again, whose answers the server remembers. The clock is the browser's: from the key's
own event until the frame with the new counts is painted. The class: twenty visitors without a
browser (``visitors``) with live charts of a study that trains on every core.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pages.ui.live import live_url
from resnet_core.execute.client import LabClient
from resnet_core.specs import DegradationStudy, TrainSpec
from tests.benchmarks.common import (
    PAINTED,
    ROOT,
    Row,
    app_server,
    browser_page,
    fresh_folders,
    open_twins,
    quantile,
    run_benchmark,
    wait_for_calm,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

VISITORS = 20
READING_MS = 4000
"""What a visitor takes to read the page first; while it opens, the browser is busy with that."""
STEPS = 12

SPY = """() => {
  window.benchParts = {};
  const first = (name) => (window.benchParts[name] ??= performance.now());
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (...given) {
    if (!this.benchSpied) {
      this.benchSpied = true;
      this.addEventListener("message", () => window.benchParts.sent && first("answered"));
    }
    if (window.benchParts.key) first("sent");
    return send.apply(this, given);
  };
}"""

ARM = """() => {
  const counts = () => [...document.querySelectorAll('[data-testid="stMarkdownContainer"]')]
    .map((one) => one.textContent).find((text) => text.includes("multiply-adds"));
  const before = counts();
  const parts = (window.benchParts = {});
  addEventListener("keydown", (event) => {
    parts.key = event.timeStamp;
    const observer = new MutationObserver(() => {
      const now = counts();
      if (!now || now === before) return;
      observer.disconnect();
      parts.changed = performance.now();
      PAINTED
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  }, { capture: true, once: true });
}""".replace("PAINTED", PAINTED)

PARTS = {
    "sent": "the browser sends it",
    "answered": "the server's first answer",
    "changed": "the counts change",
}

Took = dict[str, float]
"""Milliseconds from the key to each part, and to ``painted``."""


def measure(arguments: argparse.Namespace) -> list[Row]:
    pages = 1 if arguments.quick else 4
    with (
        fresh_folders() as environment,
        app_server(environment) as address,
        browser_page() as page,
    ):
        page.add_init_script(f"({SPY})()")
        _play(page, f"{address}/twins?seed=99", 3, calm=True)
        alone = _session(page, address, pages, 100, calm=True)
        page.goto("about:blank")
        wait_for_calm()
        with _a_class(address, environment["RESNET_LAB_STORE"]) as looking:
            together = _session(page, address, pages, 200, calm=False)
        deepest = _deepest(page, address)
    note = f"{pages * STEPS} steps, every answer asked of the lab"
    return [
        Row("alone, p50", _quantile(alone["asked"], 0.5), "ms", at_most=100, note=note),
        Row("alone, p95", _quantile(alone["asked"], 0.95), "ms"),
        *(
            Row(f"  key → {said}", _quantile(alone["asked"], 0.5, part), "ms", note="median")
            for part, said in PARTS.items()
        ),
        Row("alone, remembered answers, p50", _quantile(alone["remembered"], 0.5), "ms"),
        Row(
            f"with {VISITORS} live charts, p95",
            _quantile(together["asked"], 0.95),
            "ms",
            at_most=150,
            note=f"{note}; a study trains on all cores",
        ),
        Row(f"with {VISITORS} live charts, p50", _quantile(together["asked"], 0.5), "ms"),
        *(
            Row(f"  key → {said}", _quantile(together["asked"], 0.5, part), "ms", note="median")
            for part, said in PARTS.items()
        ),
        Row("  remembered answers, p95", _quantile(together["remembered"], 0.95), "ms"),
        Row(
            "  their charts' answers, p50",
            looking["p50"],
            "ms",
            note=f"{looking['answers']} of them",
        ),
        Row("  their charts' answers, p95", looking["p95"], "ms"),
        Row("alone, from 302 to 1202 layers", deepest["painted"], "ms", note="one step"),
    ]


def _quantile(steps: list[Took], share: float, part: str = "painted") -> float:
    return quantile([took[part] for took in steps], share)


def _session(
    page: Page, address: str, pages: int, seed: int, *, calm: bool
) -> dict[str, list[Took]]:
    took: dict[str, list[Took]] = {"asked": [], "remembered": []}
    for number in range(pages):
        # widths nobody has had yet: nothing about these networks is known to the lab
        url = f"{address}/twins?seed={seed + number}&width1={5 + number + seed // 10}"
        for asked in ("asked", "remembered"):
            took[asked] += _play(page, url, STEPS, calm=calm)
    return took


def _play(page: Page, url: str, steps: int, *, calm: bool) -> list[Took]:
    """Move the first depth slider; give what each step took."""
    open_twins(page, f"{url}&depth1=8")
    page.wait_for_timeout(READING_MS)
    if calm:
        wait_for_calm()
    return [_step(page) for _ in range(steps)]


def _step(page: Page) -> Took:
    page.evaluate(ARM)
    page.locator(".st-key-twins-depth1 input[type=range]").press("ArrowRight")
    page.wait_for_function("window.benchParts.painted")
    parts: Took = page.evaluate("window.benchParts")
    page.wait_for_timeout(400)  # as a hand does: look, then move on
    return {part: at - parts["key"] for part, at in parts.items()}


def _deepest(page: Page, address: str) -> Took:
    open_twins(page, f"{address}/twins?depth1=302&width1=3&seed=9")
    return _step(page)


@contextmanager
def _a_class(address: str, store: str) -> Iterator[dict[str, Any]]:
    """Let visitors look at a study that trains; what their answers took is there at the end."""
    study = DegradationStudy(train=TrainSpec(steps=10_000))
    digests = [run.digest for run in study.runs]
    lab = LabClient(store, start=False)
    lab.submit(study.runs, visitor="bench")
    command = [sys.executable, "-m", "tests.benchmarks.visitors", address]
    command += [f"/{live_url('study', digests, 'en')}", "degradation", str(VISITORS)]
    looking: dict[str, Any] = {}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as visitors:
        try:
            assert visitors.stdout is not None
            assert visitors.stdout.readline() == "ready\n"
            yield looking
        finally:
            looking |= json.loads(visitors.communicate("")[0])
            lab.stop(digests, visitor="bench")


if __name__ == "__main__":
    run_benchmark("slider", measure)
