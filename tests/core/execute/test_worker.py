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

from resnet_core.errors import from_message
from resnet_core.execute.line import Line
from resnet_core.execute.worker import STATM, Worker
from resnet_core.specs.events import event_from_json
from tests.core.execute.labs import kinds, losses, untimed


class Job:
    """A run's folder, and the jobs that are done there one after the other."""

    def __init__(self, run, folder: Path, cache: Path) -> None:
        self.run = run
        self.folder = folder
        self.stored = {}  # what the lab would have written down: number → text

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
        }
        with ours, theirs:
            for message in told:
                ours.sendall(json.dumps(message).encode() + b"\n")
            job |= settings
            self.heard = lambda: ours.recv(2**22, socket.MSG_PEEK).decode()
            Worker(Line(theirs), job, after_first_step=after_first_step).work()
            theirs.shutdown(socket.SHUT_WR)
            messages = [json.loads(line) for line in ours.makefile("rb")]
        if hears:
            for message in messages:
                for number, text in message.get("events", ()):
                    self.stored.setdefault(number, text)
        return messages[-1]

    @property
    def events(self):
        assert sorted(self.stored) == list(range(1, len(self.stored) + 1))
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
    Worker(Line(theirs), job | more).work()
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
