"""What browser tests share: Chromium, a server on a free port, waiting until a page is still."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    found = (os.environ.get("CHROMIUM"), *map(shutil.which, names))
    return next((path for path in found if path), None)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def serving(script: Path, port: int, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run ``streamlit run script`` in the repository's root, and give its address."""
    with start_server(script, port, environment) as process:
        try:
            wait_until_healthy(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def start_server(
    script: Path,
    port: int,
    environment: Mapping[str, str] | None = None,
    *options: str,
    log: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Begin to run ``streamlit run script`` in the repository's root."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with Path(log or os.devnull).open("a") as out:
        return subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environ, stdout=out, stderr=subprocess.STDOUT
        )


def settled(page: Page) -> None:
    """Wait until Streamlit is connected, its script has ended and nothing is stale."""
    from playwright.sync_api import expect

    page.wait_for_timeout(155)
    page.locator(
        "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
    ).wait_for(state="attached")
    expect(page.locator("[data-testid=stElementContainer][data-stale=true]")).to_have_count(0)


def wait_until_healthy(port: int, process: subprocess.Popen[bytes]) -> None:
    url = f"http://127.0.0.1:{port}/_stcore/health"
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}.")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer.")


def wait_until(met: Callable[[], object], seconds: float = 60) -> None:
    """Ask again and again until something is so."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError(f"This did not come within {seconds:.0f} s: {met}")
        time.sleep(0.05)
