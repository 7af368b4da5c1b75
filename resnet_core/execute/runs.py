"""Which runs wait and which have a process, and what becomes of them: ``Runs``.

A run that the store calls queued or running waits here or has a process. What a process says is
written down before anything is concluded from it. A run whose process ends without a word goes
on from its checkpoint, which stays until the run's end is written down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import Counter
from dataclasses import dataclass

from resnet_core.errors import LabError, RunError, StoreError, from_message
from resnet_core.execute.ledger import Ledger
from resnet_core.execute.limits import Limits
from resnet_core.execute.line import Message
from resnet_core.execute.schedule import Waiting, next_run
from resnet_core.execute.slots import Child
from resnet_core.execute.watchers import Watchers
from resnet_core.store import RunRecord, Status, Store
from resnet_core.store.places import run_folder

WORKER = "resnet_core.execute.worker"

CRASHES = 3
"""A run whose process died so many times has failed; before, it is taken up again."""

PATIENCE = 0.7
"""Seconds a process has to obey before it is ended: a stop is never slower than a second."""

LEAVE_SECONDS = 5.0
"""Seconds that runs have to leave a checkpoint when the lab ends."""

SPARES = 2
"""Processes that wait for a run, where there are as many slots: forking takes a busy machine 150 ms
of the half second in which somebody who pressed Start wants to see a point."""

SPARE_AFTER = 1.0
"""Seconds after a run's start in which no other process is forked: its first points come first."""

MANY_THREADS_FROM = 3e9
"""Multiply-adds a step from which a lone run is faster on all cores than on one."""

log = logging.getLogger("lab")


@dataclass
class Running:
    """A run that has a process.

    Attributes:
        step: The last that was written down.
        wish: ``pause`` or ``stop``, once the process was told to.
        again: It is to go on after that: somebody asked for it meanwhile.
        deaf: What it says is no longer written down; it is being ended.
    """

    waiting: Waiting
    child: Child
    step: int
    wish: str = ""
    again: bool = False
    deaf: bool = False

    @property
    def digest(self) -> str:
        """Name of the run."""
        return self.waiting.digest


