"""What tests share: folders of their own, a lab for pages, pages without a browser, a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsing import CHROMIUM_FLAGS, ROOT, find_chromium, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from streamlit.testing.v1 import AppTest

    from pages.ui.lab import Keeper

NO_CHROMIUM = (
    "no Chromium was found: install one (Debian: apt install chromium; macOS: brew install --cask "
    "google-chrome), or name it in CHROMIUM"
)

_home = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests off the visitor's own runs, from before the first import of a page."""
    home = Path(tempfile.mkdtemp(prefix="resnet-lab-tests-"))
    config.stash[_home] = home
    os.environ["RESNET_LAB_DATA"] = str(home / "data")
    os.environ["RESNET_LAB_CACHE"] = str(home / "cache")
    os.environ.pop("RESNET_LAB_STORE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_home], ignore_errors=True)


def pytest_report_header() -> str:
    chromium = find_chromium()
    if chromium is not None:
        return f"browser tests: with {chromium}"
    if browser_is_required():
        return f"browser tests: fail, since {NO_CHROMIUM}"
    return f"browser tests: skipped, since {NO_CHROMIUM}; the other tests run"


def browser_is_required() -> bool:
    return os.environ.get("RESNET_LAB_BROWSER") == "required"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. For a module only: while it is there, no test can run asyncio."""
    chromium = find_chromium()
    if chromium is None:
        if browser_is_required():
            pytest.fail(f"RESNET_LAB_BROWSER=required, but {NO_CHROMIUM}")
        pytest.skip(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def warm_lab() -> Iterator[Keeper]:
    from pages.ui.lab import keeper

    keeper.start()
    wait_until(lambda: keeper.status is not None and keeper.status.machine is not None, 120)
    yield keeper
    keeper.end()


@pytest.fixture
def lab(warm_lab: Keeper) -> Iterator[Keeper]:
    """The lab that pages and routes of this process speak to, warm; it is idle afterwards."""
    yield warm_lab
    for record in warm_lab.store.runs(status=("queued", "running", "paused")):
        visitor = record.owner or record.requested_by
        if visitor is not None:
            warm_lab.client.stop([record.digest], visitor=visitor)


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say who looks at pages that are opened without a browser: those have no cookies."""

    def _become(visitor: str) -> None:
        monkeypatch.setattr("pages.ui.lab.visitor", lambda: visitor)

    _become("0123456789ab")
    return _become


@pytest.fixture
def open_page(become: Callable[[str], None]) -> Callable[..., AppTest]:
    """Open a page as a link does: ``open_page("twins", depth1=8)``."""
    from streamlit.testing.v1 import AppTest

    def _open(name: str, **query: object) -> AppTest:
        app = AppTest.from_file(ROOT / "pages" / "menu.py", default_timeout=60)
        app.switch_page(f"{name}.py")
        for key, value in query.items():
            app.query_params[key] = str(value)
        return app.run()

    return _open
