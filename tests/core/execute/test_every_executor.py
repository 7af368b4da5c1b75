"""What every way to run promises: one process a run, and a slot that stays (as on CUDA)."""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from resnet_core.errors import RunError
from resnet_core.specs import Change
from resnet_core.specs.changes import in_order
from tests.core.execute.labs import kinds, losses, untimed, wait_until


def test_a_run_says_what_an_uninterrupted_training_says(any_lab, plan, reference):
    run = plan()
    assert any_lab.submit(run) == [False]
    assert any_lab.wait(run).status == "completed"
    events = any_lab.events(run)
    assert kinds(events)[0] == "started"
    assert kinds(events)[-1] == "completed"
    assert untimed(events) == untimed(reference(run))


def test_a_completed_run_leaves_its_weights_and_no_checkpoint(any_lab, plan):
    run = plan()
    any_lab.submit(run)
    record = any_lab.wait(run)
    (weights,) = any_lab.store.artefacts(run.digest)
    assert weights.name == "weights.safetensors"
    assert weights.path.stat().st_size == weights.bytes
    wait_until(lambda: [path.name for path in weights.path.parent.iterdir()] == [weights.name])
    assert record.created <= record.started <= record.ended
    assert (record.step, record.device, record.threads) == (40, "cpu", 1)


def test_the_same_plan_is_trained_once(any_lab, plan, reference):
    run = plan(steps=200)
    assert any_lab.submit(run, run) == [False, False]
    assert any_lab.submit(run, visitor="bob") == [True]  # attached
    any_lab.wait(run, "completed")
    assert any_lab.submit(run, visitor="cleo") == [True]  # remembered
    assert any_lab.status(run) == "completed"
    assert untimed(any_lab.events(run)) == untimed(reference(run))


def test_no_more_runs_at_once_than_slots(any_lab, plan):
    runs = [plan(steps=60) for _ in range(5)]
    any_lab.submit(*runs)
    most = 0
    while any(record.active for record in any_lab.store.runs(digests=[r.digest for r in runs])):
        records = any_lab.store.runs(digests=[run.digest for run in runs])
        most = max(most, sum(record.status == "running" for record in records))
    assert most == 2
    assert {any_lab.status(run) for run in runs} == {"completed"}


def test_runs_of_another_visitor_do_not_wait_for_all_of_one(any_lab, plan):
    many, one = [plan() for _ in range(6)], plan()
    any_lab.submit(*many, visitor="ann")
    any_lab.submit(one, visitor="bob")
    any_lab.wait(one, "completed")
    for run in many:
        any_lab.wait(run, "completed")
    started = sorted([*many, one], key=lambda run: any_lab.wait(run).started)
    assert started.index(one) <= 3  # two of ann's ran already, and the two may end as one


def test_pause_one_step_and_on(any_lab, plan, reference):
    run = plan(steps=300, owner="ann")
    lab = any_lab.client
    any_lab.submit(run)
    any_lab.wait_for_step(run, 8)
    lab.pause(run.digest, visitor="ann")
    paused = any_lab.wait(run, "paused")
    assert kinds(any_lab.events(run))[-1] == "paused"
    assert paused.ended is None

    lab.resume(run.digest, visitor="ann", steps=1)
    wait_until(lambda: any_lab.wait(run, "paused").step == paused.step + 1)
    stepped = any_lab.wait(run, "paused")
    resumed, steps, again = any_lab.events(run)[-3:]
    assert (resumed.kind, resumed.step, resumed.until) == ("resumed", paused.step, stepped.step)
    assert (steps.kind, len(steps.losses)) == ("steps", 1)
    assert (again.kind, again.step) == ("paused", stepped.step)

    lab.resume(run.digest, visitor="ann")
    any_lab.wait(run, "completed")
    told = [event.kind for event in any_lab.events(run) if event.kind in ("paused", "resumed")]
    assert told == ["paused", "resumed", "paused", "resumed"]
    assert losses(any_lab.events(run)) == losses(reference(run))
    evaluations = [e for e in any_lab.events(run) if e.kind == "evaluation"]
    assert untimed(evaluations) == untimed([e for e in reference(run) if e.kind == "evaluation"])


