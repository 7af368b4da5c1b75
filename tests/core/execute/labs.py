"""A real lab in a folder of its own, and what tests ask of it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from resnet_core.execute.client import LabClient
from resnet_core.execute.protocol import socket_path
from resnet_core.execute.worker import NICER
from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event
from resnet_core.store import RunRecord, Store

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds after which something that must happen has not; two busy cores are slow."""


def wait_until(what: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Wait until something is true, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.01)
    return found


class LabAt:
    """A lab, its client and its store, in a folder of their own."""

    def __init__(self, folder: Path, cache: Path, **settings: object) -> None:
        self.folder = folder
        self.env = {
            "RESNET_LAB_DATA": str(folder),
            "RESNET_LAB_CACHE": str(cache),
            "RESNET_LAB_STORE": f"sqlite:///{folder / 'lab.sqlite'}",
            "RESNET_LAB_SLOTS": "2",
            "RESNET_LAB_MAX_SECONDS": "20000",  # a busy machine measures itself slow
            "RESNET_LAB_IDLE_SECONDS": "300",  # should a test die, its lab ends too
            "RESNET_LAB_CHECKPOINT_SECONDS": "0.2",
            **{f"RESNET_LAB_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.url = self.env["RESNET_LAB_STORE"]
        self._others = {psutil.Process()}

    @contextlib.contextmanager
    def active(self) -> Iterator[LabAt]:
        """Make this the lab that the environment speaks of."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("RESNET_LAB_")]:
                patch.delenv(name)
            for name, value in self.env.items():
                patch.setenv(name, value)
            yield self

    @cached_property
    def client(self) -> LabClient:
        return LabClient(self.url)

    @cached_property
    def store(self) -> Store:
        self.client.status()
        return Store.open(self.url, read_only=True)

    @property
    def pid(self) -> int:
        return self.client.status().pid

    @property
    def log(self) -> str:
        return (self.folder / "lab.log").read_text()

    def warm(self) -> LabAt:
        """Wait until runs start at once."""
        wait_until(lambda: self.client.status().machine)
        return self

    def processes(self) -> list[psutil.Process]:
        """List every living process of this lab, and of those before it."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        if process in self._others:
            return False
        try:
            ours = process.environ().get("RESNET_LAB_DATA") == str(self.folder)
            if not ours and time.time() - process.create_time() > 5:  # it has become what it is
                self._others.add(process)
            return ours and process.status() != "zombie"
        except psutil.Error:
            return False

    def forked(self, *, niceness: int) -> list[psutil.Process]:
        """List the processes its forkserver has forked."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                is_forked = "multiprocessing.forkserver" in " ".join(process.cmdline())
                parent = process.parent()
                is_server = parent is not None and "resnet_core.execute" in parent.cmdline()
                if is_forked and not is_server and process.nice() == niceness:
                    found.append(process)
        return found

    def workers(self) -> list[psutil.Process]:
        """List the processes of runs; they are nicer than the bench."""
        return self.forked(niceness=os.nice(0) + NICER)

    def kill_workers(self, number: int = signal.SIGKILL) -> None:
        for worker in wait_until(self.workers):
            worker.send_signal(number)

    def submit(self, *plans: RunSpec, visitor: str = "ann", **more: int) -> list[bool]:
        return self.client.submit(plans, visitor=visitor, **more)

    def status(self, plan: RunSpec) -> str:
        record = self.store.run(plan.digest)
        assert record is not None
        return record.status

    def wait(self, plan: RunSpec, *statuses: str, seconds: float = PATIENCE) -> RunRecord:
        """Wait until a run has one of these statuses; until it is over, without any."""
        over = statuses or ("completed", "diverged", "stopped", "failed")
        wait_until(lambda: self.status(plan) in over, seconds)
        record = self.store.run(plan.digest)
        assert record is not None
        return record

    def wait_for_step(self, plan: RunSpec, step: int) -> None:
        wait_until(lambda: (record := self.store.run(plan.digest)) and record.step >= step)

    def wait_for_checkpoint(self, plan: RunSpec) -> None:
        path = self.folder / "runs" / plan.digest / "checkpoint.safetensors"
        wait_until(path.exists)

    def events(self, plan: RunSpec) -> list[Event]:
        """Give a run's events in order; their numbers must have no gap."""
        stored = self.store.events([plan.digest])
        assert [event.sequence for event in stored] == list(range(1, len(stored) + 1))
        return [event.event for event in stored]

    def close(self) -> None:
        """End this lab; whatever does not end is a mistake."""
        if "store" in self.__dict__:
            self.store.close()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                if "resnet_core.execute" in process.cmdline():
                    process.terminate()
        try:
            wait_until(lambda: not self.processes(), 20)
        finally:
            for process in self.processes():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            with contextlib.suppress(OSError):
                socket_path(self.url).unlink()


def untimed(events: Sequence[Event]) -> list[dict[str, object]]:
    """Leave out what is evidence and may differ."""
    return [event.model_dump(exclude={"seconds", "images_per_second"}) for event in events]


def losses(events: Sequence[Event]) -> list[float]:
    """List the loss of every step told."""
    return [loss for event in events if event.kind == "steps" for loss in event.losses]


def kinds(events: Sequence[Event]) -> list[str]:
    return [event.kind for event in events]
