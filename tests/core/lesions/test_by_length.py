"""Gradients by path, against hand computations and against every path gone along by itself."""

import copy
import math
import time
from itertools import combinations

import pytest
import torch
from torch import nn

from resnet_core.blocks import ResidualUnit
from resnet_core.blocks.shortcuts import UnitShape
from resnet_core.errors import SpecError
from resnet_core.lesions.by_length import (
    MOST_DRAWS,
    gradient_by_length,
    path_gradient,
    summed_by_length,
)
from resnet_core.nets import build_network
from resnet_core.specs import ORDERS, SHORTCUTS, NetworkSpec

EVERY_KIND = [
    *({"order": order} for order in ORDERS),
    *({"shortcut": shortcut} for shortcut in SHORTCUTS),
    {"shortcut_scale": 0.5, "branch_scale": 0.7},
    {"block": "bottleneck", "depth": 11},
]


class Toy(nn.Module):
    """Units of one scalar weight each, y = x + w·x or f of it; the head gives images and zeros."""

    def __init__(self, weights, after=nn.Identity):
        super().__init__()
        self.spec = NetworkSpec()
        self.stem = nn.Identity()
        self.units = nn.ModuleList(self._unit(weight, after()) for weight in weights)
        self.head = nn.Flatten()  # a pixel a class

    @staticmethod
    def _unit(weight, after):
        branch = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.constant_(branch.weight, weight)
        shape = UnitShape(1, 1, 1, "original")
        return ResidualUnit(shape, "residual", nn.Identity(), branch, after)

    def forward(self, images):
        x = images
        for unit in self.units:
            x = unit(x)
        return self.head(x)


def at_the_head(logits, labels):
    """The gradient of each image's cross-entropy at the logits: softmax - one-hot."""
    return logits.softmax(1) - nn.functional.one_hot(labels, logits.shape[1])


def the_long_way(network, images, labels, path):
    """One path by a forward pass of its own, in which all but the path is cut off."""
    leaf = images.clone().requires_grad_()
    x = network.stem(leaf)
    for number, unit in enumerate(network.units, start=1):
        opening = unit.opening(x)
        carried, branched = unit.carried(x, opening), unit.branched(x, opening)
        if number in path:
            carried = carried.detach()
        else:
            branched = branched.detach()
        x = unit.after_addition(carried + branched)
    loss = nn.functional.cross_entropy(network.head(x), labels, reduction="sum")
    return torch.autograd.grad(loss, leaf)[0]


def whole_gradient(network, images, labels):
    leaf = images.clone().requires_grad_()
    loss = nn.functional.cross_entropy(network(leaf), labels, reduction="sum")
    return torch.autograd.grad(loss, leaf)[0]


def all_paths(units):
    numbers = range(1, units + 1)
    return [set(path) for length in range(units + 1) for path in combinations(numbers, length)]


@pytest.fixture
def few():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(3, 1, 8, 8, generator=generator), torch.tensor([0, 5, 9])


def test_a_linear_networks_norms_are_those_computed_by_hand():
    a, b, c = weights = (0.5, -0.3, 2.0)
    images = torch.tensor([[0.1, 0.4, -0.2], [1.0, 0.0, 0.3]]).view(2, 1, 1, 3)
    labels = torch.tensor([2, 0])
    logits = images.flatten(1) * (1 + a) * (1 + b) * (1 + c)
    each = at_the_head(logits, labels).norm(dim=1).mean().item()

    found = gradient_by_length(Toy(weights), images, labels, draws=3)

    assert found.drawn == (1, 3, 3, 1), "all paths, where there are no more"
    by_hand = [
        1,
        (abs(a) + abs(b) + abs(c)) / 3,
        (abs(a * b) + abs(a * c) + abs(b * c)) / 3,
        abs(a * b * c),
    ]
    assert found.norms == pytest.approx([each * value for value in by_hand], rel=1e-5)
    assert found.whole == pytest.approx(each * abs((1 + a) * (1 + b) * (1 + c)), rel=1e-5)
    assert found.spreads[1] == pytest.approx(each * torch.tensor([a, -b, c]).std().item(), rel=1e-5)
    assert math.isnan(found.spreads[0])
    assert found.images == 2


def test_a_linear_networks_sums_are_those_computed_by_hand():
    a, b, c = weights = (0.5, -0.3, 2.0)
    images, labels = torch.tensor([0.1, 0.4, -0.2]).view(1, 1, 1, 3), torch.tensor([2])
    logits = images.flatten(1) * (1 + a) * (1 + b) * (1 + c)
    each = at_the_head(logits, labels).norm().item()

    found = summed_by_length(Toy(weights), images, labels)

    sums = [1, a + b + c, a * b + a * c + b * c, a * b * c]
    assert found.norms == pytest.approx([each * abs(value) for value in sums], rel=1e-5)
    assert found.shares == pytest.approx([value / sum(sums) for value in sums], rel=1e-5)
    assert found.shares[3] < 0, "three negative weights of one path go against the whole"


def test_what_follows_the_addition_is_on_every_path():
    # Of two pixels the first is above zero after each addition, the other below: ReLU stops it.
    images, labels = torch.tensor([1.0, -1.0]).view(1, 1, 1, 2), torch.tensor([0])
    network = Toy((0.5, 0.5), nn.ReLU)
    for path in all_paths(2):
        gradient = path_gradient(network, images, labels, path).flatten()
        assert gradient[0] != 0
        assert gradient[1] == 0


