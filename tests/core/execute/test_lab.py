"""Labs come and go; what was asked of them stays."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from resnet_core.execute.client import LabClient
from resnet_core.execute.protocol import socket_path
from tests.core.execute.labs import LabAt, losses, untimed, wait_until


@pytest.fixture(scope="module")
def _module_lab(make_lab: Callable[..., LabAt]) -> Iterator[LabAt]:
    lab = make_lab("wandering")
    with lab.active():
        lab.warm()
    yield lab
    with lab.active():
        lab.close()


@pytest.fixture
def lab(_module_lab: LabAt) -> Iterator[LabAt]:
    """A lab that may be killed: the next test starts another."""
    with _module_lab.active():
        yield _module_lab.warm()


def kill(lab: LabAt) -> int:
    pid = lab.pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid))  # nor is it a zombie
    return pid


def test_a_study_outlives_its_lab(lab, plan, reference):
    study = [plan(steps=200) for _ in range(4)]
    lab.submit(*study)
    for run in study[:2]:
        lab.wait_for_checkpoint(run)
    stored = {run.digest: lab.store.events([run.digest]) for run in study}
    killed = kill(lab)
    assert socket_path(lab.url).exists()  # as a killed lab leaves it
    wait_until(lambda: not lab.processes(), 15)  # its processes end by themselves
    assert lab.pid != killed  # asking starts another
    for run in study:
        assert lab.wait(run).status == "completed"
        assert untimed(lab.events(run)) == untimed(reference(run))
        before = stored[run.digest]
        assert lab.store.events([run.digest])[: len(before)] == before


def test_the_next_lab_takes_over_while_processes_of_the_last_are_still_there(lab, plan, reference):
    study = [plan(steps=200) for _ in range(2)]
    lab.submit(*study)
    for run in study:
        lab.wait_for_checkpoint(run)
    kill(lab)
    for run in study:
        assert lab.submit(run) == [True]
    for run in study:
        assert lab.wait(run).status == "completed"
        assert untimed(lab.events(run)) == untimed(reference(run))


def test_one_step_stays_one_step_in_the_next_lab(lab, plan, reference):
    run = plan(owner="ann")
    lab.submit(*[plan(steps=100_000) for _ in range(2)], visitor="bob")
    lab.submit(run, steps=3)
    assert lab.status(run) == "queued"
    lab.submit(run, visitor="ann")
    kill(lab)
    lab.warm()
    for other in lab.store.runs(status=("queued", "running")):
        if other.digest != run.digest:
            lab.client.stop([other.digest], visitor="bob")
    assert lab.wait(run, "paused").step == 3
    time.sleep(0.3)
    assert lab.wait(run, "paused").step == 3
    lab.client.resume(run.digest, visitor="ann")
    lab.wait(run, "completed")
    assert losses(lab.events(run)) == losses(reference(run))


def test_who_watched_is_known_to_the_next_lab(lab, plan):
    run = plan(steps=100_000)
    lab.submit(run, visitor="ann")
    lab.client.watch([run.digest], visitor="bob")
    kill(lab)
    lab.client.stop([run.digest], visitor="ann")
    assert lab.status(run) == "queued"
    lab.client.stop([run.digest], visitor="bob")
    assert lab.status(run) == "stopped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_checkpoints_what_runs(lab, plan, reference, number):
    run, waiting = plan(steps=300), [plan(steps=300), plan()]
    lab.submit(run, *waiting)
    lab.wait_for_step(run, 4)
    os.kill(lab.pid, number)
    wait_until(lambda: not lab.processes(), 15)
    assert not socket_path(lab.url).exists()
    assert {lab.status(each) for each in (run, *waiting)} == {"queued"}
    step = lab.store.run(run.digest).step
    assert len(losses(lab.events(run))) == step  # every step that was done is written down
    lab.client.status()  # starts the next
    for each in (run, *waiting):
        assert lab.wait(each).status == "completed"
        assert losses(lab.events(each)) == losses(reference(each))


def test_the_last_client_to_leave_ends_the_lab(lab, plan, reference):
    run = plan(steps=300)
    lab.submit(run)
    lab.wait_for_step(run, 4)
    other = LabClient(lab.url)
    assert other.status().pid == lab.pid
    lab.client.leave()
    assert other.status().running == 1
    other.leave()
    wait_until(lambda: not lab.processes(), 15)
    assert lab.status(run) == "queued"
    other.leave()  # nobody there: nothing to say
    lab.client.status()
    assert lab.wait(run).status == "completed"
    assert losses(lab.events(run)) == losses(reference(run))


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
        lab.client.leave()
        assert lab.client.status().pid
    assert lab.pid != first


def test_a_lab_that_nobody_needs_ends_by_itself(own_lab):
    lab = own_lab(idle_seconds=1)
    assert lab.pid
    wait_until(lambda: not lab.processes(), 60)
    assert "nobody asked" in lab.log
