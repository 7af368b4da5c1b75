from __future__ import annotations

import math

from resnet_core.specs.events import RunFailed, RunPaused, RunResumed, RunStopped
from resnet_core.studies import outcomes, outcomes_from_events, results_json


def test_a_study_nobody_asked_for_is_absent(study, store):
    found = outcomes(study, store)
    assert [o.digest for o in found] == [run.digest for run in study.runs]
    assert {o.status for o in found} == {"absent"}
    assert {(o.step, o.steps, o.train_error, o.device) for o in found} == {(0, 40, None, None)}


def test_outcomes_are_those_of_the_last_evaluation(study, finished_store):
    first = outcomes(study, finished_store)[0]
    assert (first.depth, first.join, first.seed, first.status) == (8, "plain", 0, "completed")
    assert (first.step, first.train_error, first.seconds) == (40, 0.1, 4.5)
    assert math.isclose(first.test_error, 0.15)
    assert (first.device, first.device_name) == ("cpu", "A processor")


def test_a_diverged_run_has_no_errors(study, finished_store):
    (first, second) = (o for o in outcomes(study, finished_store) if o.status == "diverged")
    assert (first.depth, first.join, first.seconds) == (20, "plain", 2.9)
    assert first.train_error is first.test_error is second.train_error is None


def test_a_queued_run_is_queued_and_a_running_one_has_errors_so_far(study, store, said):
    first, second = study.runs[:2]
    store.add_run(first, requested_by=None, now=1.0)
    store.add_run(second, requested_by=None, now=1.0)
    store.append(
        second.digest, list(enumerate(said(second)[:8], start=1)), status="running", step=24
    )
    one, two = outcomes(study, store)[:2]
    assert (one.status, one.train_error) == ("queued", None)
    assert (two.status, two.step) == ("running", 24)
    assert math.isclose(two.train_error, 0.3)
    assert not two.measured


def test_the_store_and_the_events_alone_tell_the_same(study, finished_store, said):
    from_events = outcomes_from_events(study, {run.digest: said(run) for run in study.runs})
    from_store = outcomes(study, finished_store)
    assert [o for o in from_events if o.status == "completed"] == [
        o for o in from_store if o.status == "completed"
    ]
    assert [o.status for o in from_events] == [o.status for o in from_store]


def test_the_last_word_of_a_run_is_its_status(study, said):
    run = study.runs[0]
    start = said(run)[:2]
    for last, status in (
        (RunPaused(step=4), "paused"),
        (RunResumed(step=4), "running"),
        (RunStopped(step=4), "stopped"),
        (RunFailed(template="Broke.", values={}), "failed"),
    ):
        found = outcomes_from_events(study, {run.digest: [*start, last]})[0]
        assert (found.status, found.step) == (status, 4)


def test_results_have_one_row_a_depth_and_join_and_none_where_a_run_diverged(study, finished_store):
    rows = results_json(study, outcomes(study, finished_store))
    assert [(row["depth"], row["join"]) for row in rows] == [
        (8, "plain"),
        (8, "residual"),
        (20, "plain"),
        (20, "residual"),
    ]
    assert rows[0]["train_error"] == [0.1, 0.1]
    assert rows[2] == {
        "depth": 20,
        "join": "plain",
        "train_error": [None, None],
        "test_error": [None, None],
    }
    assert results_json(study, [])[0]["train_error"] == [None, None]
