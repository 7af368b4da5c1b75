"""How the lab is spoken to: one JSON line a question, one JSON line an answer, over a Unix socket.

A connection carries one question, so a lab that was restarted in between is never noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

from resnet_core.errors import LabError, from_message
from resnet_core.store.places import data_folder

Message = dict[str, Any]
LONGEST_LINE = 16 * 2**20


def lab_name(url: str) -> str:
    """Name the one lab of a store: the same for everyone who opens this URL."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def socket_path(url: str) -> Path:
    """Say where a store's lab listens.

    Not in the data folder: a Unix socket's path has at most 104 characters on macOS.

    Raises:
        LabError: The folder belongs to somebody else.
    """
    folder = Path(tempfile.gettempdir()) / f"resnet-lab-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise LabError(
            "The lab's socket was to stand in {folder}, but that folder belongs to another user: "
            "remove it, or set TMPDIR to a folder of your own.",
            folder=str(folder),
        )
    return folder / f"{lab_name(url)}.sock"


def lock_path(url: str) -> Path:
    """Say which file the lab of a store holds locked as long as it lives."""
    return data_folder() / f"lab-{lab_name(url)}.lock"


def ask(url: str, question: Message, *, timeout: float) -> Message:
    """Ask the lab of a store and wait for its answer.

    Raises:
        ConnectionError: Nobody listens, or the lab went away while asked.
        TimeoutError: No answer in time.
        ResNetLabError: What the lab refused with.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(timeout)
        try:
            line.connect(str(socket_path(url)))
        except FileNotFoundError:
            raise ConnectionRefusedError("no lab listens") from None
        line.sendall(json.dumps(question).encode() + b"\n")
        with line.makefile("rb") as answers:
            text = answers.readline(LONGEST_LINE)
    if not text:
        raise ConnectionResetError("the lab went away")
    answer: Message = json.loads(text)
    if "error" in answer:
        raise from_message(answer)
    return answer
