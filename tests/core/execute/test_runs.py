"""The queue and its processes when the machine fails them: no forkserver, no disk."""

from __future__ import annotations

import asyncio
import contextlib

import psutil
import pytest

from resnet_core.execute import runs as module
from resnet_core.execute.client import LabClient
from resnet_core.execute.limits import Limits
from resnet_core.execute.runs import Runs
from resnet_core.execute.watchers import Watchers
from resnet_core.store import Store
from tests.core.execute.labs import LabAt, untimed, wait_until


def forkserver_of(lab: LabAt) -> psutil.Process:
    (server,) = [
        child
        for child in psutil.Process(lab.pid).children()
        if "multiprocessing.forkserver" in " ".join(child.cmdline())
    ]
    return server


def test_without_its_forkserver_what_runs_goes_on_and_later_runs_start(lab, plan, reference):
    running, later = plan(steps=200), plan()
    lab.submit(running)
    lab.wait_for_step(running, 4)
    forkserver_of(lab).kill()
    lab.submit(later)
    assert lab.client.status().pid  # it answers while PyTorch is loaded anew
    for run in (running, later):
        assert lab.wait(run).status == "completed"
        assert untimed(lab.events(run)) == untimed(reference(run))


def test_a_run_without_a_forkserver_can_still_be_ended(lab, plan):
    run = plan(steps=100_000, owner="ann")
    lab.submit(run)
    lab.wait_for_step(run, 4)
    (worker,) = wait_until(lambda: len(found := lab.workers()) == 1 and found)
    forkserver_of(lab).kill()
    worker.suspend()
    lab.submit(plan())  # looks after dead processes, and finds no forkserver
    lab.client.stop([run.digest], visitor="ann")
    assert lab.wait(run, "stopped", seconds=10).status == "stopped"
    wait_until(lambda: not psutil.pid_exists(worker.pid) or worker.status() == "zombie", 10)


@pytest.fixture
def lab_on_a_small_disk(full_disk, cache):
    lab = LabAt(full_disk.folder / "data", cache)
    with lab.active():
        yield lab.warm()
        lab.close()


def test_on_a_full_disk_runs_halt_and_go_on_when_there_is_room(
    lab_on_a_small_disk, full_disk, plan, reference
):
    lab = lab_on_a_small_disk
    run, held, stopped = plan(steps=500), plan(steps=300, owner="ann"), plan(steps=100_000)
    lab.submit(run, held, stopped)
    lab.wait_for_checkpoint(run)
    lab.wait_for_step(held, 4)
    with full_disk.full():
        trouble = wait_until(lambda: lab.client.status().trouble)
        assert trouble["error"] == "StoreError"
        assert "space" in trouble["template"]
        wait_until(lambda: not lab.client.status().running)
        with contextlib.suppress(Exception):  # there may be room for that much, or not
            lab.client.pause(held.digest, visitor="ann")
        lab.client.stop([stopped.digest], visitor="ann")
        assert LabClient(lab.url).status().trouble
    wait_until(lambda: lab.client.status().trouble is None)
    lab.client.resume(held.digest, visitor="ann")
    for each in (run, held):
        assert lab.wait(each).status == "completed"
        assert untimed(lab.events(each)) == untimed(reference(each))
    assert lab.wait(stopped).status == "stopped"
    with contextlib.closing(Store.open(lab.url, read_only=True)) as store:
        assert not store.runs(status=("queued", "running"))


def test_no_run_is_given_to_a_process_that_has_ended(tmp_path, plan, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    spares = []

    class Spare:
        """A process that only notes what it is told."""

        def __init__(self, *_):
            self.ended = False
            self.told = []
            spares.append(self)

        def tell(self, message):
            self.told.append(message)

    async def start(digest):
        runs = Runs(store, Limits(slots=2), Watchers(store, 60))
        runs.machine = {"device": "cpu", "count": 0}
        runs.keep_spares()
        spares[-1].ended = True  # its line is cut, but nobody has seen it off yet
        runs.queue(digest, "ann")
        runs.fill()

    monkeypatch.setattr(module, "Child", Spare)
    with contextlib.closing(Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}")) as store:
        asyncio.run(start(store.add_run(plan(), requested_by="ann", now=1.0).digest))
    assert [len(spare.told) for spare in spares] == [1, 0]
