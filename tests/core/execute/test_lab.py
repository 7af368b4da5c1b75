"""Labs come and go; what was asked of them stays."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator

import psutil
import pytest

from resnet_core.execute.client import LabClient
from resnet_core.execute.protocol import socket_path
from tests.core.execute.labs import LabAt, losses, untimed, wait_until


@pytest.fixture(scope="module")
def _module_lab(make_lab: Callable[..., LabAt]) -> Iterator[LabAt]:
    lab = make_lab("wandering")
    yield lab
    with lab.active():
        lab.close()


@pytest.fixture
def lab(_module_lab: LabAt) -> Iterator[LabAt]:
    """A lab that may be killed: the next test starts another, and warms it where it needs to."""
    with _module_lab.active():
        yield _module_lab


def kill(lab: LabAt) -> int:
    pid = lab.pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid))  # nor is it a zombie
    return pid


def test_a_study_outlives_its_lab(lab, plan, reference):
    lab.warm()
    study = [plan(steps=200) for _ in range(4)]
    lab.submit(*study)
    for run in study[:2]:
        lab.wait_for_checkpoint(run)
    stored = {run.digest: lab.store.events([run.digest]) for run in study}
    old = lab.processes()
    killed = kill(lab)
    assert socket_path(lab.url).exists()  # as a killed lab leaves it
    assert lab.submit(*study) == [True] * 4  # asking starts another
    assert lab.pid != killed
    assert not psutil.wait_procs(old, timeout=15)[1]  # what it had started ends by itself
    for run in study:
        assert lab.wait(run).status == "completed"
        assert untimed(lab.events(run)) == untimed(reference(run))
        before = stored[run.digest]
        assert lab.store.events([run.digest])[: len(before)] == before


def test_asked_to_end_it_checkpoints_what_runs(lab, plan, reference):
    lab.warm()
    runs, stepped = [plan(steps=300) for _ in range(3)], plan(owner="ann")
    lab.submit(*runs)
    lab.submit(stepped, steps=3)
    lab.wait_for_step(runs[0], 4)
    os.kill(lab.pid, signal.SIGINT)
    wait_until(lambda: not lab.processes(), 15)
    assert not socket_path(lab.url).exists()
    assert {lab.status(run) for run in (*runs, stepped)} == {"queued"}
    step = lab.store.run(runs[0].digest).step
    assert 4 <= len(losses(lab.events(runs[0]))) == step  # every step is written down
    lab.client.status()  # starts the next
    assert lab.wait(stepped, "paused").step == 3  # and three steps are still three
    for run in runs:
        assert lab.wait(run).status == "completed"
        assert losses(lab.events(run)) == losses(reference(run))
    assert lab.status(stepped) == "paused"
    assert lab.events(stepped)[-1].step == 3


def test_the_last_client_to_leave_ends_the_lab(lab, plan):
    lab.warm()
    run = plan(steps=100_000)
    lab.submit(run, visitor="ann")
    lab.client.watch([run.digest], visitor="bob")
    lab.wait_for_step(run, 4)
    first, other = lab.pid, LabClient(lab.url)
    assert other.status().pid == first
    lab.client.leave()
    assert other.status().running == 1
    for worker in lab.workers():
        worker.suspend()  # so that the end takes a while
    other.leave()
    assert lab.pid != first  # whoever asks meanwhile waits for the next
    assert lab.status(run) == "queued"
    # Which knows who watched.
    lab.client.stop([run.digest], visitor="ann")
    assert lab.status(run) == "queued"
    lab.client.stop([run.digest], visitor="bob")
    assert lab.status(run) == "stopped"


def test_a_client_that_was_killed_does_not_keep_a_lab_that_was_left(own_lab):
    lab = own_lab()
    assert lab.pid
    LabClient(lab.url).status()  # and is never heard of again
    lab.client.leave()
    assert lab.processes()
    wait_until(lambda: not lab.processes(), 30)


def test_two_that_start_a_lab_at_the_same_moment_have_one(lab):
    kill(lab)
    together = threading.Barrier(4)
    pids = []

    def start():
        client = LabClient(lab.url)
        together.wait()
        pids.append(client.status().pid)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1
    wait_until(lambda: [p.pid for p in labs_among(lab)] == pids[:1])


def labs_among(lab: LabAt) -> list[psutil.Process]:
    return [p for p in lab.processes() if "resnet_core.execute" in p.cmdline()]


def test_who_asks_a_lab_that_is_ending_gets_the_next(lab):
    first = lab.pid
    for _ in range(3):
        os.kill(lab.pid, signal.SIGTERM)  # in the midst of loading PyTorch, or soon after
        assert lab.client.status().pid
    wait_until(lambda: lab.pid != first)


def test_a_lab_that_nobody_needs_ends_by_itself(own_lab):
    lab = own_lab(idle_seconds=1)
    assert lab.pid
    wait_until(lambda: not lab.processes(), 60)
    assert "nobody asked" in lab.log
