"""The app as its host runs it: start it, find its processes, kill them, start it again."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from tests.browsing import ROOT, free_port, start_server, wait_until, wait_until_healthy


class App:
    """A server on a port of its own, with a lab and folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it and its lab are ready."""
        environment = {
            "RESNET_LAB_DATA": str(self.folder / "data"),
            "RESNET_LAB_CACHE": str(self.folder / "cache"),
        }
        log = self.folder / "server.log"
        self.server = start_server(ROOT / "app.py", self.port, environment, log=log)
        wait_until_healthy(self.port, self.server)
        wait_until(lambda: self.health()["machine"], 120)

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address}/healthz", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def end(self) -> None:
        """End the server; the lab goes with it."""
        assert self.server is not None
        self.server.terminate()
        try:
            self.server.wait(20)
            wait_until(lambda: not self.labs(), 20)
        finally:
            for process in [self.server, *self.labs()]:
                with contextlib.suppress(psutil.Error, ProcessLookupError):
                    process.kill()

    def kill_server(self) -> None:
        assert self.server is not None
        self.server.send_signal(signal.SIGKILL)
        self.server.wait(10)

    @property
    def server_log(self) -> str:
        """What the server has printed so far."""
        return (self.folder / "server.log").read_text()

    @property
    def log(self) -> str:
        """What the lab has written down so far."""
        return (self.folder / "data" / "lab.log").read_text()

    def labs(self) -> list[psutil.Process]:
        """The lab, by the folder in its command line."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if "resnet_core.execute" in line and str(self.folder) in line:
                    found.append(process)
        return found

    def runs(self) -> list[psutil.Process]:
        """The processes that train: all that the forkserver forked, but the first (the bench)."""
        (lab,) = self.labs()
        forked: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            for child in lab.children():
                forked += child.children()
        forked.sort(key=lambda process: process.create_time())
        return forked[1:]
