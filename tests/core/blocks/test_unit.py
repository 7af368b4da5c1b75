"""Forward passes small enough to do by hand: every 3×3 kernel has its middle only, BN is off."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_core.blocks import build_unit
from resnet_core.blocks.joins import JOINS
from resnet_core.blocks.layers import ACTIVATIONS
from resnet_core.blocks.residual import BLOCKS, ORDERS, build_residual
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


def test_a_relu_before_the_addition_lets_nothing_negative_be_added():
    # F(x) = ReLU(-0.5·ReLU(2x)) = 0 for every x; ReLU(0.5·ReLU(2x)) = 1, 0, 3, 0
    assert by_hand("relu-before-addition", "residual", factors=(2, -0.5)) == X
    assert by_hand("relu-before-addition", "residual", factors=(2, 0.5)) == [2, -2, 6, -4]


def test_bn_after_the_addition_normalises_what_came_by_the_shortcut():
    shape = UnitShape(8, 8, 1, "bn-after-addition")
    unit = build_unit(shape, block="basic", join="residual", shortcut="A")
    unit.after_addition.bn.bias.data.fill_(9)  # nothing is cut off by ReLU
    y = unit(5 + 3 * torch.randn(16, 8, 6, 6, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(y.mean((0, 2, 3)), torch.full((8,), 9.0))
    spread = y.std((0, 2, 3), correction=0)
    torch.testing.assert_close(spread, torch.ones(8), rtol=1e-4, atol=0)


# He 2016 fig. 4: each column from top to bottom; the number of a layer is that of its weights. The
# columns of single layers are ours.
FIGURE_4 = {
    ("original", "basic"): ("c1 b1 r c2 b2", "r"),
    ("original", "bottleneck"): ("c1 b1 r c2 b2 r c3 b3", "r"),
    ("original", "single"): ("c1 b1", "r"),
    ("bn-after-addition", "single"): ("c1", "b r"),
    ("relu-before-addition", "single"): ("c1 b1 r", ""),
    ("relu-only", "single"): ("r c1 b1", ""),
    ("pre-activation", "single"): ("b1 r c1", ""),
    ("bn-after-addition", "basic"): ("c1 b1 r c2", "b r"),
    ("bn-after-addition", "bottleneck"): ("c1 b1 r c2 b2 r c3", "b r"),
    ("relu-before-addition", "basic"): ("c1 b1 r c2 b2 r", ""),
    ("relu-before-addition", "bottleneck"): ("c1 b1 r c2 b2 r c3 b3 r", ""),
    ("relu-only", "basic"): ("r c1 b1 r c2 b2", ""),
    ("relu-only", "bottleneck"): ("r c1 b1 r c2 b2 r c3 b3", ""),
    ("pre-activation", "basic"): ("b1 r c1 b2 r c2", ""),
    ("pre-activation", "bottleneck"): ("b1 r c1 b2 r c2 b3 r c3", ""),
}


def drawn(unit):
    """Draw every parameter at random."""
    generator = torch.Generator().manual_seed(1)
    for parameter in unit.parameters():
        nn.init.normal_(parameter, generator=generator)
    return unit


def follow(letters, x, parts, after):
    """Do what a column of the figure says, with a unit's weights."""
    for letter in letters.split():
        name = letter.replace("c", "conv").replace("b", "bn")
        match letter[0]:
            case "r":
                x = functional.relu(x)
            case "c":
                conv = parts[name]
                x = functional.conv2d(
                    x, conv.weight, stride=conv.stride, padding=conv.weight.shape[-1] // 2
                )
            case "b":
                bn = after.bn if name == "bn" else parts[name]
                x = functional.batch_norm(x, None, None, bn.weight, bn.bias, training=True)
    return x


def around(shortcut, x):
    """Do what a projection does; without BN or with it is the order's choice."""
    convolution, *bn = shortcut
    x = functional.conv2d(x, convolution.weight, stride=convolution.stride)
    for norm in bn:
        x = functional.batch_norm(x, None, None, norm.weight, norm.bias, training=True)
    return x


