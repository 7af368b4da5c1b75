"""The promises of ``Store``, one test each, on every database it can use.

PostgreSQL is tried when ``RESNET_LAB_TEST_POSTGRES`` names an empty database's URL.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from resnet_core.errors import RunError, StoreError
from resnet_core.specs.events import RunStopped, event_from_json
from resnet_core.store import Batch, Store
from resnet_core.store.schema import METADATA

ROOT = Path(__file__).parents[3]

ENDLESS_WRITER = """
import itertools, sys
from resnet_core.specs.events import RunPaused
from resnet_core.store import Store

store = Store.open(sys.argv[1])
for batch in itertools.count():
    numbers = range(5 * batch + 1, 5 * batch + 6)
    store.append(sys.argv[2], [(number, RunPaused(step=number)) for number in numbers])
"""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, sqlite_url):
    if request.param == "sqlite":
        yield sqlite_url
        return
    url = os.environ.get("RESNET_LAB_TEST_POSTGRES")
    if not url:
        pytest.skip("RESNET_LAB_TEST_POSTGRES is not set")
    yield url
    engine = create_engine(url)
    METADATA.drop_all(engine)
    engine.dispose()


@pytest.fixture
def store(url):
    store = Store.open(url)
    yield store
    store.close()


@pytest.fixture
def reader(store, url):
    reader = Store.open(url, read_only=True)
    yield reader
    reader.close()


def test_a_new_run_is_queued_with_its_plan(store, plan):
    record = store.add_run(plan(), requested_by="ada", now=5.0)
    assert (record.digest, record.status, record.created) == (plan().digest, "queued", 5.0)
    assert (record.step, record.steps, record.requested_by) == (0, 8, "ada")
    assert record.spec == plan()
    assert record.active


def test_the_same_plan_is_the_same_run(store, plan):
    store.add_run(plan(), requested_by="ada", now=5.0)
    store.update_run(plan().digest, status="completed")
    again = store.add_run(plan(), requested_by="bob", now=9.0)
    assert (again.status, again.requested_by, again.created) == ("completed", "ada", 5.0)
    assert len(store.runs()) == 1


def test_a_private_run_keeps_its_owner(store, plan):
    store.add_run(plan(), requested_by="ada", now=1.0)
    mine = store.add_run(plan(owner="ada"), requested_by="ada", now=2.0)
    assert mine.owner == "ada"
    assert store.runs(owner="ada") == [mine]


def test_an_unknown_run_is_none(store):
    assert store.run("0" * 16) is None


def test_runs_are_listed_newest_first_and_narrowed(store, plan):
    digests = [store.add_run(plan(i), requested_by=None, now=float(i)).digest for i in range(4)]
    store.update_run(digests[1], status="running")
    store.update_run(digests[2], status="completed", ended=3.0)
    assert [run.digest for run in store.runs()] == digests[::-1]
    assert [run.digest for run in store.runs(status="running")] == [digests[1]]
    assert [run.digest for run in store.runs(status=("running", "completed"))] == digests[2:0:-1]
    assert [run.digest for run in store.runs(limit=1)] == [digests[3]]
    assert [run.digest for run in store.runs(digests=digests[:1])] == [digests[0]]
    assert store.runs(digests=[]) == []


def test_a_run_changes_only_where_it_was_changed(store, plan):
    before = store.add_run(plan(), requested_by="ada", now=1.0)
    error = RunError("Run {digest} broke.", digest="x")
    store.update_run(before.digest, status="failed", device="cpu", threads=1, error=error)
    after = store.run(before.digest)
    assert (after.status, after.device, after.threads, after.created) == ("failed", "cpu", 1, 1.0)
    assert isinstance(after.error, RunError)
    assert str(after.error) == "Run x broke."
    store.update_run(before.digest, error=None)
    assert store.run(before.digest).error is None


def test_changing_an_unknown_run_is_refused(store):
    with pytest.raises(RunError, match="no such run"):
        store.update_run("0" * 16, status="running")


def test_a_record_handed_out_never_changes(store, plan):
    record = store.add_run(plan(), requested_by=None, now=1.0)
    store.update_run(record.digest, status="running")
    assert record.status == "queued"
    with pytest.raises(FrozenInstanceError):
        record.status = "running"


def test_events_come_back_as_they_were(store, plan, steps, completed):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(1, steps(4)), (2, completed)])
    first, second = store.events([digest])
    assert (first.digest, first.sequence, first.kind) == (digest, 1, "steps")
    assert first.event == steps(4)
    assert event_from_json(second.json) == completed


def test_a_loss_that_is_no_number_is_kept(store, plan, steps):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(1, steps(1).model_copy(update={"losses": (float("inf"),)}))])
    assert store.events([digest])[0].event.losses == (float("inf"),)


def test_a_number_appended_twice_keeps_the_first(store, plan, steps):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(1, steps(1)), (2, steps(2))])
    store.append(digest, [(2, steps(99)), (3, steps(3))])
    assert [e.event.step for e in store.events([digest])] == [1, 2, 3]


def test_ids_rise_over_all_runs_and_are_a_cursor(store, plan, steps):
    a, b = (store.add_run(plan(i), requested_by=None, now=1.0).digest for i in (0, 1))
    store.append(a, [(1, steps(1))])
    store.append(b, [(1, steps(1))])
    cursor = store.last_event_id()
    store.append(a, [(2, steps(2))])
    ids = [event.id for event in store.events([a, b])]
    assert ids == sorted(set(ids))
    (new,) = store.events([a, b], since=cursor)
    assert (new.digest, new.sequence) == (a, 2)
    assert store.last_event_id() == new.id
    assert store.events([a, b], since=new.id) == []


def test_an_empty_store_has_no_last_event(store):
    assert store.last_event_id() == 0


def test_events_can_be_narrowed_by_kind(store, plan, steps, completed):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(1, steps(1)), (2, completed)])
    assert [e.kind for e in store.events([digest], kinds=["completed"])] == ["completed"]


def test_events_of_an_unknown_run_are_refused_and_the_whole_batch_with_them(store, plan, steps):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    with pytest.raises(RunError, match="no such run"):
        store.append_many(
            [Batch(digest, [(1, steps(1))], {"step": 1}), Batch("0" * 16, [(1, steps(1))])]
        )
    assert store.events([digest]) == []
    assert store.run(digest).step == 0


def test_events_and_what_they_change_are_written_at_once(store, plan, steps, completed):
    a, b = (store.add_run(plan(i), requested_by=None, now=1.0).digest for i in (0, 1))
    store.append_many(
        [
            Batch(a, [(1, steps(8)), (2, completed)], {"status": "completed", "ended": 2.0}),
            Batch(b, [(1, steps(4))], {"step": 4}),
        ]
    )
    assert [len(store.events([digest])) for digest in (a, b)] == [2, 1]
    assert (store.run(a).status, store.run(b).step) == ("completed", 4)


def test_an_empty_batch_writes_nothing(store):
    store.append("0" * 16, [])
    assert store.last_event_id() == 0


def test_readers_never_see_half_a_batch_and_miss_nothing(store, reader, plan, steps):
    digests = [store.add_run(plan(i), requested_by=None, now=1.0).digest for i in (0, 1)]
    batches, size = 30, 5
    seen, halves = [], []

    def write() -> None:
        for batch in range(batches):
            numbers = range(batch * size + 1, (batch + 1) * size + 1)
            store.append_many([Batch(d, [(n, steps(n)) for n in numbers]) for d in digests])

    def read() -> None:
        cursor, mine = 0, []
        while len(mine) < batches * size * len(digests):
            new = reader.events(digests, since=cursor)
            if len(new) % (size * len(digests)):
                halves.append(len(new))
            mine += new
            cursor = mine[-1].id if mine else 0
        seen.append(mine)

    threads = [threading.Thread(target=read) for _ in range(3)]
    threads.append(threading.Thread(target=write))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not halves
    assert len(seen) == 3
    for mine in seen:
        for digest in digests:
            numbers = [event.sequence for event in mine if event.digest == digest]
            assert numbers == list(range(1, batches * size + 1))


def test_a_writer_killed_in_another_process_leaves_whole_batches(store, url, plan):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    writer = subprocess.Popen([sys.executable, "-c", ENDLESS_WRITER, url, digest], cwd=ROOT)
    try:
        cursor, numbers = 0, []
        while len(numbers) < 100:
            assert writer.poll() is None
            new = store.events([digest], since=cursor)
            assert len(new) % 5 == 0
            numbers += [event.sequence for event in new]
            cursor = new[-1].id if new else cursor
    finally:
        writer.kill()
        writer.wait()
    numbers += [event.sequence for event in store.events([digest], since=cursor)]
    assert len(numbers) % 5 == 0
    assert numbers == list(range(1, len(numbers) + 1))
    store.update_run(digest, status="failed")  # the dead writer's lock is gone


def test_a_run_trained_anew_starts_without_events_and_ids_go_on(store, plan, steps):
    digest = store.add_run(plan(), requested_by="ada", now=1.0).digest
    store.append(digest, [(1, RunStopped(step=1))], status="stopped", step=1, ended=2.0)
    last = store.last_event_id()
    record = store.restart_run(digest, requested_by="bob", now=3.0)
    assert (record.status, record.step, record.ended, record.created) == ("queued", 0, None, 3.0)
    assert store.events([digest]) == []
    store.append(digest, [(1, steps(1))])
    assert store.last_event_id() > last


def test_a_run_that_is_not_over_is_not_trained_anew(store, plan):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    with pytest.raises(RunError, match="is queued: stop it first"):
        store.restart_run(digest, requested_by=None, now=2.0)
    with pytest.raises(RunError, match="no such run"):
        store.restart_run("0" * 16, requested_by=None, now=2.0)


def test_a_deleted_run_leaves_nothing(store, plan, steps, data_folder):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(1, steps(1))])
    store.watch("ada", [digest], 2.0)
    folder = data_folder / "runs" / digest
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(b"abc")
    store.add_artefact(digest, folder / "weights")
    store.delete_run(digest)
    assert store.run(digest) is None
    assert store.events([digest]) == []
    assert store.watchers(digest, 0.0) == []
    assert store.artefacts(digest) == []
    assert not folder.exists()


def test_watchers_are_noted_with_when_they_last_looked(store, plan):
    a, b, c = (store.add_run(plan(i), requested_by=None, now=1.0).digest for i in range(3))
    store.watch("ada", [a, b, "0" * 16], 10.0)
    store.watch("bob", [a], 20.0)
    store.watch("ada", [a], 30.0)
    assert store.last_watched([a, b, c]) == {a: 30.0, b: 10.0}
    assert store.watchers(a, 0.0) == ["ada", "bob"]
    assert store.watchers(a, 25.0) == ["ada"]
    store.unwatch("ada", [a, b])
    assert store.watchers(a, 0.0) == ["bob"]
    assert store.last_watched([b]) == {}
    store.watch("ada", [], 40.0)


def test_a_setting_is_kept_and_replaced(store):
    assert store.setting("limit") is None
    store.set_setting("limit", {"bytes": 5})
    store.set_setting("limit", {"bytes": [6, None]})
    assert store.setting("limit") == {"bytes": [6, None]}


def test_what_was_written_is_there_after_opening_again(store, url, plan, steps):
    digest = store.add_run(plan(), requested_by=None, now=1.0).digest
    store.append(digest, [(1, steps(1))])
    store.close()
    again = Store.open(url)
    assert [e.sequence for e in again.events([digest])] == [1]
    again.close()


def test_a_store_opened_for_reading_refuses_to_write(reader, plan):
    with pytest.raises(StoreError, match="opened for reading only"):
        reader.add_run(plan(), requested_by=None, now=1.0)


def test_a_store_of_another_format_is_refused(store, url):
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE settings SET json = '999' WHERE key = 'schema'")
    with pytest.raises(StoreError, match="has format 999 and this version"):
        Store.open(url)


def test_a_database_of_something_else_is_refused(store, url):
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM settings")
    with pytest.raises(StoreError, match="a database of something else"):
        Store.open(url)


def test_tidying_drops_the_oldest_run_that_is_over_and_keeps_the_others(store, plan, data_folder):
    digests = [store.add_run(plan(i), requested_by=None, now=1.0).digest for i in range(3)]
    for number, digest in enumerate(digests):
        folder = data_folder / "runs" / digest
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(bytes(100_000))
        status = "running" if number == 0 else "completed"
        store.update_run(digest, status=status, ended=10.0 - number)
    done = store.tidy(store.size_bytes() - 50_000, now=20.0)
    assert done.runs == (digests[2],)
    assert done.fits
    assert done.bytes_after <= done.bytes_before - 100_000
    assert {run.digest for run in store.runs()} == set(digests[:2])