class Runs:
    """The queue and the processes of one lab.

    Attributes:
        machine: What the bench said of it; runs start when it is known.
        work: Multiply-adds a step of what is waiting, by digest.
    """

    def __init__(self, store: Store, limits: Limits, watchers: Watchers) -> None:
        self.machine: Message | None = None
        self.waiting: list[Waiting] = []
        self.running: dict[str, Running] = {}
        self.work: dict[str, float] = {}
        self.ledger = Ledger(store, self._end_processes)
        self._limits = limits
        self._watchers = watchers
        self._idle: list[Child] = []  # processes that wait for a run
        self._crashes: Counter[str] = Counter()
        self._place = 0
        self._ending = False

    @property
    def slots(self) -> int:
        """How many runs there may be at once."""
        if self.machine and self.machine["device"] == "cuda":
            return 2 * int(self.machine["count"])
        return self._limits.slots

    @property
    def stays(self) -> bool:
        """Whether processes stay between runs: on CUDA, whose context takes seconds to make."""
        on_cuda = self.machine is not None and self.machine["device"] == "cuda"
        return on_cuda or os.environ.get("RESNET_LAB_STAYING_SLOTS") == "1"

    def keep_spares(self) -> None:
        """Fork what is missing of the processes that wait for a run."""
        if self.machine is None or self._ending or self.ledger.trouble is not None:
            return
        free = self.slots - len(self.running) if self.stays else self.slots
        with contextlib.suppress(OSError):  # the run that needs it will say so
            while len(self._idle) < min(SPARES, free):
                self._idle.append(Child(WORKER, self._hear, self._gone))

    # ── the queue ───────────────────────────────────────────────────────────────────────────────

    def take_up(self, records: list[RunRecord]) -> None:
        """Queue again what an earlier lab left queued or running, in the order of asking."""
        for record in sorted(records, key=lambda record: record.created):
            self.queue(record.digest, record.requested_by)
            if record.status == "running":
                self.ledger.settle(record.digest, "queued")

    def queue(self, digest: str, visitor: str | None) -> None:
        """Put a run in the queue, unless it is there or running."""
        if digest in self.running or any(run.digest == digest for run in self.waiting):
            return
        self._place += 1
        self.waiting.append(Waiting(digest, visitor, self._place))

    def unqueue(self, digest: str) -> None:
        """Take a run out of the queue."""
        self.waiting = [run for run in self.waiting if run.digest != digest]

    def fill(self) -> None:
        """Start runs while there are free slots and nothing is wrong."""
        while (
            self.machine is not None
            and self.ledger.trouble is None
            and not self._ending
            and len(self.running) < self.slots
        ):
            visitors = [run.waiting.visitor for run in self.running.values()]
            chosen = next_run(self.waiting, visitors, self._watchers.is_watched)
            if chosen is None:
                return
            try:
                self._start(chosen, self.machine["device"])
            except StoreError as error:
                self.ledger.halt(error)
            except RunError:
                log.exception("a run that waited is gone from the store")
                self.unqueue(chosen.digest)
            except OSError as error:
                self.ledger.halt(_no_process(error.strerror or str(error)))

    def _start(self, chosen: Waiting, device: str) -> None:
        record = self.ledger.record(chosen.digest)
        threads = record.threads or self._threads(chosen.digest)
        job = {
            "run": record.spec.to_json(),
            "folder": str(run_folder(chosen.digest)),
            "device": device,
            "threads": threads,
            "memory_bytes": self._limits.memory_bytes,
            "checkpoint_seconds": self._limits.checkpoint_seconds,
            "until": self.ledger.until.get(chosen.digest),
            "step": record.step,
            "changes": self.ledger.changes.get(chosen.digest, []),
        }
        child = self._child()
        try:
            self.ledger.starts(record, device=device, threads=threads)
        except StoreError:
            self._idle.append(child)
            raise
        self.unqueue(chosen.digest)
        self.running[chosen.digest] = Running(chosen, child, record.step)
        child.tell({"job": job})
        asyncio.get_running_loop().call_later(SPARE_AFTER, self.keep_spares)

    def _child(self) -> Child:
        """Give a process that waits, if one is alive, else a new one."""
        while self._idle:
            child = self._idle.pop()
            if not child.ended:
                return child
        return Child(WORKER, self._hear, self._gone)

    def _threads(self, digest: str) -> int:
        """All cores for a large run that is alone, else one: two runs side by side do more so."""
        alone = not self.running and len(self.waiting) == 1
        large = self.work.get(digest, 0) >= MANY_THREADS_FROM
        return self._limits.slots if alone and large else 1

    # ── what runs are told ──────────────────────────────────────────────────────────────────────

    def tell(self, digest: str, wish: str) -> None:
        """Tell a running run to pause or to stop, and end its process if it does not obey."""
        run = self.running[digest]
        run.again = False
        if run.wish != "stop":  # which nothing undoes but asking for the run again
            run.wish = wish
            run.child.tell({"do": wish})

        def insist() -> None:
            if self.running.get(digest) is run:
                run.child.kill()

        asyncio.get_running_loop().call_later(PATIENCE, insist)

    def change(self, digest: str, change: Message) -> None:
        """Have something of a private run changed: now, or before its next step if it rests."""
        self.ledger.add_change(digest, change)
        if digest in self.running:
            self.running[digest].child.tell({"do": "change", "changes": [change]})

    async def leave(self) -> None:
        """Let every run leave a checkpoint; none is started any more."""
        self._ending = True
        for run in self.running.values():
            run.child.tell({"do": "leave"})
        await self._wait_for_all(LEAVE_SECONDS)
        self._end_processes()
        await self._wait_for_all(1)

    async def _wait_for_all(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    def _end_processes(self) -> None:
        for run in self.running.values():
            run.deaf = True
            run.child.kill()

    # ── what runs say ───────────────────────────────────────────────────────────────────────────

    def _of(self, child: Child) -> Running | None:
        return next((run for run in self.running.values() if run.child is child), None)

    def _hear(self, child: Child, message: Message) -> None:
        run = self._of(child)
        if run is None or run.deaf:
            return
        try:
            if "events" in message:
                run.step = self.ledger.tells(run.digest, message["events"], run.step)
                if message["obeyed"]:
                    self.ledger.drop_changes(run.digest, message["obeyed"])
                child.tell({"ack": message["events"][-1][0]})
            elif "note" in message:
                self.ledger.notes(run.digest, message["note"])
            elif "ended" in message:
                self._ended(run, message["ended"], message.get("error"))
        except StoreError as error:
            self.ledger.halt(error)

    def _ended(self, run: Running, status: Status, error: Message | None) -> None:
        """A process is done with its run, and says how it left it."""
        if status == "failed" and error is not None:
            self.ledger.fail(run.digest, from_message(error))
        self.ledger.keep_weights(run.digest)
        self._settle(run, status)
        if self.stays:
            self._idle.append(run.child)
        else:
            run.child.tell({"job": None})
        if status == "queued" and error is not None:  # the disk refuses its checkpoint
            self.ledger.halt(from_message(error))
        self.fill()

    def _gone(self, child: Child, code: int | None) -> None:
        """A process has ended; if it had a run, without a word."""
        if child in self._idle:
            self._idle.remove(child)
        run = self._of(child)
        if run is None:
            return
        try:
            if run.wish or run.deaf or self._ending:
                self._settle(run, "queued")
            elif child.pid is None:
                self._settle(run, "queued")
                self.ledger.halt(_no_process("it could not be forked"))
            else:
                self._take_up_or_give_up(run, code)
        except StoreError as error:
            self._settle(run, "queued")
            self.ledger.halt(error)
        self.fill()

    def _take_up_or_give_up(self, run: Running, code: int | None) -> None:
        """A process died: its run goes on from the checkpoint, unless that keeps happening."""
        self._crashes[run.digest] += 1
        log.warning("the process of %s ended with %s", run.digest, code)
        if self._crashes[run.digest] < CRASHES:
            self._settle(run, "queued")
            return
        error = RunError(
            "The process of {name} ended {times} times without a word (exit code {code}): the "
            "machine may be short of memory. A smaller network may fit.",
            name=self.ledger.record(run.digest).spec.network.name,
            times=CRASHES,
            code=code,
        )
        self.ledger.fail(run.digest, error)
        self._settle(run, "failed")

    def _settle(self, run: Running, status: Status) -> None:
        """Write down how a run is now that it has no process; queue it if it is to go on."""
        if run.wish and status in ("queued", "paused"):
            status = "paused" if run.wish == "pause" else "stopped"
        if status in ("paused", "stopped") and run.again:
            status = "queued"
        del self.running[run.digest]
        self.ledger.settle(run.digest, status)
        if status == "queued":
            self.waiting.append(run.waiting)
        else:
            self._crashes.pop(run.digest, None)
            self.work.pop(run.digest, None)


def _no_process(reason: str) -> LabError:
    return LabError(
        "A run was to start, but the system refuses another process ({reason}): end something "
        "else.",
        reason=reason,
    )