@pytest.mark.parametrize("kind", EVERY_KIND, ids=str)
def test_each_path_of_three_units_and_their_sum(built, few, kind):
    network = built(**{"depth": 8, **kind})
    paths = all_paths(3)
    gradients = [path_gradient(network, *few, path) for path in paths]

    for path, gradient in zip(paths, gradients, strict=True):
        torch.testing.assert_close(gradient, the_long_way(network, *few, path))
    whole = whole_gradient(network, *few)
    torch.testing.assert_close(torch.stack(gradients).sum(0), whole, rtol=1e-4, atol=1e-6)

    sums = summed_by_length(network, *few)
    measured = gradient_by_length(network, *few, draws=3)
    for length in range(4):
        of_length = [g for p, g in zip(paths, gradients, strict=True) if len(p) == length]
        norm = torch.stack(of_length).sum(0).flatten(1).norm(dim=1).mean().item()
        assert sums.norms[length] == pytest.approx(norm, rel=1e-4)
        share = (torch.stack(of_length).sum(0) * whole).sum() / whole.square().sum()
        assert sums.shares[length] == pytest.approx(share.item(), rel=1e-3, abs=1e-5)
        norms = [g.flatten(1).norm(dim=1).mean().item() for g in of_length]
        assert measured.norms[length] == pytest.approx(sum(norms) / len(norms), rel=1e-4)
    assert sum(sums.shares) == pytest.approx(1)
    assert measured.whole == pytest.approx(whole.flatten(1).norm(dim=1).mean().item(), rel=1e-5)
    assert sums.whole == pytest.approx(measured.whole, rel=1e-4)


@pytest.mark.parametrize("order", ORDERS)
def test_the_longest_path_is_the_gradient_through_branches_only(built, few, order):
    network = built(order=order)
    branches_only = copy.deepcopy(network)
    for unit in branches_only.units:  # a shortcut that carries x, and no gradient
        unit.shortcut.register_forward_hook(lambda module, given, output: output.detach())
    gradient = path_gradient(network, *few, range(1, 10))
    torch.testing.assert_close(gradient, whole_gradient(branches_only, *few))
    found = gradient_by_length(network, *few, draws=1)
    norm = gradient.flatten(1).norm(dim=1).mean().item()
    assert found.norms[9] == pytest.approx(norm, rel=1e-5)


def test_a_gradient_too_small_for_float32_is_still_a_number(few):
    images, labels = few[0].view(3, 1, 1, 64), few[1]
    network = Toy((0.1,) * 54)
    each = at_the_head(network(images), labels).norm(dim=1).mean().item()
    found = gradient_by_length(network, images, labels, draws=2)
    assert found.norms == pytest.approx([each * 0.1**k for k in range(55)], rel=1e-4, abs=0)


def test_draws_come_from_the_seed_alone(built, few):
    network = built()
    torch.manual_seed(0)
    one = gradient_by_length(network, *few, seed=4)
    torch.manual_seed(1)
    again, other = (gradient_by_length(network, *few, seed=seed) for seed in (4, 5))
    assert again.norms == one.norms
    assert other.norms[1:9] != one.norms[1:9]
    assert (other.norms[0], other.norms[9]) == (one.norms[0], one.norms[9]), "one path each"
    assert one.drawn == (1, 3, 3, 3, 3, 3, 3, 3, 3, 1)


def test_images_beyond_a_batch_count_as_much_as_others(built):
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(40, 1, 8, 8, generator=generator)
    labels = torch.randint(10, (40,), generator=generator)
    network = built(depth=8)
    together = gradient_by_length(network, images, labels)
    first, last = (
        gradient_by_length(network, images[some], labels[some])
        for some in (slice(0, 25), slice(25, 40))
    )
    mean = [(25 * a + 15 * b) / 40 for a, b in zip(first.norms, last.norms, strict=True)]
    assert together.norms == pytest.approx(mean, rel=1e-4)
    assert together.whole == pytest.approx((25 * first.whole + 15 * last.whole) / 40, rel=1e-4)
    sums = summed_by_length(network, images, labels)
    assert sums.whole == pytest.approx(together.whole, rel=1e-4)
    assert sums.images == together.images == 40


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(built, few, training):
    network = built().train(training)
    before = copy.deepcopy(network.state_dict())
    with torch.no_grad():  # as callers may have it
        gradient_by_length(network, *few)
        summed_by_length(network, *few)
        path_gradient(network, *few, {1})
    assert network.training is training
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
        assert value.dtype == before[name].dtype
    assert all(parameter.grad is None for parameter in network.parameters())
    for module in network.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
        assert not module._backward_hooks and not module._backward_pre_hooks
    assert few[0].grad is None and not few[0].requires_grad


@pytest.mark.parametrize("ask", [gradient_by_length, summed_by_length])
def test_a_plain_network_has_one_path_only(built, few, ask):
    with pytest.raises(SpecError, match="plain-20 has no shortcuts"):
        ask(built(join="plain"), *few)


@pytest.mark.parametrize("draws", [0, MOST_DRAWS + 1])
def test_so_many_draws_are_refused(built, few, draws):
    with pytest.raises(SpecError, match="Draws"):
        gradient_by_length(built(), *few, draws=draws)


@pytest.mark.parametrize(("depth", "seconds"), [(56, 2), (110, 10)])
def test_it_is_quick_enough_to_be_asked_for(depth, seconds):
    network = build_network(NetworkSpec(depth=depth, width=8), channels=1, classes=10, seed=0)
    images = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    began = time.process_time()  # of this process: others may be busy
    gradient_by_length(network, images, torch.arange(32) % 10, draws=3)
    assert time.process_time() - began < seconds
