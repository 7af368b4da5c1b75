"""Labs to test on, plans that no other test has, and the numbers that they must give."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
import torch

from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import Event
from resnet_core.train import train
from tests.core.execute.labs import LabAt, wait_until


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all labs: the digits are decoded once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def make_lab(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Callable[..., LabAt]:
    def make(name: str, **settings: object) -> LabAt:
        return LabAt(tmp_path_factory.mktemp(name), cache, **settings)

    return make


@pytest.fixture(scope="session")
def forking_lab(make_lab: Callable[..., LabAt]) -> Iterator[LabAt]:
    lab = make_lab("forking", max_runs=40)
    with lab.active():
        lab.warm()
    yield lab
    with lab.active():
        lab.close()


@pytest.fixture(scope="session")
def staying_lab(make_lab: Callable[..., LabAt]) -> Iterator[LabAt]:
    lab = make_lab("staying", max_runs=40, staying_slots=1)
    with lab.active():
        lab.warm()
    yield lab
    with lab.active():
        lab.close()


@pytest.fixture
def lab(forking_lab: LabAt) -> Iterator[LabAt]:
    """A warm lab that forks a process a run; shared by all tests, so ask for plans of your own."""
    with forking_lab.active():
        yield forking_lab
        forking_lab.client.status()


@pytest.fixture(params=["one process a run", "a slot that stays"])
def any_lab(request: pytest.FixtureRequest) -> Iterator[LabAt]:
    kinds = {"one process a run": "forking_lab", "a slot that stays": "staying_lab"}
    found: LabAt = request.getfixturevalue(kinds[request.param])
    with found.active():
        yield found
        wait_until(lambda: not found.client.status().running, 30)


@pytest.fixture
def own_lab(make_lab: Callable[..., LabAt]) -> Iterator[Callable[..., LabAt]]:
    """Make a lab for one test, with settings of its own."""
    with contextlib.ExitStack() as stack:

        def make(**settings: object) -> LabAt:
            lab = stack.enter_context(make_lab("own", **settings).active())
            stack.callback(lab.close)
            return lab

        yield make


_seeds = iter(range(1, 10_000))


@pytest.fixture
def plan() -> Callable[..., RunSpec]:
    """Make a plan that no other test has."""

    def make(
        steps: int = 40,
        owner: str | None = None,
        depth: int = 8,
        width: int = 4,
        **more: object,
    ) -> RunSpec:
        settings = {"seed": next(_seeds), "batch_size": 32, "evaluations": 2, **more}
        return RunSpec(
            network=NetworkSpec(depth=depth, width=width),
            train=TrainSpec.model_validate({"steps": steps, **settings}),
            owner=owner,
        )

    return make


@pytest.fixture
def reference(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[RunSpec], list[Event]]:
    """Train without any lab, and give the events."""
    monkeypatch.setenv("RESNET_LAB_CACHE", str(cache))
    return _reference


@lru_cache
def _reference(plan: RunSpec) -> list[Event]:
    torch.set_num_threads(1)
    return list(train(plan))


class SmallDisk:
    """A disk of 64 MB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave no room on it."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (2**20, 2**12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)
        yield
        filler.unlink()


@pytest.fixture
def full_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    """A disk that can be filled: a file system in memory, which only root may mount."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