@pytest.mark.parametrize(("order", "block"), FIGURE_4)
@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize("out_channels", [8, 16])
def test_a_unit_does_what_figure_4_says(images, order, block, join, shortcut, out_channels):
    shape = UnitShape(8, out_channels, out_channels // 8, order)
    unit = drawn(build_unit(shape, block=block, join=join, shortcut=shortcut))
    parts = dict(unit.residual.named_children())
    branch, after = FIGURE_4[order, block]
    wanted = follow(branch, images, parts, unit.after_addition)
    if join == "residual" and out_channels == 8:
        wanted = wanted + images
    elif join == "residual" and shortcut == "A":
        wanted = wanted + functional.pad(images[:, :, ::2, ::2], (0, 0, 0, 0, 0, 8))
    elif join == "residual":
        wanted = wanted + around(unit.shortcut, images)
    wanted = follow(after, wanted, parts, unit.after_addition)
    torch.testing.assert_close(unit(images), wanted, rtol=1e-4, atol=1e-4)
    weighted = [letter for letter in branch.split() if letter != "r"]
    assert len(weighted) == sum(bool([*part.parameters()]) for part in parts.values())


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", ["relu-only", "pre-activation"])
def test_the_first_unit_leaves_its_first_activation_to_the_stem(images, order, block):
    shape = UnitShape(8, 8, 1, order)
    unit = drawn(build_unit(shape, block=block, join="residual", shortcut="A", activated=True))
    branch = FIGURE_4[order, block][0]
    rest = branch[branch.index("c1") :]
    wanted = images + follow(rest, images, dict(unit.residual.named_children()), None)
    torch.testing.assert_close(unit(images), wanted, rtol=1e-4, atol=1e-4)


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
    ("order", "parts"),
    [
        ("original", [nn.ReLU]),
        ("bn-after-addition", [nn.BatchNorm2d, nn.ReLU]),
        ("relu-before-addition", [nn.Identity]),
        ("relu-only", [nn.Identity]),
        ("pre-activation", [nn.Identity]),
    ],
)
@pytest.mark.parametrize("join", JOINS)
def test_what_stands_after_the_addition_is_the_orders(order, parts, join):
    unit = build_unit(UnitShape(8, 8, 1, order), block="basic", join=join, shortcut="A")
    found = [m for m in unit.after_addition.modules() if not isinstance(m, nn.Sequential)]
    assert [type(module) for module in found] == parts


