import pytest
import torch
from torch import nn

from resnet_core.specs import TrainSpec
from resnet_core.train.optimise import build_optimiser, learning_rate


def rates(**settings):
    spec = TrainSpec(**settings)
    return [learning_rate(spec, step) for step in range(1, spec.steps + 1)]


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 7, 10, 20, 33, 100, 200, 1001])
@pytest.mark.parametrize("highest", [0.1, 0.5])
def test_one_cycle_is_that_of_pytorch(steps, highest):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=highest, total_steps=steps, cycle_momentum=False
    )
    wanted = []
    for step in range(steps):
        wanted.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if step + 1 < steps:
            scheduler.step()
    assert rates(steps=steps, learning_rate=highest) == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def test_one_cycle_rises_for_three_tenths_and_falls_to_almost_nothing():
    found = rates(steps=200, learning_rate=0.1)
    top = found.index(max(found))
    assert found[top] == pytest.approx(0.1)
    assert top == 59
    assert found[0] == pytest.approx(0.1 / 25)
    assert found[-1] == pytest.approx(0.1 / 250_000)
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)


def test_steps_drop_to_a_tenth_at_a_half_and_at_three_quarters():
    found = rates(steps=64, learning_rate=0.1, schedule="step")
    assert found[:32] == [0.1] * 32
    assert found[32:48] == pytest.approx([0.01] * 16)
    assert found[48:] == pytest.approx([0.001] * 16)


def test_a_constant_rate_stays():
    assert set(rates(steps=30, schedule="constant")) == {0.1}


@pytest.mark.parametrize("schedule", ["constant", "step", "one-cycle"])
def test_warm_up_steps_have_a_tenth_of_the_rate_before_the_schedule_starts(schedule):
    warm = rates(steps=50, warmup_steps=10, schedule=schedule)
    cold = rates(steps=40, schedule=schedule)
    assert warm[:10] == pytest.approx([0.01] * 10)
    assert warm[10:] == cold


@pytest.mark.parametrize("schedule", ["constant", "step", "one-cycle"])
def test_a_run_may_be_all_warm_up(schedule):
    assert rates(steps=5, warmup_steps=5, schedule=schedule) == pytest.approx([0.01] * 5)


def test_the_optimiser_holds_every_parameter_in_the_networks_order():
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    (group,) = build_optimiser(TrainSpec(), network).param_groups
    assert all(
        one is other for one, other in zip(group["params"], network.parameters(), strict=True)
    )


def test_a_step_is_that_of_hes_recipe():
    spec = TrainSpec(learning_rate=0.1, momentum=0.9, weight_decay=0.01)
    network = nn.Linear(1, 1, bias=False)
    weight, velocity, gradient = 2.0, 0.0, 3.0
    nn.init.constant_(network.weight, weight)
    optimiser = build_optimiser(spec, network)
    for _ in range(3):
        network.weight.grad = torch.full((1, 1), gradient)
        optimiser.step()
        velocity = 0.9 * velocity + gradient + 0.01 * weight
        weight -= 0.1 * velocity
    assert network.weight.item() == pytest.approx(weight)
