"""What is measured while a visitor looks at something else? Lesions, a few at a time.

The bench answers one question after the other, and a click on the lesion bench must not wait for
hundreds of lesions. So one thread of the server asks for few at a time, in turns for all who want
some, and rests after each click. What it has learnt is there for everybody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pages.ui import asking
from pages.ui.asking import Cut
from pages.ui.trained import Subject
from resnet_core.errors import LabError, ResNetLabError
from resnet_core.specs.lesion import Lesion

SECONDS = 0.12
"""That a question should take: so long, at most, others wait for theirs."""

AT_FIRST = 2
"""Lesions of the first question; later ones are as long as they may."""

PATIENCE = 30.0
"""Seconds after which a visitor who has not asked again has left."""

MOST = 20_000
"""Lesions that are remembered, all networks together."""

log = logging.getLogger(__name__)

Network = tuple[str, str]


@dataclass(frozen=True)
class Task:
    """What is wanted of one network.

    Attributes:
        subject: The network.
        lesions: Each by itself, in the order in which they are measured.
    """

    subject: Subject
    lesions: tuple[Lesion, ...]


@dataclass
class _Wish:
    tasks: Sequence[Task]
    since: float


class Measuring:
    """Measures what is wanted in a thread of its own, which is there as long as there is work.

    Args:
        cut: Asks the bench, as ``asking.cut`` does.
    """

    def __init__(
        self, cut: Callable[[Subject, Sequence[Lesion]], Sequence[Cut]] = asking.cut
    ) -> None:
        self._cut = cut
        self._known: dict[tuple[Network, Lesion], Cut] = {}
        self._problems: dict[Network, ResNetLabError] = {}
        self._wishes: dict[str, _Wish] = {}
        self._sizes: dict[Network, int] = {}
        self._spent: dict[Network, tuple[float, float]] = {}  # passes, seconds
        self._rests_until = 0.0
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    def want(self, who: str, tasks: Sequence[Task]) -> None:
        """Measure these for a visitor, instead of what they wanted before.

        Who looks on says it again, at least every ``PATIENCE`` seconds; nothing ends it at once.
        """
        with self._changed:
            self._wishes.pop(who, None)
            if tasks:
                self._wishes[who] = _Wish(tasks, time.monotonic())
            if self._next() is not None and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="cuts", daemon=True)
                self._thread.start()

    def rest(self, seconds: float) -> None:
        """Ask for nothing for so long: somebody clicks, and may click again."""
        with self._changed:
            self._rests_until = time.monotonic() + seconds
            self._changed.notify_all()

    def known(self, of: Subject, lesions: Sequence[Lesion]) -> list[Cut | None]:
        """Give what is known of each lesion by now."""
        network = _network(of)
        with self._changed:
            return [self._known.get((network, lesion)) for lesion in lesions]

    def missing(self, task: Task) -> int:
        """Count the lesions of a task that are not measured yet."""
        return self.known(task.subject, task.lesions).count(None)

    def problem(self, of: Subject) -> ResNetLabError | None:
        """Say why a network could not be measured; nobody tries again before ``forgive``."""
        return self._problems.get(_network(of))

    def forgive(self, of: Subject) -> None:
        """Forget why a network could not be measured: it may be tried again."""
        with self._changed:
            self._problems.pop(_network(of), None)

    def seconds(self, tasks: Sequence[Task]) -> float | None:
        """Extrapolate how long the missing lesions will take; None before any was measured."""
        found = 0.0
        for task in tasks:
            passes, seconds = self._spent.get(_network(task.subject), (0.0, 0.0))
            if not passes:
                return None
            found += seconds / passes * self.passes(task)
        return found

    def passes(self, task: Task) -> float:
        """Count the passes of the test images through the network that a task still needs."""
        known = self.known(task.subject, task.lesions)
        missing = [one for one, cut in zip(task.lesions, known, strict=True) if cut is None]
        return _passes(task.subject, missing)

    def _work(self) -> None:
        while True:
            with self._changed:
                while (rest := self._rests_until - time.monotonic()) > 0:
                    self._changed.wait(rest)
                asked = self._next()
                if asked is None:
                    self._thread = None
                    return
            self._ask(asked)

    def _next(self) -> Task | None:
        """Choose the next question: the first of whoever has waited longest."""
        now = time.monotonic()
        for who, wish in [*self._wishes.items()]:
            for task in wish.tasks if now - wish.since < PATIENCE else ():
                network = _network(task.subject)
                missing = [one for one in task.lesions if (network, one) not in self._known]
                if missing and network not in self._problems:
                    self._wishes[who] = self._wishes.pop(who)  # the others first, next time
                    size = self._sizes.get(network, AT_FIRST)
                    return Task(task.subject, tuple(missing[:size]))
            del self._wishes[who]
        return None

    def _ask(self, task: Task) -> None:
        network = _network(task.subject)
        began = time.monotonic()
        try:
            found = self._cut(task.subject, task.lesions)
        except ResNetLabError as error:
            self._fail(network, error)
        except Exception as error:
            log.exception("lesions were not measured")
            self._fail(
                network,
                LabError(
                    "The lab was asked something, but it does not answer ({reason}): try again in "
                    "a moment.",
                    reason=str(error),
                ),
            )
        else:
            self._learn(task, found, time.monotonic() - began)

    def _fail(self, network: Network, error: ResNetLabError) -> None:
        with self._changed:
            self._problems[network] = error

    def _learn(self, task: Task, found: Sequence[Cut], seconds: float) -> None:
        network, size = _network(task.subject), len(task.lesions)
        with self._changed:
            is_first = network not in self._sizes  # it has also read weights and images
            self._known |= {
                (network, lesion): cut for lesion, cut in zip(task.lesions, found, strict=True)
            }
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
            self._sizes[network] = AT_FIRST if is_first else next_size(size, seconds)
            if not is_first:
                passes, spent = self._spent.get(network, (0.0, 0.0))
                passes += _passes(task.subject, task.lesions)
                self._spent[network] = (passes, spent + seconds)


def next_size(size: int, seconds: float) -> int:
    """Say how many lesions the next question may have, after one of ``size`` took so long."""
    if seconds > SECONDS:
        return max(1, size // 2)
    return min(asking.AT_ONCE, 2 * size) if seconds < SECONDS / 2.5 else size


def _network(of: Subject) -> Network:
    return (of.run.digest, of.sha256)


def _passes(of: Subject, lesions: Sequence[Lesion]) -> float:
    """Count passes: each lesion's from where it begins, as ``lesions.measure`` shares the rest."""
    count = sum(of.network.units_per_stage)
    firsts = [lesion.first_changed() or count + 1 for lesion in lesions]
    return sum((count + 1 - first) / count for first in firsts) + 0.1 * len(firsts)


measuring = Measuring()
"""The one of this server."""
