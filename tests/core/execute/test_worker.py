"""One job in this process, spoken to over a real socket as the lab would."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from resnet_core.data import load_pictures
from resnet_core.errors import from_message
from resnet_core.execute.line import Line
from resnet_core.execute.worker import STATM, Worker
from resnet_core.specs import Change
from resnet_core.specs.events import event_from_json
from resnet_core.train import Training
from tests.core.execute.labs import kinds, losses, untimed


class Job:
    """A run's folder, and the jobs that are done there one after the other."""

    def __init__(self, run, folder: Path, cache: Path) -> None:
        self.run = run
        self.folder = folder
        self.stored = {}  # what the lab would have written down: number → text
        self.obeyed = set()  # ids of the changes whose events it has heard

    def work(self, *told, hears=True, after_first_step=None, **settings):
        """Do a job; ``told`` is what the lab says before it begins. Gives what it says last."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
        job = {
            "run": self.run.to_json(),
            "folder": str(self.folder),
            "device": "cpu",
            "threads": 1,
            "memory_bytes": 2**33,
            "checkpoint_seconds": 3600,
            "until": None,
            "step": max((getattr(event, "step", 0) for event in self.known), default=0),
            "changes": [],
        }
        with ours, theirs:
            for message in told:
                ours.sendall(json.dumps(message).encode() + b"\n")
            job |= settings
            self.heard = lambda: ours.recv(2**22, socket.MSG_PEEK).decode()
            try:
                Worker(Line(theirs), job, after_first_step=after_first_step).work()
            finally:  # what it has said is heard even if it is killed
                theirs.shutdown(socket.SHUT_WR)
                messages = [json.loads(line) for line in ours.makefile("rb")]
                if hears:
                    self.hear(messages)
        return messages[-1]

    def hear(self, messages):
        for message in messages:
            for number, text in message.get("events", ()):
                self.stored.setdefault(number, text)
            self.obeyed |= set(message.get("obeyed", ()))

    @property
    def events(self):
        assert sorted(self.stored) == list(range(1, len(self.stored) + 1))
        return self.known

    @property
    def known(self):
        return [event_from_json(self.stored[number]) for number in sorted(self.stored)]


@pytest.fixture
def make_job(tmp_path, cache, monkeypatch) -> Callable[..., Job]:
    monkeypatch.setenv("RESNET_LAB_CACHE", str(cache))
    return lambda run: Job(run, tmp_path / "run", cache)


PAUSE, STOP, LEAVE = {"do": "pause"}, {"do": "stop"}, {"do": "leave"}


def test_a_job_from_start_to_end(make_job, plan, reference):
    job = make_job(plan())
    assert job.work() == {"ended": "completed", "error": None}
    assert untimed(job.events) == untimed(reference(job.run))
    assert sorted(path.name for path in job.folder.iterdir()) == ["weights.safetensors"]


@pytest.mark.parametrize(
    ("order", "status"), [(PAUSE, "paused"), (STOP, "stopped"), (LEAVE, "queued")]
)
def test_it_goes_on_where_it_left(make_job, plan, reference, order, status):
    job = make_job(plan())
    assert job.work(until=6)["ended"] == "paused"
    assert job.work(order, until=39)["ended"] == status
    assert job.work()["ended"] == "completed"
    assert losses(job.events) == losses(reference(job.run))


def test_of_several_orders_the_strongest_counts(make_job, plan):
    job = make_job(plan())
    assert job.work(LEAVE, STOP, PAUSE)["ended"] == "stopped"
    assert kinds(job.events) == ["started", "stopped"]


def test_orders_are_events_of_the_record(make_job, plan):
    job = make_job(plan())
    job.work(until=5)
    job.work(until=6)
    job.work(STOP)
    job.work()
    told = [(e.kind, e.step) for e in job.events if e.kind in ("paused", "resumed", "stopped")]
    assert told == [
        ("paused", 5),
        ("resumed", 5),
        ("paused", 6),
        ("resumed", 6),
        ("stopped", 6),
        ("resumed", 6),
    ]


def test_what_the_lab_never_heard_is_told_again(make_job, plan, reference):
    job = make_job(plan())
    job.work(until=6, hears=False)  # the lab dies
    assert job.work(until=6)["ended"] == "paused"
    steps = [event.step for event in job.events if event.kind == "steps"]
    assert kinds(job.events) == ["started", *["steps"] * len(steps), "paused"]
    assert steps == [1, 4, 6]
    job.work()
    assert losses(job.events) == losses(reference(job.run))


def test_what_the_lab_has_heard_is_not_kept_for_ever(make_job, plan):
    job = make_job(plan())
    job.work(until=6)
    job.work({"ack": 10**6}, STOP)
    messages = job.work({"ack": 10**6}, STOP)
    assert messages["ended"] == "stopped"
    assert "unacknowledged" in notes_of(job.folder)
    assert len(json.loads(notes_of(job.folder)["unacknowledged"])) <= 3


def notes_of(folder):
    from safetensors import safe_open

    with safe_open(folder / "checkpoint.safetensors", framework="pt") as file:
        return json.loads(file.metadata()["notes"])


def test_a_kill_at_any_moment_of_a_pause_loses_and_doubles_nothing(
    make_job, plan, reference, monkeypatch
):
    job = make_job(plan())
    job.work(until=6)
    send = Worker._send

    class KilledError(BaseException):
        pass

    def killed(self, *, force=False):
        if self.checkpoint.exists() and any("paused" in text for _, text in self.unsent):
            raise KilledError
        send(self, force=force)

    monkeypatch.setattr(Worker, "_send", killed)
    with pytest.raises(KilledError):
        job.work(until=11)  # saved, but never said
    monkeypatch.setattr(Worker, "_send", send)
    assert job.work(until=11)["ended"] == "paused"
    assert job.work()["ended"] == "completed"
    assert losses(job.events) == losses(reference(job.run))


def test_a_damaged_checkpoint_is_a_sentence(make_job, plan):
    job = make_job(plan())
    job.work(until=6)
    (job.folder / "checkpoint.safetensors").write_bytes(b"nonsense")
    last = job.work()
    assert last["ended"] == "failed"
    assert "start the run again" in str(from_message(last["error"]))


@pytest.mark.skipif(not STATM.exists(), reason="only Linux limits a process's memory")
def test_a_run_above_its_memory_limit_fails_with_a_sentence(plan, cache, tmp_path):
    # A process of its own: at its limit native code may fall where Python would raise.
    jobs = [
        {"run": run.to_json(), "memory_bytes": limit, "folder": str(tmp_path / run.digest)}
        for run, limit in ((plan(width=64, batch_size=1024), 100 * 2**20), (plan(), 2**33))
    ]
    said = subprocess.run(
        [sys.executable, "-c", TWO_JOBS, json.dumps(jobs)],
        env={**os.environ, "RESNET_LAB_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    first, second = map(json.loads, said)
    assert first["ended"] == "failed"
    assert "residual-8 at width 64 with batches of 1024 needed more memory than the 0.1 GB" in str(
        from_message(first["error"])
    )
    assert second["ended"] == "completed"  # in the same process: a slot that stays


TWO_JOBS = """
import json, socket, sys
from resnet_core.execute.line import Line
from resnet_core.execute.worker import Worker
for job in json.loads(sys.argv[1]):
    ours, theirs = socket.socketpair()
    more = {"device": "cpu", "threads": 1, "checkpoint_seconds": 3600, "until": None}
    Worker(Line(theirs), job | more | {"step": 0, "changes": []}).work()
    theirs.close()
    *_, last = ours.makefile()
    sys.stdout.write(last)
