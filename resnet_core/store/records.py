"""What the store hands out and takes in: frozen records of runs, events and files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, TypedDict, get_args

from resnet_core.errors import ResNetLabError, RunError, from_message
from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event, event_from_json
from resnet_core.store import places

Status = Literal["queued", "running", "paused", "completed", "diverged", "stopped", "failed"]

STATUSES: tuple[Status, ...] = get_args(Status)
ACTIVE: tuple[Status, ...] = ("queued", "running", "paused")
"""Statuses of a run that is not over."""


@dataclass(frozen=True)
class RunRecord:
    """One run as the store knew it when it was read.

    Attributes:
        digest: Of its plan; its name.
        spec_json: The plan; ``spec`` reads it.
        owner: For a private run, the visitor who holds it; None for a shared run.
        status: One of ``STATUSES``.
        detail: A short note on progress, such as a download.
        device: ``cpu``, ``cuda`` or ``mps``; None before it starts.
        threads: PyTorch threads; None before it starts.
        error_json: Why it failed; ``error`` reads it.
        created: When it was asked for, in seconds since 1970, as all times here.
        started: When it first ran.
        ended: When it was over.
        step: Optimiser steps done.
        steps: Optimiser steps planned.
        requested_by: The visitor who asked first.
    """

    digest: str
    spec_json: str
    owner: str | None
    status: Status
    detail: str | None
    device: str | None
    threads: int | None
    error_json: str | None
    created: float
    started: float | None
    ended: float | None
    step: int
    steps: int
    requested_by: str | None

    @cached_property
    def spec(self) -> RunSpec:
        """The plan."""
        return _plan(self.spec_json)

    @property
    def error(self) -> ResNetLabError | None:
        """Why the run failed, ready to be raised or translated."""
        return None if self.error_json is None else from_message(json.loads(self.error_json))

    @property
    def active(self) -> bool:
        """Whether the run is not over: queued, running or paused."""
        return self.status in ACTIVE


class RunChanges(TypedDict, total=False):
    """What may change of a run; fields as in ``RunRecord``."""

    status: Status
    detail: str | None
    device: str | None
    threads: int | None
    error: ResNetLabError | None
    started: float | None
    ended: float | None
    step: int
    requested_by: str | None


@dataclass(frozen=True)
class Batch:
    """What one run has to say at once: its next events, and what they change of its record.

    Attributes:
        events: Each with its number within the run, from 1.
    """

    digest: str
    events: Sequence[tuple[int, Event]] = ()
    changes: RunChanges = field(default_factory=RunChanges)


@dataclass(frozen=True)
class StoredEvent:
    """One event of one run.

    Attributes:
        id: Rises over all runs of the store, in the order of writing: a reader's cursor.
        digest: Of the run.
        sequence: Its number within the run, from 1.
        kind: The event's ``kind``.
        json: The event as text; ``event`` reads it.
    """

    id: int
    digest: str
    sequence: int
    kind: str
    json: str

    @cached_property
    def event(self) -> Event:
        """The event itself."""
        return event_from_json(self.json)


@dataclass(frozen=True)
class Artefact:
    """A file that a run left: a checkpoint, its weights.

    Attributes:
        relative_path: Below the data folder, with forward slashes.
        bytes: Its size when it was added.
        sha256: Of its content when it was added.
    """

    digest: str
    name: str
    relative_path: str
    bytes: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where the file is on this machine."""
        return places.data_folder() / self.relative_path


@dataclass(frozen=True)
class Tidied:
    """What ``Store.tidy`` did.

    Attributes:
        runs: Digests of the runs that were dropped, in the order of dropping.
        orphans: Folders of unknown runs that were removed.
        bytes_before: Size of database and run files before.
        bytes_after: The same after.
        fits: Whether that is within the limit asked for.
    """

    runs: tuple[str, ...]
    orphans: int
    bytes_before: int
    bytes_after: int
    fits: bool


@lru_cache(maxsize=4096)
def _plan(text: str) -> RunSpec:
    """Read a plan once: a class asks for the same few runs forty times a second."""
    return RunSpec.from_json(text)


def unknown(digest: str) -> RunError:
    """Say that no such run is in the store."""
    return RunError(
        "Run {digest} was asked for, but the store has no such run: submit its plan first.",
        digest=digest,
    )
