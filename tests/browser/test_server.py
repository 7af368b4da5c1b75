"""The server as it really runs: its settings, its address, its health. Without a browser."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.browser.app import App
from tests.browsing import ROOT, free_port, start_server


def test_health_is_told(app: App) -> None:
    assert app.health()["server"] == "ok"
    assert app.health()["lab"] == "ok"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a second loopback address")
def test_only_this_machine_is_answered(app: App) -> None:
    socket.create_connection(("127.0.0.1", app.port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", app.port), timeout=5)


@pytest.mark.parametrize(
    "setting", [("--runner.postScriptGC", "true"), ("--server.fileWatcherType", "poll")]
)
def test_a_setting_that_makes_a_class_wait_is_refused(
    setting: tuple[str, str], tmp_path: Path
) -> None:
    folders = {"RESNET_LAB_DATA": str(tmp_path), "RESNET_LAB_CACHE": str(tmp_path)}
    with start_server(ROOT / "app.py", free_port(), folders, *setting) as server:
        try:
            assert server.wait(60) != 0
        finally:
            server.kill()
    assert not list(tmp_path.glob("lab.log"))
