"""What a chart is told, question by question; without a server, from a store of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pages.ui.live import LiveAnswers, replay, status_line
from pages.ui.translate import translator
from pages.ui.variant_entries import key_of
from resnet_core.specs import (
    SHORTCUT_CASES,
    NetworkSpec,
    OrderStudy,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    TrainSpec,
)
from resnet_core.specs.events import ProbesCompleted, RunDiverged, RunFailed
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


# Variants.


def known(store: Store, run: RunSpec, *said: Any) -> None:
    store.add_run(run, requested_by=None, now=0.0)
    store.append(run.digest, list(enumerate(said, start=1)))


def ask_about(store: Store, view: str, runs: Sequence[RunSpec], **options: Any) -> dict[str, Any]:
    digests = [run.digest for run in runs]
    since = options.pop("since", -1)
    answer = LiveAnswers(store).answer(view, digests, since=since, t=t, **options)
    assert answer is not None
    return answer


def test_a_sweep_is_told_by_the_lambda_of_each_run(store: Store) -> None:
    study = ScaleStudy(network=RUN.network, train=RUN.train, scales=(-0.5, 1.0, 2.0))
    low, one, high = study.runs
    known(store, low, started(), steps(2))
    known(store, one, started(), evaluated(8, train_error=0.25), completed(8))
    known(store, high, started(), steps(2), RunDiverged(step=3, loss=float("inf"), seconds=1.0))
    answer = ask_about(store, "scales", study.runs)
    assert answer["replace"]["scale:train"]["x"] == [1.0, 2.0]
    assert answer["replace"]["scale:train"]["y"] == [25.0, 100.0]  # diverged: all are wrong
    assert answer["replace"]["scale:diverged"]["x"] == [2.0]
    assert answer["replace"]["scale:diverged"]["text"] == ["seed 0, step 3"]
    assert [cell["label"] for cell in answer["cells"]] == ["λ = −0.5", "λ = 1", "λ = 2"]


@pytest.mark.parametrize("key", SHORTCUT_CASES)
def test_every_shortcut_case_is_known_from_its_network(key: str) -> None:
    for study in (ShortcutStudy(cases=(key,)), ShortcutStudy(network=RUN.network, cases=(key,))):
        assert key_of("variants.cases", study.runs[0].network) == key


def test_kinds_and_orders_are_told_by_name_and_leave_what_is_published(store: Store) -> None:
    kinds = ShortcutStudy(
        network=RUN.network, train=RUN.train, cases=("identity", "dropout"), first_seed=2
    )
    for run in kinds.runs:
        known(store, run, started(), evaluated(8, test_error=0.5), completed(8))
    answer = ask_about(store, "variants.cases", kinds.runs)
    labels = [SHORTCUT_CASES[key].label for key in kinds.cases]
    assert answer["replace"]["variant:test"]["customdata"] == labels
    assert answer["replace"]["variant:test"]["x"] == [50.0, 50.0]
    assert [cell["label"] for cell in answer["cells"]] == [f"{label}, seed 2" for label in labels]
    assert not any("published" in uid for uid in answer["replace"])

    orders = OrderStudy(network=RUN.network, train=RUN.train, orders=("relu-only",))
    known(store, orders.runs[0], started(), evaluated(8), completed(8))
    answer = ask_about(store, "variants.orders", orders.runs)
    assert answer["replace"]["variant:test"]["customdata"] == ["ReLU-only pre-activation"]


def test_gates_come_as_they_are_probed(store: Store) -> None:
    (gated,) = ShortcutStudy(network=RUN.network, train=RUN.train, cases=("highway",)).runs
    known(store, gated, started(), ProbesCompleted(step=1, values={"gate": (0.1, 0.2, 0.3)}))
    first = ask_about(store, "gates", [gated])
    assert first["replace"]["gate:3"] == {"x": [1], "y": [0.3]}
    assert [cell["label"] for cell in first["cells"]] == [SHORTCUT_CASES["highway"].label]
    assert not ask_about(store, "gates", [gated], since=first["cursor"])["replace"]
    store.append(gated.digest, [(3, ProbesCompleted(step=2, values={"gate": (0.1, 0.2, 0.4)}))])
    later = ask_about(store, "gates", [gated], since=first["cursor"])
    assert later["replace"]["gate:3"] == {"x": [1, 2], "y": [0.3, 0.4]}
