"""How do pages reach the lab and its store? One client and one reader a server.

A page never trains and never imports PyTorch: it asks. Who is looking is a random cookie
(``app.py`` sets it); what others can see of it is a hash, the visitor's public name.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from resnet_core.errors import LabError, ResNetLabError
from resnet_core.execute.client import Cost, LabClient, Status
from resnet_core.specs import RunSpec
from resnet_core.store import Store

COOKIE = "resnet_lab_visitor"

log = logging.getLogger(__name__)


class Keeper:
    """Keeps a lab alive for as long as this server lives, and tells it who is looking.

    One thread: it asks the lab how it is once a second (which starts one again where it died) and
    passes on who looks at which runs. What it last heard is there for every page at no cost.
    """

    def __init__(self) -> None:
        self.client = LabClient()
        self.status: Status | None = None
        self.problem: ResNetLabError | None = None
        self._looking: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._store: Store | None = None

    def start(self) -> None:
        """Begin to look after the lab; once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Say goodbye to the lab; the last one to go ends it, and it checkpoints what runs."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=3)
            self.client.leave()

    def looks(self, visitor: str, digests: Sequence[str]) -> None:
        """Note that a visitor looks at runs; passed on within five seconds."""
        with self._lock:
            self._looking.setdefault(visitor, set()).update(digests)

    def looks_away(self, visitor: str, digests: Sequence[str]) -> None:
        """Note that a visitor has left runs; what was to be passed on of them no longer is."""
        with self._lock:
            self._looking.get(visitor, set()).difference_update(digests)

    @property
    def store(self) -> Store:
        """The lab's store, to read.

        Raises:
            ResNetLabError: There is none yet, and no lab that would make one.
        """
        if self._store is None:
            self.client.status()  # a lab that answers has made the tables
            self._store = Store.open(self.client.url, read_only=True)
        return self._store

    def _keep(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                self.status = self.client.status()
                self.problem = None
                if int(began) % 5 == 0:
                    self._pass_on()
            except ResNetLabError as error:
                self.status, self.problem = None, error
            except Exception as error:
                # Whatever it was, such as no memory for a process: the next second may be better.
                log.exception("the lab was not reached")
                self.status = None
                self.problem = LabError(
                    "The lab was asked something, but it does not answer ({reason}): try again in "
                    "a moment.",
                    reason=str(error),
                )
            self._ending.wait(1)

    def _pass_on(self) -> None:
        with self._lock:
            looking, self._looking = self._looking, {}
        for visitor, digests in looking.items():
            self.client.watch(sorted(digests), visitor=visitor)


keeper = Keeper()
"""The one of this server."""


def store() -> Store:
    """Give the store, to read."""
    return keeper.store


def status() -> Status | None:
    """Say how the lab is, as last heard; None while it starts."""
    if keeper.status is None:
        keeper.start()
    return keeper.status


def is_ready() -> bool:
    """Whether the lab can count, estimate and start runs at once."""
    now = status()
    return now is not None and now.machine is not None


def visitor() -> str:
    """Give the public name of who is looking: the same after a refresh, and on every page."""
    cookie = st.context.cookies.get(COOKIE)
    if not cookie:  # a headless test, or a browser that refuses cookies: good for this session
        cookie = st.session_state.setdefault("_visitor", secrets.token_urlsafe(16))
    return public_name(str(cookie))


def public_name(cookie: str) -> str:
    """Hash a visitor's cookie: can be shown in a link, cannot be turned back."""
    return hashlib.sha256(cookie.encode()).hexdigest()[:12]


def estimate(runs: Sequence[RunSpec]) -> list[Cost]:
    """Estimate what runs will cost on this machine; what was estimated once is answered at once."""
    # Whose run it is costs nothing: a class shares these answers.
    return list(_estimate(tuple(run.model_copy(update={"owner": None}) for run in runs)))


@lru_cache(maxsize=4096)
def _estimate(runs: tuple[RunSpec, ...]) -> tuple[Cost, ...]:
    return tuple(keeper.client.estimate(runs))


@lru_cache(maxsize=1)
def torchvision_models() -> tuple[str, ...]:
    """List the names of torchvision's classification models."""
    return tuple(keeper.client.measure("torchvision_models")["names"])


def submit(runs: Sequence[RunSpec]) -> None:
    """Ask the lab for runs, in this visitor's name."""
    keeper.client.submit(runs, visitor=visitor())


def leave(digests: Sequence[str]) -> None:
    """Leave runs, in this visitor's name; they stop when nobody else watches them."""
    keeper.looks_away(visitor(), digests)
    keeper.client.stop(digests, visitor=visitor())


def bring_images(name: str, content: bytes, image_size: int | None) -> str:
    """Import a zip that a visitor uploaded; gives the digest of its images.

    Raises:
        ResNetLabError: With the sentence of what is wrong with it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / (Path(name).name or "images.zip")  # sentences name it
        file.write_bytes(content)
        answer = keeper.client.measure("bring_images", path=str(file), image_size=image_size)
    return str(answer["digest"])


@lru_cache(maxsize=64)
def imported(digest: str) -> dict[str, Any]:
    """Describe images that were imported before."""
    return keeper.client.measure("imported", digest=digest)
