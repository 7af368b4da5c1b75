"""What is known by now of a network's gradients by path length? Asked draw by draw, in a thread.

A page asks for as many draws as it wants, gets those that are there, and has the next one asked.
Nobody waits: the page stays usable, the bench answers others in between, and where nobody looks any
more nothing more is asked. The server asks one question after the other.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pages.ui import asking
from pages.ui.trained import Subject
from resnet_core.errors import ResNetLabError

IMAGES = 32
"""Test images at most that gradients arrive at."""

MOST_KEPT = 500
"""Answers, the newest."""

SUMS = -1
"""In the place of a draw's number: the exact sums."""

Answer = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What the bench has said of one network.

    Attributes:
        draws: Its answers, of draw 0 on.
        sums: The answer with the exact sums; None until they are there, or not wanted.
        wanted: Answers that were wanted.
        problem: Why there will be no more.
        draw_seconds: That the last draw took; None without one.
        sum_seconds: That the exact sums took.
    """

    draws: tuple[Answer, ...]
    sums: Answer | None
    wanted: int
    problem: ResNetLabError | None
    draw_seconds: float | None
    sum_seconds: float | None

    @property
    def count(self) -> int:
        """Answers that are there."""
        return len(self.draws) + (self.sums is not None)

    @property
    def waits(self) -> bool:
        """Whether there is more to come."""
        return self.problem is None and self.count < self.wanted


class PathDraws:
    """Questions and answers of one server."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="paths")
        self._asked: OrderedDict[tuple[str, str, int], Future[tuple[Answer, float]]] = OrderedDict()
        self._lock = Lock()

    def look(self, of: Subject, draws: int, *, exact: bool, patience: float = 0) -> Known:
        """Give what is known of a network by now, and have the next thing asked.

        Args:
            of: Residual, not too deep.
            draws: Wanted, each with one path of each length.
            exact: Whether the exact sums are wanted, after the draws.
            patience: Seconds to wait for the first draw, so that a new page is not empty.
        """
        found: list[tuple[Answer, float]] = []
        problem = None
        wanted = [*range(draws), *([SUMS] if exact else [])]
        for place, number in enumerate(wanted):
            future = self._ask(of, number)
            if not found and patience:
                _wait(future, patience)
            if not future.done():
                if number != wanted[-1]:  # so that the bench need not wait for the page's next look
                    self._ask(of, wanted[place + 1])
                break
            try:
                found.append(future.result())
            except ResNetLabError as error:
                problem = error
                self._forget(of, number)
                break
        sums = found[draws] if exact and len(found) == len(wanted) else None
        drawn = found[:draws]
        return Known(
            draws=tuple(answer for answer, _ in drawn),
            sums=sums[0] if sums else None,
            wanted=len(wanted),
            problem=problem,
            draw_seconds=drawn[-1][1] if drawn else None,
            sum_seconds=sums[1] if sums else None,
        )

    def _ask(self, of: Subject, number: int) -> Future[tuple[Answer, float]]:
        key = (of.run.digest, of.sha256, number)
        with self._lock:
            if key not in self._asked:
                self._asked[key] = self._pool.submit(_question, of, number)
                while len(self._asked) > MOST_KEPT:
                    self._asked.popitem(last=False)
            self._asked.move_to_end(key)
            return self._asked[key]

    def _forget(self, of: Subject, number: int) -> None:
        """Let a question that failed be asked again, by the next who looks."""
        with self._lock:
            self._asked.pop((of.run.digest, of.sha256, number), None)


def _question(of: Subject, number: int) -> tuple[Answer, float]:
    began = time.monotonic()
    if number == SUMS:
        answer = asking.ask("path_sums", of, at_most=IMAGES)
    else:
        answer = asking.ask("path_gradients", of, at_most=IMAGES, seed=number)
    return answer, time.monotonic() - began


def _wait(future: Future[tuple[Answer, float]], seconds: float) -> None:
    try:
        future.exception(timeout=seconds)
    except TimeoutError:
        return


path_draws = PathDraws()
"""Of this server."""
