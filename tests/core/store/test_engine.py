"""Refusals of the database, each for real where it can be: full, broken, locked, out of reach."""

from __future__ import annotations

import errno
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resnet_core.errors import StoreError, from_message, to_message
from resnet_core.store import Store, engine

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:///nonexistent/dir/x", "there is no folder .*nonexistent/dir"),
        ("foo://", "names none"),
        ("nonsense", "names none"),
        ("sqlite+foo:///x", "names none"),
        ("sqlite://", "names none"),
        ("mysql://user:secret@host/x", r"names none"),
        ("postgresql+psycopg://lab:secret@127.0.0.1:1/lab", "cannot be used"),
        ("sqlite:////", "cannot be used"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_with_a_sentence(url, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=sentence) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_missing_driver_is_refused_with_what_to_install():
    with pytest.raises(StoreError, match="driver is not installed"):
        Store.open("postgresql+pg8000://lab@localhost/lab")


def test_a_missing_or_empty_store_cannot_be_opened_for_reading(sqlite_url, tmp_path):
    with pytest.raises(StoreError, match="no such file yet: start the lab"):
        Store.open(sqlite_url, read_only=True)
    assert not (tmp_path / "lab.sqlite").exists()
    (tmp_path / "lab.sqlite").touch()
    with pytest.raises(StoreError, match="still empty: start the lab"):
        Store.open(sqlite_url, read_only=True)


def test_a_full_disk_is_a_sentence_and_what_was_there_stays(sqlite_url, tmp_path, plan, steps):
    Store.open(sqlite_url).close()
    store = Store.open(sqlite_url, max_pages=60)
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    number = 0
    with pytest.raises(StoreError) as caught:
        while number < 100_000:
            store.append(digest, [(number + i, steps(number + i)) for i in range(1, 101)])
            number += 100
    sentence = str(caught.value)
    assert str(tmp_path) in sentence
    assert re.search(r"\d+ MB of the disk are free", sentence)
    assert "python -m resnet_core runs tidy" in sentence
    assert str(from_message(to_message(caught.value))) == sentence
    assert len(store.events([digest])) == number > 0

    store.update_run(digest, status="completed", ended=2.0)
    assert store.tidy(0, now=3.0).runs == (digest,)
    store.add_run(plan(), requested_by=None, now=4.0)
    store.append(digest, [(i, steps(i)) for i in range(1, 101)])
    assert len(store.events([digest])) == 100
    store.close()


def test_a_disk_that_is_full_outside_the_database_is_the_same_sentence(sqlite_store):
    with (
        pytest.raises(StoreError, match="there is no room"),
        sqlite_store._database.write(),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_is_no_database_is_refused(sqlite_url, tmp_path):
    (tmp_path / "lab.sqlite").write_bytes(b"these are not the bytes of a database" * 200)
    with pytest.raises(StoreError, match=r"not a readable database .*move the file away"):
        Store.open(sqlite_url)


def test_a_damaged_database_is_refused_when_it_is_read(sqlite_url, tmp_path, plan, steps):
    store = Store.open(sqlite_url)
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(i, steps(i)) for i in range(1, 1001)])
    store.close()
    content = bytearray((tmp_path / "lab.sqlite").read_bytes())
    content[20 * 4096 :] = b"\xff" * (len(content) - 20 * 4096)
    (tmp_path / "lab.sqlite").write_bytes(content)
    store = Store.open(sqlite_url)
    with pytest.raises(StoreError, match="move the file away"):
        store.events([digest])
    store.close()


def test_a_database_that_another_process_holds_is_a_sentence(
    sqlite_url, tmp_path, plan, monkeypatch
):
    monkeypatch.setattr(engine, "BUSY_MS", 20)
    store = Store.open(sqlite_url)
    other = sqlite3.connect(tmp_path / "lab.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process held it"):
        store.add_run(plan(), requested_by=None, now=1.0)
    other.execute("ROLLBACK")
    store.add_run(plan(), requested_by=None, now=1.0)
    other.close()
    store.close()


def test_reading_goes_on_while_another_writes(sqlite_url, sqlite_store, tmp_path):
    other = sqlite3.connect(tmp_path / "lab.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert sqlite_store.runs() == []
    other.close()


def test_opening_does_not_wait_for_a_writer(sqlite_url, sqlite_store, tmp_path):
    other = sqlite3.connect(tmp_path / "lab.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for read_only in (True, False):
        started = time.perf_counter()
        Store.open(sqlite_url, read_only=read_only).close()
        assert time.perf_counter() - started < 2
    other.close()


def test_processes_that_open_a_new_store_at_once_all_succeed(sqlite_url):
    code = "import sys; from resnet_core.store import Store; Store.open(sys.argv[1]).close()"
    openers = [
        subprocess.Popen([sys.executable, "-c", code, sqlite_url], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for opener in openers:
        _, errors = opener.communicate(timeout=60)
        assert opener.returncode == 0, errors.decode()


def test_sqlite_is_set_up_as_promised(sqlite_store):
    with sqlite_store._database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                "auto_vacuum",
                "journal_mode",
                "synchronous",
                "busy_timeout",
                "foreign_keys",
            )
        }
    assert found == {
        "auto_vacuum": 2,
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 5000,
        "foreign_keys": 1,
    }
