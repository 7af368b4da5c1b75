"""Asking over a real socket, with somebody at the other end who may be slow, rude or gone."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from resnet_core.errors import LabError, LimitError, to_message
from resnet_core.execute.protocol import ask, lab_name, lock_path, socket_path


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'lab.sqlite'}"


@pytest.fixture
def short_tmp(monkeypatch):
    """Let sockets stand elsewhere for a test."""

    def use(folder):
        monkeypatch.setattr("tempfile.tempdir", str(folder))

    return use


@contextmanager
def listening(url, answer):
    """Answer one question with these bytes; None answers nothing."""
    path = socket_path(url)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        ended = threading.Event()

        def serve():
            line, _ = server.accept()
            with line:
                line.recv(2**16)
                if answer is None:
                    ended.wait()
                else:
                    line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            path.unlink()


def test_an_answer_comes_back(url):
    with listening(url, b'{"pid": 7}\n'):
        assert ask(url, {"verb": "ping"}, timeout=5) == {"pid": 7}


def test_a_refusal_is_raised_as_what_it_is(url):
    refusal = json.dumps(to_message(LimitError("At most {most}.", most=3))).encode() + b"\n"
    with listening(url, refusal), pytest.raises(LimitError, match=r"At most 3\."):
        ask(url, {"verb": "submit"}, timeout=5)


def test_no_answer_in_time(url):
    began = time.monotonic()
    with listening(url, None), pytest.raises(TimeoutError):
        ask(url, {"verb": "ping"}, timeout=0.2)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("answer", [b"", b'{"pid": '])
def test_a_lab_that_dies_while_asked_counts_as_gone(url, answer):
    with listening(url, answer), pytest.raises(ConnectionError):
        ask(url, {"verb": "ping"}, timeout=5)


def test_nobody_listens(url):
    with pytest.raises(ConnectionError):
        ask(url, {"verb": "ping"}, timeout=5)
    with listening(url, b"{}\n"):
        ask(url, {"verb": "ping"}, timeout=5)
        left = socket_path(url).with_suffix(".left")
        os.link(socket_path(url), left)
    left.rename(socket_path(url))  # the socket of a lab that was killed
    with pytest.raises(ConnectionError):
        ask(url, {"verb": "ping"}, timeout=5)
    socket_path(url).unlink()


def test_every_way_to_write_a_file_names_the_same_lab(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "sub").mkdir()
    for other in ("sqlite:///lab.sqlite", f"sqlite:///{tmp_path}/link/lab.sqlite"):
        assert lab_name(other) == lab_name(url)
        assert lock_path(other) == lock_path(url)
    monkeypatch.chdir(tmp_path / "sub")
    assert lab_name("sqlite:///lab.sqlite") != lab_name(url)


def test_other_databases_are_named_by_their_url(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    one, other = "postgresql+psycopg://ann@host/lab", "postgresql+psycopg://ann@host/other"
    assert lab_name(one) != lab_name(other)
    assert lock_path(one).parent == tmp_path


def test_the_path_fits_a_socket_everywhere(url, tmp_path, short_tmp):
    assert len(os.fsencode(socket_path(url))) < 104
    short_tmp(tmp_path / ("x" * 80))
    (tmp_path / ("x" * 80)).mkdir()
    with pytest.raises(LabError, match="at most 103 characters: set TMPDIR to a shorter one"):
        socket_path(url)


def test_only_we_may_look_into_the_folder(url, tmp_path, short_tmp):
    short_tmp(tmp_path)
    assert socket_path(url).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_refused(url, tmp_path, short_tmp):
    short_tmp(tmp_path)
    os.chown(socket_path(url).parent, 12345, 12345)
    with pytest.raises(LabError, match="that folder belongs to another user: remove it"):
        socket_path(url)


def test_a_link_to_a_folder_is_refused(url, tmp_path, short_tmp):
    short_tmp(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / f"resnet-lab-{os.getuid()}").symlink_to(tmp_path / "mine")
    with pytest.raises(LabError, match="belongs to another user"):
        socket_path(url)


def test_a_file_in_the_way_is_refused(url, tmp_path, short_tmp):
    short_tmp(tmp_path)
    Path(tmp_path / f"resnet-lab-{os.getuid()}").touch()
    with pytest.raises(LabError, match="cannot be made"):
        socket_path(url)
