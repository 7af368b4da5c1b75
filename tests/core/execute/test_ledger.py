"""What is written down, and what becomes of it while the store refuses: a real one, kept small."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resnet_core.errors import RunError, StoreError
from resnet_core.execute import ledger as module
from resnet_core.execute.ledger import Ledger
from resnet_core.specs.events import StepsCompleted
from resnet_core.store import Store
from tests.saying import started


@pytest.fixture
def store(tmp_path, monkeypatch) -> Iterator[Store]:
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    store = Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}", max_pages=40)
    yield store
    store.close()


@pytest.fixture
def halted() -> list[bool]:
    return []


@pytest.fixture
def ledger(store, halted) -> Ledger:
    return Ledger(store, lambda: halted.append(True))


@pytest.fixture
def run(store, plan) -> str:
    return store.add_run(plan(), requested_by="ann", now=1.0).digest


def said(number, step):
    return number, StepsCompleted(
        step=step, losses=(1.0,), errors=(0.5,), seconds=1.0
    ).model_dump_json()


def test_progress_never_goes_back(ledger, store, run):
    assert ledger.tells(run, [said(1, 4), said(2, 8)], 0) == 8
    assert ledger.tells(run, [said(1, 4)], 8) == 8  # told again, from a checkpoint
    assert store.run(run).step == 8
    assert [event.sequence for event in store.events([run])] == [1, 2]


def test_a_failure_is_told_after_everything_else(ledger, store, run):
    ledger.tells(run, [said(1, 4), said(2, 8), said(3, 12)], 0)
    ledger.fail(run, RunError("No {what}.", what="memory"))
    ledger.settle(run, "failed")
    record, last = store.run(run), store.events([run])[-1]
    assert (last.sequence, last.event.sentence) == (4, "No memory.")
    assert (record.status, str(record.error)) == ("failed", "No memory.")


def test_the_first_start_counts(ledger, store, run):
    ledger.starts(store.run(run), device="cpu", threads=2)
    first = store.run(run)
    ledger.settle(run, "stopped")
    assert store.run(run).ended is not None
    ledger.starts(store.run(run), device="cpu", threads=2)
    again = store.run(run)
    assert (again.started, again.ended, again.threads) == (first.started, None, 2)


def test_where_to_pause_is_kept_until_it_has(ledger, store, run):
    ledger.pause_at(run, 3)
    assert Ledger(store, lambda: None).until == {run: 3}
    ledger.settle(run, "queued")
    assert ledger.until == {run: 3}
    ledger.settle(run, "paused")
    assert Ledger(store, lambda: None).until == {}


def asked(number):
    return {"id": f"{number}", "what": "shortcut_scale", "value": 0.5, "over": 0}


def test_what_is_to_be_changed_is_kept_until_it_was(ledger, store, run):
    for number in (1, 2, 3):
        ledger.add_change(run, asked(number))
    for status in ("queued", "paused", "stopped"):
        ledger.settle(run, status)
    assert Ledger(store, lambda: None).changes == {run: [asked(1), asked(2), asked(3)]}
    ledger.drop_changes(run, ["1", "3", "of another"])
    assert Ledger(store, lambda: None).changes == {run: [asked(2)]} == ledger.changes
    ledger.drop_changes(run, ["2"])
    assert Ledger(store, lambda: None).changes == {} == ledger.changes


@pytest.mark.parametrize("status", ["completed", "diverged", "failed"])
def test_what_a_run_never_did_is_forgotten_at_its_end(ledger, store, run, status):
    ledger.add_change(run, asked(1))
    ledger.add_change("another", asked(2))
    ledger.settle(run, status)
    assert Ledger(store, lambda: None).changes == {"another": [asked(2)]} == ledger.changes


def test_a_change_that_the_store_refuses_was_never_asked_for(ledger, store, run, monkeypatch):
    ledger.add_change(run, asked(1))

    def set_setting(name, value):
        raise StoreError("There is no room.")

    monkeypatch.setattr(store, "set_setting", set_setting)
    with pytest.raises(StoreError):
        ledger.add_change(run, asked(2))
    assert ledger.changes == {run: [asked(1)]}


def test_the_checkpoint_stays_until_the_end_is_written_down(ledger, store, run, tmp_path):
    checkpoint = tmp_path / "runs" / run / "checkpoint.safetensors"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    for status in ("queued", "paused", "stopped", "failed"):
        ledger.settle(run, status)
        assert checkpoint.exists()
    ledger.settle(run, "completed")
    assert not checkpoint.exists()


def test_an_unknown_run_is_a_sentence(ledger):
    with pytest.raises(RunError, match="this lab does not know it"):
        ledger.record("0" * 16)


def test_what_the_store_refuses_is_made_up_for(ledger, store, run, halted, monkeypatch):
    monkeypatch.setattr(store, "update_run", refusing(store))
    ledger.settle(run, "stopped")
    assert halted == [True]
    assert "no room" in str(ledger.trouble)
    before, after = around_new_room(ledger, store, monkeypatch)
    assert (before is None, after is None) == (False, True)
    assert store.run(run).status == "stopped"


def around_new_room(ledger, store, monkeypatch):
    """Give the trouble after a try with its cause still there, and after one without."""
    ledger.try_again()
    before = ledger.trouble
    monkeypatch.undo()
    monkeypatch.setenv("RESNET_LAB_DATA", str(store._database.file.parent))
    ledger.try_again()
    return before, ledger.trouble


def refusing(store):
    def update_run(digest, **changes):
        raise StoreError("There is no room.")

    return update_run


def test_it_waits_for_room_on_the_disk_too(ledger, store, run, monkeypatch):
    ledger.halt(StoreError("There is no room."))
    monkeypatch.setattr(module, "ROOM", 2**60)
    before, after = around_new_room(ledger, store, monkeypatch)
    assert (before is None, after is None) == (False, True)


def test_a_full_store_refuses_events_whole(ledger, store, run):
    large = started().model_copy(update={"device_name": "x" * 1_000_000})
    with pytest.raises(StoreError):
        ledger.tells(run, [said(1, 4), (2, large.model_dump_json())], 0)
    assert store.events([run]) == []
