"""Watching changes nothing and leaves nothing behind: no bit, hook or memory; nor after errors."""

import gc
import weakref

import pytest
import torch

from resnet_core.specs.events import ProbesCompleted
from resnet_core.train import Training
from tests.core.probes.test_watch import KINDS, MORE, ident


def to_the_end(training):
    events = []
    while not training.ended:
        events += training.advance()
    return events


def told(events):
    evidence = {"seconds", "images_per_second"}
    return [
        event.model_dump_json(exclude=evidence)
        for event in events
        if not isinstance(event, ProbesCompleted)
    ]


@pytest.mark.parametrize("network", [*KINDS, *MORE], ids=ident)
def test_a_watched_run_is_bit_identical(plan, pictures, network):
    ended = []
    for probes in (0, 6):
        training = Training(plan(network=network, steps=6, evaluations=2, probes=probes), pictures)
        events = to_the_end(training)
        momentum = [
            training.optimiser.state[parameter]["momentum_buffer"]
            for parameter in training.network.parameters()
        ]
        ended.append((told(events), [*training.network.state_dict().values(), *momentum]))
    (bare, bare_state), (watched, watched_state) = ended
    assert bare == watched
    assert all(map(torch.equal, bare_state, watched_state))


def hooks(network):
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    found = [hook for part in network.modules() for name in names for hook in getattr(part, name)]
    tensors = (*network.parameters(), *network.buffers())
    return found + [hook for tensor in tensors for hook in tensor._backward_hooks or ()]


def fails_in_the_forward_pass(training, monkeypatch):
    monkeypatch.setattr(training.network.head.linear, "forward", fail)


def fails_on_the_way_back(training, monkeypatch):
    monkeypatch.setattr(training.network.unit(1, 1).residual, "forward", Broken.apply)


def fails_in_the_step(training, monkeypatch):
    monkeypatch.setattr(training.optimiser, "step", fail)


def fail(*_):
    raise InterruptedError


class Broken(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise InterruptedError


WITH_AND_WITHOUT_GATES = [
    {"join": "plain"},
    {"join": "residual"},
    {"shortcut": "exclusive-gate"},
    {"shortcut": "dropout", "survival": 0.5},
]
FAILURES = [fails_in_the_forward_pass, fails_on_the_way_back, fails_in_the_step]


@pytest.mark.parametrize("network", WITH_AND_WITHOUT_GATES, ids=ident)
def test_no_hook_is_left_behind(plan, pictures, network):
    training = Training(plan(network=network, probes=20), pictures)
    assert training.advance()
    assert hooks(training.network) == []


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
@pytest.mark.parametrize("network", WITH_AND_WITHOUT_GATES, ids=ident)
def test_no_hook_is_left_behind_by_an_error(plan, pictures, monkeypatch, failure, network):
    training = Training(plan(network=network, probes=20), pictures)
    with monkeypatch.context() as broken:
        failure(training, broken)
        with pytest.raises(InterruptedError):
            training.advance()
    assert hooks(training.network) == []


class Held:
    """What autograd keeps of a tensor; gone when its graph is gone."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()  # its own graph would keep it alive


def graph_of(step):
    """Do a step, and give references to all that its graph kept."""
    kept = []

    def keep(tensor):
        held = Held(tensor)
        kept.append(weakref.ref(held))
        return held

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda held: held.tensor):
        step()
    assert kept
    return kept


def alive(references):
    gc.collect()
    return sum(reference() is not None for reference in references)


@pytest.mark.parametrize("network", WITH_AND_WITHOUT_GATES, ids=ident)
def test_no_graph_is_kept(plan, pictures, network):
    training = Training(plan(network=network, probes=20), pictures)
    assert alive(graph_of(training.advance)) == 0


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
@pytest.mark.parametrize("shortcut", ["A", "highway"])
def test_no_graph_is_kept_after_an_error(plan, pictures, monkeypatch, failure, shortcut):
    training = Training(plan(network={"shortcut": shortcut}, probes=20), pictures)

    def step():
        try:
            training.advance()
        except InterruptedError:
            return
        pytest.fail("nothing was raised")

    with monkeypatch.context() as broken:
        failure(training, broken)
        kept = graph_of(step)
    # PyTorch's queue forgets what was to come after the error when it is next used.
    torch.ones((), requires_grad=True).backward()
    assert alive(kept) == 0


def test_a_run_goes_on_after_an_error_as_if_there_had_been_no_watch(plan, pictures, monkeypatch):
    ended = []
    for probes in (0, 20):
        training = Training(plan(probes=probes), pictures)
        with monkeypatch.context() as broken:
            fails_in_the_step(training, broken)
            with pytest.raises(InterruptedError):
                training.advance()
        for _ in range(3):
            training.advance()
        ended.append(list(training.network.state_dict().values()))
    assert all(map(torch.equal, *ended))
