"""Whose turn it is: the next run to start, fair between visitors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A queued run: its digest, who asked for it, and its place in the order of asking."""

    digest: str
    visitor: str | None
    place: int


def next_run(
    waiting: Sequence[Waiting],
    running_visitors: Iterable[str | None],
    is_watched: Callable[[str], bool],
) -> Waiting | None:
    """Choose the next run: watched before unwatched, then whose visitor has the fewest running.

    Among equals, the first that was asked for.
    """
    if not waiting:
        return None
    running = Counter(running_visitors)
    return min(
        waiting, key=lambda run: (not is_watched(run.digest), running[run.visitor], run.place)
    )
