"""The lab's grip on its processes: start one, speak to it, hear when it is gone.

Processes are forked from a server that has imported PyTorch already (``warm``): about 40 ms each,
seconds when that server itself has to be started again. A thread waits for that, never the lab's
event loop. They end with the lab: their line is cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerProcess

import psutil

from resnet_core.execute.line import LabLine, Line, Message

Hear = Callable[["Child", Message], None]
Gone = Callable[["Child", int | None], None]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["resnet_core.execute.warm"])

_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")
"""One thread: processes are forked in the order they were asked for."""

log = logging.getLogger("lab")


class Child:
    """A process forked for this lab, and the line to it.

    It may be spoken to and killed from the start, also while it is still being forked.

    Args:
        module: Whose ``serve`` it runs, with its end of the line. Named, not imported: the lab
            knows no PyTorch.
        hear: Called with each message it sends.
        gone: Called once when it has ended, however it did, with its exit code; None when it
            never came to be, or nobody knows.

    Attributes:
        pid: Its process number; None while it is being forked.
        ended: Its line is cut: it can do nothing more, and ``gone`` will be called.
    """

    def __init__(self, module: str, hear: Hear, gone: Gone) -> None:
        ours, theirs = socket.socketpair()
        self.pid: int | None = None
        self.ended = False
        self._gone = gone
        self._line = LabLine(ours, lambda message: hear(self, message), self._cut)
        self._process: ForkServerProcess | None = None
        self._killed = False
        self._started = asyncio.create_task(self._start(module, theirs))
        self._seen_off: asyncio.Task[None] | None = None

    def tell(self, message: Message) -> None:
        """Send a message; one to a process that has just ended is lost without a word."""
        self._line.tell(message)

    def kill(self) -> None:
        """End it at once; ``gone`` is called when it has."""
        self._killed = True
        if self.pid is not None and not self.ended:
            # Not Process.kill: it takes a process for dead when its forkserver is.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def _start(self, module: str, theirs: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._process = await loop.run_in_executor(_starter, _fork, module, theirs)
            self.pid = self._process.pid
        except (OSError, EOFError) as error:
            log.warning("no process could be started: %r", error)
        finally:
            theirs.close()  # without a process, this cuts the line
        if self._killed:
            self.kill()

    def _cut(self) -> None:
        self.ended = True
        self._seen_off = asyncio.create_task(self._see_off())

    async def _see_off(self) -> None:
        await self._started
        code = None
        if self._process is not None:
            # Not by the starter: it may be busy for seconds.
            code = await asyncio.to_thread(_reap, self._process)
        self._gone(self, code)


def _fork(module: str, line: socket.socket) -> ForkServerProcess:
    for pause in (0.05, 0.5, None):
        process = _context.Process(target=_serve, args=(module, line), daemon=True)
        try:
            process.start()
            return process
        except (OSError, EOFError):
            # The forkserver died as it was asked: once it is seen to be dead, there is a new one.
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError


def _reap(process: ForkServerProcess) -> int | None:
    """Give the exit code of a process whose line is cut; it has five seconds to end."""
    process.join(timeout=5)
    if process.is_alive():
        process.kill()
    process.join()
    code = process.exitcode
    process.close()  # its pipes
    return None if code == 255 else code  # the forkserver died before: nobody knows


def _serve(module: str, line: socket.socket) -> None:
    importlib.import_module(module).serve(Line(line))


def warm_up() -> None:
    """Wait until the forkserver has imported PyTorch and forks at once; takes seconds."""
    _starter.submit(_warm_up).result()


def _warm_up() -> None:
    process = _context.Process(target=_nothing, daemon=True)
    process.start()
    process.join()
    process.close()


def end_forkserver() -> None:
    """End the forkserver, so that nobody waits for it: it may be loading PyTorch still."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _nothing() -> None:
    """Be forked, and end."""
