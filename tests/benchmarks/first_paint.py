"""From the command to the first paint of the home page, and to a lab that is ready.

``streamlit run app.py`` with fresh data and cache folders. A browser that has seen nothing asks
for the page until it is there; painted is when the page's title and figure have been on the
screen for a frame. The browser's own start is not counted: students have one open.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
import urllib.request
from statistics import median

from playwright.sync_api import Error

from tests.benchmarks.common import (
    ROOT,
    Row,
    browser_page,
    free_port,
    fresh_folders,
    run_benchmark,
    wait_for_calm,
    wait_for_lab,
)


def measure(arguments: argparse.Namespace) -> list[Row]:
    repeats = 1 if arguments.quick else 5
    found = [_start() for _ in range(repeats)]
    answers, titles, figures, labs = (list(times) for times in zip(*found, strict=True))
    note = f"median of {repeats}"
    return [
        Row("command → first paint", median(titles), "s", at_most=6, note=note),
        Row("  slowest of them", max(titles), "s"),
        Row("command → server answers", median(answers), "s"),
        Row("command → figure painted", median(figures), "s", note="Plotly read and drawn"),
        Row("command → lab is warm", median(labs), "s", note="can count, estimate and train"),
    ]


def _start() -> tuple[float, float, float, float]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [str(ROOT / ".venv/bin/streamlit"), "run", "app.py", "--server.port", str(port)]
    with fresh_folders() as environment, browser_page() as page:
        wait_for_calm()
        began = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server:
            try:
                while not _answers(address):
                    time.sleep(0.02)
                answered = time.monotonic() - began
                while True:
                    try:
                        page.goto(address)
                        break
                    except Error:
                        time.sleep(0.02)
                page.get_by_role("heading", level=1).first.wait_for()
                _two_frames(page)
                title = time.monotonic() - began
                page.locator(".js-plotly-plot .scatterlayer path").first.wait_for(state="attached")
                _two_frames(page)
                figure = time.monotonic() - began
                wait_for_lab(address)
                return answered, title, figure, time.monotonic() - began
            finally:
                server.terminate()
                server.wait(15)


def _two_frames(page: object) -> None:
    page.evaluate(  # type: ignore[attr-defined]
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    run_benchmark("first_paint", measure)
