"""What the server does once, beside its first answers, and what pages wait for.

A browser needs about a second to fetch and read the app's own scripts before it asks for a page:
words and recordings are read meanwhile. What the first page can do without comes after it: pandas,
which Streamlit asks about lists in controls. While it is being imported no page may be drawn:
Plotly asks pandas for its classes as soon as some thread has begun.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread


class Warming:
    """One server's. In tests, where nothing was begun, nobody waits for anything."""

    def __init__(self, import_the_rest: Callable[[], None]) -> None:
        self._import_the_rest = import_the_rest
        self._first: Thread | None = None
        self._drawn = 0  # pages that are being drawn
        self._rest = "to come"  # then "coming", then "there"
        self._changed = Condition()

    def begin(self, work: Callable[[], None]) -> None:
        """Do what every page needs, in a thread of its own."""
        self._first = Thread(target=work, name="warming", daemon=True)
        self._first.start()

    def wait(self) -> None:
        """Wait for what every page needs."""
        if self._first is not None:
            self._first.join()

    @contextmanager
    def page(self, *, needs_all: bool) -> Iterator[None]:
        """Draw a page in here: first comes what it needs; the rest when no page is being drawn."""
        if self._first is None:
            yield
            return
        self._enter(needs_all=needs_all)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, *, needs_all: bool) -> None:
        with self._changed:
            if needs_all and self._rest == "to come":
                self._changed.wait_for(lambda: not self._drawn or self._rest != "to come")
                self._begin_the_rest()
            self._changed.wait_for(lambda: self._rest != "coming")
            self._drawn += 1

    def _leave(self) -> None:
        with self._changed:
            self._drawn -= 1
            if not self._drawn:
                self._begin_the_rest()
            self._changed.notify_all()

    def _begin_the_rest(self) -> None:
        if self._rest == "to come":
            self._rest = "coming"
            Thread(target=self._finish, name="warming", daemon=True).start()

    def _finish(self) -> None:
        try:
            self._import_the_rest()
        finally:
            with self._changed:
                self._rest = "there"
                self._changed.notify_all()


def _import_pandas() -> None:
    importlib.import_module("pandas")
    gc.collect()
    gc.freeze()


warming = Warming(_import_pandas)
"""Of this server."""
