import math
from collections import OrderedDict

import pytest
import torch
from torch import nn

from resnet_core.blocks import initialise
from resnet_core.nets import build_network
from resnet_core.specs import BLOCKS, ORDERS, SHORTCUTS, NetworkSpec


def weights(seed=0, **settings):
    spec = NetworkSpec(**{"depth": 20, "width": 4, **settings})
    return build_network(spec, channels=3, classes=10, seed=seed).state_dict()


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", ORDERS)
def test_plain_and_residual_twins_start_from_the_same_weights(block, order):
    plain, residual = (
        weights(join=join, block=block, order=order) for join in ("plain", "residual")
    )
    assert list(plain) == list(residual)
    assert all(torch.equal(plain[name], residual[name]) for name in plain)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_twin_with_projections_starts_from_the_same_weights_where_both_have_them(shortcut):
    plain, residual = weights(join="plain"), weights(shortcut=shortcut)
    assert all(torch.equal(plain[name], residual[name]) for name in plain)
    assert all(".shortcut." in name for name in set(residual) - set(plain))


def test_a_deeper_network_starts_from_the_same_weights_where_both_have_them():
    shallow, deep = weights(depth=8), weights(depth=14)
    assert shallow.keys() < deep.keys()
    assert all(torch.equal(shallow[name], deep[name]) for name in shallow)


def test_equal_seeds_give_equal_weights():
    one, other = weights(seed=3), weights(seed=3)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_seed_gives_other_weights_in_every_layer():
    one, other = weights(seed=3), weights(seed=4)
    drawn = [name for name in one if one[name].ndim > 1]
    assert len(drawn) == 20
    assert not any(torch.equal(one[name], other[name]) for name in drawn)


def test_no_two_layers_start_from_the_same_weights():
    drawn = [weight for weight in weights().values() if weight.shape == (4, 4, 3, 3)]
    assert len({tuple(weight.flatten().tolist()) for weight in drawn}) == len(drawn) == 6


def test_weights_do_not_depend_on_the_order_of_drawing():
    def build(names):
        parts = OrderedDict((name, nn.Conv2d(2, 2, 3, bias=False)) for name in names)
        network = nn.Sequential(parts)
        initialise(network, seed=1)
        return network.state_dict()

    one, other = build(["a", "b"]), build(["b", "a"])
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_nothing_is_drawn_from_the_global_generator():
    before = torch.get_rng_state()
    weights()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_global_generator_has_no_say():
    torch.manual_seed(1)
    one = weights()
    torch.manual_seed(2)
    other = weights()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("layer", "variance"),
    [
        (nn.Conv2d(64, 128, 3, bias=False), 2 / (9 * 64)),
        (nn.Conv2d(256, 256, 1, bias=False), 2 / 256),
        (nn.Linear(256, 256), 1 / 256),
    ],
    ids=["3×3", "1×1", "linear"],
)
def test_weights_are_normal_with_hes_variance(layer, variance):
    initialise(nn.Sequential(layer), seed=0)
    weight = layer.weight.detach() / math.sqrt(variance)
    count = weight.numel()
    # five standard errors of mean, variance and the share within one standard deviation
    assert abs(weight.mean()) < 5 / math.sqrt(count)
    assert abs(weight.var() - 1) < 5 * math.sqrt(2 / count)
    assert abs((weight.abs() < 1).float().mean() - 0.6827) < 5 * math.sqrt(0.25 / count)


def test_biases_start_at_zero_and_bn_at_scale_1_and_shift_0():
    for name, value in weights().items():
        if name.endswith("bias") or "running_mean" in name or "num_batches" in name:
            assert not value.any(), name
        elif value.ndim == 1:
            assert torch.equal(value, torch.ones_like(value)), name


def test_what_was_there_before_does_not_matter():
    network = nn.Sequential(nn.Conv2d(2, 2, 1, bias=False), nn.BatchNorm2d(2), nn.Linear(2, 2))
    initialise(network, seed=0)
    wanted = {name: value.clone() for name, value in network.state_dict().items()}
    for value in network.state_dict().values():
        value.fill_(float("nan") if value.is_floating_point() else 7)
    initialise(network, seed=0)
    assert all(torch.equal(value, wanted[name]) for name, value in network.state_dict().items())
