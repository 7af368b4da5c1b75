"""Forward passes small enough to do by hand: every 3×3 kernel has its middle only, BN is off."""

import pytest
import torch
from torch import nn

from resnet_core.blocks import build_unit
from resnet_core.blocks.layers import ACTIVATIONS
from resnet_core.blocks.residual import build_residual
from resnet_core.blocks.shortcuts import UnitShape
from resnet_core.blocks.unit import ResidualUnit

X = [1.0, -2.0, 3.0, -4.0]


def by_hand(order, join, *, factors, activated=False, x=X):
    """Send x through a unit of one channel whose layers multiply by the factors."""
    shape = UnitShape(1, 1, 1, order)
    unit = build_unit(shape, block="basic", join=join, shortcut="A", activated=activated)
    for name, module in unit.residual.named_children():
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
            module.weight.data[0, 0, 1, 1] = factors[int(name[-1]) - 1]
        elif isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0
    return unit.eval()(torch.tensor(x).reshape(1, 1, 2, 2)).flatten().tolist()


def test_a_residual_unit_is_relu_of_x_plus_its_branch():
    # F(x) = 0.5·ReLU(2x) = 1, 0, 3, 0
    assert by_hand("original", "residual", factors=(2, 0.5)) == [2, 0, 6, 0]


def test_a_residual_units_last_relu_comes_after_the_addition():
    # F(x) = -0.5·ReLU(2x) = -1, 0, -3, 0; were it activated before the addition, x would stay
    assert by_hand("original", "residual", factors=(2, -0.5)) == [0, 0, 0, 0]


def test_a_plain_unit_is_relu_of_its_branch():
    assert by_hand("original", "plain", factors=(2, 0.5)) == [1, 0, 3, 0]


def test_a_pre_activation_unit_leaves_the_sum_as_it_is():
    # F(x) = 0.5·ReLU(2·ReLU(x)) = 1, 0, 3, 0
    assert by_hand("pre-activation", "residual", factors=(2, 0.5)) == [2, -2, 6, -4]


def test_a_pre_activation_unit_activates_its_branch_not_its_shortcut():
    # F(x) = ReLU(-2·ReLU(x)) = 0 for every x
    assert by_hand("pre-activation", "residual", factors=(-2, 1)) == X


def test_an_activated_unit_takes_its_input_as_it_is():
    # F(x) = ReLU(-2x) = 0, 4, 0, 8
    assert by_hand("pre-activation", "residual", factors=(-2, 1), activated=True) == [1, 2, 3, 4]


def test_a_bottleneck_unit_has_a_relu_after_each_layer_but_the_last():
    unit = build_unit(
        UnitShape(4, 4, 1, "original"), block="bottleneck", join="plain", shortcut="A"
    )
    for name, module in unit.residual.named_children():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0
        elif isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
            middle = module.kernel_size[0] // 2
            module.weight.data[:, :, middle, middle] = {"conv1": 0.25, "conv2": -3.0, "conv3": 1.0}[
                name
            ]
    ones = torch.ones(1, 4, 1, 1)
    # layer 1: 1 and -1; layer 2: -3 and 0 after ReLU, 0; layer 3: 0
    assert unit.eval()(ones).flatten().tolist() == [0] * 4
    assert unit(-ones).flatten().tolist() == [0] * 4
    unit.residual.conv2.weight.data.neg_()
    assert unit(ones).flatten().tolist() == [3] * 4
    assert unit(-ones).flatten().tolist() == [0] * 4


def test_the_parts_of_a_unit_can_be_reached_and_exchanged(images):
    shape = UnitShape(8, 8, 1, "original")
    branch = build_residual("basic", shape, activated=False)
    unit = ResidualUnit(shape, "residual", nn.Identity(), branch, nn.Identity())
    assert torch.allclose(unit.eval()(images), images + branch(images))


@pytest.mark.parametrize(
    ("order", "last"), [("original", nn.ReLU), ("pre-activation", nn.Identity)]
)
def test_what_stands_after_the_addition_is_the_orders(order, last):
    unit = build_unit(UnitShape(8, 8, 1, order), block="basic", join="residual", shortcut="A")
    assert type(unit.after_addition) is last


@pytest.mark.parametrize("key", ACTIVATIONS)
@pytest.mark.parametrize("order", ["original", "pre-activation"])
def test_a_unit_has_its_activation_wherever_it_has_one(images, order, key):
    f, shape = ACTIVATIONS[key](), UnitShape(8, 8, 1, order, activation=key, normalisation="none")
    unit = build_unit(shape, block="basic", join="residual", shortcut="A")
    one, two = unit.residual.conv1, unit.residual.conv2
    if order == "original":
        wanted = f(images + two(f(one(images))))
    else:
        wanted = images + two(f(one(f(images))))
    torch.testing.assert_close(unit(images), wanted)


def test_a_unit_without_bn_by_hand():
    shape = UnitShape(1, 1, 1, "original", normalisation="none")
    unit = build_unit(shape, block="basic", join="residual", shortcut="A")
    for convolution, factor, bias in ((unit.residual.conv1, 2, 1), (unit.residual.conv2, 0.5, -1)):
        nn.init.zeros_(convolution.weight)
        convolution.weight.data[0, 0, 1, 1] = factor
        nn.init.constant_(convolution.bias, bias)
    # F(x) = 0.5·ReLU(2x + 1) - 1 = 0.5, -1, 2.5, -1
    assert unit(torch.tensor(X).reshape(1, 1, 2, 2)).flatten().tolist() == [1.5, 0, 5.5, 0]


def fixup_unit(block):
    """Give a unit with Fixup's scalars, every parameter drawn."""
    shape = UnitShape(8, 16, 2, "original", normalisation="none", initialisation="fixup")
    unit = build_unit(shape, block=block, join="residual", shortcut="B")
    generator = torch.Generator().manual_seed(1)
    for parameter in unit.parameters():
        nn.init.normal_(parameter, generator=generator)
    return unit, dict(unit.residual.named_children()), unit.shortcut


def test_a_fixup_unit_computes_what_its_authors_basic_block_does(images):
    unit, f, h = fixup_unit("basic")
    out = torch.relu(f["conv1"](images + f["shift1a"].shift) + f["shift1b"].shift)
    out = f["conv2"](out + f["shift2a"].shift) * f["scale"].scale + f["shift"].shift
    around = h.get_submodule("0")(images + h.shift.shift)
    torch.testing.assert_close(unit(images), torch.relu(out + around))


def test_a_fixup_unit_computes_what_its_authors_bottleneck_does(images):
    unit, f, h = fixup_unit("bottleneck")
    out = torch.relu(f["conv1"](images + f["shift1a"].shift) + f["shift1b"].shift)
    out = torch.relu(f["conv2"](out + f["shift2a"].shift) + f["shift2b"].shift)
    out = f["conv3"](out + f["shift3a"].shift) * f["scale"].scale + f["shift"].shift
    around = h.get_submodule("0")(images + h.shift.shift)
    torch.testing.assert_close(unit(images), torch.relu(out + around))


@pytest.mark.parametrize("order", ["original", "pre-activation"])
def test_skipinit_multiplies_all_of_its_branch(images, order):
    shape = UnitShape(8, 8, 1, order, normalisation="none", initialisation="skipinit")
    unit = build_unit(shape, block="basic", join="residual", shortcut="A")
    *layers, scale = unit.residual
    nn.init.constant_(scale.scale, 0.25)
    branch = nn.Sequential(*layers)(images)
    torch.testing.assert_close(unit(images), unit.after_addition(images + 0.25 * branch))
