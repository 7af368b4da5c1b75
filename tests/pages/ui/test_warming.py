"""What pages wait for, and what the first page does without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as enumerate_threads

import pytest

from pages.ui.warming import Warming
from tests.browsing import wait_until

ROOT = Path(__file__).resolve().parents[3]


def test_where_nothing_was_begun_nobody_waits() -> None:
    calls: list[str] = []
    warming = Warming(lambda: calls.append("rest"))
    warming.wait()
    with warming.page(needs_all=True):
        pass
    assert calls == []


def test_the_first_page_comes_before_the_rest_and_the_others_after_it() -> None:
    order: list[str] = []
    warming = Warming(lambda: order.append("rest"))
    warming.begin(lambda: order.append("words"))
    warming.wait()
    with warming.page(needs_all=False):
        order.append("home")
    with warming.page(needs_all=True):
        order.append("lesson")
    with warming.page(needs_all=True):
        order.append("lesson")
    assert order == ["words", "home", "rest", "lesson", "lesson"]


def test_a_lesson_that_is_opened_first_has_the_rest_before_it() -> None:
    order: list[str] = []
    warming = Warming(lambda: order.append("rest"))
    warming.begin(lambda: None)
    with warming.page(needs_all=True):
        order.append("lesson")
    assert order == ["rest", "lesson"]


def test_the_rest_waits_until_no_page_is_being_drawn_and_pages_wait_for_it() -> None:
    order: list[str] = []
    first_may_end, rest_may_end = Event(), Event()

    def rest() -> None:
        order.append("rest begins")
        rest_may_end.wait(10)
        order.append("rest ends")

    warming = Warming(rest)
    warming.begin(lambda: None)

    def visit(name: str, may_end: Event, *, needs_all: bool) -> Thread:
        def draw() -> None:
            with warming.page(needs_all=needs_all):
                order.append(name)
                may_end.wait(10)

        thread = Thread(target=draw)
        thread.start()
        return thread

    at_once = Event()
    at_once.set()
    threads = [visit("home", first_may_end, needs_all=False)]
    wait_until(lambda: order == ["home"])
    threads.append(visit("home again", at_once, needs_all=False))
    wait_until(lambda: "home again" in order)
    assert "rest begins" not in order, "the first is still being drawn"
    first_may_end.set()
    wait_until(lambda: "rest begins" in order)
    threads.append(visit("late", at_once, needs_all=False))
    threads.append(visit("lesson", at_once, needs_all=True))
    assert order[-1] == "rest begins"
    rest_may_end.set()
    for thread in threads:
        thread.join(10)
    assert order[:4] == ["home", "home again", "rest begins", "rest ends"]
    assert set(order[4:]) == {"late", "lesson"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_fails_to_come_keeps_no_page_waiting() -> None:
    done = Event()

    def fail() -> None:
        done.set()
        raise ImportError("no pandas today")

    warming = Warming(fail)
    warming.begin(lambda: None)
    with warming.page(needs_all=True):
        assert done.is_set()
    wait_until(lambda: not any(thread.name == "warming" for thread in enumerate_threads()))


def test_the_first_page_does_without_pandas() -> None:
    """A second and a half that nobody waits for."""
    script = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("pages/menu.py", default_timeout=60).run()
assert not page.exception
assert page.get("bidi_component")
print("pandas" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split()[-1:] == ["False"], done.stderr
