import pytest
import torch
from torch import nn

from resnet_core.blocks.layers import ACTIVATIONS, NORMALISATIONS, Scale, Shift

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
