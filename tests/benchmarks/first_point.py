"""From the click on Start to the first point on the screen, and from Stop to stopped.

A real browser on *Train two networks*, each time with seeds that nobody has trained. The clock is
the browser's: it starts in the click's own event and ends in the first frame in which Plotly
holds points of a new run. The parts say where the time goes.
"""

from __future__ import annotations

import argparse
from statistics import median
from typing import TYPE_CHECKING, Any

from resnet_core.store import Store
from tests.benchmarks.common import (
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

SPY = """() => {
  const now = () => performance.timeOrigin + performance.now();
  const spy = (window.benchSpy = { parts: {} });
  const first = (name) => (spy.parts[name] ??= now());
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (...given) {
    if (!this.benchSpied) {
      this.benchSpied = true;
      this.addEventListener("message", () => spy.parts.sent && first("answered"));
    }
    if (spy.parts.click) first("sent");
    return send.apply(this, given);
  };
  const { fetch } = window;
  window.fetch = async (...given) => {
    const live = spy.parts.click && String(given[0]).includes("api/live");
    if (live) first("asked");
    const response = await fetch(...given);
    if (live && response.status === 200) {
      const text = await response.clone().text();
      if (/"x":\\s*\\[\\d/.test(text)) first("told");
    }
    return response;
  };
}"""

ARM = """() => {
  const spy = window.benchSpy;
  const plots = () => [...document.querySelectorAll(".js-plotly-plot")];
  const full = () => plots().flatMap((plot) => plot.data ?? [])
    .filter((trace) => trace.x?.length && trace.uid).map((trace) => trace.uid);
  const before = new Set(full());
  spy.parts = {};
  addEventListener("click", (event) => {
    spy.parts.click = performance.timeOrigin + event.timeStamp;
  }, { capture: true, once: true });
  const look = () => {
    if (full().some((uid) => !before.has(uid))) {
      spy.parts.point = performance.timeOrigin + performance.now();
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

ARM_STOP = """() => {
  addEventListener("click", (event) => {
    const clicked = event.timeStamp;
    const look = () => {
      if (document.querySelector('[class*="st-key-pair-resume"]')) {  // Stop became Resume
        window.benchStopped = performance.now() - clicked;
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true, once: true });
}"""

PARTS = {
    "sent": "the browser sends the click",
    "answered": "the page's script begins to answer",
    "started": "the lab starts the first run's process",
    "asked": "the chart first asks for points",
    "told": "the chart is told the first points",
}


def measure(arguments: argparse.Namespace) -> list[Row]:
    repeats = 5 if arguments.quick else 20
    points: list[float] = []
    stops: list[float] = []
    calm = 0
    parts: dict[str, list[float]] = {name: [] for name in PARTS}
    with (
        fresh_folders() as environment,
        app_server(environment) as address,
        browser_page() as page,
    ):
        page.add_init_script(f"({SPY})()")
        for repeat in range(repeats + 1):
            found, stopped = _try(page, f"{address}/twins?seed={1000 + repeat}&steps=400")
            if repeat == 0:
                continue  # the first is every cache's first
            store = Store.open(environment["RESNET_LAB_STORE"], read_only=True)
            began = [run.started for run in store.runs(limit=2) if run.started]
            store.close()
            found["started"] = 1000 * min(began)
            calm += found["calm"]
            points.append(found["point"] - found["click"])
            stops.append(stopped)
            for name, times in parts.items():
                times.append(found[name] - found["click"])
    note = f"{repeats} clicks, two runs of depth 32 at once; machine otherwise idle in {calm}"
    return [
        Row("click → first point, p95", quantile(points, 0.95), "ms", at_most=500, note=note),
        Row("click → first point, median", median(points), "ms"),
        *(
            Row(f"  click → {said}", median(parts[name]), "ms", note="median")
            for name, said in PARTS.items()
        ),
        Row("Stop → stopped, p95", quantile(stops, 0.95), "ms", at_most=1000, note=note),
        Row("Stop → stopped, median", median(stops), "ms"),
    ]


def _try(page: Page, url: str) -> tuple[dict[str, Any], float]:
    open_twins(page, url)
    calm = wait_for_calm()
    page.evaluate(ARM)
    page.get_by_role("button", name="Start", exact=False).first.click()
    page.wait_for_function("window.benchSpy.parts.point")
    parts = page.evaluate("window.benchSpy.parts") | {"calm": calm}
    page.evaluate(ARM_STOP)
    page.get_by_role("button", name="Stop").first.click()
    page.wait_for_function("window.benchStopped")
    return parts, page.evaluate("window.benchStopped")


if __name__ == "__main__":
    run_benchmark("first_point", measure)
