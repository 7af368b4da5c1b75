"""What the server does once, beside its first answers, and what pages wait for.

A browser needs about a second to fetch and read the app's own scripts before it asks for a page.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

_threads: list[Thread] = []


def begin(work: Callable[[], None]) -> None:
    """Do the server's work in a thread of its own."""
    thread = Thread(target=work, name="warming", daemon=True)
    _threads.append(thread)
    thread.start()


def wait() -> None:
    """Wait until what was begun is done; at once where nothing was."""
    for thread in _threads:
        thread.join()
