"""What the lab writes down of its runs, and what it does while the store refuses: ``Ledger``."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Collection, Sequence

from resnet_core.errors import ResNetLabError, RunError, StoreError, to_message
from resnet_core.execute.line import Message
from resnet_core.specs.events import RunFailed, event_from_json
from resnet_core.store import RunRecord, Status, Store
from resnet_core.store.places import data_folder, run_folder

ROOM = 16 * 2**20
"""Bytes that must be free on the disk before runs go on that a full disk has halted."""

UNTIL = "until"
"""The store's setting that holds ``Ledger.until``."""

CHANGES = "changes"
"""The store's setting that holds ``Ledger.changes``."""

log = logging.getLogger("lab")


class Ledger:
    """The only writer of runs.

    Methods raise ``StoreError`` when the store refuses, but for ``settle``, which is made up for
    once it accepts.

    Args:
        store: Where everything stands.
        halt: Called when the store begins to refuse.

    Attributes:
        trouble: Why nothing runs at the moment: what the store or the system refused with.
        until: The step after which a private run pauses by itself, by digest. It is in the store
            too: a run in somebody's hands must not run away when another lab takes it up.
        changes: What was asked to be changed of a private run and has not been heard of since, by
            digest: ``id``, ``what``, ``value`` and ``over`` of each, in the order of asking. It is
            in the store too: a change waits for a process, and outlives one that dies.
    """

    def __init__(self, store: Store, halt: Callable[[], None]) -> None:
        self.trouble: ResNetLabError | None = None
        self.until: dict[str, int] = dict(store.setting(UNTIL) or {})
        self.changes: dict[str, list[Message]] = dict(store.setting(CHANGES) or {})
        self._store = store
        self._halt = halt
        self._unwritten: dict[str, Status] = {}

    def record(self, digest: str) -> RunRecord:
        """Read a run's record.

        Raises:
            RunError: It is unknown.
        """
        record = self._store.run(digest)
        if record is None:
            raise RunError(
                "Run {digest} was asked for, but this lab does not know it: start it again.",
                digest=digest,
            )
        return record

    def pause_at(self, digest: str, step: int | None) -> None:
        """Have a run pause after a step; None lets it go on to its end."""
        if self.until.get(digest) == step:
            return
        if step is None:
            del self.until[digest]
        else:
            self.until[digest] = step
        self._store.set_setting(UNTIL, self.until)

    def add_change(self, digest: str, change: Message) -> None:
        """Keep what is to be changed of a run until its event is written down."""
        self._set_changes(digest, [*self.changes.get(digest, []), change])

    def drop_changes(self, digest: str, ids: Collection[str] | None = None) -> None:
        """Forget changes that were made; all of them, without any ids."""
        known = self.changes.get(digest, [])
        left = [] if ids is None else [change for change in known if change["id"] not in ids]
        if left != known:
            self._set_changes(digest, left)

    def _set_changes(self, digest: str, changes: list[Message]) -> None:
        kept = {name: each for name, each in self.changes.items() if name != digest}
        if changes:
            kept[digest] = changes
        self._store.set_setting(CHANGES, kept)
        self.changes = kept  # not before: what the store refuses has not been asked for

    def starts(self, record: RunRecord, *, device: str, threads: int) -> None:
        """Write down that a run gets a process."""
        self._store.update_run(
            record.digest,
            status="running",
            device=device,
            threads=threads,
            started=record.started or time.time(),
            ended=None,
        )

    def tells(self, digest: str, texts: Sequence[tuple[int, str]], step: int) -> int:
        """Write down what a run has to say, by number; gives the step it has reached."""
        events = [(number, event_from_json(text)) for number, text in texts]
        # One that goes on from a checkpoint repeats itself: its progress stays where it was.
        step = max(step, *(getattr(event, "step", 0) for _, event in events))
        self._store.append(digest, events, step=step, detail=None)
        return step

    def notes(self, digest: str, note: Message) -> None:
        """Write down a short note on progress."""
        self._store.update_run(digest, detail=json.dumps(note))

    def keep_weights(self, digest: str) -> None:
        """Remember the weights that a run has left, if it has."""
        weights = run_folder(digest) / "weights.safetensors"
        if weights.exists():
            self._store.add_artefact(digest, weights)

    def fail(self, digest: str, error: ResNetLabError) -> None:
        """Write down why a run cannot go on, after all that it has said."""
        last = max((event.sequence for event in self._store.events([digest])), default=0)
        said = RunFailed(template=error.template, values=error.values)
        self._store.append(digest, [(last + 1, said)], detail=None, error=error)

    def settle(self, digest: str, status: Status) -> None:
        """Write down how a run is that has no process now."""
        try:
            self._settle(digest, status)
        except StoreError as error:
            self._unwritten[digest] = status
            self.halt(error)

    def _settle(self, digest: str, status: Status) -> None:
        active = status in ("queued", "paused")
        self._store.update_run(digest, status=status, ended=None if active else time.time())
        self._unwritten.pop(digest, None)
        if status != "queued":
            self.pause_at(digest, None)
        if status in ("completed", "diverged", "failed"):  # too late for what it never did
            self.drop_changes(digest)
        if status in ("completed", "diverged"):  # now nobody will go on from it any more
            with contextlib.suppress(OSError):
                (run_folder(digest) / "checkpoint.safetensors").unlink(missing_ok=True)

    def halt(self, error: ResNetLabError) -> None:
        """The store or the system refuses: nothing runs until it accepts."""
        if self.trouble is None or to_message(self.trouble) != to_message(error):
            log.error("%s", error)
        self.trouble = error
        self._halt()

    def try_again(self) -> None:
        """After trouble: go on if the store accepts again."""
        if self.trouble is None:
            return
        try:
            self._store.set_setting("alive", time.time())
            for digest, status in list(self._unwritten.items()):
                self._settle(digest, status)
            if shutil.disk_usage(data_folder()).free >= ROOM:
                self.trouble = None
                log.info("the store accepts again")
        except (StoreError, OSError):
            return
