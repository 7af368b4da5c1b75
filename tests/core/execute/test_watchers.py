"""Who looks at which runs, with a real store underneath."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resnet_core.execute.watchers import Watchers
from resnet_core.store import Store


@pytest.fixture
def store(tmp_path, monkeypatch) -> Iterator[Store]:
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    store = Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}")
    yield store
    store.close()


def test_a_run_is_watched_until_the_last_has_left(store, plan):
    run = store.add_run(plan(), requested_by="ann", now=0).digest
    watchers = Watchers(store, 60)
    assert not watchers.is_watched(run)
    watchers.look("ann", [run])
    watchers.look("bob", [run])
    watchers.leave("ann", [run])
    assert watchers.is_watched(run)
    watchers.leave("bob", [run])
    assert not watchers.is_watched(run)
    watchers.leave("bob", [run])


def test_looks_grow_old(store):
    watchers = Watchers(store, 0)
    watchers.look("ann", ["a"])
    assert not watchers.is_watched("a")
    watchers.forget_old()
    assert watchers._seen == {}


def test_nobody_is_no_watcher(store):
    watchers = Watchers(store, 60)
    watchers.look(None, ["a"])
    assert not watchers.is_watched("a")


def test_the_next_lab_recalls_who_looked_of_late(store, plan):
    run = store.add_run(plan(), requested_by="ann", now=0).digest
    Watchers(store, 60).look("ann", [run])
    for seconds, watched in ((60, True), (0, False)):
        successor = Watchers(store, seconds)
        successor.recall([run])
        assert successor.is_watched(run) is watched
