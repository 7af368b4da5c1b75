"""How the server looks after its lab, whatever the lab does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pages.ui.lab import Keeper
from resnet_core.errors import LabError, StoreError
from resnet_core.execute.client import LabClient, Status
from tests.browsing import wait_until

WELL = Status(1, machine={"device": "cpu"}, slots=2, running=0, queued=0, trouble=None)


class ToyClient(LabClient):
    """A lab that answers what the test tells it to."""

    def __init__(self) -> None:
        super().__init__("sqlite:////nowhere/lab.sqlite", start=False)
        self.answer: Status | Exception = WELL
        self.watched: list[tuple[str, list[str]]] = []
        self.gone = False

    def status(self) -> Status:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def watch(self, digests: Sequence[str], *, visitor: str) -> None:
        self.watched.append((visitor, list(digests)))

    def leave(self) -> None:
        self.gone = True


@pytest.fixture
def client() -> ToyClient:
    return ToyClient()


@pytest.fixture
def keeper(client: ToyClient) -> Keeper:
    keeper = Keeper()
    keeper.client = client
    return keeper


@pytest.mark.parametrize(
    "trouble",
    [
        LabError("The lab sleeps."),
        StoreError("The disk is full."),
        OSError("no memory for a process"),
        ValueError("half an answer"),
    ],
)
def test_no_trouble_ends_the_keeper(keeper: Keeper, client: ToyClient, trouble: Exception) -> None:
    client.answer = trouble
    keeper.start()
    wait_until(lambda: keeper.problem is not None)
    assert keeper.status is None
    assert str(trouble) in str(keeper.problem)
    client.answer = WELL
    wait_until(lambda: keeper.status == WELL)
    assert keeper.problem is None
    keeper.end()
    assert client.gone


def test_who_looks_is_passed_on_once(keeper: Keeper, client: ToyClient) -> None:
    keeper.looks("ann", ["b", "a"])
    keeper.looks("ann", ["c"])
    keeper.looks("bob", ["a"])
    keeper._pass_on()
    assert client.watched == [("ann", ["a", "b", "c"]), ("bob", ["a"])]
    keeper._pass_on()
    assert len(client.watched) == 2


def test_a_keeper_that_never_started_says_no_goodbye(keeper: Keeper, client: ToyClient) -> None:
    keeper.end()
    assert not client.gone
