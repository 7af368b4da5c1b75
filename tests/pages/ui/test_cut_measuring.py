"""A thread that asks for lesions: what it asks, in which turns, when it rests and when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from pages.ui import asking, cut_measuring, trained
from pages.ui.asking import Cut
from pages.ui.cut_measuring import SECONDS, Measuring, Task, next_size
from pages.ui.trained import Subject
from resnet_core.errors import LabError, RunError
from resnet_core.specs.lesion import Lesion, each_deletion
from tests.browsing import wait_until

RESIDUAL = trained.subject("residual-20")
PLAIN = trained.subject("plain-20")
EACH = tuple(each_deletion(RESIDUAL.network))

Asked = list[tuple[str, tuple[Lesion, ...]]]


class Bench:
    """Answers at once: a tenth for each unit that is gone; or refuses."""

    def __init__(self) -> None:
        self.asked: Asked = []
        self.refuses: dict[str, Exception] = {}
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, of: Subject, lesions: Sequence[Lesion]) -> list[Cut]:
        self.asked.append((of.code, tuple(lesions)))
        assert self.gate.wait(10)
        if of.code in self.refuses:
            raise self.refuses[of.code]
        return [Cut(len(one.deleted) / 10, 1.0, (0.0,) * 10, 360) for one in lesions]

    @property
    def lesions(self) -> list[Lesion]:
        return [lesion for _, some in self.asked for lesion in some]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def measuring(bench: Bench) -> Iterator[Measuring]:
    found = Measuring(bench)
    yield found
    bench.gate.set()
    wait_until(is_idle(found), 10)


def is_idle(measuring: Measuring) -> Callable[[], bool]:
    return lambda: not any(one.name == "cuts" and one.is_alive() for one in threading.enumerate())


def test_everything_that_is_wanted_is_measured_once(measuring: Measuring, bench: Bench) -> None:
    task = Task(RESIDUAL, (Lesion(), *EACH))
    assert measuring.missing(task) == 10
    measuring.want("somebody", [task])
    wait_until(lambda: measuring.missing(task) == 0)
    measuring.want("somebody else", [task])
    errors = [cut.error for cut in measuring.known(RESIDUAL, task.lesions) if cut is not None]
    assert errors == [0] + [0.1] * 9
    assert bench.lesions == [*task.lesions], "in their order, and none of them twice"
    assert measuring.known(PLAIN, task.lesions) == [None] * 10, "of another network"


def test_the_thread_ends_with_its_work_and_begins_again_with_more(
    measuring: Measuring, bench: Bench
) -> None:
    for lesions in (EACH[:3], EACH):
        measuring.want("somebody", [Task(RESIDUAL, lesions)])
        wait_until(lambda lesions=lesions: None not in measuring.known(RESIDUAL, lesions))
        wait_until(is_idle(measuring), 5)
    assert bench.lesions == [*EACH]


def test_visitors_take_turns(measuring: Measuring, bench: Bench) -> None:
    bench.gate.clear()
    measuring.want("first", [Task(RESIDUAL, EACH)])
    wait_until(lambda: bench.asked)
    measuring.want("second", [Task(PLAIN, EACH)])
    bench.gate.set()
    wait_until(lambda: None not in measuring.known(PLAIN, EACH))
    wait_until(lambda: None not in measuring.known(RESIDUAL, EACH))
    codes = [code for code, _ in bench.asked]
    assert codes[:4] == ["residual-20", "plain-20"] * 2


def test_what_is_no_longer_wanted_is_not_measured(measuring: Measuring, bench: Bench) -> None:
    bench.gate.clear()
    measuring.want("somebody", [Task(RESIDUAL, EACH)])
    wait_until(lambda: bench.asked)
    measuring.want("somebody", [])
    bench.gate.set()
    wait_until(is_idle(measuring), 5)
    assert bench.lesions == [*EACH[: cut_measuring.AT_FIRST]]


def test_who_does_not_ask_again_has_left(
    measuring: Measuring, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.gate.clear()
    measuring.want("somebody", [Task(RESIDUAL, EACH)])
    wait_until(lambda: bench.asked)
    monkeypatch.setattr(cut_measuring, "PATIENCE", 0.0)
    bench.gate.set()
    wait_until(is_idle(measuring), 5)
    assert len(bench.lesions) < len(EACH)


def test_nothing_is_asked_while_it_rests(measuring: Measuring, bench: Bench) -> None:
    measuring.rest(0.4)
    measuring.want("somebody", [Task(RESIDUAL, EACH)])
    with pytest.raises(TimeoutError):
        wait_until(lambda: bench.asked, 0.2)
    wait_until(lambda: None not in measuring.known(RESIDUAL, EACH))


@pytest.mark.parametrize("error", [RunError("The file was changed."), OSError("no line")])
def test_a_network_that_cannot_be_measured_is_left_alone_and_others_are_measured(
    measuring: Measuring, bench: Bench, error: Exception
) -> None:
    bench.refuses["residual-20"] = error
    tasks = [Task(RESIDUAL, EACH), Task(PLAIN, EACH)]
    measuring.want("somebody", tasks)
    wait_until(lambda: None not in measuring.known(PLAIN, EACH))
    found = measuring.problem(RESIDUAL)
    assert found is error if isinstance(error, RunError) else isinstance(found, LabError)
    assert str(error) in str(found)
    assert measuring.problem(PLAIN) is None
    measuring.want("somebody", tasks)
    assert [code for code, _ in bench.asked].count("residual-20") == 1

    bench.refuses.clear()
    measuring.forgive(RESIDUAL)
    measuring.want("somebody", tasks)
    wait_until(lambda: None not in measuring.known(RESIDUAL, EACH))


def test_questions_become_as_long_as_they_may_and_no_longer() -> None:
    assert next_size(2, 0.01) == 4
    assert next_size(12, 0.01) == asking.AT_ONCE
    assert next_size(4, 0.8 * SECONDS) == 4
    assert next_size(8, 1.5 * SECONDS) == 4
    assert next_size(1, 60) == 1


def test_how_long_it_takes_is_known_after_the_first_answers(measuring: Measuring) -> None:
    task = Task(RESIDUAL, EACH)
    assert measuring.seconds([task]) is None
    assert 4.5 < measuring.passes(task) < 6.5, "half a pass for each of nine, and a little"
    measuring.want("somebody", [Task(RESIDUAL, EACH[:5])])
    wait_until(lambda: None not in measuring.known(RESIDUAL, EACH[:5]))
    left = measuring.seconds([task])
    assert left is not None
    assert 0 <= left < 5
    assert 0 < measuring.passes(task) < 3


def test_so_much_is_remembered_and_no_more(
    measuring: Measuring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cut_measuring, "MOST", 5)
    measuring.want("somebody", [Task(RESIDUAL, EACH[:5])])
    wait_until(lambda: None not in measuring.known(RESIDUAL, EACH[:5]))
    wait_until(is_idle(measuring), 5)
    measuring.want("somebody", [Task(RESIDUAL, EACH[5:7])])
    wait_until(lambda: None not in measuring.known(RESIDUAL, EACH[5:7]))
    assert measuring.known(RESIDUAL, EACH).count(None) == 4
