"""Who may ask what, and what a lab answers to what it cannot do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest
import torch

from resnet_core.errors import LabError, LimitError, RunError, SpecError
from resnet_core.execute import verbs as module
from resnet_core.execute.limits import Limits
from resnet_core.execute.protocol import LONGEST_LINE, ask, socket_path
from resnet_core.execute.verbs import Verbs
from resnet_core.specs import Change, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.changes import MOST_CHANGES
from resnet_core.store import Store
from resnet_core.train import train
from tests.core.execute.labs import kinds, losses, untimed, wait_until

OFF = {"what": "shortcut_scale", "value": 0.0}


@pytest.fixture
def blockers(lab, plan) -> Iterator[Callable[[], None]]:
    """Fill both slots with runs that do not end by themselves; called, it stops one of them."""
    runs = [plan(steps=100_000) for _ in range(2)]
    lab.submit(*runs, visitor="blocker")
    for run in runs:
        lab.wait(run, "running")
    left = list(runs)
    yield lambda: lab.client.stop([left.pop().digest], visitor="blocker")
    lab.client.stop([run.digest for run in runs], visitor="blocker")
    for run in runs:
        lab.wait(run, "stopped")


def test_a_shared_run_cannot_be_paused_or_stepped(lab, plan):
    run = plan(steps=100_000)
    lab.submit(run)
    for command in (lab.client.pause, lab.client.resume, partial(lab.client.change, **OFF)):
        with pytest.raises(RunError, match="A shared run cannot be paused, stepped or changed"):
            command(run.digest, visitor="ann")
    lab.client.stop([run.digest], visitor="ann")
    lab.wait(run, "stopped")


def test_a_private_run_obeys_nobody_else(lab, plan):
    run = plan(steps=100_000, owner="ann")
    with pytest.raises(RunError, match="private run of another visitor was asked for"):
        lab.submit(run, visitor="bob")
    assert lab.store.run(run.digest) is None
    lab.submit(run)
    for command in (lab.client.pause, lab.client.resume, partial(lab.client.change, **OFF)):
        with pytest.raises(RunError, match="private run of another visitor was to be changed"):
            command(run.digest, visitor="bob")
    assert "changed" not in kinds(lab.events(run))
    with pytest.raises(RunError, match="private run of another visitor"):
        lab.client.stop([run.digest], visitor="bob")
    assert lab.status(run) in ("queued", "running")
    lab.client.stop([run.digest], visitor="ann")
    lab.wait(run, "stopped")


def test_a_shared_run_stops_with_its_last_watcher(lab, plan):
    run = plan(steps=100_000)
    lab.submit(run, visitor="ann")
    lab.client.watch([run.digest], visitor="bob")
    lab.wait_for_step(run, 4)
    lab.client.stop([run.digest], visitor="ann")
    step = lab.store.run(run.digest).step
    lab.wait_for_step(run, step + 20)  # bob still looks
    assert lab.store.watchers(run.digest, since=0) == ["bob"]
    lab.client.stop([run.digest], visitor="bob")
    lab.wait(run, "stopped", seconds=5)
    assert kinds(lab.events(run))[-1] == "stopped"


def test_a_shared_run_that_somebody_stopped_stops_when_the_last_looks_away(own_lab, plan):
    lab = own_lab(unwatched_seconds=3)
    run = plan(steps=100_000)
    lab.submit(run, visitor="ann")
    lab.client.watch([run.digest], visitor="bob")
    lab.wait_for_step(run, 4)
    lab.client.stop([run.digest], visitor="ann")
    assert lab.store.run(run.digest).status == "running"  # bob still looks
    lab.wait(run, "stopped", seconds=30)  # bob closed his window without a word


@pytest.mark.parametrize("verb", ["pause", "resume", "stop", "change"])
def test_unknown_runs_are_a_sentence(lab, verb):
    commands = {
        "pause": lambda: lab.client.pause("0" * 16, visitor="ann"),
        "resume": lambda: lab.client.resume("0" * 16, visitor="ann"),
        "stop": lambda: lab.client.stop(["0" * 16], visitor="ann"),
        "change": lambda: lab.client.change("0" * 16, visitor="ann", **OFF),
    }
    with pytest.raises(RunError, match="Run 0000000000000000 was asked for"):
        commands[verb]()


def test_one_unknown_run_among_others_stops_none(lab, plan):
    run = plan(steps=100_000)
    lab.submit(run)
    with pytest.raises(RunError):
        lab.client.stop([run.digest, "0" * 16], visitor="ann")
    step = lab.store.run(run.digest).step
    lab.wait_for_step(run, step + 8)
    lab.client.stop([run.digest], visitor="ann")
    lab.wait(run, "stopped")


def test_what_waits_can_be_paused_resumed_and_stopped(lab, plan, blockers):
    run = plan(owner="ann")
    lab.submit(run)
    assert lab.status(run) == "queued"
    for _ in range(2):  # twice is once
        lab.client.pause(run.digest, visitor="ann")
        assert lab.status(run) == "paused"
    for _ in range(2):
        lab.client.resume(run.digest, visitor="ann")
        assert lab.status(run) == "queued"
    for _ in range(2):
        lab.client.stop([run.digest], visitor="ann")
        assert lab.status(run) == "stopped"
    blockers()  # now there is room
    wait_until(lambda: lab.client.status().running == 1)
    assert lab.status(run) == "stopped"
    assert lab.events(run) == []
    lab.submit(run)
    assert lab.wait(run).status == "completed"


def test_paused_then_stopped_then_asked_for_again(lab, plan):
    run = plan(owner="ann")
    lab.submit(run, steps=2)
    lab.wait(run, "paused")
    lab.client.stop([run.digest], visitor="ann")
    assert lab.wait(run, "stopped", seconds=5).ended is not None
    lab.submit(run)
    assert lab.wait(run).status == "completed"
    assert len(losses(lab.events(run))) == 40


def test_clicks_that_come_too_late_change_nothing(lab, plan):
    run = plan(owner="ann")
    lab.submit(run)
    record = lab.wait(run)
    lab.client.pause(run.digest, visitor="ann")
    lab.client.resume(run.digest, visitor="ann", steps=1)
    lab.client.stop([run.digest], visitor="ann")
    assert lab.store.run(run.digest) == record


def test_what_is_over_cannot_be_changed(lab, plan):
    run = plan(owner="ann")
    lab.submit(run)
    lab.wait(run, "completed")
    with pytest.raises(RunError, match="residual-8 was to be changed, but this run has ended"):
        lab.client.change(run.digest, visitor="ann", **OFF)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"what": "shortcut_scale", "value": 3}, "Shortcut scale 3.0 was asked for"),
        ({"what": "shortcut_scale", "value": "much"}, "Value 'much' was asked for"),
        ({"what": "learning_rate", "value": 0.0}, "Learning rate 0.0 was asked for"),
        ({"what": "learning_rate", "value": 0.1, "over": 5}, "A learning rate over 5 steps"),
        ({"what": "depth", "value": 8}, "What 'depth' was asked for"),
        ({"what": ["shortcut_scale"], "value": 1}, "What"),
        ({"what": "shortcut_scale", "value": 1, "over": 10**9}, "Over 1000000000 was asked for"),
    ],
    ids=str,
)
def test_what_cannot_be_changed_is_refused_and_nothing_happens(lab, plan, change, said):
    run = plan(owner="ann")
    lab.submit(run, steps=2)
    lab.wait(run, "paused")
    with pytest.raises(SpecError) as caught:
        lab.client.change(run.digest, visitor="ann", **change)
    assert str(caught.value).startswith(said)
    lab.client.resume(run.digest, visitor="ann")
    lab.wait(run, "completed")
    assert "changed" not in kinds(lab.events(run))


def test_what_waits_is_changed_before_its_first_step(lab, plan, blockers, reference):
    run = plan(owner="ann")
    lab.submit(run)
    assert lab.status(run) == "queued"
    lab.client.change(run.digest, visitor="ann", **OFF)
    lab.client.change(run.digest, visitor="ann", what="learning_rate", value=0.01)
    assert lab.events(run) == []
    blockers()  # now there is room
    lab.wait(run, "completed")
    changes = (Change(value=0), Change(what="learning_rate", value=0.01))
    assert untimed(lab.events(run)) == untimed(
        reference(run.model_copy(update={"changes": changes}))
    )


def test_what_is_stopped_is_changed_when_it_goes_on(lab, plan, reference):
    run = plan(owner="ann")
    lab.submit(run, steps=5)
    lab.wait(run, "paused")
    lab.client.stop([run.digest], visitor="ann")
    lab.wait(run, "stopped")
    lab.client.change(run.digest, visitor="ann", **OFF)
    lab.submit(run)
    lab.wait(run, "completed")
    wanted = run.model_copy(update={"changes": (Change(step=5, value=0),)})
    assert losses(lab.events(run)) == losses(reference(wanted))


def test_a_run_that_was_tidied_away_is_not_changed_when_it_is_asked_for_again(lab, plan):
    run = plan(owner="ann")
    lab.submit(run, steps=5)
    lab.wait(run, "paused")
    lab.client.stop([run.digest], visitor="ann")
    lab.wait(run, "stopped")
    lab.client.change(run.digest, visitor="ann", **OFF)
    lab.client.tidy(0)
    assert lab.store.run(run.digest) is None
    lab.submit(run)
    lab.wait(run, "completed")
    assert "changed" not in kinds(lab.events(run))


def test_no_run_is_changed_without_end(lab, plan):
    run = plan(owner="ann")
    lab.submit(run, steps=2)
    lab.wait(run, "paused")
    for _ in range(MOST_CHANGES):
        lab.client.change(run.digest, visitor="ann", **OFF)
    with pytest.raises(LimitError, match=r"Another change of residual-8 .* it has 100"):
        lab.client.change(run.digest, visitor="ann", **OFF)
    lab.client.resume(run.digest, visitor="ann")
    lab.wait(run, "completed")
    assert kinds(lab.events(run)).count("changed") == MOST_CHANGES


def test_resuming_what_runs_changes_nothing(lab, plan):
    run = plan(steps=150, owner="ann")
    lab.submit(run)
    lab.wait(run, "running")
    lab.client.resume(run.digest, visitor="ann")
    lab.client.resume(run.digest, visitor="ann", steps=1)
    assert lab.wait(run).status == "completed"
    assert not {"paused", "resumed"} & set(kinds(lab.events(run)))


def test_runs_that_nobody_watches_let_others_pass(lab, plan, blockers):
    unwatched, watched = plan(), plan()
    lab.client.submit([unwatched], visitor=None)
    lab.submit(watched)
    blockers()
    assert lab.wait(watched).started < lab.wait(unwatched).started


def test_what_is_too_large_is_refused_with_what_fits_and_nothing_is_stored(lab, plan):
    small, large = plan(), RunSpec(network=NetworkSpec(depth=1202, width=64))
    (cost,) = lab.client.estimate([large])
    assert not cost.allowed
    with pytest.raises(LimitError, match=r"residual-1202 at width 64 .* Depth \d+ fits") as refusal:
        lab.submit(small, large)
    assert refusal.value.values["fits"] == cost.fits
    fitting = large.model_copy(update={"network": NetworkSpec(depth=cost.fits, width=64)})
    assert lab.client.estimate([fitting])[0].allowed
    assert lab.store.run(small.digest) is None
    assert lab.store.run(large.digest) is None


def test_a_visitor_may_not_fill_the_queue(lab, plan):
    with pytest.raises(LimitError, match="41 more runs were asked for, but 0 of yours"):
        lab.submit(*[plan() for _ in range(41)], visitor="greedy")
    assert lab.client.status().queued == 0


def test_a_plan_that_is_none_is_refused(lab):
    question = {"verb": "submit", "runs": ["{}", '{"network": {"depth": 9}}'], "visitor": "ann"}
    with pytest.raises(SpecError, match="Depth 9 was asked for"):
        ask(lab.url, question, timeout=30)


def test_a_large_run_that_is_alone_has_all_cores(lab):
    train_spec = TrainSpec(steps=6, evaluations=1)
    plans = [
        RunSpec(
            network=NetworkSpec(depth=14, width=40),
            train=train_spec.model_copy(update={"seed": s}),
            owner="ann",
        )
        for s in (70_001, 70_002, 70_003)
    ]
    alone, one, other = plans
    lab.submit(alone, steps=3)
    assert lab.wait(alone, "paused").threads == 2
    lab.submit(one, other)
    # It goes on with as many as it had, though it has company now.
    lab.client.resume(alone.digest, visitor="ann")
    for plan in plans:
        assert lab.wait(plan).status == "completed"
    assert [lab.store.run(plan.digest).threads for plan in plans] == [2, 1, 1]
    assert [lab.events(plan)[0].threads for plan in plans] == [2, 1, 1]
    torch.set_num_threads(2)
    try:
        assert losses(lab.events(alone)) == losses(list(train(alone)))
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (b"nonsense\n", "a question is one line of JSON"),
        (b"\xff\xfe\n", "a question is one line of JSON"),
        (b"[1, 2]\n", "a question is one line of JSON"),
        (b"\n", "a question is one line of JSON"),
        (b"{}\n", "asked to '', which it does not know"),
        (b'{"verb": "dance"}\n', "asked to 'dance', which it does not know"),
        (b'{"verb": ["ping"]}\n', "could not answer"),
        (b'{"verb": "pause"}\n', "could not answer"),
        (b'{"verb": "ping", "self": 1}\n', "could not answer"),
        (b'{"verb": "stop", "digests": 7, "visitor": "ann"}\n', "could not answer"),
        (b'{"verb": "submit", "runs": [7], "visitor": "ann"}\n', "could not answer"),
        (b'{"verb": "estimate", "runs": ["{"]}\n', "the text is not JSON"),
        (b'{"verb": "measure", "measure": "luck", "arguments": {}}\n', "that went wrong"),
        (b'{"verb": "measure", "measure": "count", "arguments": {}}\n', "that went wrong"),
    ],
)
def test_a_malformed_question_has_a_sentence_for_an_answer(lab, question, sentence):
    pid = lab.pid
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(str(socket_path(lab.url)))
        line.sendall(question)
        answer = json.loads(line.makefile("rb").readline())
    assert sentence in answer["template"].format(**answer["values"])
    assert lab.pid == pid


def test_who_hangs_up_or_never_ends_a_line_harms_nobody(lab):
    pid = lab.pid
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(socket_path(lab.url)))
        line.sendall(b'{"verb": "pi')
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(socket_path(lab.url)))
        try:
            line.sendall(b"x" * (LONGEST_LINE + 2**20))
            answer = line.makefile("rb").readline()
        except ConnectionError:
            answer = b""
        assert answer == b"" or json.loads(answer)["error"] == LabError.__name__
    assert lab.pid == pid


def test_a_lab_says_how_it_is(lab):
    status = lab.client.status()
    assert (status.slots, status.trouble) == (2, None)
    assert status.machine["device"] == "cpu"


def test_tidying_forgets_what_is_over(lab, plan):
    run = plan()
    lab.submit(run)
    lab.wait(run)
    lab.client.tidy(0)
    assert lab.store.run(run.digest) is None
    assert lab.submit(run) == [False]
    assert lab.wait(run).status == "completed"


def test_a_lab_ends_after_a_goodbye_that_leaves_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))

    async def ended() -> list[bool]:
        verbs = Verbs(store, Limits(), asyncio.Event())
        found = []

        def look() -> None:
            verbs.end_if_left()
            found.append(verbs.ending.is_set())

        look()  # nobody has come yet
        await verbs.ping("killed")
        with monkeypatch.context() as later:
            later.setattr(module, "CLIENT_SECONDS", -1)
            look()  # it is not heard of any more, but has not said goodbye
        for client in ("one", "other"):
            await verbs.ping(client)
        for client in ("one", "other"):
            await verbs.leave(client)
            look()
        return found

    with closing(Store.open(f"sqlite:///{tmp_path / 'lab.sqlite'}")) as store:
        assert asyncio.run(ended()) == [False, False, False, True]
