"""What is left to chance in a step depends on seed and step alone, and leaves no trace."""

from __future__ import annotations

import math

import pytest
import torch

from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import ProbesCompleted
from resnet_core.train import Training, train
from resnet_core.train.chance import chance, has_chance
from resnet_core.train.evaluate import evaluate
from resnet_core.train.starting import probe_start
from tests.core.train.test_engine import losses, state, to_the_end, told

DROPOUT = {"shortcut": "dropout"}
DEPTH = {"survival": 0.5}
WITHIN = {"branch_dropout": 0.3}
EXACTLY = {"active": 1}
BOTH = {"shortcut": "dropout", "dropout": 0.3, "survival": 0.2}
by_chance = pytest.mark.parametrize("network", [DROPOUT, DEPTH, WITHIN, EXACTLY, BOTH], ids=str)


def mask(seed, step):
    with chance(seed, step, "cpu"):
        return torch.empty(64).bernoulli_(0.5).tolist()


def test_a_seed_and_a_step_give_the_same_masks_again_and_others_give_others():
    places = [(seed, step) for seed in range(3) for step in (1, 2, 10, 11, 110)]
    masks = [mask(*place) for place in places]
    assert masks == [mask(*place) for place in places]
    assert len({tuple(each) for each in masks}) == len(places)


def test_what_was_drawn_before_has_no_say():
    torch.manual_seed(1)
    one = mask(0, 1)
    torch.manual_seed(2)
    torch.rand(7)
    assert mask(0, 1) == one


def test_chance_is_neither_the_batches_nor_the_weights():
    roles = [torch.Generator().manual_seed(s) for s in (0, 1)]
    others = [torch.empty(64).bernoulli_(0.5, generator=role).tolist() for role in roles]
    assert mask(0, 1) not in others


def test_the_global_generator_is_left_as_it_was():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    wanted = torch.rand(3)
    torch.set_rng_state(before)
    mask(0, 1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.rand(3), wanted)


def test_the_global_generator_is_given_back_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(InterruptedError), chance(0, 1, "cpu"):
        torch.rand(3)
        raise InterruptedError
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, False),
        ({"shortcut": "highway"}, False),
        ({"join": "plain", "survival": 0.5}, False),
        ({"dropout": 0.3}, False),  # not on this shortcut
        (DROPOUT, True),
        (DEPTH, True),
        (WITHIN, True),
        (EXACTLY, True),
        ({"join": "plain", "branch_dropout": 0.5, "active": 1}, False),
    ],
    ids=str,
)
def test_which_networks_have_something_left_to_chance(settings, wanted):
    network = build_network(
        NetworkSpec(depth=8, width=4, **settings), channels=1, classes=4, seed=0
    )
    assert has_chance(network) is wanted


# --- runs -----------------------------------------------------------------------------------------


@by_chance
def test_a_run_says_the_same_to_the_last_bit_whatever_else_is_drawn(plan, pictures, network):
    torch.manual_seed(1)
    one = list(train(plan(network=network), pictures=pictures))
    torch.manual_seed(2)
    other = list(train(plan(network=network), pictures=pictures))
    assert told(one[:-1]) == told(other[:-1])
    assert losses(one) == losses(other)


@by_chance
def test_a_run_leaves_the_global_generator_as_it_was(plan, pictures, network):
    before = torch.get_rng_state()
    to_the_end(Training(plan(network=network, probes=3), pictures))
    assert torch.equal(torch.get_rng_state(), before)


@by_chance
@pytest.mark.parametrize("cut", [1, 7, 13])
def test_a_run_that_goes_on_is_bit_identical_to_one_never_interrupted(
    plan, pictures, tmp_path, network, cut
):
    run = plan(network=network)
    whole = Training(run, pictures)
    to_the_end(whole)
    first = Training(run, pictures)
    while first.step < cut:
        first.advance()
    first.flush()
    first.save(tmp_path / "checkpoint")
    torch.rand(11)
    second = Training(run, pictures)
    second.restore(tmp_path / "checkpoint")
    to_the_end(second)
    assert all(map(torch.equal, state(whole), state(second)))


@by_chance
def test_two_runs_side_by_side_in_a_process_leave_each_other_alone(plan, pictures, network):
    plans = [plan(network=network, seed=seed) for seed in (0, 1)]
    alone = [Training(run, pictures) for run in plans]
    for training in alone:
        to_the_end(training)
    together = [Training(run, pictures) for run in plans]
    for _ in range(20):
        for training in together:
            training.advance()
    for one, other in zip(alone, together, strict=True):
        assert other.ended
        assert all(map(torch.equal, state(one), state(other)))
    assert not all(map(torch.equal, state(alone[0]), state(alone[1])))


