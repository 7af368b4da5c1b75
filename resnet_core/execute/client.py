"""How a page or the command line speaks to the lab; starts one where there is none."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resnet_core.errors import LabError
from resnet_core.execute.line import Message
from resnet_core.execute.protocol import ask
from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.store import Store
from resnet_core.store.places import data_folder, default_url

PATIENCE = 20.0
"""Seconds a lab has to come up."""


@dataclass(frozen=True)
class Cost:
    """What a run will have and cost, estimated for this machine before it starts.

    Attributes:
        fits: When it is above a limit, the deepest network that would not be; None if none is.
        allowed: Whether it is within the limits.
    """

    parameters: int
    multiply_adds: int
    seconds: float
    memory_bytes: int
    allowed: bool
    fits: int | None


@dataclass(frozen=True)
class Status:
    """How the lab is.

    Attributes:
        machine: ``device``, ``device_name``, ``count``, ``torch``; None while it warms up.
        trouble: The store's refusal, as ``errors.to_message`` writes it; None when all is well.
    """

    pid: int
    machine: dict[str, Any] | None
    slots: int
    running: int
    queued: int
    trouble: dict[str, Any] | None


class LabClient:
    """A line to the lab of one store.

    Every method raises ``ResNetLabError`` with the lab's sentence when it refuses, and
    ``LabError`` when no lab can be reached or started.

    Args:
        url: Of the store; the default store when None.
        start: Start a lab where there is none.
    """

    def __init__(self, url: str | None = None, *, start: bool = True) -> None:
        self.url = url or default_url()
        self.name = uuid.uuid4().hex
        self._start = start

    def status(self) -> Status:
        """Ask how the lab is; counts as a sign of life of this client."""
        answer = self._ask({"verb": "ping", "client": self.name}, timeout=5)
        names = ("pid", "machine", "slots", "running", "queued", "trouble")
        return Status(**{name: answer[name] for name in names})

    def submit(
        self, runs: Sequence[RunSpec], *, visitor: str | None, steps: int | None = None
    ) -> list[bool]:
        """Ask for runs; for each, whether it was known already (attached to, or remembered).

        Private runs may be asked to pause after so many ``steps``.
        """
        question = {
            "verb": "submit",
            "runs": [run.to_json() for run in runs],
            "visitor": visitor,
            "steps": steps,
        }
        return [row["remembered"] for row in self._ask(question, timeout=90)["runs"]]

    def pause(self, digest: str, *, visitor: str) -> None:
        """Pause a private run after the step it is in."""
        self._ask({"verb": "pause", "digest": digest, "visitor": visitor})

    def resume(self, digest: str, *, visitor: str, steps: int | None = None) -> None:
        """Let a private run go on: all the way, or for so many steps."""
        self._ask({"verb": "resume", "digest": digest, "visitor": visitor, "steps": steps})

    def change(self, digest: str, *, visitor: str, what: str, value: float, over: int = 0) -> None:
        """Change λ or the learning rate of a private run: see ``specs.Change``.

        A run that trains is changed after the step it is in, one that rests before its next.
        """
        change = {"what": what, "value": value, "over": over}
        self._ask({"verb": "change", "digest": digest, "visitor": visitor, **change})

    def stop(self, digests: Sequence[str], *, visitor: str) -> None:
        """Stop private runs; leave shared ones, which stop when nobody else watches."""
        self._ask({"verb": "stop", "digests": list(digests), "visitor": visitor})

    def watch(self, digests: Sequence[str], *, visitor: str) -> None:
        """Say that a visitor looks at runs; at least once a minute while they do."""
        self._ask({"verb": "watch", "digests": list(digests), "visitor": visitor})

    def estimate(self, runs: Sequence[RunSpec]) -> list[Cost]:
        """Estimate what runs will cost on this machine."""
        question = {"verb": "estimate", "runs": [run.to_json() for run in runs]}
        return [
            Cost(
                parameters=row["parameters"],
                multiply_adds=row["multiply_adds"],
                seconds=row["seconds"],
                memory_bytes=row["memory_bytes"],
                allowed="fits" not in row,
                fits=row.get("fits"),
            )
            for row in self._ask(question, timeout=90)["estimates"]
        ]

    def count(self, network: NetworkSpec, *, channels: int, classes: int, size: int) -> Message:
        """Count a network for images of shape (channels, size, size)."""
        shape = {"channels": channels, "classes": classes, "size": size}
        return self.measure("count", network=network.model_dump(), **shape)

    def measure(self, measure: str, **arguments: Any) -> Message:
        """Have the bench measure something: a key of ``execute.bench.MEASUREMENTS``."""
        question = {"verb": "measure", "measure": measure, "arguments": arguments}
        return self._ask(question, timeout=600)

    def tidy(self, max_bytes: int) -> str:
        """Make the store small again; says what went."""
        return str(self._ask({"verb": "tidy", "max_bytes": max_bytes}, timeout=120)["tidied"])

    def leave(self) -> None:
        """Say goodbye; the last client to go ends the lab, which checkpoints what runs."""
        try:
            ask(self.url, {"verb": "leave", "client": self.name}, timeout=5)
        except OSError:
            return  # it is gone already

    def _ask(self, question: Message, *, timeout: float = 30) -> Message:
        for attempt in (1, 2):
            try:
                return ask(self.url, question, timeout=timeout)
            except ConnectionError:
                if not self._start or attempt == 2:
                    break
                start_lab(self.url)
            except OSError as error:
                raise LabError(
                    "The lab was asked something, but it does not answer ({reason}): try again in "
                    "a moment.",
                    reason=str(error),
                ) from None
        raise LabError(
            "The lab was asked something, but no lab is running for this store: start the app, or "
            "look into {log}.",
            log=str(data_folder() / "lab.log"),
        )


def start_lab(url: str) -> None:
    """Start a lab and wait until it answers; where one is there already, that one answers.

    Raises:
        ResNetLabError: It did not come up.
    """
    log = data_folder() / "lab.log"
    with log.open("ab") as output:
        # A session of its own: Ctrl-C in the terminal is for the server, which says goodbye.
        process = subprocess.Popen(
            [sys.executable, "-m", "resnet_core.execute", "--store", url],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    # When it ends one day it must not stay as a zombie.
    threading.Thread(target=process.wait, name="lab's end", daemon=True).start()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            ask(url, {"verb": "ping"}, timeout=2)
        except OSError:
            if process.returncode:  # not 0: that one found a lab there already
                # What the lab met we meet too, and have a sentence for.
                with contextlib.closing(Store.open(url)):
                    break
            time.sleep(0.02)
        else:
            return
    raise LabError(
        "A lab was to be started, but it did not come up: look into {log}.", log=str(log)
    )
