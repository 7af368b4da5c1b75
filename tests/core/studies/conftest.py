"""Outcomes by hand, and a store of a small study that was never trained."""

from __future__ import annotations

import pytest

from resnet_core.specs import DegradationStudy, TrainSpec
from resnet_core.specs.events import (
    EvaluationCompleted,
    RunCompleted,
    RunDiverged,
    StepsCompleted,
)
from resnet_core.store import Store
from resnet_core.studies import Outcome
from tests.saying import started


@pytest.fixture
def outcome():
    def make(depth, train_error, *, seed=0, join="plain", status="completed", test_error=0.5):
        return Outcome(
            digest=f"{join}-{depth}-{seed}",
            depth=depth,
            join=join,
            seed=seed,
            status=status,
            step=200,
            steps=200,
            train_error=train_error,
            test_error=None if train_error is None else test_error,
        )

    return make


@pytest.fixture
def study():
    return DegradationStudy(
        depths=(8, 20), width=4, seeds=2, train=TrainSpec(steps=40, evaluations=2)
    )


@pytest.fixture
def said():
    """What a run of 40 steps says; plain-20 diverges at step 30."""

    def make(run):
        network = run.network
        error = {8: 0.1, 20: 0.2}[network.depth]
        diverges = network.name == "plain-20"
        events = [started()]
        for step in range(4, 41, 4):
            losses = tuple(1 / 3 / (step + i) for i in range(4))
            events.append(
                StepsCompleted(step=step, losses=losses, errors=(0.5,) * 4, seconds=step / 10)
            )
            if step % 20 == 0:
                events.append(
                    EvaluationCompleted(
                        step=step,
                        train_error=error + (40 - step) / 100,
                        train_loss=0.123456789,
                        test_error=error + 0.05,
                        test_loss=0.5,
                        seconds=step / 10,
                    )
                )
            if diverges and step == 28:
                events.append(RunDiverged(step=29, loss=float("nan"), seconds=2.9))
                return events
        events.append(RunCompleted(step=40, seconds=4.5, images_per_second=1234.5678))
        return events

    return make


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "data"))
    store = Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def finished_store(store, study, said):
    for run in study.runs:
        store.add_run(run, requested_by=None, now=1.0)
        events = list(enumerate(said(run), start=1))
        last = events[-1][1]
        store.append(run.digest, events, status=last.kind, step=last.step, ended=2.0)
    return store
