"""What has a run said so far? Kept in memory for all who look at it, read from the store once.

A hundred viewers of one study ask for the same few new points twice a second. Each run's events
are read once, as they come, and turned into arrays; what a viewer has not yet seen is a slice.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from pages.ui.figures.curves import Curve, change_text
from resnet_core.specs import RunSpec
from resnet_core.specs.events import (
    EvaluationCompleted,
    Event,
    ProbesCompleted,
    RunChanged,
    RunCompleted,
    RunDiverged,
    RunFailed,
    RunStarted,
    StepsCompleted,
)
from resnet_core.store import Store

MOST_POINTS = 1200
"""Points of a curve in one answer; longer ones are averaged over neighbours."""


@dataclass
class History:
    """Everything one run has said, as arrays; ids are the store's, rising.

    ``begun`` is the id of its start: what was said before, by a run that failed, is void.
    """

    run: RunSpec
    ids: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    seconds_at: list[float] = field(default_factory=list)
    evaluation_ids: list[int] = field(default_factory=list)
    evaluations: list[EvaluationCompleted] = field(default_factory=list)
    probe_ids: list[int] = field(default_factory=list)
    probes: list[ProbesCompleted] = field(default_factory=list)
    change_ids: list[int] = field(default_factory=list)
    changes: list[RunChanged] = field(default_factory=list)
    begun: int = 0
    started: RunStarted | None = None
    ended: Event | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Hash the plan once: every answer to a live chart names its curves by that."""
        self.digest = self.run.digest

    def add(self, number: int, event: Event) -> None:
        """Take in the next event."""
        match event:
            case RunStarted():
                run = self.run
                self.__init__(run)  # type: ignore[misc]  # trained anew: what was said is void
                self.begun, self.started = number, event
            case StepsCompleted():
                # One point an event: the mean over its few batches is calmer, and as true.
                self.ids.append(number)
                self.steps.append(event.step)
                self.errors.append(fmean(event.errors))
                self.losses.append(fmean(event.losses))
                self.seconds_at.append(event.seconds)
                self.seconds = event.seconds
            case EvaluationCompleted():
                self.evaluation_ids.append(number)
                self.evaluations.append(event)
                self.seconds = event.seconds
            case ProbesCompleted():
                self.probe_ids.append(number)
                self.probes.append(event)
            case RunChanged():
                self.change_ids.append(number)
                self.changes.append(event)
            case RunCompleted() | RunDiverged() | RunFailed():
                self.ended = event
            case _:
                pass

    @property
    def images_per_second(self) -> float | None:
        """Mean pace so far, evaluations counted in; None before the first steps."""
        if not self.steps or self.seconds <= 0:
            return None
        return self.steps[-1] * self.run.train.batch_size / self.seconds

    def curve(
        self, *, since: int = 0, until: int | None = None, until_seconds: float | None = None
    ) -> Curve:
        """Give what was said after an id, up to another, or in the first seconds of training."""
        start = bisect_right(self.ids, since)
        first = bisect_right(self.evaluation_ids, since)
        stop, last = len(self.ids), len(self.evaluation_ids)
        if until is not None:
            stop, last = bisect_right(self.ids, until), bisect_right(self.evaluation_ids, until)
        if until_seconds is not None:
            stop = bisect_right(self.seconds_at, until_seconds)
            last = bisect_right([e.seconds for e in self.evaluations], until_seconds)
        steps, errors, losses = _thin(
            self.steps[start:stop], self.errors[start:stop], self.losses[start:stop]
        )
        found = self.evaluations[first:last]
        # All of them each time: they are few, and a step may be told after its change.
        reached = None if until_seconds is None else self.steps[stop - 1] if stop else 0
        network = self.run.network
        return Curve(
            uid=self.digest,
            label=network.name,
            join=network.join,
            depth=network.depth,
            steps=steps,
            errors=errors,
            losses=losses,
            evaluation_steps=[e.step for e in found],
            train_errors=[e.train_error for e in found],
            test_errors=[e.test_error for e in found],
            train_losses=[e.train_loss for e in found],
            test_losses=[e.test_loss for e in found],
            changes=self.marks(reached),
        )

    def marks(self, reached: int | None = None) -> list[tuple[int, str]]:
        """Give what was changed in the run: after which step, and what; up to a step."""
        return [
            (change.step, change_text(change))
            for change in self.changes
            if reached is None or change.step <= reached
        ]


def of_events(run: RunSpec, events: Iterable[tuple[int, Event]]) -> History:
    """Make a history from recorded events."""
    history = History(run)
    for number, event in events:
        history.add(number, event)
    return history


class Histories:
    """The histories of a store's runs that somebody looked at lately; safe among threads."""

    def __init__(self, store: Store, *, most: int = 600) -> None:
        self._store = store
        self._most = most
        self._known: OrderedDict[str, tuple[int, History]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, digests: Sequence[str]) -> tuple[dict[str, History], int]:
        """Give the histories of runs as they are now, and the id up to which that is."""
        with self._lock:
            latest = self._store.last_event_id()
            for digest in digests:
                if digest not in self._known and (record := self._store.run(digest)) is not None:
                    self._known[digest] = (0, History(record.spec))
                if digest in self._known:
                    self._known.move_to_end(digest)  # what goes first is what nobody asks for
            stale = [d for d in digests if d in self._known and self._known[d][0] < latest]
            if stale:
                since = min(self._known[digest][0] for digest in stale)
                for stored in self._store.events(stale, since=since):
                    seen, history = self._known[stored.digest]
                    if stored.id > seen:
                        history.add(stored.id, stored.event)
                        self._known[stored.digest] = (stored.id, history)
                for digest in stale:
                    seen, history = self._known[digest]
                    self._known[digest] = (max(seen, latest), history)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            found = {digest: self._known[digest][1] for digest in digests if digest in self._known}
            return found, latest


def _thin(*series: Sequence[Any]) -> tuple[list[Any], ...]:
    """Average neighbours until a curve has few enough points; the first series is the steps."""
    steps, *values = series
    bucket = -(-len(steps) // MOST_POINTS)
    if bucket <= 1:
        return tuple(list(row) for row in series)
    ends = range(0, len(steps), bucket)
    return (
        [steps[min(i + bucket, len(steps)) - 1] for i in ends],
        *([round(fmean(row[i : i + bucket]), 5) for i in ends] for row in values),
    )
