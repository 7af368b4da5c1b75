"""How the lab is spoken to: one JSON line a question, one JSON line an answer, over a Unix socket.

A connection carries one question, so a lab that was restarted in between is never noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import tempfile
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from resnet_core.errors import LabError, from_message
from resnet_core.execute.line import Message
from resnet_core.store.places import data_folder

LONGEST_LINE = 16 * 2**20
"""Bytes of a question or an answer at most."""

LONGEST_PATH = 103
"""Bytes of a Unix socket's path at most, on macOS; Linux allows four more."""


def lab_name(url: str) -> str:
    """Name the one lab of a store: the same for everyone who opens it, from wherever."""
    file = _sqlite_file(url)
    store = url if file is None else str(file)
    return hashlib.sha256(store.encode()).hexdigest()[:16]


def _sqlite_file(url: str) -> Path | None:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None  # which the store refuses with a sentence
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(str(parsed.database)).resolve() if is_file else None


def socket_path(url: str) -> Path:
    """Say where a store's lab listens.

    Not in the data folder, whose path may be too long for a Unix socket.

    Raises:
        LabError: The folder belongs to somebody else, cannot be made, or has too long a name.
    """
    folder = Path(tempfile.gettempdir()) / f"resnet-lab-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()  # a link may be somebody else's, whatever it points to
    except OSError as error:
        raise LabError(
            "The lab's socket was to stand in {folder}, but the folder cannot be made ({reason}): "
            "set TMPDIR to a folder of your own.",
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from None
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise LabError(
            "The lab's socket was to stand in {folder}, but that folder belongs to another user: "
            "remove it, or set TMPDIR to a folder of your own.",
            folder=str(folder),
        )
    path = folder / f"{lab_name(url)}.sock"
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise LabError(
            "The lab's socket was to stand in {folder}, but a socket's path has at most {most} "
            "characters: set TMPDIR to a shorter one.",
            folder=str(folder),
            most=LONGEST_PATH,
        )
    return path


def lock_path(url: str) -> Path:
    """Say which file the lab of a store holds locked as long as it lives: beside an SQLite file."""
    file = _sqlite_file(url)
    if file is not None:
        return file.with_name(f"{file.name}.lab-lock")
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
    if not text.endswith(b"\n"):
        raise ConnectionResetError("the lab went away")
    answer: Message = json.loads(text)
    if "error" in answer:
        raise from_message(answer)
    return answer
