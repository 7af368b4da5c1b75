"""One run in one process: trains, tells the lab, obeys it, and leaves a checkpoint behind.

On a CPU the lab forks one such process a run. On CUDA the process is a slot that stays: it keeps
its context and kernels warm, and gives memory back between runs. The lab tells ``{"job": …}``,
``{"do": "pause" | "stop" | "leave"}``, ``{"do": "change", "changes": …}``, ``{"ack": sequence}``;
the process tells ``{"events": …, "obeyed": …}``, ``{"note": …}`` and at the end
``{"ended": status, "error": …}``.

Whatever order it obeys, the checkpoint is written first and then spoken of: a process that is
killed in between leaves nothing said that the next one does not know. A change has an id, and is
in the job for as long as the lab has not heard its event: what was obeyed is in the checkpoint, and
is not done twice.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from resnet_core.data import load_pictures
from resnet_core.errors import ResNetLabError, RunError, StoreError, to_message
from resnet_core.execute.line import Line
from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event, RunPaused, RunResumed, RunStopped
from resnet_core.train.checkpoint import save_weights
from resnet_core.train.engine import Training

SEND_EVERY = 0.1
"""Seconds between two batches of events: at most ten a second."""

WAITING, NICER = 1, 15
"""How far a process steps back, in units of ``nice``: little until its first points are told, which
somebody waits for; then far, so that pages answer first on a busy machine, too."""

STATM = Path("/proc/self/statm")
"""Where Linux says how large a process is; elsewhere a run has no memory limit on a CPU."""

CHANGE = "change"
ORDERS = ("leave", "pause", "stop")
"""What a process may be told besides, the weakest first."""

DISK_REFUSES = (OSError, SafetensorError)  # which safetensors raises for a full disk


def serve(lab: Line) -> None:
    """Do jobs until the lab says there are no more, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the lab, which tells us to leave
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _step_back(WAITING)
    # A broken line means that the lab is gone: another one goes on from the checkpoint.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            message = lab.hear()
            if "job" not in message:
                continue  # an order or a receipt for the job before, which ended meanwhile
            if message["job"] is None:
                return
            Worker(lab, message["job"], after_first_step=partial(_step_back, NICER)).work()
            _give_memory_back(message["job"]["device"])


def _step_back(far: int) -> None:
    with contextlib.suppress(OSError):  # a slot that stays has done so for another run
        os.setpriority(os.PRIO_PROCESS, 0, far)


