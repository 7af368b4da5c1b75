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
import signal
import socket
import sys
import time

from filelock import FileLock, Timeout

from resnet_core.errors import LabError, ResNetLabError, to_message
from resnet_core.execute.limits import Limits
from resnet_core.execute.line import Message
from resnet_core.execute.protocol import LONGEST_LINE, lock_path, socket_path
from resnet_core.execute.slots import end_forkserver, warm_up
from resnet_core.execute.verbs import VERBS, Verbs
from resnet_core.store import Store
from resnet_core.store.places import default_url

QUESTION_SECONDS = 60.0
"""Who has connected has so long to ask."""

LOCK_SECONDS = 30.0
"""So long a lab waits for one that has the lock but does not listen: it is starting or ending."""

log = logging.getLogger("lab")


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
        self.ending = asyncio.Event()
        self.verbs = Verbs(self.store, limits, self.ending)
        self.last_question = time.monotonic()

    async def serve(self) -> None:
        """Listen until told to end, then let every run leave a checkpoint."""
        unfinished = self.store.runs(status=("queued", "running"))
        self.verbs.watchers.recall([record.digest for record in unfinished])
        self.verbs.runs.take_up(unfinished)
        path = socket_path(self.url)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._answer, path, limit=LONGEST_LINE)
        path.chmod(0o600)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ending.set)
        tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._look_after())]
        await self.ending.wait()
        for task in tasks:
            task.cancel()
        server.close()
        path.unlink(missing_ok=True)
        await self.verbs.runs.leave()
        end_forkserver()
        self.store.close()

    async def _warm_up(self) -> None:
        """PyTorch takes seconds to import; questions are answered meanwhile."""
        try:
            await asyncio.to_thread(warm_up)
        except (OSError, EOFError) as error:
            log.warning("the forkserver died while it was loading PyTorch: %r", error)
        self.verbs.bench.start()

    async def _look_after(self) -> None:
        """Once a second: try again after trouble, and end when nobody needs this lab."""
        while True:
            await asyncio.sleep(1)
            try:
                self.verbs.runs.ledger.try_again()
                self.verbs.runs.fill()
                self.verbs.watchers.forget_old()
                self.verbs.stop_unwanted()
                self.verbs.end_if_left()
            except Exception:
                log.exception("the lab could not look after its runs")
            idle = not self.verbs.runs.running and not self.verbs.runs.waiting
            if idle and time.monotonic() - self.last_question > self.limits.idle_seconds:
                log.info("nobody asked for %.0f s: ending", self.limits.idle_seconds)
                self.ending.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.last_question = time.monotonic()
        # Who is cut off, be it because the lab ends, asks the next one.
        cut_off = (ConnectionError, TimeoutError, asyncio.CancelledError)
        with contextlib.suppress(*cut_off), contextlib.closing(writer):
            try:
                line = await asyncio.wait_for(reader.readline(), timeout=QUESTION_SECONDS)
                answer = await self._ask(_question(line))
            except ResNetLabError as error:
                answer = to_message(error)
            except cut_off:
                raise
            except Exception as error:
                # The lab outlives every question; what went wrong stands in its log.
                log.exception("a question failed")
                reason = f"{type(error).__name__}: {error}"
                answer = to_message(
                    LabError("The lab could not answer ({reason}): try again.", reason=reason)
                )
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    async def _ask(self, question: Message) -> Message:
        verb = question.pop("verb", "")
        if verb not in VERBS:
            raise LabError("The lab was asked to {verb}, which it does not know.", verb=repr(verb))
        return await VERBS[verb](self.verbs, **question)


def _question(line: bytes) -> Message:
    try:
        question = json.loads(line)
    except ValueError:
        question = None
    if not isinstance(question, dict):
        raise LabError(
            "The lab was asked {line}, but a question is one line of JSON with a verb.",
            line=repr(line[:80]),
        )
    return question


def main() -> None:
    """Serve a store until told to end, or end at once when it has a lab already."""
    parser = argparse.ArgumentParser(description="The lab: trains what pages ask for.")
    parser.add_argument("--store", default=None, help="URL of the store")
    asked = parser.parse_args().store
    logging.basicConfig(format="%(asctime)s lab: %(message)s", level=logging.INFO)
    try:
        url = asked or default_url()
        lock = _lock(url)
        if lock is None:
            log.info("this store has a lab already")
            return
        with lock:
            asyncio.run(_serve(url))
    except (ResNetLabError, OSError) as error:
        log.error("%s", error)
        sys.exit(1)


def _lock(url: str) -> FileLock | None:
    """Take the lock of a store's lab; None when there is a lab that listens."""
    path = lock_path(url)
    if not path.parent.is_dir():  # which the lock would make
        Store.open(url).close()
    lock = FileLock(path)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            lock.acquire(timeout=0.1)
            return lock
        except Timeout:
            if _listens(url):
                return None
            if time.monotonic() > deadline:
                raise LabError(
                    "A lab was to be started, but another one holds {lock} and does not answer: "
                    "end that process.",
                    lock=str(path),
                ) from None


def _listens(url: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(str(socket_path(url)))
        except OSError:
            return False
    return True


async def _serve(url: str) -> None:
    await Lab(url, Limits()).serve()
