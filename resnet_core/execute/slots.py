"""The lab's grip on its processes: start one, speak to it, hear when it is gone.

Processes are forked from a server that has imported PyTorch already (``warm``): about 40 ms each.
They belong to the lab and end with it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

Hear = Callable[["Child", dict[str, Any]], None]
Gone = Callable[["Child", int | None], None]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["resnet_core.execute.warm"])


class Child:
    """A process forked for this lab, and the line to it.

    Args:
        module: Whose ``serve`` it runs, with its end of the line. Named, not imported: the lab
            knows no PyTorch.
        hear: Called with each message it sends.
        gone: Called once when it has ended, however it did, with its exit code.
    """

    def __init__(self, module: str, hear: Hear, gone: Gone) -> None:
        self._line, theirs = _context.Pipe()
        self._process = _context.Process(target=_serve, args=(module, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._hear = hear
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._line.fileno(), self._read)

    @property
    def pid(self) -> int | None:
        """Its process number."""
        return self._process.pid

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message; one to a process that has just ended is lost without a word."""
        try:
            self._line.send_bytes(json.dumps(message).encode())
        except (BrokenPipeError, OSError):
            return  # _read hears of the end and says so

    def kill(self) -> None:
        """End it at once; ``gone`` is called when it has."""
        self._process.kill()

    def _read(self) -> None:
        try:
            message = json.loads(self._line.recv_bytes())
        except (EOFError, OSError):
            self._loop.remove_reader(self._line.fileno())
            self._line.close()
            self._process.join(timeout=5)
            self._gone(self, self._process.exitcode)
            return
        self._hear(self, message)


def _serve(module: str, line: Connection) -> None:
    importlib.import_module(module).serve(line)


def warm_up() -> None:
    """Wait until the forkserver has imported PyTorch and forks at once; takes seconds."""
    process = _context.Process(target=_nothing, daemon=True)
    process.start()
    process.join()


def _nothing() -> None:
    """Be forked, and end."""
