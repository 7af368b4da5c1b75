"""Whose turn it is, on queues written by hand."""

from __future__ import annotations

from resnet_core.execute.schedule import Waiting, next_run


def choose(waiting, running=(), unwatched=()):
    chosen = next_run(waiting, running, lambda digest: digest not in unwatched)
    return None if chosen is None else chosen.digest


def test_nothing_waits():
    assert choose([]) is None


def test_first_come_first_served():
    assert choose([Waiting("b", "ann", 2), Waiting("a", "ann", 1)]) == "a"


def test_who_has_fewer_running_goes_first():
    queue = [Waiting("a", "ann", 1), Waiting("b", "bob", 2)]
    assert choose(queue, running=["ann"]) == "b"
    assert choose(queue, running=["ann", "bob", "bob"]) == "a"
    assert choose(queue, running=["ann", "bob"]) == "a"


def test_unwatched_runs_let_others_pass():
    queue = [Waiting("a", "ann", 1), Waiting("b", "bob", 2)]
    assert choose(queue, unwatched=["a"]) == "b"
    assert choose(queue, running=["bob", "bob"], unwatched=["a"]) == "b"


def test_unwatched_runs_have_their_turn_when_nobody_else_waits():
    queue = [Waiting("b", "bob", 2), Waiting("a", None, 1)]
    assert choose(queue, unwatched=["a", "b"]) == "a"


def test_a_visitor_with_many_runs_does_not_hold_up_one_with_few():
    queue = [Waiting(f"ann-{i}", "ann", i) for i in range(10)]
    queue += [Waiting(f"bob-{i}", "bob", 10 + i) for i in range(2)]
    running: list[str | None] = []
    order = []
    while queue:
        chosen = next_run(queue, running[-2:], lambda _: True)  # two slots
        assert chosen is not None
        queue.remove(chosen)
        running.append(chosen.visitor)
        order.append(chosen.digest)
    assert order[:5] == ["ann-0", "bob-0", "ann-1", "ann-2", "bob-1"]
