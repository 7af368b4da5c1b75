"""Stores to test on, small plans, and events that are quick to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import RunCompleted, StepsCompleted
from resnet_core.store import Store


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RESNET_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RESNET_LAB_STORE", raising=False)
    return tmp_path / "data"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'lab.sqlite'}"


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    store = Store.open(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def plan() -> Callable[..., RunSpec]:
    def make(seed: int = 0, owner: str | None = None) -> RunSpec:
        return RunSpec(
            network=NetworkSpec(depth=8, width=4), train=TrainSpec(steps=8, seed=seed), owner=owner
        )

    return make


@pytest.fixture
def steps() -> Callable[[int], StepsCompleted]:
    def make(step: int) -> StepsCompleted:
        return StepsCompleted(step=step, losses=(2.5,), errors=(0.75,), seconds=0.1)

    return make


@pytest.fixture
def completed() -> RunCompleted:
    return RunCompleted(step=8, seconds=1.0, images_per_second=100.0)