def test_every_step_draws_anew_and_so_does_every_unit(plan, pictures):
    training = Training(plan(network={**DEPTH, "depth": 20}, steps=20), pictures)
    alive = []
    for unit in training.network.units:
        unit.residual[-1].register_forward_hook(
            lambda _part, _given, y: alive.append(bool(y.any()))
        )
    steps = []
    while training.step < 19:  # the evaluation at the end is none of it
        alive.clear()
        training.advance()
        steps.append(tuple(alive[:9]))
    assert len(set(steps)) > 10
    assert len(set(zip(*steps, strict=True))) > 7, "each unit by itself"


@by_chance
def test_chance_makes_another_run_of_it(plan, pictures, network):
    without = plan(network={"shortcut": network.get("shortcut", "A"), "dropout": 0.0})
    one, other = (list(train(run, pictures=pictures)) for run in (plan(network=network), without))
    assert losses(one)[0] != losses(other)[0]


@by_chance
def test_evaluation_draws_nothing_and_says_the_same_again(plan, pictures, network):
    training = Training(plan(network=network), pictures)
    training.advance()
    before = torch.get_rng_state()
    found = [
        evaluate(training.network, pictures.test, pictures.mean, pictures.std) for _ in range(2)
    ]
    assert found[0] == found[1]
    assert torch.equal(torch.get_rng_state(), before)
    assert training.network.training


@by_chance
def test_how_often_is_evaluated_or_probed_changes_no_loss(plan, pictures, network):
    runs = [
        plan(network=network, evaluations=evaluations, probes=probes)
        for evaluations, probes in ((1, 0), (20, 0), (1, 20))
    ]
    found = [losses(train(run, pictures=pictures)) for run in runs]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("network", [DROPOUT, DEPTH], ids=str)
def test_a_run_with_chance_learns(plan, pictures, network):
    found = losses(train(plan(network=network, steps=80), pictures=pictures))
    assert math.fsum(found[-10:]) < 0.7 * math.fsum(found[:10])


def test_how_a_network_starts_is_the_same_again_and_is_what_its_run_says():
    run = RunSpec(network=NetworkSpec(depth=8, width=4, **BOTH), train=TrainSpec(steps=2, probes=2))
    torch.manual_seed(1)
    one = probe_start(run)
    before = torch.get_rng_state()
    torch.rand(5)
    other = probe_start(run)
    assert repr(one) == repr(other)  # where a branch is silent there is no angle, and NaN != NaN
    torch.set_rng_state(before)
    probed = next(event for event in train(run) if isinstance(event, ProbesCompleted))
    assert repr(probed.values) == repr(one.values)
    assert torch.equal(torch.get_rng_state(), before)


# --- stochastic depth -----------------------------------------------------------------------------


def test_as_many_units_take_part_in_a_step_as_linear_decay_says():
    # Of 54 units with p = 0.5 for the last 40.25 are expected, with a variance Σ p·(1 - p) of
    # Σ l/108·(1 - l/108) = 1485/108 - 53,955/11,664 = 9.124; five standard errors of 100 steps.
    network = build_network(
        NetworkSpec(depth=110, width=1, **DEPTH), channels=1, classes=4, seed=0
    ).train()
    parts = [unit.residual[-1] for unit in network.units]
    one = torch.ones(())
    counts = []
    for step in range(100):
        with chance(0, step, "cpu"):
            counts.append(sum(part(one).item() for part in parts))
    assert abs(sum(counts) / 100 - 40.25) < 5 * math.sqrt(9.124 / 100)


@pytest.mark.gpu
@by_chance
def test_on_a_gpu_the_generators_are_left_as_they_were_and_masks_come_again(network):
    spec = NetworkSpec(depth=8, width=4, **network)
    built = build_network(spec, channels=1, classes=4, seed=0, device="cuda").train()
    images = torch.randn(8, 1, 8, 8, device="cuda")
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    found = []
    for step in (1, 2, 1):
        with chance(0, step, "cuda"):
            found.append(built(images).detach())
    assert torch.equal(found[0], found[2])
    assert not torch.equal(found[0], found[1])
    after = torch.get_rng_state(), torch.cuda.get_rng_state()
    assert all(map(torch.equal, before, after))


@pytest.mark.gpu
def test_a_step_on_the_cpu_leaves_a_gpus_generator_alone():
    before = torch.cuda.get_rng_state()
    mask(0, 1)
    assert torch.equal(torch.cuda.get_rng_state(), before)
