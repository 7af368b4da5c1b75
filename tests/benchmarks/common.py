"""What benchmarks share: rows of a table, medians, the machine, a server and a browser."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil

from tests.browsing import CHROMIUM_FLAGS, find_chromium, free_port, serving, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ("torch", "torchvision", "streamlit", "plotly", "numpy", "sqlalchemy", "pydantic")


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: What was measured.
        value: The figure.
        unit: Of the figure; ``×`` for a ratio.
        at_most: The claim, where it is an upper limit.
        at_least: The claim, where it is a lower limit.
        note: Against what, and how often.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the claim holds; None where nothing is claimed."""
        if self.at_most is None and self.at_least is None:
            return None
        too_high = self.at_most is not None and self.value > self.at_most
        too_low = self.at_least is not None and self.value < self.at_least
        return not (too_high or too_low)

    @property
    def claim(self) -> str:
        """The claim, in short."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}"
        return "" if self.at_least is None else f"≥ {self.at_least:g} {self.unit}"


PAINTED = """requestAnimationFrame(() => {  // this frame is painted, then comes the message
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { window.benchParts.painted = performance.now(); };
  port2.postMessage(null);
});"""
"""JavaScript that notes when the frame that is being made stands on the screen."""

Measure = Callable[[argparse.Namespace], list[Row]]


def run_benchmark(
    name: str, measure: Measure, options: Callable[[argparse.ArgumentParser], None] | None = None
) -> None:
    """Be a script: measure, print the table, write JSON where ``--json`` says."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: to see that it works")
    parser.add_argument("--json", type=Path, help="write rows and machine to this file")
    if options is not None:
        options(parser)
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    rows = measure(arguments)
    load = (before, os.getloadavg()[0])
    print(f"\n{name} (load average {load[0]:.1f} before, {load[1]:.1f} after)")
    print(table(rows))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report(name, rows, load), indent=1) + "\n")


def table(rows: Sequence[Row]) -> str:
    """Set rows as text."""
    marks = {True: "yes", False: "NO", None: ""}
    cells = [("", "measured", "claim", "met", "note")]
    cells += [
        (row.name, f"{row.value:,.4g} {row.unit}", row.claim, marks[row.met], row.note)
        for row in rows
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(5)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i == 1 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def report(name: str, rows: Sequence[Row], load: tuple[float, float]) -> dict[str, Any]:
    """Gather what a results file keeps of one benchmark."""
    return {
        "benchmark": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": [round(value, 2) for value in load],
        "rows": [asdict(row) | {"met": row.met} for row in rows],
    }


def machine() -> dict[str, Any]:
    """Describe hardware and versions."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "cpu": cpu_name(),
        "cores": cores(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in PACKAGES},
        "commit": commit,
    }


def cpu_name() -> str:
    """Name the processor as its maker does."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))


def cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0))


def quantile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def ratios(above: Sequence[float], below: Sequence[float]) -> float:
    """Give the median ratio of interleaved pairs."""
    return median(a / b for a, b in zip(above, below, strict=True))


def wait_for_calm(*, seconds: float = 20) -> bool:
    """Wait until nothing else keeps the machine busy; False where that never comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if psutil.cpu_percent(interval=0.4) < 20:
            return True
    return False


@contextmanager
def fresh_folders() -> Iterator[dict[str, str]]:
    """Make folders for data and cache that nobody has used, as an environment."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        names = {"RESNET_LAB_DATA": "data", "RESNET_LAB_CACHE": "cache"}
        environment = {key: str(Path(folder) / name) for key, name in names.items()}
        yield environment | {"RESNET_LAB_STORE": f"sqlite:///{folder}/data/lab.sqlite"}


@contextmanager
def app_server(environment: Mapping[str, str]) -> Iterator[str]:
    """Run the app on a free port, and give its address once its lab is warm."""
    with serving(ROOT / "app.py", free_port(), environment) as address:
        wait_for_lab(address)
        yield address


def wait_for_lab(address: str, *, seconds: float = 180) -> None:
    """Wait until a server's lab can count and train."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            if json.load(answer)["machine"] is not None:
                return
        time.sleep(0.05)
    raise TimeoutError(f"The lab of {address} was not warm after {seconds:.0f} s.")


@contextmanager
def browser_page(width: int = 1440, height: int = 900) -> Iterator[Page]:
    """Open a page of a headless Chromium that has seen nothing before."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium was found: install `chromium`, or name it in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(
            viewport={"width": width, "height": height}, locale="en-GB", color_scheme="light"
        )
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def open_twins(page: Page, url: str) -> None:
    """Open *Train two networks* and wait until counts and charts are there and all is still."""
    page.goto(url)
    page.get_by_text("multiply-adds").first.wait_for()
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for(state="attached")
    settled(page)
    page.wait_for_timeout(500)