def test_a_run_may_start_with_a_few_steps(any_lab, plan, reference):
    run = plan(owner="ann")
    any_lab.submit(run, steps=3)
    assert any_lab.wait(run, "paused").step == 3
    assert len(losses(any_lab.events(run))) == 3
    any_lab.client.resume(run.digest, visitor="ann", steps=5)
    wait_until(lambda: any_lab.wait(run, "paused").step == 8)
    any_lab.client.resume(run.digest, visitor="ann", steps=1000)
    any_lab.wait(run, "completed")
    assert losses(any_lab.events(run)) == losses(reference(run))


def test_stopped_and_asked_for_again_it_goes_on(any_lab, plan, reference):
    run = plan(steps=300, owner="ann")
    any_lab.submit(run)
    any_lab.wait_for_step(run, 8)
    any_lab.client.stop([run.digest], visitor="ann")
    stopped = any_lab.wait(run, "stopped")
    assert stopped.ended is not None
    assert kinds(any_lab.events(run))[-1] == "stopped"
    assert any_lab.submit(run) == [False]
    any_lab.wait(run, "completed")
    told = [e for e in any_lab.events(run) if e.kind in ("started", "stopped", "resumed")]
    assert kinds(told) == ["started", "stopped", "resumed"]
    assert losses(any_lab.events(run)) == losses(reference(run))


def test_paused_and_played_at_once_it_goes_on(any_lab, plan):
    run = plan(steps=100_000, owner="ann")
    lab = any_lab.client
    any_lab.submit(run)
    any_lab.wait_for_step(run, 4)
    for _ in range(3):  # faster than the run can follow
        lab.pause(run.digest, visitor="ann")
        lab.resume(run.digest, visitor="ann")
    step = any_lab.store.run(run.digest).step
    any_lab.wait_for_step(run, step + 40)
    lab.pause(run.digest, visitor="ann")
    lab.resume(run.digest, visitor="ann")
    lab.pause(run.digest, visitor="ann")
    any_lab.wait(run, "paused")
    lab.stop([run.digest], visitor="ann")
    assert any_lab.wait(run, "stopped", seconds=5)


def test_two_clicks_on_one_step_are_two_steps(any_lab, plan):
    run = plan(owner="ann")
    any_lab.submit(run, steps=1)
    any_lab.wait(run, "paused")
    for _ in range(2):
        any_lab.client.resume(run.digest, visitor="ann", steps=1)
    wait_until(lambda: any_lab.wait(run, "paused").step == 3)
    time.sleep(0.2)
    assert any_lab.wait(run, "paused").step == 3
    assert len(losses(any_lab.events(run))) == 3


def test_a_run_being_stopped_that_is_asked_for_again_goes_on(any_lab, plan):
    run = plan(steps=100_000)
    any_lab.submit(run, visitor="ann")
    any_lab.wait_for_step(run, 4)
    any_lab.client.stop([run.digest], visitor="ann")
    assert any_lab.submit(run, visitor="bob") == [False]
    step = any_lab.store.run(run.digest).step
    any_lab.wait_for_step(run, step + 40)
    any_lab.client.stop([run.digest], visitor="bob")
    any_lab.wait(run, "stopped")


def test_a_killed_process_is_taken_up_from_its_checkpoint(any_lab, plan, reference):
    run = plan(steps=400, evaluations=4)
    any_lab.submit(run)
    any_lab.wait_for_checkpoint(run)
    any_lab.kill_workers()
    any_lab.wait(run, "completed")
    assert untimed(any_lab.events(run)) == untimed(reference(run))


def test_a_killed_process_that_had_one_step_to_do_does_just_that(any_lab, plan, reference):
    run = plan(steps=60, owner="ann")
    any_lab.submit(run, steps=8)
    any_lab.wait(run, "paused")
    any_lab.client.resume(run.digest, visitor="ann", steps=1)
    for worker in any_lab.workers():
        worker.kill()
    wait_until(lambda: any_lab.wait(run, "paused").step == 9)
    any_lab.client.resume(run.digest, visitor="ann")
    any_lab.wait(run, "completed")
    assert losses(any_lab.events(run)) == losses(reference(run))


