"""What a chart is told, question by question; without a server, from a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pages.ui.live import LiveAnswers, replay, status_line
from pages.ui.translate import translator
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import RunFailed
from resnet_core.store import Store
from tests.saying import completed, evaluated, started, steps

RUN = RunSpec(network=NetworkSpec(depth=8, width=2), train=TrainSpec(steps=8))
BATCH = f"{RUN.digest}:batch_error"
t = translator("en")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}")
    store.add_run(RUN, requested_by=None, now=0.0)
    store.update_run(RUN.digest, status="running")
    yield store
    store.close()


def ask(store: Store, since: int, **options: Any) -> dict[str, Any]:
    answer = LiveAnswers(store).answer("pair", [RUN.digest], since=since, t=t, **options)
    assert answer is not None
    return answer


def test_runs_that_nobody_knows_have_no_answer(store: Store) -> None:
    assert LiveAnswers(store).answer("study", ["0" * 16], since=-1, t=t) is None


def test_only_what_is_new_is_appended(store: Store) -> None:
    store.append(RUN.digest, [(1, started()), (2, steps(2))])
    first = ask(store, -1)
    assert first["replace"][BATCH]["x"] == [2]
    store.append(RUN.digest, [(3, steps(4))])
    second = ask(store, first["cursor"])
    assert second["append"][BATCH]["x"] == [4]
    assert not second["replace"]
    assert not ask(store, second["cursor"])["append"]


def test_what_is_written_while_a_question_is_answered_comes_once(store: Store) -> None:
    """Another visitor's question may have read further than the cursor that is given here."""
    store.append(RUN.digest, [(1, started()), (2, steps(2))])
    answers = LiveAnswers(store)
    told = answers.answer("pair", [RUN.digest], since=-1, t=t)
    assert told is not None
    real, calls = store.last_event_id, count(1)

    def last_event_id() -> int:
        found = real()
        if next(calls) == 2:  # the histories' own question: just after the cursor was taken
            store.append(RUN.digest, [(4, steps(6))])
        return found

    store.append(RUN.digest, [(3, steps(4))])
    store.last_event_id = last_event_id  # type: ignore[method-assign]
    seen: list[int] = []
    cursor = int(told["cursor"])
    for _ in range(3):
        answer = answers.answer("pair", [RUN.digest], since=cursor, t=t)
        assert answer is not None
        seen += answer["append"].get(BATCH, {"x": []})["x"]
        cursor = answer["cursor"]
    assert seen == [4, 6]


def test_an_answer_is_shared_until_there_is_something_new(store: Store) -> None:
    store.append(RUN.digest, [(1, started()), (2, steps(2))])
    answers = LiveAnswers(store)
    told = answers.answer("pair", [RUN.digest], since=-1, t=t)
    assert answers.answer("pair", [RUN.digest], since=-1, t=t) is told
    store.append(RUN.digest, [(3, steps(4))])
    later = answers.answer("pair", [RUN.digest], since=-1, t=t)
    assert later is not None
    assert later["replace"][BATCH]["x"] == [2, 4]


def test_a_run_trained_anew_replaces_what_the_failed_one_had_shown(store: Store) -> None:
    store.append(RUN.digest, [(1, started()), (2, steps(2)), (3, steps(4))])
    cursor = ask(store, -1)["cursor"]
    store.update_run(RUN.digest, status="failed")
    store.restart_run(RUN.digest, requested_by=None, now=1.0)
    store.append(RUN.digest, [(1, started()), (2, steps(2))])
    answer = ask(store, cursor)
    assert answer["replace"][BATCH]["x"] == [2]
    assert BATCH not in answer["append"]


def test_the_stream_is_done_when_all_runs_are_over(store: Store) -> None:
    store.append(RUN.digest, [(1, started()), (2, steps(8)), (3, evaluated(8)), (4, completed(8))])
    assert not ask(store, -1)["done"]
    store.update_run(RUN.digest, status="completed")
    assert ask(store, -1)["done"]


def test_a_pause_ends_the_stream_but_not_for_those_who_look_on(store: Store) -> None:
    store.append(RUN.digest, [(1, started()), (2, steps(2))])
    store.update_run(RUN.digest, status="paused")
    assert ask(store, -1)["done"]
    assert not ask(store, -1, looks_on=True)["done"]


def test_trouble_is_said_instead_of_progress(store: Store) -> None:
    assert ask(store, -1, trouble="The disk is full.")["status"] == "The disk is full."


def test_why_a_run_failed_is_said_until_it_is_tried_again(store: Store) -> None:
    failed = RunFailed(template="No room for {what}.", values={"what": "it"})
    store.append(RUN.digest, [(1, started()), (2, failed)])
    store.update_run(RUN.digest, status="failed")
    answers = LiveAnswers(store)
    histories, _ = answers.histories.of([RUN.digest])
    assert status_line(store.runs(), histories, t) == "No room for it."
    store.update_run(RUN.digest, status="queued")
    assert "No room" not in status_line(store.runs(), histories, t)


def test_a_replay_brings_points_in_the_time_they_took(store: Store) -> None:
    said = [(1, started()), (2, steps(2, seconds=0.3)), (3, steps(8, seconds=1.0))]
    store.append(RUN.digest, said)
    histories, _ = LiveAnswers(store).histories.of([RUN.digest])
    early = replay(list(histories.values()), since=-1, view="pair", t=t)
    assert early["replace"][BATCH]["x"] == [2]
    assert not early["done"]
    late = replay(list(histories.values()), since=900, view="pair", t=t)
    assert late["replace"][BATCH]["x"] == [2, 8]
    assert late["done"]
