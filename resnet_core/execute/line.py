"""The line between the lab and one of its processes: JSON messages, one a line, over a socket.

The process waits at its end. The lab never does: its end belongs to its event loop, which takes
what has come and keeps what the process is too busy to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import select
import socket
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]

PIECE = 2**18
"""Bytes taken from a line at once."""

log = logging.getLogger("lab")


class Line:
    """The process's end.

    Its methods raise ``EOFError`` or another ``OSError`` once the lab is gone.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(True)
        self._read = b""

    def tell(self, message: Message) -> None:
        """Send a message; waits while the lab is busy."""
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def hear(self) -> Message:
        """Wait for a message."""
        while b"\n" not in self._read:
            piece = self._socket.recv(PIECE)
            if not piece:
                raise EOFError("the lab is gone")
            self._read += piece
        text, _, self._read = self._read.partition(b"\n")
        message: Message = json.loads(text)
        return message

    def has_message(self) -> bool:
        """Whether ``hear`` would have something at once, be it that the lab is gone."""
        return b"\n" in self._read or bool(select.select([self._socket], [], [], 0)[0])


class LabLine:
    """The lab's end.

    Args:
        end: Of a pair of connected sockets.
        hear: Called with each message.
        closed: Called once, when the other end is closed and everything sent there was heard.
    """

    def __init__(
        self, end: socket.socket, hear: Callable[[Message], None], closed: Callable[[], None]
    ) -> None:
        self._socket = end
        self._socket.setblocking(False)
        self._hear = hear
        self._closed = closed
        self._read = b""
        self._unsent = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._receive)

    def tell(self, message: Message) -> None:
        """Send a message, now or when there is room; to a closed line it is lost without a word."""
        if self._socket.fileno() >= 0:
            self._unsent += json.dumps(message).encode() + b"\n"
            self._send()

    def _send(self) -> None:
        try:
            del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()  # the process is gone: _receive hears of it
        if self._unsent:
            self._loop.add_writer(self._socket, self._send)
        else:
            self._loop.remove_writer(self._socket)

    def _receive(self) -> None:
        piece = b""
        with contextlib.suppress(ConnectionError):
            try:
                piece = self._socket.recv(PIECE)
            except BlockingIOError:
                return
        if not piece:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self._closed()
            return
        *texts, self._read = (self._read + piece).split(b"\n")
        for text in texts:
            try:
                self._hear(json.loads(text))
            except Exception:
                # One message that the lab cannot use must not cost it the next.
                log.exception("a message of a process could not be used")
