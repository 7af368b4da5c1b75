from __future__ import annotations

import sqlite3

import pytest

from resnet_core.errors import StoreError
from resnet_core.store import Store
from resnet_core.store.schema import METADATA, SCHEMA


def test_a_new_database_has_every_table_and_its_version(sqlite_store, tmp_path):
    connection = sqlite3.connect(tmp_path / "lab.sqlite")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert set(METADATA.tables) <= tables
    assert sqlite_store.setting("schema") == SCHEMA


def test_every_store_has_its_own_name(sqlite_store, tmp_path):
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert other.setting("store") != sqlite_store.setting("store")
    other.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE recipes (name TEXT)",
        "CREATE TABLE settings (name TEXT, value TEXT)",
        "CREATE TABLE settings (key TEXT, json TEXT)",
    ],
)
def test_a_database_of_another_program_is_refused_and_left_alone(sqlite_url, tmp_path, statement):
    connection = sqlite3.connect(tmp_path / "lab.sqlite")
    connection.execute(statement)
    with pytest.raises(StoreError, match="a database of something else"):
        Store.open(sqlite_url)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    connection.close()