"""


def test_steps_back_once_when_the_first_points_have_been_told(make_job, plan):
    job = make_job(plan())
    heard = []
    job.work(after_first_step=lambda: heard.append(job.heard()))
    (first,) = heard
    messages = [json.loads(line) for line in first.splitlines()]
    told = [event_from_json(text) for message in messages for _, text in message["events"]]
    assert [event.kind for event in told] == ["started", "steps"]
    assert told[-1].step == 1


def test_a_checkpoint_is_written_now_and_then_and_never_after_the_end(make_job, plan, reference):
    job = make_job(plan())
    assert job.work(checkpoint_seconds=0)["ended"] == "completed"
    notes = notes_of(job.folder)
    assert notes["left"] == ""
    assert int(notes["sequence"]) < len(reference(job.run))


def test_a_full_disk_keeps_the_run_for_later(make_job, plan, reference, full_disk):
    job = make_job(plan())
    job.folder = full_disk.folder / "run"
    job.work(until=6)
    with full_disk.full():
        last = job.work(PAUSE, until=39)
        assert last["ended"] == "queued"
        assert "free some space, and it goes on" in str(from_message(last["error"]))
        assert job.work()["ended"] == "queued"  # no room for its weights
    assert job.work()["ended"] == "completed"
    assert losses(job.events) == losses(reference(job.run))


# --- surgery --------------------------------------------------------------------------------------


def change(number, value, over=0, what="shortcut_scale"):
    return {"id": f"change {number}", "what": what, "value": value, "over": over}


def told(*changes):
    return {"do": "change", "changes": [*changes]}


def planned(run, *texts):
    return run.model_copy(update={"changes": tuple(map(Change.from_text, texts))})


class KilledError(BaseException):
    """The process is gone."""


def kill_when(monkeypatch, method, is_time):
    """Kill the process instead of a method, once it is time."""
    usual = getattr(Worker, method)

    def killed(self, *args, **more):
        if is_time(self):
            raise KilledError
        return usual(self, *args, **more)

    monkeypatch.setattr(Worker, method, killed)


def has_unsent_change(worker):
    return any('"changed"' in text for _, text in worker.unsent)


def test_planned_changes_are_events_of_the_record(make_job, plan, reference):
    job = make_job(planned(plan(), "3:shortcut_scale=0", "10:shortcut_scale=1+20"))
    assert job.work()["ended"] == "completed"
    assert untimed(job.events) == untimed(reference(job.run))
    assert kinds(job.events).count("changed") == 2


def test_what_the_job_asks_for_is_changed_before_its_first_step(make_job, plan, reference):
    job = make_job(plan())
    asked = [change(1, 0.0), change(2, 1.0, 20), change(3, 0.01, what="learning_rate")]
    assert job.work(changes=asked)["ended"] == "completed"
    texts = ("0:shortcut_scale=0", "0:shortcut_scale=1+20", "0:learning_rate=0.01")
    assert untimed(job.events) == untimed(reference(planned(job.run, *texts)))
    assert job.obeyed == {"change 1", "change 2", "change 3"}


def test_changes_are_made_in_order_and_then_the_strongest_order_is_obeyed(make_job, plan):
    job = make_job(plan())
    assert job.work(told(change(1, 0.0)), PAUSE, told(change(2, 0.5)))["ended"] == "paused"
    assert kinds(job.events) == ["started", "changed", "changed", "paused"]
    assert [event.value for event in job.events if event.kind == "changed"] == [0, 0.5]


def test_a_change_while_paused_comes_with_the_single_step(make_job, plan, reference):
    job = make_job(plan())
    job.work(until=6)
    assert job.work(until=7, changes=[change(1, 0.0)])["ended"] == "paused"
    said = [(event.kind, getattr(event, "step", 0)) for event in job.events[-5:]]
    assert said == [
        ("resumed", 6),
        ("evaluation", 6),  # as it was before the change
        ("changed", 6),
        ("steps", 7),
        ("paused", 7),
    ]
    job.work()
    assert losses(job.events) == losses(reference(planned(job.run, "6:shortcut_scale=0")))


def test_what_was_obeyed_is_not_done_twice(make_job, plan, reference):
    job = make_job(plan())
    job.work(until=6)
    for until in (8, 12):  # the lab died before it wrote down that it had heard
        job.work(until=until, changes=[change(1, 0.0)])
    job.work(changes=[change(1, 0.0)])
    assert kinds(job.events).count("changed") == 1
    assert losses(job.events) == losses(reference(planned(job.run, "6:shortcut_scale=0")))


@pytest.mark.parametrize(
    ("method", "is_time", "is_done"),
    [
        ("_save", has_unsent_change, False),  # done, but not saved
        ("_send", has_unsent_change, True),  # saved, but not said
    ],
)
def test_a_kill_at_any_moment_of_a_change_loses_and_doubles_nothing(
    make_job, plan, reference, monkeypatch, method, is_time, is_done
):
    job = make_job(plan())
    job.work(until=6)
    with monkeypatch.context() as patch:
        kill_when(patch, method, is_time)
        with pytest.raises(KilledError):
            job.work(until=20, changes=[change(1, 0.0, 10)])
    assert (json.loads(notes_of(job.folder)["obeyed"]) != []) is is_done
    assert job.obeyed == set()  # so the lab asks for it again
    assert job.work(until=20, changes=[change(1, 0.0, 10)])["ended"] == "paused"
    assert job.work()["ended"] == "completed"
    assert kinds(job.events).count("changed") == 1
    assert kinds(job.events).count("resumed") == 2
    assert losses(job.events) == losses(reference(planned(job.run, "6:shortcut_scale=0+10")))


def test_a_run_that_repeats_itself_is_changed_where_it_left_off(
    make_job, plan, reference, monkeypatch
):
    job = make_job(plan())
    job.work(until=6)
    with monkeypatch.context() as patch:  # killed ten steps after its checkpoint
        patch.setattr("resnet_core.execute.worker.SEND_EVERY", 0)
        kill_when(patch, "_order", lambda worker: worker.sequence >= 8)
        with pytest.raises(KilledError):
            job.work()
    heard = max(event.step for event in job.known[1:])
    assert heard >= 12
    assert job.work(changes=[change(1, 0.0)])["ended"] == "completed"
    (changed,) = [event for event in job.events if event.kind == "changed"]
    assert changed.step == heard
    wanted = planned(job.run, f"{heard}:shortcut_scale=0")
    assert losses(job.events) == losses(reference(wanted))


def test_a_full_disk_leaves_a_change_for_later(make_job, plan, reference, full_disk):
    job = make_job(plan())
    job.folder = full_disk.folder / "run"
    job.work(until=6)
    with full_disk.full():
        last = job.work(told(change(1, 0.0)), until=39)
        assert last["ended"] == "queued"
        assert "free some space, and it goes on" in str(from_message(last["error"]))
    assert job.obeyed == set()
    assert "changed" not in kinds(job.events)
    assert job.work(changes=[change(1, 0.0)])["ended"] == "completed"
    assert losses(job.events) == losses(reference(planned(job.run, "6:shortcut_scale=0")))


def test_a_run_that_turns_out_to_have_diverged_is_not_changed(make_job, plan, monkeypatch):
    job = make_job(plan(evaluations=1))
    order = Worker._order

    def ordered(self):
        if self.training.step == 7:  # steps 5 to 7 have not been told
            self.changes.append(change(1, 0.0))
        return order(self)

    def advance(self):
        Worker.training = self
        if self.step == 5:
            torch.nn.init.constant_(self.network.head.linear.weight, float("nan"))
        return usual(self)

    usual = Training.advance
    monkeypatch.setattr(Worker, "training", Training(job.run, load_pictures(job.run.data)), False)
    monkeypatch.setattr(Worker, "_order", ordered)
    monkeypatch.setattr(Training, "advance", advance)
    assert job.work()["ended"] == "diverged"
    assert [(event.kind, event.step) for event in job.events[-2:]] == [
        ("steps", 5),
        ("diverged", 6),
    ]
    assert "changed" not in kinds(job.events)
    assert job.obeyed == set()