def test_a_run_whose_process_dies_three_times_has_failed_and_others_go_on(any_lab, plan):
    doomed = plan(steps=100_000, owner="ann")
    any_lab.submit(doomed)
    while (record := any_lab.wait(doomed, "running", "queued", "failed")).status != "failed":
        step = record.step

        def has_gone_on(step: int = step) -> bool:
            # On a busy machine the next process may be among those that were just killed.
            now = any_lab.store.run(doomed.digest)
            return now.step >= step + 4 or now.status == "failed"

        wait_until(has_gone_on)
        for worker in any_lab.workers():
            worker.kill()
    failed = any_lab.wait(doomed, "failed")
    last = any_lab.events(doomed)[-1]
    assert last.kind == "failed"
    assert "ended 3 times without a word (exit code -9)" in last.sentence
    assert isinstance(failed.error, RunError)
    other = plan()
    any_lab.submit(other)
    assert any_lab.wait(other).status == "completed"


def test_a_segmentation_fault_ends_one_process_only(any_lab, plan, reference):
    one, other = plan(steps=400), plan(steps=300)
    any_lab.submit(one)
    any_lab.wait_for_step(one, 4)
    before = {worker.pid for worker in any_lab.workers() if busy(worker)}
    any_lab.submit(other)
    any_lab.wait_for_step(other, 4)
    for pid in before:
        psutil.Process(pid).send_signal(signal.SIGSEGV)
    for run in (one, other):
        assert any_lab.wait(run).status == "completed"
        assert untimed(any_lab.events(run)) == untimed(reference(run))
    assert any_lab.log.count(f"the process of {one.digest} ended with -11") == 1
    assert f"the process of {other.digest} ended" not in any_lab.log


def busy(worker: psutil.Process) -> bool:
    return worker.cpu_percent(interval=0.1) > 20


def test_a_run_that_diverges_is_a_result(any_lab, plan):
    run = plan(learning_rate=100.0, steps=200, depth=20, schedule="constant")
    any_lab.submit(run)
    assert any_lab.wait(run).status == "diverged"
    events = any_lab.events(run)
    assert kinds(events)[-1] == "diverged"
    assert len(losses(events)) == events[-1].step - 1
    assert any_lab.submit(run) == [True]
    assert any_lab.status(run) == "diverged"


def test_a_data_set_that_is_not_there_is_a_sentence_and_may_be_tried_again(any_lab, plan):
    shape = plan()
    run = shape.model_copy(update={"data": shape.data.model_copy(update={"dataset": "cifar10"})})
    any_lab.submit(run)
    failed = any_lab.wait(run)
    assert failed.status == "failed"
    assert type(failed.error).__name__ == "DataError"
    (last,) = any_lab.events(run)
    assert last.kind == "failed"
    assert last.sentence == str(failed.error)
    assert any_lab.submit(run) == [False]  # again
    assert any_lab.wait(run).created > failed.created


def test_a_slot_stays_and_a_process_goes(any_lab, plan, staying_lab):
    first, second = plan(), plan()
    any_lab.submit(first)
    any_lab.wait(first)
    stays = any_lab is staying_lab
    wait_until(lambda: bool(any_lab.workers()) is stays, 10)
    before = {worker.pid for worker in any_lab.workers()}
    any_lab.submit(second)
    any_lab.wait(second)
    if stays:
        assert {worker.pid for worker in any_lab.workers()} == before


@pytest.mark.parametrize("wish", ["pause", "stop"])
def test_what_does_not_obey_is_ended(any_lab, plan, wish):
    run = plan(steps=100_000, owner="ann")
    any_lab.submit(run)
    any_lab.wait_for_step(run, 4)
    for worker in filter(busy, any_lab.workers()):
        worker.suspend()
    if wish == "pause":
        any_lab.client.pause(run.digest, visitor="ann")
        any_lab.wait(run, "paused", seconds=5)
        any_lab.client.stop([run.digest], visitor="ann")
    else:
        any_lab.client.stop([run.digest], visitor="ann")
    assert any_lab.wait(run, "stopped", seconds=5).status == "stopped"


# --- surgery --------------------------------------------------------------------------------------


def changes_of(events):
    return [event for event in events if event.kind == "changed"]