class Worker:
    """One job: a run from its start or its checkpoint to its end, or until it is told to leave.

    Args:
        lab: The line to it.
        job: What is to be done.
        after_first_step: Called when the first points have been told.
    """

    def __init__(
        self, lab: Line, job: dict[str, Any], *, after_first_step: Callable[[], None] | None = None
    ) -> None:
        self.lab = lab
        self.job = job
        self.after_first_step = after_first_step
        self.run = RunSpec.from_json(job["run"])
        self.folder = Path(job["folder"])
        self.checkpoint = self.folder / "checkpoint.safetensors"
        self.sequence = 0
        self.changes: list[dict[str, Any]] = [*job["changes"]]  # to be made
        self.obeyed: list[str] = []  # ids of those that are made
        self.unsent: list[tuple[int, str]] = []
        self.unacknowledged: deque[tuple[int, str]] = deque()
        self.last_sent = 0.0
        self.last_saved = time.monotonic()
        self.save_seconds = 0.0

    def work(self) -> None:
        """Do the job; whatever goes wrong is told at its end."""
        error: ResNetLabError | None = None
        try:
            torch.set_num_threads(self.job["threads"])
            with _limited_memory(self.job):
                status = self._train()
        except StoreError as refusal:
            status, error = "queued", refusal
        except ResNetLabError as refusal:
            status, error = "failed", refusal
        except (MemoryError, RuntimeError) as refusal:
            if not _is_out_of_memory(refusal):
                raise
            status, error = "failed", self._out_of_memory()
        self._send(force=True)
        self.lab.tell({"ended": status, "error": to_message(error) if error else None})

    def _train(self) -> str:
        pictures = load_pictures(self.run.data, on_progress=self._note)
        training = Training(self.run, pictures, device=self.job["device"])
        until = self.job["until"] or self.run.train.steps
        if self.checkpoint.exists():
            left = self._go_on(training)
            if left == "pause" and training.step >= until:
                return "paused"  # it had done so, and died before anybody heard of it
        else:
            self._say(training.start())
        self._send(force=True)
        is_first = True
        while not training.ended:
            order = self._order() or ("pause" if training.step >= until else None)
            changed = self._change(training)
            if training.diverged:  # which nobody knew before
                return self._finish(training)
            if order is not None:
                return self._leave(training, order)
            if changed:
                self._keep(training, left="")
                self._send(force=True)
            for event in training.advance():
                self._say(event)
            self._send(force=is_first)
            if is_first and self.after_first_step is not None:
                self.after_first_step()
            is_first = False
            self._save_now_and_then(training)
        return self._finish(training)

    def _go_on(self, training: Training) -> str:
        """Take up the checkpoint, and tell again what the lab may not have written down."""
        notes = training.restore(self.checkpoint)
        self.sequence = int(notes["sequence"])
        self.obeyed = json.loads(notes.get("obeyed", "[]"))
        self.unsent = [(number, text) for number, text in json.loads(notes["unacknowledged"])]
        left, until = notes["left"], self.job["until"]
        if left == "stop" or (left == "pause" and (until is None or training.step < until)):
            self._say(RunResumed(step=training.step, until=until))
        return left

    def _leave(self, training: Training, order: str) -> str:
        for event in training.flush():
            self._say(event)
        if training.ended:  # what was not yet told was that it has diverged
            return self._finish(training)
        if order == "pause":
            self._say(RunPaused(step=training.step))
        if order == "stop":
            self._say(RunStopped(step=training.step))
        self._keep(training, left=order)
        return {"pause": "paused", "stop": "stopped"}.get(order, "queued")

    def _change(self, training: Training) -> bool:
        """Operate on the run as the lab has asked; whether anything is to be kept and then said.

        A run that goes on from before its last word repeats itself until it is there again: what
        it has said stays true.
        """
        asked = [change for change in self.changes if change["id"] not in self.obeyed]
        if not asked or training.step < self.job["step"]:
            return False
        for event in training.flush():
            self._say(event)
        if training.ended:
            return False
        for change in asked:
            for event in training.change(change["what"], change["value"], change["over"]):
                self._say(event)
            self.obeyed.append(change["id"])
        self.changes = []
        return True

    def _keep(self, training: Training, *, left: str) -> None:
        """Write the checkpoint before what was done is spoken of."""
        try:
            self._save(training, left=left)
        except StoreError:
            self.unsent = []  # it goes on from an older checkpoint, and has not done it at all
            raise
        self.last_saved = time.monotonic()

    def _finish(self, training: Training) -> str:
        try:
            save_weights(training.network, self.folder / "weights.safetensors")
        except DISK_REFUSES as error:
            raise self._disk_refuses(error) from None
        return "diverged" if training.diverged else "completed"

    def _save_now_and_then(self, training: Training) -> None:
        # Where a checkpoint is dear, it is rarer: at most one part in fifty of the time.
        pause = max(self.job["checkpoint_seconds"], 50 * self.save_seconds)
        safe = not training.has_untold_steps and not training.ended
        if safe and time.monotonic() - self.last_saved >= pause:
            began = time.perf_counter()
            # A full disk costs the safety net, not the run.
            with contextlib.suppress(StoreError):
                self._save(training, left="")
            self.last_saved = time.monotonic()
            self.save_seconds = time.perf_counter() - began

    def _save(self, training: Training, *, left: str) -> None:
        untold = [*self.unacknowledged, *self.unsent]
        try:
            training.save(
                self.checkpoint,
                sequence=str(self.sequence),
                unacknowledged=json.dumps(untold),
                obeyed=json.dumps(self.obeyed),
                left=left,
            )
        except DISK_REFUSES as error:
            raise self._disk_refuses(error) from None

    def _disk_refuses(self, error: Exception) -> StoreError:
        with contextlib.suppress(OSError):
            self.checkpoint.with_suffix(".new").unlink(missing_ok=True)
        return StoreError(
            "A run was to be kept in {folder}, but the disk refused ({reason}): free some space, "
            "and it goes on.",
            folder=str(self.folder),
            reason=str(error),
        )

    def _say(self, event: Event) -> None:
        self.sequence += 1
        self.unsent.append((self.sequence, event.model_dump_json()))

    def _send(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if self.unsent and (force or now - self.last_sent >= SEND_EVERY):
            self.lab.tell({"events": self.unsent, "obeyed": self.obeyed})
            self.unacknowledged.extend(self.unsent)
            self.unsent = []
            self.last_sent = now

    def _order(self) -> str | None:
        """Read what the lab has told us meanwhile; of several orders the strongest counts."""
        orders = []
        while self.lab.has_message():
            message = self.lab.hear()
            if message.get("do") == CHANGE:
                self.changes += message["changes"]
            elif "do" in message:
                orders.append(message["do"])
            while self.unacknowledged and self.unacknowledged[0][0] <= message.get("ack", 0):
                self.unacknowledged.popleft()
        return max(orders, key=ORDERS.index, default=None)

    def _note(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last_sent >= SEND_EVERY:
            self.last_sent = now
            self.lab.tell({"note": {"what": what, "done": done, "total": total}})

    def _out_of_memory(self) -> RunError:
        return RunError(
            "{name} at width {width} with batches of {batch} needed more memory than the "
            "{gigabytes} GB a run may have on {device}. A smaller batch, width or depth would fit.",
            name=self.run.network.name,
            width=self.run.network.width,
            batch=self.run.train.batch_size,
            gigabytes=round(self.job["memory_bytes"] / 2**30, 1),
            device=self.job["device"],
        )


@contextlib.contextmanager
def _limited_memory(job: dict[str, Any]) -> Iterator[None]:
    """Keep a run from taking the machine down with it."""
    if job["device"] == "cuda":
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, job["memory_bytes"] / total))
    if job["device"] != "cpu" or not STATM.exists():
        yield
        return
    import resource

    pages = int(STATM.read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + job["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:  # room for its last words, and for the next run
        resource.setrlimit(resource.RLIMIT_AS, before)


def _is_out_of_memory(error: Exception) -> bool:
    """Whether PyTorch, oneDNN or C++ ran out of memory, each of which says so in its own way."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        words in str(error) for words in ("memory", "bad_alloc", "could not create a primitive")
    )


def _give_memory_back(device: str) -> None:
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
