import math

import pytest
import torch
from torch import nn

from resnet_core.blocks.layers import (
    ACTIVATIONS,
    NORMALISATIONS,
    Drop,
    Gate,
    Scale,
    Shift,
    Survive,
)

X = [-2.0, 0.0, 1.0]
OF_X = {
    "relu": [0.0, 0.0, 1.0],
    "sigmoid": [0.1192, 0.5, 0.7311],
    "tanh": [-0.9640, 0.0, 0.7616],
    "none": X,
}


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_an_activation_gives_what_its_formula_says(key):
    given = torch.tensor(X)
    found = ACTIVATIONS[key]()(given)
    torch.testing.assert_close(found, torch.tensor(OF_X[key]), atol=1e-4, rtol=0)
    assert given.tolist() == X, "not in place"


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_an_activation_has_no_weights(key):
    assert not list(ACTIVATIONS[key]().parameters())


def test_a_normalisation_is_for_so_many_channels():
    bn = NORMALISATIONS["batch"](7)
    assert isinstance(bn, nn.BatchNorm2d)
    assert bn.num_features == 7
    assert NORMALISATIONS["none"](7) is None


def test_a_scale_and_a_shift_are_one_number_each_and_change_nothing_at_first(images):
    for layer in (Scale(), Shift()):
        assert [parameter.numel() for parameter in layer.parameters()] == [1]
        assert torch.equal(layer(images), images)


def test_a_scale_multiplies_and_a_shift_adds():
    scale, shift = Scale(), Shift()
    nn.init.constant_(scale.scale, 3)
    nn.init.constant_(shift.shift, 3)
    x = torch.tensor([1.0, -2.0])
    assert scale(x).tolist() == [3, -6]
    assert shift(x).tolist() == [4, 1]


# --- gates --------------------------------------------------------------------------------------


def gate(kernel, weight, bias, *, stride=1):
    found = Gate(1, 1, kernel, stride=stride, start=0.0)
    nn.init.constant_(found.weight, weight)
    nn.init.constant_(found.bias, bias)
    return found


def test_a_gate_by_hand():
    # W = ln 3 and b = 0: σ(x·ln 3) = 3ˣ/(1 + 3ˣ)
    x = torch.tensor([1.0, -2.0, 3.0, -1.0]).reshape(1, 1, 2, 2)
    found = gate(1, math.log(3), 0.0)(x).flatten()
    torch.testing.assert_close(found, torch.tensor([3 / 4, 1 / 10, 27 / 28, 1 / 4]))


def test_a_gate_of_3_by_3_sees_its_neighbours_and_zeros_beyond_the_edge():
    # Sums of 3×3 ones: 4 in a corner, 6 at an edge, 9 in the middle; σ(ln 3 · (sum - 5)).
    found = gate(3, math.log(3), -5 * math.log(3))(torch.ones(1, 1, 3, 3))[0, 0]
    corner, edge, middle = 1 / 4, 3 / 4, 81 / 82
    wanted = [[corner, edge, corner], [edge, middle, edge], [corner, edge, corner]]
    torch.testing.assert_close(found, torch.tensor(wanted))


@pytest.mark.parametrize(
    ("bias", "opening"), [(0.0, 0.5), (-2.0, 0.11920), (-6.0, 0.00247), (-7.0, 0.00091)]
)
@pytest.mark.parametrize("kernel", [1, 3])
def test_a_gate_without_weights_is_as_far_open_as_its_bias_says(images, kernel, bias, opening):
    found = gate(kernel, 0.0, bias)(images[:, :1])
    torch.testing.assert_close(found, torch.full_like(found, opening), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_gate_has_the_shape_of_the_output_and_a_bias_a_channel(kernel, stride):
    found = Gate(8, 16, kernel, stride=stride, start=-6.0)
    assert found(torch.randn(2, 8, 7, 5)).shape == (2, 16, -(-7 // stride), -(-5 // stride))
    assert found.weight.numel() == kernel**2 * 8 * 16
    assert found.bias.numel() == 16


# --- chance -------------------------------------------------------------------------------------

MANY = torch.arange(1.0, 10_001.0).reshape(4, 25, 10, 10)


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.9])
def test_dropout_drops_its_share_and_leaves_the_rest_as_it_is(rate):
    torch.manual_seed(0)
    found = Drop(rate)(MANY)
    dropped = found == 0
    assert torch.equal(found[~dropped], MANY[~dropped]), "nn.Dropout would have enlarged them"
    # five standard errors
    error = math.sqrt(rate * (1 - rate) / MANY.numel())
    assert abs(dropped.float().mean().item() - rate) < 5 * error


def test_dropout_drops_numbers_and_not_channels_or_images():
    torch.manual_seed(0)
    share = (Drop(0.5)(MANY) == 0).float().mean((2, 3))  # of each image and channel
    assert 0.2 < share.min() < share.max() < 0.8


def test_in_evaluation_dropout_is_what_is_left_on_average():
    x = torch.tensor([1.0, -2.0])
    assert Drop(0.25).eval()(x).tolist() == [0.75, -1.5]


@pytest.mark.parametrize(("rate", "left"), [(0.0, [1, -2]), (1.0, [0, 0])])
@pytest.mark.parametrize("training", [True, False])
def test_dropout_of_nothing_and_of_everything(rate, left, training):
    assert Drop(rate).train(training)(torch.tensor([1.0, -2.0])).tolist() == left


def test_what_survives_does_so_as_a_whole_and_as_often_as_it_should():
    torch.manual_seed(0)
    survive = Survive(0.25)
    outcomes = [survive(MANY) for _ in range(400)]
    alive = [torch.equal(found, MANY) for found in outcomes]
    assert all(one or not found.any() for one, found in zip(alive, outcomes, strict=True))
    assert abs(sum(alive) / 400 - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 400)


def test_in_evaluation_what_may_survive_counts_for_its_probability():
    assert Survive(0.25).eval()(torch.tensor([1.0, -2.0])).tolist() == [0.25, -0.5]


@pytest.mark.parametrize("part", [Drop(0.5), Survive(0.5)], ids=["dropout", "stochastic depth"])
def test_chance_is_drawn_in_training_and_never_in_evaluation(images, part):
    before = torch.get_rng_state()
    part.eval()(images)
    assert torch.equal(torch.get_rng_state(), before)
    part.train()(images)
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("part", [Drop(1.0), Survive(0.0)], ids=["dropout", "stochastic depth"])
def test_what_is_dropped_has_a_gradient_and_it_is_zero(images, part):
    part.train()(images.requires_grad_()).sum().backward()
    assert not images.grad.any()