def as_planned(run, events):
    """Give the plan that does what was done to a run."""
    return run.model_copy(update={"changes": in_order(changes_of(events))})


def test_what_is_changed_while_it_trains_is_what_a_plan_repeats(any_lab, plan, reference):
    run = plan(steps=300, owner="ann")
    any_lab.submit(run)
    any_lab.wait_for_step(run, 8)
    change = any_lab.client.change
    change(run.digest, visitor="ann", what="shortcut_scale", value=0.0)
    change(run.digest, visitor="ann", what="shortcut_scale", value=1.0, over=50)
    change(run.digest, visitor="ann", what="learning_rate", value=0.01)
    any_lab.wait(run, "completed")
    events = any_lab.events(run)
    made = changes_of(events)
    assert [(event.what, event.value, event.over) for event in made] == [
        ("shortcut_scale", 0.0, 0),
        ("shortcut_scale", 1.0, 50),
        ("learning_rate", 0.01, 0),
    ]
    assert 8 <= made[0].step < 300
    wanted = reference(as_planned(run, events))
    assert losses(events) == losses(wanted) != losses(reference(run))
    assert untimed(events) == untimed(wanted)


def test_planned_changes_are_made_by_a_lab_too(any_lab, plan, reference):
    run = plan(depth=14)
    run = run.model_copy(
        update={
            "network": run.network.twin(),  # plain
            "changes": in_order([Change(step=9, value=1.0, over=10), Change(step=20, value=0.5)]),
        }
    )
    any_lab.submit(run)
    any_lab.wait(run, "completed")
    assert untimed(any_lab.events(run)) == untimed(reference(run))


def test_changed_while_paused_and_stepped(any_lab, plan, reference):
    run = plan(owner="ann")
    lab = any_lab.client
    any_lab.submit(run, steps=5)
    any_lab.wait(run, "paused")
    lab.change(run.digest, visitor="ann", what="shortcut_scale", value=0.25)
    lab.change(run.digest, visitor="ann", what="shortcut_scale", value=0.0, over=4)
    assert kinds(any_lab.events(run))[-1] == "paused"  # nothing happens before it goes on
    lab.resume(run.digest, visitor="ann", steps=1)
    wait_until(lambda: any_lab.wait(run, "paused").step == 6)
    said = kinds(any_lab.events(run))[-6:]  # errors as they were, before anything is changed
    assert said == ["resumed", "evaluation", "changed", "changed", "steps", "paused"]
    lab.resume(run.digest, visitor="ann", steps=1)  # in mid-ramp
    wait_until(lambda: any_lab.wait(run, "paused").step == 7)
    lab.resume(run.digest, visitor="ann")
    any_lab.wait(run, "completed")
    events = any_lab.events(run)
    assert [event.step for event in changes_of(events)] == [5, 5]
    assert losses(events) == losses(reference(as_planned(run, events)))


def test_killed_right_after_a_change_nothing_is_lost_and_nothing_done_twice(
    any_lab, plan, reference
):
    run = plan(steps=300, owner="ann", evaluations=4)
    any_lab.submit(run)
    any_lab.wait_for_checkpoint(run)
    any_lab.client.change(run.digest, visitor="ann", what="shortcut_scale", value=0.0, over=100)
    any_lab.kill_workers()
    any_lab.wait(run, "completed")
    events = any_lab.events(run)
    assert len(changes_of(events)) == 1
    assert untimed(events) == untimed(reference(as_planned(run, events)))


def test_killed_in_mid_ramp_it_goes_on_where_it_was(any_lab, plan, reference):
    run = plan(steps=400, owner="ann", evaluations=4)
    any_lab.submit(run)
    any_lab.wait_for_step(run, 8)
    any_lab.client.change(run.digest, visitor="ann", what="shortcut_scale", value=0.0, over=300)
    wait_until(lambda: changes_of(any_lab.events(run)))
    (made,) = changes_of(any_lab.events(run))
    any_lab.wait_for_step(run, made.step + 8)
    any_lab.kill_workers()
    any_lab.wait(run, "completed")
    events = any_lab.events(run)
    assert changes_of(events) == [made]
    assert untimed(events) == untimed(reference(as_planned(run, events)))
