"""How the lab asks its bench: one question at a time or many, and another bench when one dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from resnet_core.errors import LabError, from_message
from resnet_core.execute.line import Message
from resnet_core.execute.slots import Child

BENCH = "resnet_core.execute.bench"

WARM_SECONDS = 60.0
"""So long a question waits for the bench to be warm."""

ANSWER_SECONDS = 600.0
"""So long it waits for its answer: images that a visitor brought take a while."""

LONGEST_PAUSE = 10.0
"""Seconds before a bench that died again and again is started again."""

log = logging.getLogger("lab")


class BenchLine:
    """Keeps a bench alive and carries questions to it.

    Args:
        ready: Called when a bench has said what machine this is.
    """

    def __init__(self, ready: Callable[[], None]) -> None:
        self.machine: Message | None = None
        self._ready = ready
        self._warm = asyncio.Event()
        self._bench: Child | None = None
        self._asked: dict[int, asyncio.Future[Message]] = {}
        self._number = 0
        self._pause = 0.0

    def start(self) -> None:
        """Start a bench."""
        self._bench = Child(BENCH, self._hear, self._gone)

    async def ask(self, measure: str, arguments: Message) -> Message:
        """Have something measured.

        Raises:
            ResNetLabError: What the bench refused with; or it died, or took too long.
        """
        try:
            await asyncio.wait_for(self._warm.wait(), timeout=WARM_SECONDS)
        except TimeoutError:
            raise LabError(
                "Something was to be measured, but PyTorch is still being loaded: try again in a "
                "moment."
            ) from None
        assert self._bench is not None
        self._number += 1
        number = self._number
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._bench.tell({"number": number, "measure": measure, "arguments": arguments})
        try:
            answer = await asyncio.wait_for(self._asked[number], timeout=ANSWER_SECONDS)
        except TimeoutError:
            raise LabError(
                "Something was to be measured, but it took more than {minutes} minutes: ask for "
                "less.",
                minutes=round(ANSWER_SECONDS / 60),
            ) from None
        finally:
            del self._asked[number]
        if "error" in answer:
            raise from_message(answer)
        return answer

    def _hear(self, bench: Child, message: Message) -> None:
        if "machine" in message:
            self.machine = message["machine"]
            self._pause = 0.0
            self._warm.set()
            self._ready()
            return
        future = self._asked.get(message.pop("number"))
        if future is not None and not future.done():
            future.set_result(message)

    def _gone(self, bench: Child, code: int | None) -> None:
        log.warning("the bench ended with %s", code)
        self._warm.clear()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(
                    LabError("The measurement ended without an answer: try again.")
                )
        # A bench that cannot even start must not keep the machine busy with trying.
        asyncio.get_running_loop().call_later(self._pause, self.start)
        self._pause = min(2 * self._pause + 0.5, LONGEST_PAUSE)
