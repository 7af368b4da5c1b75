"""One run in one process: trains, tells the lab, obeys it, and leaves a checkpoint behind.

On a CPU the lab forks one such process a run. On CUDA the process is a slot that stays: it keeps
its context and kernels warm, and gives memory back between runs. The lab tells ``{"job": …}``,
``{"do": "pause" | "stop" | "leave"}``, ``{"ack": sequence}``; the process tells ``{"events": …}``,
``{"note": …}`` and at the end ``{"ended": status}``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import time
from collections import deque
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from resnet_core.data import load_pictures
from resnet_core.errors import ResNetLabError, RunError
from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event, RunFailed, RunPaused, RunResumed, RunStopped
from resnet_core.train.checkpoint import save_weights
from resnet_core.train.engine import Training

SEND_EVERY = 0.1
"""Seconds between two batches of events: at most ten a second."""


def serve(lab: Connection) -> None:
    """Do jobs until the lab says there are no more, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the lab, which tells us to leave
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.nice(5)  # the page comes first
    # A broken connection means that the lab is gone: another one goes on from the checkpoint.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while (job := _receive(lab).get("job")) is not None:
            Worker(lab, job).work()
            _give_memory_back(job["device"])


class Worker:
    """One job: a run from its start or its checkpoint to its end, or until it is told to leave."""

    def __init__(self, lab: Connection, job: dict[str, Any]) -> None:
        self.lab = lab
        self.job = job
        self.run = RunSpec.from_json(job["run"])
        self.folder = Path(job["folder"])
        self.checkpoint = self.folder / "checkpoint.safetensors"
        self.sequence = 0
        self.unsent: list[tuple[int, str]] = []
        self.unacknowledged: deque[tuple[int, str]] = deque()
        self.last_sent = 0.0
        self.last_saved = time.monotonic()
        self.save_seconds = 0.0
        self.orders: list[str] = []

    def work(self) -> None:
        """Do the job; whatever goes wrong becomes the run's last event."""
        try:
            torch.set_num_threads(self.job["threads"])
            _limit_memory(self.job)
            status = self._train()
        except ResNetLabError as error:
            status = self._fail(error)
        except (MemoryError, torch.OutOfMemoryError):
            status = self._fail(self._out_of_memory())
        except RuntimeError as error:
            if "memory" not in str(error):
                raise
            status = self._fail(self._out_of_memory())
        self._send(force=True)
        _tell(self.lab, {"ended": status})

    def _train(self) -> str:
        pictures = load_pictures(self.run.data, on_progress=self._note)
        training = Training(self.run, pictures, device=self.job["device"])
        if self.checkpoint.exists():
            self._go_on(training)
        else:
            self._say(training.start())
        self._send(force=True)
        until = training.step + (self.job.get("steps") or self.run.train.steps)
        while not training.ended:
            if order := self._order():
                return self._leave(training, order)
            for event in training.advance():
                self._say(event)
            self._send()
            if not training.ended and training.step >= until:
                return self._leave(training, "pause")
            self._save_now_and_then(training)
        save_weights(training.network, self.folder / "weights.safetensors")
        self.checkpoint.unlink(missing_ok=True)
        return "diverged" if training.step < self.run.train.steps else "completed"

    def _go_on(self, training: Training) -> None:
        """Take up the checkpoint, and tell again what the lab may not have written down."""
        notes = training.restore(self.checkpoint)
        self.sequence = int(notes["sequence"])
        self.unsent = [(number, text) for number, text in json.loads(notes["unacknowledged"])]
        if notes["left"] in ("pause", "stop"):
            steps = self.job.get("steps")
            until = training.step + steps if steps else None
            self._say(RunResumed(step=training.step, until=until))

    def _leave(self, training: Training, order: str) -> str:
        for event in training.flush():
            self._say(event)
        if training.ended:  # what was not yet told was that it has diverged
            return "diverged"
        if order == "pause":
            self._say(RunPaused(step=training.step))
        if order == "stop":
            self._say(RunStopped(step=training.step))
        self._send(force=True)
        self._save(training, left=order)
        return {"pause": "paused", "stop": "stopped"}.get(order, "queued")

    def _save_now_and_then(self, training: Training) -> None:
        # Where a checkpoint is dear, it is rarer: at most one part in fifty of the time.
        pause = max(self.job["checkpoint_seconds"], 50 * self.save_seconds)
        if not training.has_untold_steps and time.monotonic() - self.last_saved >= pause:
            began = time.perf_counter()
            self._save(training, left="")
            self.save_seconds = time.perf_counter() - began

    def _save(self, training: Training, *, left: str) -> None:
        untold = [*self.unacknowledged, *self.unsent]
        try:
            training.save(
                self.checkpoint,
                sequence=str(self.sequence),
                unacknowledged=json.dumps(untold),
                left=left,
            )
        except OSError as error:
            # A full disk costs the safety net, not the run; a pause cannot do without.
            if left:
                raise RunError(
                    "The run was to be kept in {folder}, but the disk refused ({reason}): free "
                    "some space and start it again.",
                    folder=str(self.folder),
                    reason=error.strerror or str(error),
                ) from None
        self.last_saved = time.monotonic()

    def _say(self, event: Event) -> None:
        self.sequence += 1
        self.unsent.append((self.sequence, event.model_dump_json()))

    def _send(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if self.unsent and (force or now - self.last_sent >= SEND_EVERY):
            _tell(self.lab, {"events": self.unsent})
            self.unacknowledged.extend(self.unsent)
            self.unsent = []
            self.last_sent = now

    def _order(self) -> str | None:
        while self.lab.poll():
            message = _receive(self.lab)
            if "ack" in message:
                while self.unacknowledged and self.unacknowledged[0][0] <= message["ack"]:
                    self.unacknowledged.popleft()
            else:
                self.orders.append(message["do"])
        return self.orders.pop(0) if self.orders else None

    def _note(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last_sent >= SEND_EVERY:
            self.last_sent = now
            _tell(self.lab, {"note": {"what": what, "done": done, "total": total}})

    def _fail(self, error: ResNetLabError) -> str:
        self._say(RunFailed(template=error.template, values=error.values))
        return "failed"

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


def _limit_memory(job: dict[str, Any]) -> None:
    """Keep a run from taking the machine down with it."""
    if job["device"] == "cuda":
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, job["memory_bytes"] / total))
        return
    if job.get("stays"):
        return  # a limit on address space cannot be raised again for the next run
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + job["memory_bytes"]
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _give_memory_back(device: str) -> None:
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()


def _tell(lab: Connection, message: dict[str, Any]) -> None:
    lab.send_bytes(json.dumps(message).encode())


def _receive(lab: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(lab.recv_bytes())
    return message
