"""What may be asked of the lab: one method of ``Verbs`` a question, and who may ask it.

A visitor commands only private runs of their own. Shared runs are watched: whoever stops one
leaves it, and it stops with the last to leave. What is in that state already stays so without a
word: a click that comes twice, or too late, is no mistake.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from uuid import uuid4

from resnet_core.errors import LimitError, RunError, to_message
from resnet_core.execute.asking import BenchLine
from resnet_core.execute.limits import Limits, check_cost
from resnet_core.execute.line import Message
from resnet_core.execute.runs import Runs
from resnet_core.execute.watchers import Watchers
from resnet_core.specs import Change, RunSpec
from resnet_core.specs.changes import MOST_CHANGES
from resnet_core.store import RunRecord, Store

CLIENT_SECONDS = 10.0
"""A client that has not asked how the lab is for so long is gone."""


class Verbs:
    """The lab's answers.

    Args:
        store: Of runs.
        limits: What is refused.
        ending: Set when the lab is to end.
    """

    def __init__(self, store: Store, limits: Limits, ending: asyncio.Event) -> None:
        self.store = store
        self.limits = limits
        self.ending = ending
        self.watchers = Watchers(store, limits.unwatched_seconds)
        self.runs = Runs(store, limits, self.watchers)
        self.bench = BenchLine(self.start_runs)
        self._clients: dict[str, float] = {}
        self._goodbye = False  # somebody has said it since the last one came
        self._unwanted: set[str] = set()  # shared runs that somebody stopped, and others watch

    def start_runs(self) -> None:
        """Now the machine is known."""
        self.runs.machine = self.bench.machine
        self.runs.fill()
        self.runs.keep_spares()

    # ── the lab itself ──────────────────────────────────────────────────────────────────────────

    async def ping(self, client: str | None = None) -> Message:
        """Say how the lab is; a client that asks every few seconds keeps it alive."""
        if client:
            self._goodbye = self._goodbye and client in self._clients
            self._clients[client] = time.monotonic()
        trouble = self.runs.ledger.trouble
        return {
            "pid": os.getpid(),
            "machine": self.runs.machine,
            "slots": self.runs.slots,
            "running": len(self.runs.running),
            "queued": len(self.runs.waiting),
            "trouble": to_message(trouble) if trouble else None,
            "limits": {
                "seconds": self.limits.seconds,
                "memory_bytes": self.limits.memory_bytes,
            },
        }

    async def leave(self, client: str) -> Message:
        """A client goes; the last one to go ends the lab, which checkpoints what runs."""
        self._clients.pop(client, None)
        self._goodbye = True
        self.end_if_left()
        return {}

    def end_if_left(self) -> None:
        """After a goodbye, end when no client is left; one that was killed never says goodbye."""
        since = time.monotonic() - CLIENT_SECONDS
        self._clients = {name: asked for name, asked in self._clients.items() if asked > since}
        if self._goodbye and not self._clients:
            self.ending.set()

    async def tidy(self, max_bytes: int) -> Message:
        """Make the store small again: the oldest ended runs go first."""
        return {"tidied": str(self.store.tidy(max_bytes, time.time()))}

    # ── measurements ────────────────────────────────────────────────────────────────────────────

    async def measure(self, measure: str, arguments: Message) -> Message:
        """Have the bench measure something."""
        return await self.bench.ask(measure, arguments)

    async def estimate(self, runs: list[str]) -> Message:
        """Estimate runs against this lab's limits; nothing is refused here."""
        arguments = {
            "runs": runs,
            "max_seconds": self.limits.seconds,
            "max_bytes": self.limits.memory_bytes,
        }
        return await self.bench.ask("estimate", arguments)

    # ── runs ────────────────────────────────────────────────────────────────────────────────────

    async def submit(
        self, runs: list[str], visitor: str | None, steps: int | None = None
    ) -> Message:
        """Take plans: all of them, or none with a reason. Those known already are attached to."""
        plans = [RunSpec.from_json(text) for text in runs]
        for plan in plans:
            if plan.owner not in (None, visitor):
                raise RunError(
                    "A private run of another visitor was asked for: only they can start it."
                )
        if to_train := self._to_train(plans):
            self._check_places(len(to_train), visitor)
            await self._check_costs(list(to_train.values()))
        # Others were answered meanwhile: only what follows is one piece.
        to_train = self._to_train(plans)
        self._check_places(len(to_train), visitor)
        now = time.time()
        for place, plan in enumerate(to_train.values()):
            # A lab that takes up this queue finds the same order.
            self._take(plan, visitor, steps, now + place * 1e-6)
        digests = [plan.digest for plan in plans]
        self.watchers.look(visitor, digests)
        self._unwanted.difference_update(digests)
        self.runs.fill()
        return {"runs": [{"digest": d, "remembered": d not in to_train} for d in digests]}

    def _to_train(self, plans: Sequence[RunSpec]) -> dict[str, RunSpec]:
        """Choose the plans that are new, or did not come to their end, by digest."""
        chosen = {}
        for plan in plans:
            record = self.store.run(plan.digest)
            running = self.runs.running.get(plan.digest)
            stopping = running is not None and running.wish == "stop"
            if record is None or record.status in ("stopped", "failed") or stopping:
                chosen[plan.digest] = plan
        return chosen

    def _take(self, plan: RunSpec, visitor: str | None, steps: int | None, now: float) -> None:
        """Queue one plan; one that was stopped goes on from its checkpoint."""
        digest = plan.digest
        record = self.store.run(digest)
        running = self.runs.running.get(digest)
        if record is None:
            self.runs.ledger.drop_changes(digest)  # of a run of this plan that was tidied away
            record = self.store.add_run(plan, requested_by=visitor, now=now)
        elif record.status == "failed":
            record = self.store.restart_run(digest, requested_by=visitor, now=now)
        elif running is not None:  # it is just being stopped
            running.again = True
        else:
            self.store.update_run(digest, status="queued", requested_by=visitor, ended=None)
        private = plan.owner is not None
        until = record.step + steps if private and steps is not None else None
        self.runs.ledger.pause_at(digest, until)
        self.runs.queue(digest, visitor)

    async def pause(self, digest: str, visitor: str) -> Message:
        """Pause a private run after the step it is in; it leaves its slot to others."""
        record = self._owned(digest, visitor)
        if digest in self.runs.running:
            self.runs.tell(digest, "pause")
        elif record.status == "queued":
            self.store.update_run(digest, status="paused")
            self.runs.unqueue(digest)
            self.runs.ledger.pause_at(digest, None)
        return {}

    async def resume(self, digest: str, visitor: str, steps: int | None = None) -> Message:
        """Let a private run go on, all the way or for some steps."""
        record = self._owned(digest, visitor)
        if not record.active and record.status != "stopped":
            return {}
        ledger = self.runs.ledger
        running = self.runs.running.get(digest)
        step, pauses_at = record.step, ledger.until.get(digest)
        if running is not None and not running.wish and pauses_at is None:
            return {}  # it goes on as it is
        if running is not None or record.status == "queued":
            step = max(step, pauses_at or 0)  # a second step asked for during the first
        ledger.pause_at(digest, None if steps is None else step + steps)
        if running is not None:
            running.again = True
        else:
            self.store.update_run(digest, status="queued", ended=None)
            self.runs.queue(digest, visitor)
            self.runs.fill()
        return {}

    async def change(
        self, digest: str, visitor: str, what: str, value: float, over: int = 0
    ) -> Message:
        """Change something of a private run after the step it is in, or before its next."""
        record = self._owned(digest, visitor)
        change = Change.model_validate({"what": what, "value": value, "over": over})
        if not record.active and record.status != "stopped":
            raise RunError(
                "{name} was to be changed, but this run has ended: start another one, with the "
                "change in its plan.",
                name=record.spec.network.name,
            )
        self._check_changes(record)
        self.runs.change(
            digest,
            {"id": uuid4().hex, "what": change.what, "value": change.value, "over": change.over},
        )
        return {}

    async def stop(self, digests: list[str], visitor: str) -> Message:
        """Stop private runs; leave shared ones, which stop when nobody else watches them."""
        records = [self.runs.ledger.record(digest) for digest in digests]
        for record in records:
            if record.spec.owner is not None:
                self._owned(record.digest, visitor)
        self.watchers.leave(visitor, digests)
        for record in records:
            shared = record.spec.owner is None
            if shared and self.watchers.is_watched(record.digest):
                self._unwanted.add(record.digest)  # it stops when its last watcher has left
            else:
                self._stop(record)
        return {}

    def stop_unwanted(self) -> None:
        """Stop the shared runs that somebody stopped and that nobody looks at any more."""
        for digest in list(self._unwanted):
            if not self.watchers.is_watched(digest):
                self._unwanted.discard(digest)
                self._stop(self.runs.ledger.record(digest))

    def _stop(self, record: RunRecord) -> None:
        if not record.active:
            return
        if record.digest in self.runs.running:
            self.runs.tell(record.digest, "stop")
        else:
            self.runs.unqueue(record.digest)
            self.runs.ledger.settle(record.digest, "stopped")

    async def watch(self, digests: list[str], visitor: str) -> Message:
        """Note that a visitor looks at runs."""
        self.watchers.look(visitor, digests)
        return {}

    def _owned(self, digest: str, visitor: str) -> RunRecord:
        record = self.runs.ledger.record(digest)
        if record.spec.owner is None:
            raise RunError(
                "A shared run cannot be paused, stepped or changed, since others may be watching "
                "it: start a run of your own."
            )
        if record.spec.owner != visitor:
            raise RunError(
                "A private run of another visitor was to be changed: only they can; start a run of "
                "your own."
            )
        return record

    # ── limits ──────────────────────────────────────────────────────────────────────────────────

    def _check_places(self, count: int, visitor: str | None) -> None:
        taken = sum(run.visitor == visitor for run in self.runs.waiting)
        taken += sum(run.waiting.visitor == visitor for run in self.runs.running.values())
        if taken + count > self.limits.runs_a_visitor:
            raise LimitError(
                "{count} more runs were asked for, but {taken} of yours are still waiting and a "
                "visitor may have {most}: wait for some to finish, or stop them.",
                count=count,
                taken=taken,
                most=self.limits.runs_a_visitor,
            )

    def _check_changes(self, record: RunRecord) -> None:
        """Refuse what no plan could repeat."""
        made = len(self.store.events([record.digest], kinds=["changed"]))
        asked = len(self.runs.ledger.changes.get(record.digest, []))
        planned = sum(change.step >= record.step for change in record.spec.changes)
        if made + asked + planned >= MOST_CHANGES:
            raise LimitError(
                "Another change of {name} was asked for, but it has {most}, and a run may have no "
                "more: let it train, or start another one.",
                name=record.spec.network.name,
                most=MOST_CHANGES,
            )

    async def _check_costs(self, runs: Sequence[RunSpec]) -> None:
        answer = await self.estimate([run.to_json() for run in runs])
        for run, cost in zip(runs, answer["estimates"], strict=True):
            check_cost(
                self.limits,
                run,
                seconds=cost["seconds"],
                memory_bytes=cost["memory_bytes"],
                fits=cost.get("fits"),
            )
            self.runs.work[run.digest] = 3.0 * cost["multiply_adds"] * run.train.batch_size


Verb = Callable[..., Awaitable[Message]]

VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "ping": Verbs.ping,
        "leave": Verbs.leave,
        "tidy": Verbs.tidy,
        "measure": Verbs.measure,
        "estimate": Verbs.estimate,
        "submit": Verbs.submit,
        "pause": Verbs.pause,
        "resume": Verbs.resume,
        "change": Verbs.change,
        "stop": Verbs.stop,
        "watch": Verbs.watch,
    }
)
"""A question's ``verb`` → the method that answers it, with the question's other fields."""
