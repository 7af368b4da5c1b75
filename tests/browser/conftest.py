"""One app for all browser tests: a real server, its lab, and visitors who notice what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from tests.browser.app import App
from tests.browsing import settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = App(tmp_path_factory.mktemp("app"))
    app.start()
    yield app
    app.end()


class Visitor:
    """A browser of one person, with its cookies; every page it opens is looked after."""

    def __init__(self, browser: Browser, app: App, **options: Any) -> None:
        options = {
            "viewport": {"width": 1440, "height": 900},
            "color_scheme": "light",
            "locale": "en-US",
        } | options
        self.app = app
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(60_000)
        self.problems: list[str] = []

    def open(self, link: str = "") -> Page:
        """Open a page of the app, and wait until its figures are drawn."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("request", lambda request: self._stays_here(request.url))
        page.on("websocket", lambda line: self._stays_here(line.url))
        page.goto(urljoin(f"{self.app.address}/", link))
        is_drawn(page)
        return page

    def _stays_here(self, url: str) -> None:
        parts = urlsplit(url)
        if (
            parts.scheme not in ("data", "blob")
            and parts.netloc != urlsplit(self.app.address).netloc
        ):
            self.problems.append(f"asked somebody else: {url}")

    def leave(self) -> None:
        for page in self.context.pages:
            if page.locator("[data-testid=stException]").count():
                self.problems.append(f"an exception on {page.url}: {self.app.server_log[-2000:]}")
            if "Traceback" in page.locator("body").inner_text():
                self.problems.append(f"a traceback on {page.url}")
        self.context.close()
        assert self.problems == []


@pytest.fixture
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Let somebody come with a browser of their own."""
    app = request.getfixturevalue("app")  # not started where there is no browser
    visitors: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, app, **options))
        return visitors[-1]

    yield come
    for one in visitors:
        one.leave()


def is_drawn(page: Page) -> None:
    page.locator(".rl-plot.rl-ready").first.wait_for()
    settled(page)
