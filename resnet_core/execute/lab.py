"""The lab: takes plans, starts runs, writes down what they say, and survives what they do.

One lab serves a store: it holds a lock, listens on a socket, and is the only one that writes.
It never imports PyTorch; its processes do. Whoever kills it loses nothing: runs leave checkpoints,
and the next lab takes them up where they were.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from filelock import FileLock, Timeout

from resnet_core.errors import (
    LabError,
    LimitError,
    ResNetLabError,
    RunError,
    StoreError,
    from_message,
    to_message,
)
from resnet_core.execute.limits import Limits, check_cost
from resnet_core.execute.protocol import LONGEST_LINE, Message, lock_path, socket_path
from resnet_core.execute.schedule import Waiting, next_run
from resnet_core.execute.slots import Child, warm_up
from resnet_core.specs import RunSpec
from resnet_core.specs.events import RunFailed, event_from_json
from resnet_core.store import RunRecord, Status, Store
from resnet_core.store.places import default_url, run_folder

CRASHES = 3
"""So many times a run whose process died is taken up again before it counts as failed."""

PATIENCE = 0.7
"""Seconds a process has to obey before it is ended: a stop is never slower than a second."""

MANY_THREADS_FROM = 3e9
"""Multiply-adds a step from which a lone run is faster on all cores than on one."""

WORKER = "resnet_core.execute.worker"
BENCH = "resnet_core.execute.bench"

log = logging.getLogger("lab")


@dataclass
class Running:
    """A run that has a process."""

    waiting: Waiting
    child: Child
    wish: str = ""
    status: str | None = None


class Lab:
    """The supervisor of one store.

    Args:
        url: Of the store.
        limits: What is refused, and how many runs at once.
    """

    def __init__(self, url: str, limits: Limits) -> None:
        self.url = url
        self.limits = limits
        self.store = Store.open(url)
        self.waiting: list[Waiting] = []
        self.steps: dict[str, int] = {}  # single steps asked for, by digest
        self.running: dict[str, Running] = {}
        self.idle: list[Child] = []  # processes that stay between runs (CUDA)
        self.seen: dict[str, dict[str, float]] = {}  # digest → visitor → when last watching
        self.crashes: Counter[str] = Counter()
        self.work: dict[str, float] = {}  # digest → multiply-adds a step
        self.machine: Message | None = None
        self.bench: Child | None = None
        self.questions: dict[int, asyncio.Future[Message]] = {}
        self.trouble: ResNetLabError | None = None
        self.clients: dict[str, float] = {}
        self.last_question = time.monotonic()
        self.place = 0
        self.ending = asyncio.Event()
        self.ready = asyncio.Event()
        self.stays = os.environ.get("RESNET_LAB_STAYING_SLOTS") == "1"

    # ── life ────────────────────────────────────────────────────────────────────────────────────

    async def serve(self) -> None:
        """Listen until told to end, then let every run leave a checkpoint."""
        self._take_up()
        path = socket_path(self.url)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._answer, path, limit=LONGEST_LINE)
        path.chmod(0o600)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ending.set)
        # PyTorch takes seconds to import; questions are answered meanwhile.
        await asyncio.to_thread(warm_up)
        self._start_bench()
        watch = asyncio.create_task(self._look_after())
        await self.ending.wait()
        watch.cancel()
        server.close()
        path.unlink(missing_ok=True)
        await self._let_runs_leave()
        self.store.close()

    async def _look_after(self) -> None:
        """Once a second: try again after trouble, and end when nobody needs this lab."""
        while True:
            await asyncio.sleep(1)
            if self.trouble is not None:
                with contextlib.suppress(StoreError):
                    self.store.set_setting("alive", time.time())
                    self.trouble = None
            self._fill()
            unused = time.monotonic() - self.last_question > self.limits.idle_seconds
            if unused and not self.running and not self.waiting:
                log.info("nobody asked for %.0f s: ending", self.limits.idle_seconds)
                self.ending.set()

    async def _let_runs_leave(self) -> None:
        for run in self.running.values():
            run.child.tell({"do": "leave"})
        deadline = time.monotonic() + 5
        while self.running and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for run in list(self.running.values()):
            run.child.kill()

    def _take_up(self) -> None:
        """Queue again what an earlier lab left queued or running."""
        for record in reversed(self.store.runs(status=("queued", "running"))):
            self._queue(record)

    # ── questions ───────────────────────────────────────────────────────────────────────────────

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.last_question = time.monotonic()
        with contextlib.suppress(ConnectionError):
            try:
                question = json.loads(await reader.readline() or "{}")
                verb = question.pop("verb", "")
                if verb not in VERBS:
                    raise LabError(
                        "The lab was asked to {verb}, which it does not know.", verb=verb
                    )
                answer = await VERBS[verb](self, **question)
            except ResNetLabError as error:
                answer = to_message(error)
            except Exception as error:
                # The lab outlives every question; what went wrong stands in its log.
                log.exception("a question failed")
                reason = f"{type(error).__name__}: {error}"
                answer = to_message(
                    LabError("The lab could not answer ({reason}): try again.", reason=reason)
                )
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
            writer.close()

    async def ping(self, client: str | None = None) -> Message:
        """Say how the lab is; a client that asks at least every ten seconds keeps it alive."""
        if client:
            self.clients[client] = time.monotonic()
        return {
            "pid": os.getpid(),
            "machine": self.machine,
            "slots": self._slots,
            "running": len(self.running),
            "queued": len(self.waiting),
            "trouble": to_message(self.trouble) if self.trouble else None,
            "limits": {
                "seconds": self.limits.seconds,
                "memory_bytes": self.limits.memory_bytes,
            },
        }

    async def leave(self, client: str) -> Message:
        """A client goes; the last one to go ends the lab, which checkpoints what runs."""
        self.clients.pop(client, None)
        now = time.monotonic()
        if not any(now - asked < 10 for asked in self.clients.values()):
            self.ending.set()
        return {}

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
        known = {plan.digest: self.store.run(plan.digest) for plan in plans}
        new = [plan for plan in plans if _is_to_train(known[plan.digest])]
        self._check_places(len(new), visitor)
        if new:
            await self._check_costs(new)
        self.watch_now(visitor, [plan.digest for plan in plans])
        now = time.time()
        for place, plan in enumerate(new):
            record = known[plan.digest]
            asked = now + place * 1e-6  # a lab that takes up this queue finds the same order
            if record is not None and record.status == "failed":
                record = self.store.restart_run(plan.digest, requested_by=visitor, now=asked)
            elif record is not None:  # stopped: it goes on from its checkpoint
                self.store.update_run(plan.digest, status="queued", requested_by=visitor)
            else:
                record = self.store.add_run(plan, requested_by=visitor, now=asked)
            if steps is not None and plan.owner is not None:
                self.steps[plan.digest] = steps
            self._queue(record)
        self._fill()
        taken = {plan.digest for plan in new}
        return {
            "runs": [
                {"digest": plan.digest, "remembered": plan.digest not in taken} for plan in plans
            ]
        }

    async def pause(self, digest: str, visitor: str) -> Message:
        """Pause a private run after the step it is in; it leaves its slot to others."""
        record = self._owned(digest, visitor)
        if digest in self.running:
            self._tell(digest, "pause")
        elif record.status == "queued":
            self._unqueue(digest)
            self.store.update_run(digest, status="paused")
        return {}

    async def resume(self, digest: str, visitor: str, steps: int | None = None) -> Message:
        """Let a private run go on, all the way or for some steps."""
        record = self._owned(digest, visitor)
        if record.status not in ("paused", "stopped"):
            return {}
        if steps is not None:
            self.steps[digest] = steps
        self.store.update_run(digest, status="queued")
        self._queue(record)
        self._fill()
        return {}

    async def stop(self, digests: list[str], visitor: str) -> Message:
        """Stop private runs; leave shared ones, which stop when nobody else watches them."""
        for digest in digests:
            record = self._record(digest)
            self.seen.get(digest, {}).pop(visitor, None)
            if not record.active or (record.spec.owner is None and self._is_watched(digest)):
                continue
            if record.spec.owner is not None:
                self._owned(digest, visitor)
            if digest in self.running:
                self._tell(digest, "stop")
            else:
                self._unqueue(digest)
                self.store.update_run(digest, status="stopped")
        return {}

    async def watch(self, digests: list[str], visitor: str) -> Message:
        """Note that a visitor looks at runs."""
        self.watch_now(visitor, digests)
        return {}

    async def measure(self, measure: str, arguments: Message) -> Message:
        """Have the bench measure something."""
        return await self._ask_bench(measure, arguments)

    async def estimate(self, runs: list[str]) -> Message:
        """Estimate runs against this lab's limits; nothing is refused here."""
        return await self._ask_bench(
            "estimate",
            {
                "runs": runs,
                "max_seconds": self.limits.seconds,
                "max_bytes": self.limits.memory_bytes,
            },
        )

    async def tidy(self, max_bytes: int) -> Message:
        """Make the store small again: the oldest ended runs go first."""
        tidied = self.store.tidy(max_bytes, time.time())
        return {"tidied": str(tidied)}

    # ── the queue ───────────────────────────────────────────────────────────────────────────────

    @property
    def _slots(self) -> int:
        if self.machine and self.machine["device"] == "cuda":
            return 2 * int(self.machine["count"])
        return self.limits.slots

    def _queue(self, record: RunRecord) -> None:
        if record.digest in self.running or any(w.digest == record.digest for w in self.waiting):
            return
        self.place += 1
        self.waiting.append(Waiting(record.digest, record.requested_by, self.place))

    def _unqueue(self, digest: str) -> None:
        self.waiting = [run for run in self.waiting if run.digest != digest]

    def _fill(self) -> None:
        """Start runs while there are free slots. Runs need the machine's name: the bench says it."""
        while (
            self.machine is not None
            and self.trouble is None
            and not self.ending.is_set()
            and len(self.running) < self._slots
        ):
            visitors = [run.waiting.visitor for run in self.running.values()]
            chosen = next_run(self.waiting, visitors, self._is_watched)
            if chosen is None:
                return
            self._unqueue(chosen.digest)
            try:
                self._start(chosen)
            except StoreError as error:
                self._halt(error)
                self.waiting.append(chosen)

    def _start(self, chosen: Waiting) -> None:
        assert self.machine is not None
        digest = chosen.digest
        record = self._record(digest)
        threads = record.threads or self._threads(digest)
        device = self.machine["device"]
        self.store.update_run(
            digest, status="running", device=device, threads=threads, started=time.time()
        )
        stays = self.stays or device == "cuda"
        job = {
            "run": record.spec.to_json(),
            "folder": str(run_folder(digest)),
            "device": device,
            "threads": threads,
            "memory_bytes": self.limits.memory_bytes,
            "checkpoint_seconds": self.limits.checkpoint_seconds,
            "steps": self.steps.pop(digest, None),
            "stays": stays,
        }
        child = self.idle.pop() if self.idle else Child(WORKER, self._hear, self._gone)
        self.running[digest] = Running(chosen, child)
        child.tell({"job": job})

    def _threads(self, digest: str) -> int:
        """All cores for a large run that is alone, else one: two runs side by side do more so."""
        alone = not self.running and not self.waiting
        large = self.work.get(digest, 0) >= MANY_THREADS_FROM
        return self.limits.slots if alone and large else 1

    # ── what runs say ───────────────────────────────────────────────────────────────────────────

    def _of(self, child: Child) -> tuple[str, Running] | None:
        return next(((d, run) for d, run in self.running.items() if run.child is child), None)

    def _hear(self, child: Child, message: Message) -> None:
        found = self._of(child)
        if found is None:
            return
        digest, run = found
        try:
            if "events" in message:
                events = [(number, event_from_json(text)) for number, text in message["events"]]
                step = max((getattr(event, "step", 0) for _, event in events), default=0)
                self.store.append(digest, events, step=step, detail=None)
                child.tell({"ack": events[-1][0]})
            elif "note" in message:
                self.store.update_run(digest, detail=json.dumps(message["note"]))
            elif "ended" in message:
                self._ended(digest, run, message["ended"])
        except StoreError as error:
            self._halt(error)

    def _ended(self, digest: str, run: Running, status: Status) -> None:
        del self.running[digest]
        if self.stays or (self.machine and self.machine["device"] == "cuda"):
            self.idle.append(run.child)
        else:
            run.child.tell({"job": None})
        self.store.update_run(digest, status=status, ended=time.time())
        weights = run_folder(digest) / "weights.safetensors"
        if weights.exists():
            self.store.add_artefact(digest, weights)
        if status == "queued":
            self._queue(self._record(digest))
        self._fill()

    def _gone(self, child: Child, code: int | None) -> None:
        if child in self.idle:
            self.idle.remove(child)
        found = self._of(child)
        if found is None:
            return
        digest, run = found
        del self.running[digest]
        try:
            self._take_up_or_give_up(digest, run, code)
        except StoreError as error:
            self._halt(error)
            self.waiting.append(run.waiting)
        self._fill()

    def _take_up_or_give_up(self, digest: str, run: Running, code: int | None) -> None:
        """A process died: its run goes on from the checkpoint, unless that keeps happening."""
        if run.wish:
            status: Status = "paused" if run.wish == "pause" else "stopped"
            self.store.update_run(digest, status=status, ended=time.time())
            return
        if self.trouble is not None or self.ending.is_set():
            self.store.update_run(digest, status="queued")
            self.waiting.append(run.waiting)
            return
        self.crashes[digest] += 1
        log.warning("the process of %s ended with %s", digest, code)
        if self.crashes[digest] < CRASHES:
            self.store.update_run(digest, status="queued")
            self.waiting.insert(0, run.waiting)
            return
        last = max((e.sequence for e in self.store.events([digest])), default=0)
        error = RunFailed(
            template=(
                "The process of {name} ended {times} times without a word (exit code {code}): the "
                "machine may be short of memory. A smaller network may fit."
            ),
            values={"name": self._record(digest).spec.network.name, "times": CRASHES, "code": code},
        )
        self.store.append(digest, [(last + 1, error)])
        self.store.update_run(digest, status="failed", ended=time.time())
        del self.crashes[digest]

    def _halt(self, error: ResNetLabError) -> None:
        """The store refuses: stop all runs where they are, and try again when it accepts."""
        log.error("%s", error)
        self.trouble = error
        for run in self.running.values():
            run.child.kill()

    # ── who may, who looks ──────────────────────────────────────────────────────────────────────

    def watch_now(self, visitor: str | None, digests: Sequence[str]) -> None:
        """Note that a visitor looks at runs, in memory and in the store."""
        if visitor is None:
            return
        for digest in digests:
            self.seen.setdefault(digest, {})[visitor] = time.monotonic()
        with contextlib.suppress(StoreError):
            self.store.watch(visitor, digests, time.time())

    def _is_watched(self, digest: str) -> bool:
        since = time.monotonic() - self.limits.unwatched_seconds
        return any(seen >= since for seen in self.seen.get(digest, {}).values())

    def _record(self, digest: str) -> RunRecord:
        record = self.store.run(digest)
        if record is None:
            raise RunError(
                "Run {digest} was asked for, but this lab does not know it: start it again.",
                digest=digest,
            )
        return record

    def _owned(self, digest: str, visitor: str) -> RunRecord:
        record = self._record(digest)
        if record.spec.owner != visitor:
            raise RunError(
                "A shared run cannot be paused or stepped, since others may be watching it: start "
                "a run of your own."
            )
        return record

    def _tell(self, digest: str, wish: str) -> None:
        run = self.running[digest]
        run.wish = wish
        run.child.tell({"do": wish})

        def insist() -> None:
            if self.running.get(digest) is run:
                run.child.kill()

        asyncio.get_running_loop().call_later(PATIENCE, insist)

    # ── limits and the bench ────────────────────────────────────────────────────────────────────

    def _check_places(self, count: int, visitor: str | None) -> None:
        taken = sum(run.visitor == visitor for run in self.waiting)
        taken += sum(run.waiting.visitor == visitor for run in self.running.values())
        if taken + count > self.limits.runs_a_visitor:
            raise LimitError(
                "{count} more runs were asked for, but {taken} of yours are still waiting and a "
                "visitor may have {most}: wait for some to finish, or stop them.",
                count=count,
                taken=taken,
                most=self.limits.runs_a_visitor,
            )

    async def _check_costs(self, runs: list[RunSpec]) -> None:
        answer = await self.estimate([run.to_json() for run in runs])
        for run, cost in zip(runs, answer["estimates"], strict=True):
            check_cost(
                self.limits,
                run,
                seconds=cost["seconds"],
                memory_bytes=cost["memory_bytes"],
                fits=cost.get("fits"),
            )
            self.work[run.digest] = 3.0 * cost["multiply_adds"] * run.train.batch_size

    def _start_bench(self) -> None:
        self.bench = Child(BENCH, self._hear_bench, self._bench_gone)

    def _hear_bench(self, bench: Child, message: Message) -> None:
        if "machine" in message:
            self.machine = message["machine"]
            self.ready.set()
            self._fill()
            return
        future = self.questions.pop(message.pop("number"), None)
        if future is not None and not future.done():
            future.set_result(message)

    def _bench_gone(self, bench: Child, code: int | None) -> None:
        log.warning("the bench ended with %s", code)
        for future in self.questions.values():
            if not future.done():
                future.set_exception(
                    LabError("The measurement ended without an answer: try again.")
                )
        self.questions.clear()
        if not self.ending.is_set():
            self._start_bench()

    async def _ask_bench(self, measure: str, arguments: Message) -> Message:
        await asyncio.wait_for(self.ready.wait(), timeout=60)
        self.place += 1
        number = self.place
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.questions[number] = future
        assert self.bench is not None
        self.bench.tell({"number": number, "measure": measure, "arguments": arguments})
        answer = await asyncio.wait_for(future, timeout=600)
        if "error" in answer:
            raise from_message(answer)
        return answer


VERBS: dict[str, Callable[..., Awaitable[Message]]] = {
    "ping": Lab.ping,
    "leave": Lab.leave,
    "submit": Lab.submit,
    "pause": Lab.pause,
    "resume": Lab.resume,
    "stop": Lab.stop,
    "watch": Lab.watch,
    "measure": Lab.measure,
    "estimate": Lab.estimate,
    "tidy": Lab.tidy,
}


def _is_to_train(record: RunRecord | None) -> bool:
    return record is None or record.status in ("stopped", "failed")


def main() -> None:
    """Serve a store until told to end, or end at once when it has a lab already."""
    parser = argparse.ArgumentParser(description="The lab: trains what pages ask for.")
    parser.add_argument("--store", default=None, help="URL of the store")
    url = parser.parse_args().store or default_url()
    logging.basicConfig(format="%(asctime)s lab: %(message)s", level=logging.INFO)
    lock = FileLock(lock_path(url))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("this store has a lab already")
        return
    with lock:
        asyncio.run(_serve(url))


async def _serve(url: str) -> None:
    await Lab(url, Limits()).serve()
