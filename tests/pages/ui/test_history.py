"""How what a run said becomes curves, and what of it is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.ui.history import MOST_POINTS, Histories, History, of_events
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import RunChanged
from resnet_core.store import Store
from tests.saying import completed, evaluated, started, steps

RUN = RunSpec(network=NetworkSpec(depth=8, width=2), train=TrainSpec(steps=8))


def run(seed: int) -> RunSpec:
    return RUN.model_copy(update={"train": TrainSpec(steps=8, seed=seed)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}")
    yield store
    store.close()


def test_a_curve_holds_what_was_said_between_two_ids() -> None:
    said = [(1, started()), (2, steps(2)), (5, steps(4)), (6, evaluated(4)), (9, steps(8))]
    history = of_events(RUN, said)
    assert list(history.curve().steps) == [2, 4, 8]
    assert list(history.curve(since=2).steps) == [4, 8]
    assert list(history.curve(since=2, until=6).steps) == [4]
    assert list(history.curve(since=2, until=5).evaluation_steps) == []
    assert list(history.curve(since=2, until=6).evaluation_steps) == [4]


def test_a_point_is_the_mean_of_its_batches() -> None:
    history = of_events(RUN, [(1, started()), (2, steps(2))])
    assert list(history.curve().losses) == [1.5]


def test_a_curve_stops_where_the_clock_stood() -> None:
    said = [(1, started()), (2, steps(2)), (3, steps(4)), (4, evaluated(4)), (5, steps(8))]
    curve = of_events(RUN, said).curve(until_seconds=0.4)
    assert list(curve.steps) == [2, 4]
    assert list(curve.evaluation_steps) == [4]


def test_a_start_forgets_what_was_said_before() -> None:
    history = of_events(RUN, [(1, started()), (2, steps(2)), (7, started()), (8, steps(4))])
    assert list(history.curve().steps) == [4]
    assert history.begun == 7


def test_what_was_changed_is_kept_until_it_starts_anew() -> None:
    off = RunChanged(step=2, what="shortcut_scale", value=0.0)
    rate = RunChanged(step=4, what="learning_rate", value=0.01)
    said = [(1, started()), (2, steps(2)), (3, off), (5, steps(4)), (6, rate)]
    history = of_events(RUN, said)
    assert (history.change_ids, history.changes) == ([3, 6], [off, rate])
    history.add(7, started())
    assert (history.change_ids, history.changes) == ([], [])


def test_long_curves_are_averaged_and_keep_their_ends() -> None:
    many = [(number, steps(number, error=0.25)) for number in range(2, 5002)]
    curve = of_events(RUN, [(1, started()), *many]).curve()
    assert 0 < len(curve.steps) <= MOST_POINTS
    assert curve.steps[-1] == 5001
    assert set(curve.errors) == {0.25}
    assert list(curve.steps) == sorted(set(curve.steps))


def test_pace_is_images_over_training_time() -> None:
    assert History(RUN).images_per_second is None
    history = of_events(RUN, [(1, started()), (2, steps(8, seconds=2.0))])
    assert history.images_per_second == pytest.approx(8 * RUN.train.batch_size / 2)


def test_histories_follow_the_store(store: Store) -> None:
    store.add_run(RUN, requested_by=None, now=0.0)
    histories = Histories(store)
    assert list(histories.of([RUN.digest])[0][RUN.digest].steps) == []
    store.append(RUN.digest, [(1, started()), (2, steps(2))])
    found, cursor = histories.of([RUN.digest])
    assert list(found[RUN.digest].steps) == [2]
    assert cursor == store.last_event_id()
    store.append(RUN.digest, [(3, steps(8)), (4, completed(8))])
    assert list(histories.of([RUN.digest])[0][RUN.digest].steps) == [2, 8]
    assert found[RUN.digest].ended == completed(8)


def test_unknown_runs_are_left_out(store: Store) -> None:
    assert Histories(store).of(["0" * 16]) == ({}, 0)


def test_what_is_asked_for_is_never_what_is_forgotten(store: Store) -> None:
    runs = [run(seed) for seed in range(5)]
    for one in runs:
        store.add_run(one, requested_by=None, now=0.0)
        store.append(one.digest, [(1, started()), (2, steps(2))])
    histories = Histories(store, most=3)
    histories.of([runs[0].digest, runs[1].digest])
    wanted = [runs[0].digest, runs[3].digest, runs[4].digest]
    assert set(histories.of(wanted)[0]) == set(wanted)
    # One that was forgotten is read again, whole.
    assert list(histories.of([runs[1].digest])[0][runs[1].digest].steps) == [2]
