"""What came out of each run of a study: ``Outcome``, from the store or from recorded events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from resnet_core.specs import DegradationStudy, RunSpec
from resnet_core.specs.events import (
    EvaluationCompleted,
    Event,
    RunCompleted,
    RunDiverged,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    StepsCompleted,
)
from resnet_core.store import Status, Store

OutcomeStatus = Literal[Status, "absent"]
"""Of a run in the store, or ``absent`` when it has never been asked for."""


@dataclass(frozen=True)
class Outcome:
    """Where one run stands, and its errors when they were last measured.

    Attributes:
        step: Optimiser steps done.
        steps: Optimiser steps planned.
        train_error: Fraction of the training images, at the last evaluation so far; None before
            the first, and for a run that diverged: its result is that it has none.
        test_error: The same of the test images.
        seconds: Training time so far, as far as it was reported.
        device: ``cpu``, ``cuda`` or ``mps``; None before it starts.
        device_name: As the maker calls it.
    """

    digest: str
    depth: int
    join: str
    seed: int
    status: OutcomeStatus
    step: int
    steps: int
    train_error: float | None = None
    test_error: float | None = None
    seconds: float | None = None
    device: str | None = None
    device_name: str | None = None

    @property
    def measured(self) -> bool:
        """Whether the run is completed and has both errors: only then they are its result."""
        return (
            self.status == "completed"
            and self.train_error is not None
            and self.test_error is not None
        )


class HasRuns(Protocol):
    """A study: several runs."""

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Its plans."""
        ...


def outcomes(study: HasRuns, store: Store) -> list[Outcome]:
    """Read where every run of a study stands, in the order of ``study.runs``."""
    digests = [run.digest for run in study.runs]
    # Records first: a run that completes between the two reads must not seem to have completed
    # with an earlier evaluation.
    records = {record.digest: record for record in store.runs(digests=digests)}
    # Steps are most of the events and say nothing that the record does not.
    kinds = ("started", "evaluation", "completed", "diverged")
    events: dict[str, list[Event]] = {}
    for stored in store.events(digests, kinds=kinds):
        events.setdefault(stored.digest, []).append(stored.event)
    return [
        replace(outcome, status=record.status, step=record.step)
        if (record := records.get(outcome.digest))
        else replace(outcome, status="absent")
        for outcome in outcomes_from_events(study, events)
    ]


def outcomes_from_events(study: HasRuns, events: Mapping[str, Iterable[Event]]) -> list[Outcome]:
    """Work out where every run stands from its events, by digest, in the order of ``study.runs``.

    A run without events is absent; one whose last word is not final is running or paused.
    """
    return [outcome_of(run, events.get(run.digest, ())) for run in study.runs]


def results_json(study: DegradationStudy, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Write a study's results as plain lists: one row a depth and join, one error a seed.

    A seed whose run has not completed, or has diverged, stands as None.
    """
    by_digest = {outcome.digest: outcome for outcome in outcomes}
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for run in study.runs:
        depth, join = run.network.depth, run.network.join
        row = rows.setdefault(
            (depth, join), {"depth": depth, "join": join, "train_error": [], "test_error": []}
        )
        outcome = by_digest.get(run.digest)
        done = outcome is not None and outcome.measured
        row["train_error"].append(outcome.train_error if outcome and done else None)
        row["test_error"].append(outcome.test_error if outcome and done else None)
    return list(rows.values())


def outcome_of(run: RunSpec, events: Iterable[Event]) -> Outcome:
    """Work out where one run stands from its events."""
    status: OutcomeStatus = "absent"
    step = 0
    train_error = test_error = seconds = None
    device = device_name = None
    for event in events:
        match event:
            case RunStarted():
                status, device, device_name = "running", event.device, event.device_name
            case StepsCompleted():
                status, step, seconds = "running", event.step, event.seconds
            case EvaluationCompleted():
                status, step, seconds = "running", event.step, event.seconds
                train_error, test_error = event.train_error, event.test_error
            case RunPaused():
                status, step = "paused", event.step
            case RunResumed():
                status, step = "running", event.step
            case RunCompleted():
                status, step, seconds = "completed", event.step, event.seconds
            case RunDiverged():
                status, step, seconds = "diverged", event.step, event.seconds
                train_error = test_error = None
            case RunStopped():
                status, step = "stopped", event.step
            case RunFailed():
                status = "failed"
    return Outcome(
        digest=run.digest,
        depth=run.network.depth,
        join=run.network.join,
        seed=run.train.seed,
        status=status,
        step=step,
        steps=run.train.steps,
        train_error=train_error,
        test_error=test_error,
        seconds=seconds,
        device=device,
        device_name=device_name,
    )
