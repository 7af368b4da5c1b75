"""What every network promises, whatever it is made of: it trains, or diverges, or refuses."""

import math

import pytest
import torch
from torch import nn

from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec, TrainSpec
from resnet_core.train.optimise import build_optimiser
from tests.core.specs.strategies import combinations

ALLOWED = combinations("block", "join", "order", "activation", "normalisation", "initialisation")
every_network = pytest.mark.parametrize("settings", ALLOWED, ids=lambda s: " ".join(s.values()))


def built(settings):
    depth = {"basic": 8, "bottleneck": 11, "single": 8}[settings["block"]]
    spec = NetworkSpec(depth=depth, width=4, shortcut="B", **settings)
    return build_network(spec, channels=1, classes=10, seed=0)


@every_network
def test_every_network_trains_a_few_steps_and_stays_finite_or_diverges(settings):
    network = built(settings)
    optimiser = build_optimiser(TrainSpec(), network)
    images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    losses = []
    for _ in range(3):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(images), torch.arange(16) % 10)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert math.isfinite(losses[0])
    assert len(set(losses)) > 1, "it learns, or diverges"
    assert all(parameter.grad is not None for parameter in network.parameters())


@every_network
def test_every_network_is_made_of_what_its_plan_says(settings):
    network = built(settings)
    kinds = {type(module) for module in network.modules()}
    wanted = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
    for key, kind in wanted.items():
        assert (kind in kinds) == (settings["activation"] == key)
    assert (nn.BatchNorm2d in kinds) == (settings["normalisation"] == "batch")
    assert network(torch.randn(2, 1, 8, 8)).shape == (2, 10)


def test_a_network_without_activations_and_bn_is_affine():
    network = built(
        {"block": "basic", "activation": "none", "normalisation": "none", "join": "plain"}
    )
    one, other = torch.randn(2, 4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    between = (network(one) + network(other)) / 2
    torch.testing.assert_close(network((one + other) / 2), between, rtol=1e-4, atol=1e-5)