@pytest.mark.parametrize("key", ACTIVATIONS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_unit_has_its_activation_wherever_it_has_one(images, order, key):
    f, shape = ACTIVATIONS[key](), UnitShape(8, 8, 1, order, activation=key, normalisation="none")
    unit = build_unit(shape, block="basic", join="residual", shortcut="A")
    one, two = unit.residual.conv1, unit.residual.conv2
    if order in ("original", "bn-after-addition"):
        wanted = f(images + two(f(one(images))))
    elif order == "relu-before-addition":
        wanted = images + f(two(f(one(images))))
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


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("key", ["skipinit", "rezero"])
def test_skipinit_and_rezero_multiply_all_of_their_branch(images, order, key):
    shape = UnitShape(8, 8, 1, order, normalisation="none", initialisation=key)
    unit = build_unit(shape, block="basic", join="residual", shortcut="A")
    *layers, scale = unit.residual
    nn.init.constant_(scale.scale, 0.25)
    branch = nn.Sequential(*layers)(images)
    torch.testing.assert_close(unit(images), unit.after_addition(images + 0.25 * branch))


# --- what may travel on the shortcut: He 2016 section 3.1, and others -----------------------------
#
# One channel, x = 1, -2, 3, -4, F(x) = ReLU(2·ReLU(x)) = 2, 0, 6, 0; nothing after the addition.

F = [2.0, 0.0, 6.0, 0.0]


def carrying(shortcut="A", *, out=1, order="relu-before-addition", factors=(1.0, 2.0), **settings):
    """Build a unit without BN whose branch is ReLU(factor·ReLU(factor·x)) in each channel."""
    scales = {name: settings.pop(name, 1.0) for name in ("shortcut_scale", "branch_scale")}
    shape = UnitShape(1, out, out, order, normalisation="none", **settings)
    unit = build_unit(shape, block="basic", join="residual", shortcut=shortcut, **scales)
    convolutions = (unit.residual.conv1, unit.residual.conv2)
    for convolution, factor in zip(convolutions, factors, strict=True):
        nn.init.zeros_(convolution.weight)
        nn.init.zeros_(convolution.bias)
        channels = torch.eye(out)[:, : convolution.in_channels]
        convolution.weight.data[:, :, 1, 1] = factor * channels
    return unit


def gated(shortcut, weight, bias, **settings):
    """Build such a unit with a gate of this weight, in each place of its kernel, and bias."""
    unit = carrying(shortcut, **settings)
    nn.init.constant_(unit.gate.weight, weight)
    nn.init.constant_(unit.gate.bias, bias)
    return unit


def given_x(unit):
    return unit(torch.tensor(X).reshape(1, 1, 2, 2)).flatten().tolist()


def test_the_branch_that_follows_by_hand():
    assert given_x(carrying(shortcut_scale=0.0)) == F
    assert given_x(carrying()) == [3, -2, 9, -4]


@pytest.mark.parametrize(
    ("shortcut_scale", "branch_scale", "wanted"),
    [
        (0.5, 1.0, [2.5, -1, 7.5, -2]),
        (-1.0, 1.0, [1, 2, 3, 4]),
        (2.0, 1.0, [4, -4, 12, -8]),
        (1.0, 0.5, [2, -2, 6, -4]),
        (1.0, 0.0, [1, -2, 3, -4]),
        (0.5, 0.5, [1.5, -1, 4.5, -2]),  # frozen gating
        (0.0, 0.0, [0, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_constant_scaling_by_hand(shortcut_scale, branch_scale, wanted, training):
    unit = carrying(shortcut_scale=shortcut_scale, branch_scale=branch_scale).train(training)
    assert given_x(unit) == wanted


def test_a_scaled_shortcut_is_activated_after_the_addition_in_the_original_order():
    # F(x) = 2·ReLU(x); ReLU(0.5·x + F)
    assert given_x(carrying(order="original", shortcut_scale=0.5)) == [2.5, 0, 7.5, 0]
    assert given_x(carrying(order="original", shortcut_scale=-1.0)) == [1, 2, 3, 4]


def test_a_scale_is_changed_between_two_steps():
    unit = carrying()
    unit.shortcut_scale, unit.branch_scale = 0.5, 0.25
    assert given_x(unit) == [1, -1, 3, -2]


# W = ln 3 and b = 0: g(x) = 3ˣ/(1 + 3ˣ) = 3/4, 1/10, 27/28, 1/82.


def test_an_exclusive_gate_by_hand():
    wanted = [0.25 + 1.5, -1.8, 3 / 28 + 6 * 27 / 28, -4 * 81 / 82]
    assert given_x(gated("exclusive-gate", math.log(3), 0)) == pytest.approx(wanted, rel=1e-6)


def test_a_gate_on_the_shortcut_alone_by_hand():
    wanted = [0.25 + 2, -1.8, 3 / 28 + 6, -4 * 81 / 82]
    assert given_x(gated("shortcut-gate", math.log(3), 0)) == pytest.approx(wanted, rel=1e-6)


def test_a_highway_by_hand():
    # Around each of the four places all four are in sight: x adds up to -2, and with W = ln 3/2
    # everywhere T = σ(-ln 3) = 1/4.
    wanted = [0.75 + 0.5, -1.5, 2.25 + 1.5, -3]
    assert given_x(gated("highway", math.log(3) / 2, 0)) == pytest.approx(wanted, rel=1e-6)


def test_a_gates_bias_by_hand():
    # W = 0, b = ln 3: g = 3/4 everywhere
    unit = gated("exclusive-gate", 0, math.log(3))
    assert given_x(unit) == pytest.approx([1.75, -0.5, 5.25, -1], rel=1e-6)
    unit = gated("shortcut-gate", 0, math.log(3))
    assert given_x(unit) == pytest.approx([2.25, -0.5, 6.75, -1], rel=1e-6)


def test_scales_multiply_what_a_gate_lets_through():
    scales = {"shortcut_scale": -1.0, "branch_scale": 0.5}
    unit = gated("exclusive-gate", 0, math.log(3), **scales)  # -x/4 + 0.5·F·3/4
    assert given_x(unit) == pytest.approx([0.5, 0.5, 1.5, 1], rel=1e-6)
    unit = gated("shortcut-gate", 0, math.log(3), **scales)  # -x/4 + 0.5·F
    assert given_x(unit) == pytest.approx([0.75, 0.5, 2.25, 1], rel=1e-6)


def test_where_the_shape_changes_each_new_channel_has_a_gate_of_its_own():
    # x at the upper left is 1, h = (1, 0); F = (2, 0); g = (3/4, 1/2)
    unit = carrying("exclusive-gate", out=2)
    unit.gate.weight.data[:, 0, 0, 0] = torch.tensor([math.log(3), 0.0])
    nn.init.zeros_(unit.gate.bias)
    unit.residual.conv2.bias.data[:] = torch.tensor([0.0, 5.0])  # F = (2, 5)
    assert given_x(unit) == pytest.approx([0.25 + 1.5, 2.5], rel=1e-6)


def test_options_a_b_and_c_by_hand():
    # x at the upper left is 1, F = (2, 0), h = (1, 0) or W_s·x = (3, -5)
    assert given_x(carrying("A", out=2)) == [3, 0]
    unit = carrying("B", out=2)
    unit.shortcut[0].weight.data[:, 0, 0, 0] = torch.tensor([3.0, -5.0])
    assert given_x(unit) == [5, -5]
    assert given_x(carrying("B")) == given_x(carrying("A")), "the identity where shapes stay"
    unit = carrying("C")
    nn.init.constant_(unit.shortcut[0].weight, -2)
    assert given_x(unit) == [0, 4, 0, 8]


def test_dropout_on_the_shortcut_by_hand():
    assert given_x(carrying("dropout", dropout=0.25).eval()) == [2.75, -1.5, 8.25, -3]
    assert given_x(carrying("dropout", dropout=0.0).train()) == [3, -2, 9, -4]
    assert given_x(carrying("dropout", dropout=1.0).train()) == F
    unit = carrying("dropout", dropout=0.5, shortcut_scale=0.5).train()
    seen = set()
    for seed in range(40):
        torch.manual_seed(seed)
        seen |= set(enumerate(given_x(unit)))
    # Each number has F alone at times, and λ·x + F at others; nothing else, and never 2·λ·x + F.
    assert seen == {(0, 2), (0, 2.5), (1, 0), (1, -1), (2, 6), (2, 7.5), (3, 0), (3, -2)}


def test_stochastic_depth_by_hand():
    assert given_x(carrying(survival=0.25).eval()) == [1.5, -2, 4.5, -4]
    assert given_x(carrying(survival=0.0).train()) == X
    unit = carrying(survival=0.5, branch_scale=0.5).train()
    seen = []
    for seed in range(40):
        torch.manual_seed(seed)
        seen.append(tuple(given_x(unit)))
    assert set(seen) == {(1, -2, 3, -4), (2, -2, 6, -4)}, "x, or x + μ·F, for all of it at once"
    assert 8 < seen.count((1, -2, 3, -4)) < 32


@pytest.mark.parametrize("key", ["skipinit", "rezero"])
def test_a_branch_that_is_multiplied_by_alpha_by_hand(key):
    unit = carrying(initialisation=key)
    for alpha, wanted in ((0.0, X), (0.25, [1.5, -2, 4.5, -4]), (-1.0, [-1, -2, -3, -4])):
        nn.init.constant_(unit.residual.scale.scale, alpha)
        assert given_x(unit) == wanted
