"""kill -9 in mid-study: of a run, of the lab, of the server. Nothing that was shown is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.lab import COOKIE
from tests.browser.conftest import Visitor, is_drawn
from tests.browser.looking import losses, note_every_loss, points, wait_for_points, wait_for_start
from tests.browsing import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

STEPS = 150
REMEMBERED = "Measured on this machine, and remembered."


def started(somebody: Visitor, first: int) -> Page:
    """A study in the middle of its work; its figures are watched."""
    page = somebody.open(f"degradation?lang=en&depths=8,14&steps={STEPS}&width=4&first={first}")
    page.get_by_role("button", name="Train these 4 runs").click()
    wait_for_start(page, STEPS)
    note_every_loss(page)
    wait_for_points(page, 1, 10, "batch")
    return page


def ends_well(page: Page) -> None:
    """The study ends by itself, with all its points, and nothing went away meanwhile."""
    page.get_by_text(REMEMBERED).wait_for(timeout=120_000)
    is_drawn(page)
    assert losses(page) == []
    expect(page.get_by_text("not finished")).to_have_count(0)
    depth, curves = points(page, 0), points(page, 1)
    for join in ("plain", "residual"):
        assert depth[f"{join}_train"][0] == [8, 14]
    ends = [x[-1] for uid, (x, _) in curves.items() if uid.endswith("_train_error")]
    assert ends == [STEPS] * 4
    for x, _ in curves.values():
        assert x == sorted(set(x))  # no step twice, none out of order


def test_a_killed_run_goes_on(visitor: Callable[..., Visitor]) -> None:
    somebody = visitor()
    app, page = somebody.app, started(somebody, first=100)
    # The last that was forked may be a spare, which waits for a run and has done nothing yet.
    run = max(app.runs(), key=lambda process: process.cpu_times().user)
    run.kill()
    wait_until(lambda: re.search("the process of .* ended with -9", app.log))
    ends_well(page)
    assert run not in app.runs()


def test_a_killed_lab_comes_back(visitor: Callable[..., Visitor]) -> None:
    somebody = visitor()
    app, page = somebody.app, started(somebody, first=200)
    (lab,) = app.labs()
    lab.kill()
    ends_well(page)
    wait_until(lambda: app.health()["lab"] == "ok")
    assert lab not in app.labs()


def test_a_killed_server_comes_back_to_the_same_visitor(
    visitor: Callable[..., Visitor],
) -> None:
    somebody = visitor()
    app, page = somebody.app, started(somebody, first=300)
    before = {cookie["name"]: cookie["value"] for cookie in somebody.context.cookies()}[COOKIE]
    (lab,) = app.labs()
    app.kill_server()
    page.get_by_text("Connection lost, trying again").wait_for()
    app.start()
    assert lab in app.labs()
    ends_well(page)
    shown = [points(page, 0), points(page, 1)]
    page.reload()
    is_drawn(page)
    page.get_by_text(REMEMBERED).wait_for()
    assert [points(page, 0), points(page, 1)] == shown
    after = {cookie["name"]: cookie["value"] for cookie in somebody.context.cookies()}[COOKIE]
    assert after == before
