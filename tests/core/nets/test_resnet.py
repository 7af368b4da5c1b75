"""Held against the papers' numbers, and against torchvision's networks."""

import math
from itertools import pairwise, product

import pytest
import torch
import torchvision
from torch import nn

from resnet_core.blocks.layers import Survive
from resnet_core.blocks.shortcuts import PROJECTION_HAS_BN
from resnet_core.nets import ResidualNetwork, build_network, build_on_meta
from resnet_core.specs import (
    BLOCKS,
    NETWORKS,
    NORMALISATIONS,
    ORDERS,
    SHORTCUTS,
    NetworkSpec,
    TrainSpec,
)
from resnet_core.train.chance import chance
from resnet_core.train.optimise import build_optimiser


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def built(classes: int = 10, **settings) -> ResidualNetwork:
    return build_on_meta(NetworkSpec(**settings), channels=3, classes=classes)


# He 2015 table 6: depth, parameters with option A (and plain), with option B.
TABLE_6 = [
    (20, 269_722, 272_474),
    (32, 464_154, 466_906),
    (44, 658_586, 661_338),
    (56, 853_018, 855_770),
    (110, 1_727_962, 1_730_714),
    (1202, 19_421_274, 19_424_026),
]


@pytest.mark.parametrize(("depth", "with_a", "with_b"), TABLE_6)
def test_cifar_networks_have_the_parameters_of_table_6(depth, with_a, with_b):
    assert parameters(built(depth=depth)) == with_a
    assert parameters(built(depth=depth, join="plain")) == with_a
    assert parameters(built(depth=depth, shortcut="B")) == with_b


@pytest.mark.parametrize("join", ["plain", "residual"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 17])
def test_parameters_of_a_cifar_network_follow_their_formula(n, join):
    assert parameters(built(depth=6 * n + 2, join=join)) == 97_216 * n - 21_926


def test_option_c_projects_on_every_shortcut():
    n, widths = 3, (16, 32, 64)
    projections = sum(width * width + 2 * width for width in widths) * (n - 1)
    first_unit = 16 * 16 + 2 * 16
    more = projections + first_unit
    assert parameters(built(depth=20, shortcut="C")) == 272_474 + more


@pytest.mark.parametrize(
    ("depth", "with_b", "with_a"), [(164, 1_703_258, 1_661_274), (1001, 10_327_706, 10_285_722)]
)
def test_pre_activation_networks_have_their_parameters(depth, with_b, with_a):
    settings = {"depth": depth, "block": "bottleneck", "order": "pre-activation"}
    assert parameters(built(**settings, shortcut="B")) == with_b
    assert parameters(built(**settings, shortcut="A")) == with_a


@pytest.mark.parametrize(
    ("depth", "with_a", "more_with_b"), [(164, 1_661_274, 41_984), (1001, 10_285_722, 41_984)]
)
@pytest.mark.parametrize("order", ORDERS)
def test_each_order_moves_bn_and_adds_none(depth, with_a, more_with_b, order):
    settings = {"depth": depth, "block": "bottleneck", "order": order}
    bn_of_projections = 2 * (64 + 128 + 256) if PROJECTION_HAS_BN[order] else 0
    assert parameters(built(**settings, shortcut="A")) == with_a
    assert parameters(built(**settings, join="plain")) == with_a
    assert parameters(built(**settings, shortcut="B")) == with_a + more_with_b + bn_of_projections


# Of depth 20: C_in·C_out of its nine units add up to 3·16² + 16·32 + 2·32² + 32·64 + 2·64², that is
# 13,568; and C_out, the gates' biases, to 3·(16 + 32 + 64) = 336.
GATES_OF_20 = {
    "exclusive-gate": 13_568 + 336,
    "shortcut-gate": 13_568 + 336,
    "highway": 9 * 13_568 + 336,
    "dropout": 0,
}


@pytest.mark.parametrize(("shortcut", "more"), GATES_OF_20.items())
@pytest.mark.parametrize("order", ORDERS)
def test_gates_have_weights_and_a_bias_a_channel_and_dropout_has_none(shortcut, more, order):
    assert parameters(built(depth=20, shortcut=shortcut, order=order)) == 269_722 + more


@pytest.mark.parametrize(("shortcut", "kernel"), [("shortcut-gate", 1), ("highway", 3)])
@pytest.mark.parametrize(("block", "depth"), [("basic", 14), ("bottleneck", 20)])
def test_gates_have_the_parameters_of_their_formula(shortcut, kernel, block, depth):
    wide = {"basic": (16, 32, 64), "bottleneck": (64, 128, 256)}[block]
    shapes = [(16, wide[0]), *((c, c) for c in wide), *pairwise(wide)]
    assert len(shapes) == 6
    more = sum(kernel**2 * before * after + after for before, after in shapes)
    settings = {"block": block, "depth": depth}
    with_a = parameters(built(**settings))
    assert parameters(built(**settings, shortcut=shortcut)) == with_a + more


@pytest.mark.parametrize(
    "scalars",
    [{"shortcut_scale": 0.5, "branch_scale": 0.5}, {"survival": 0.5}, {"survival": 0.0}],
    ids=str,
)
def test_scales_and_stochastic_depth_have_no_weights(scalars):
    assert parameters(built(depth=20, **scalars)) == 269_722


def test_rezero_has_a_number_a_unit_beside_its_bn():
    assert parameters(built(depth=20, initialisation="rezero")) == 269_722 + 9


# He 2015 table 1; 18 and 34 with option A, as in table 2.
TABLE_1 = {
    "plain-18": 11_515_688,
    "plain-34": 21_623_848,
    "resnet-18": 11_515_688,
    "resnet-34": 21_623_848,
    "resnet-50": 25_557_032,
    "resnet-101": 44_549_160,
    "resnet-152": 60_192_808,
}


@pytest.mark.parametrize(("name", "wanted"), TABLE_1.items())
def test_imagenet_networks_have_the_parameters_of_table_1(name, wanted):
    assert parameters(build_on_meta(NETWORKS[name], channels=3, classes=1000)) == wanted


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_imagenet_networks_with_option_b_have_torchvisions_parameters(depth):
    ours = built(family="imagenet", depth=depth, shortcut="B", classes=1000)
    with torch.device("meta"):
        theirs = getattr(torchvision.models, f"resnet{depth}")()
    assert parameters(ours) == parameters(theirs)


def test_seven_classes_change_the_last_layer_only():
    seven, ten = built(depth=20, classes=7), built(depth=20, classes=10)
    assert parameters(ten) - parameters(seven) == 3 * (64 + 1)


def from_torchvision(depth: int) -> tuple[ResidualNetwork, nn.Module]:
    """Give our network and torchvision's, with equal weights and statistics drawn at random."""
    theirs = getattr(torchvision.models, f"resnet{depth}")(num_classes=7)
    generator = torch.Generator().manual_seed(0)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.weight, module.running_var):
                value.data.uniform_(0.5, 1.5, generator=generator)
            for value in (module.bias, module.running_mean):
                value.data.normal_(0, 0.1, generator=generator)
    spec = NetworkSpec(family="imagenet", depth=depth, shortcut="B")
    ours = build_network(spec, channels=3, classes=7, seed=0)
    pairs = [(ours.stem.conv, theirs.conv1), (ours.stem.bn, theirs.bn1)]
    blocks = [block for i in range(1, 5) for block in getattr(theirs, f"layer{i}")]
    for unit, block in zip(ours.units, blocks, strict=True):
        for name, part in unit.residual.named_children():
            if not name.startswith("relu"):
                pairs.append((part, getattr(block, name)))
        if block.downsample is not None:
            pairs += list(zip(unit.shortcut, block.downsample, strict=True))
    pairs.append((ours.head.linear, theirs.fc))
    for mine, yours in pairs:
        mine.load_state_dict(yours.state_dict())
    assert sum(parameters(mine) for mine, _ in pairs) == parameters(ours) == parameters(theirs)
    return ours, theirs


@pytest.mark.parametrize("training", [False, True])
def test_resnet_18_with_torchvisions_weights_gives_torchvisions_logits(training):
    ours, theirs = from_torchvision(18)
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        mine, yours = ours.train(training)(images), theirs.train(training)(images)
    assert yours.std() > 0.01
    torch.testing.assert_close(mine, yours, rtol=1e-4, atol=1e-4)


def test_resnet_50_strides_in_its_first_1_by_1_where_torchvision_strides_in_its_3_by_3():
    ours = built(family="imagenet", depth=50).unit(2, 1).residual
    theirs = torchvision.models.resnet50().layer2[0]
    assert (ours.conv1.stride, ours.conv2.stride) == ((2, 2), (1, 1))
    assert (theirs.conv1.stride, theirs.conv2.stride) == ((1, 1), (2, 2))


@pytest.mark.parametrize("size", [8, 32])
def test_a_cifar_network_halves_its_images_and_doubles_its_channels_twice(size):
    network = built(depth=20)
    shapes = []
    for stage in network.stages:
        stage.register_forward_hook(lambda *seen: shapes.append(tuple(seen[2].shape[1:])))
    network(torch.empty(1, 3, size, size, device="meta"))
    assert shapes == [(16, size, size), (32, size // 2, size // 2), (64, size // 4, size // 4)]


def test_an_imagenet_network_has_the_output_sizes_of_table_1():
    network = built(family="imagenet", depth=50)
    shapes = []
    for part in (network.stem.relu, network.stem.pool, *network.stages):
        part.register_forward_hook(lambda *seen: shapes.append(tuple(seen[2].shape[1:])))
    network(torch.empty(1, 3, 224, 224, device="meta"))
    assert shapes == [
        (64, 112, 112),
        (64, 56, 56),
        (256, 56, 56),
        (512, 28, 28),
        (1024, 14, 14),
        (2048, 7, 7),
    ]


def test_a_unit_is_addressed_by_stage_and_number():
    network = built(depth=20)
    assert network.unit(1, 1) is network.stages[0][0]
    assert network.unit(2, 3) is network.stages[1][2]
    assert network.unit(3, 3) is network.units[-1]


def test_units_stand_in_the_order_the_signal_meets_them():
    network = built(depth=20)
    met = []
    for unit in network.units:
        unit.register_forward_hook(lambda unit, *_: met.append(unit))
    network(torch.empty(1, 3, 8, 8, device="meta"))
    assert met == network.units == [network.unit(s, n) for s in (1, 2, 3) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("original", "conv1"),
        ("bn-after-addition", "conv1"),
        ("relu-before-addition", "conv1"),
        ("relu-only", "relu1"),
        ("pre-activation", "bn1"),
    ],
)
def test_the_first_unit_of_a_pre_activation_network_takes_activated_input(order, first):
    network = built(depth=20, block="bottleneck", order=order)
    firsts = [next(iter(dict(unit.residual.named_children()))) for unit in network.units]
    assert firsts == ["conv1", *[first] * 5]
    assert [*dict(network.stem.named_children())] == ["conv", "bn", "relu"]


@pytest.mark.parametrize(
    ("order", "activation"),
    [
        ("original", []),
        ("bn-after-addition", []),
        ("relu-before-addition", []),
        ("relu-only", ["relu"]),
        ("pre-activation", ["bn", "relu"]),
    ],
)
def test_a_pre_activation_network_activates_its_last_sum(order, activation):
    names = [*dict(built(depth=20, order=order).head.named_children())]
    assert names == [*activation, "pool", "flatten", "linear"]


def trained(**settings) -> tuple[ResidualNetwork, list[float]]:
    """Give a network after three steps, and its losses."""
    spec = NetworkSpec(width=4, **settings)
    network = build_network(spec, channels=1, classes=10, seed=0)
    optimiser = build_optimiser(TrainSpec(), network)
    images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    losses = []
    for step in range(3):
        optimiser.zero_grad()
        with chance(0, step, "cpu"):
            logits = network(images)
        loss = nn.functional.cross_entropy(logits, torch.arange(16) % 10)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return network, losses


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("block", "depth"), [("basic", 14), ("bottleneck", 20), ("single", 8)])
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_without_shortcuts_every_order_is_the_same_network(order, block, depth, normalisation):
    settings = {"join": "plain", "block": block, "depth": depth, "normalisation": normalisation}
    original, losses = trained(**settings)
    other, same_losses = trained(**settings, order=order)
    assert same_losses == losses
    weights = [m.weight for m in original.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    others = [m.weight for m in other.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert all(torch.equal(one, two) for one, two in zip(weights, others, strict=True))


@pytest.mark.parametrize(
    ("order", "other"), [("original", "bn-after-addition"), ("pre-activation", "relu-only")]
)
@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_without_bn_two_pairs_of_orders_are_the_same_networks(order, other, shortcut):
    settings = {"depth": 14, "normalisation": "none", "shortcut": shortcut}
    assert trained(**settings, order=order)[1] == trained(**settings, order=other)[1]


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize(("block", "depth"), [("basic", 14), ("bottleneck", 20), ("single", 8)])
def test_with_shortcuts_no_two_orders_are(shortcut, block, depth):
    settings = {"shortcut": shortcut, "block": block, "depth": depth}
    losses = {order: tuple(trained(**settings, order=order)[1]) for order in ORDERS}
    assert len(set(losses.values())) == len(ORDERS)
    assert all(math.isfinite(loss) for row in losses.values() for loss in row)


def test_a_network_of_1202_layers_learns_from_one_step():
    spec = NetworkSpec(depth=1202, width=4)
    network = build_network(spec, channels=1, classes=10, seed=0)
    optimiser = build_optimiser(TrainSpec(), network)
    images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    before = network.stem.conv.weight.detach().clone()
    loss = nn.functional.cross_entropy(network(images), torch.arange(8))
    loss.backward()
    optimiser.step()
    assert loss.isfinite()
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    assert not torch.equal(network.stem.conv.weight, before)


# --- λ, and shortcuts that are switched on and off ------------------------------------------------

IMAGES = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(2))
SHALLOW = [*product((("basic", 8), ("bottleneck", 11)), ORDERS, ("batch", "none"))]
every_shallow = pytest.mark.parametrize(("block", "order", "normalisation"), SHALLOW)


def small(block, order, normalisation, **settings):
    """Build a small network with BN that is given a batch, or has seen one."""
    made_of = {"block": block[0], "depth": block[1], "order": order, "normalisation": normalisation}
    spec = NetworkSpec(width=4, **{**made_of, **settings})
    return build_network(spec, channels=1, classes=5, seed=0)


def computes(network):
    """Give logits and gradients in training, and logits in evaluation after it."""
    network.train().zero_grad()
    logits = network(IMAGES)
    nn.functional.cross_entropy(logits, torch.arange(8) % 5).backward()
    with torch.no_grad():
        evaluated = network.eval()(IMAGES)
    gradients = [parameter.grad.clone() for parameter in network.parameters()]
    return [logits.detach(), evaluated, *gradients]


def same(one, other):
    return all(map(torch.equal, one, other))


@every_shallow
def test_without_its_shortcuts_a_residual_network_computes_what_its_plain_twin_does(
    block, order, normalisation
):
    residual = small(block, order, normalisation)
    with_shortcuts = computes(residual)
    residual.load_state_dict(small(block, order, normalisation).state_dict())
    residual.scale_shortcuts(0)
    plain = computes(small(block, order, normalisation, join="plain"))
    assert same(computes(residual), plain)
    assert not same(with_shortcuts[:1], plain[:1])


@every_shallow
def test_with_shortcuts_switched_on_a_plain_network_computes_what_its_residual_twin_does(
    block, order, normalisation
):
    plain = small(block, order, normalisation, join="plain")
    plain.scale_shortcuts(1)
    assert same(computes(plain), computes(small(block, order, normalisation)))


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("scale", [-0.5, 0.5, 2.0])
def test_a_scale_that_is_set_does_what_a_scale_in_the_plan_does(shortcut, scale):
    settings = {"shortcut": shortcut, "gate_bias": 0.0}
    later = small(("basic", 14), "original", "batch", **settings)
    at_once = small(("basic", 14), "original", "batch", **settings, shortcut_scale=scale)
    later.scale_shortcuts(scale)
    found = []
    for network in (later, at_once):
        with chance(0, 1, "cpu"):
            found.append(computes(network))
    assert same(*found)


def test_switching_shortcuts_off_and_on_again_leaves_no_trace():
    network = small(("basic", 8), "original", "batch").eval()
    before = network(IMAGES)
    network.scale_shortcuts(0)
    assert not torch.equal(network(IMAGES), before)
    network.scale_shortcuts(1)
    assert torch.equal(network(IMAGES), before)


def test_frozen_gating_multiplies_both_ways_in_every_unit():
    network = built(depth=20, shortcut_scale=0.5, branch_scale=0.25)
    assert {(unit.shortcut_scale, unit.branch_scale) for unit in network.units} == {(0.5, 0.25)}
    assert {(unit.shortcut_scale, unit.branch_scale) for unit in built().units} == {(1, 1)}


# --- stochastic depth: Huang et al. 2016, arXiv:1603.09382, equation 4 ---------------------------


def survivals(**settings) -> list[float]:
    parts = [unit.residual[-1] for unit in built(**settings).units]
    assert all(isinstance(part, Survive) for part in parts)
    return [part.probability for part in parts]


def test_survival_decays_linearly_from_unit_to_unit_whatever_the_stage():
    # 9 units: 1 - l/9·0.9
    assert survivals(depth=20, survival=0.1) == pytest.approx(
        [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    )
    assert survivals(depth=8, survival=0.0) == pytest.approx([2 / 3, 1 / 3, 0])


def test_of_54_units_40_and_a_quarter_take_part_on_average():
    # Huang et al. 2016, section 3: "E(L̃) = (3L - 1)/4", which is 40.25 for L = 54 units.
    assert sum(survivals(depth=110, survival=0.5)) == pytest.approx(40.25)


def test_where_every_unit_survives_nothing_is_left_to_chance():
    assert not any(isinstance(module, Survive) for module in built(survival=1.0).modules())


# --- exactly so many units a step: Veit et al. 2016, arXiv:1605.06431, section 5 -----------------


def real(**settings) -> ResidualNetwork:
    return build_network(NetworkSpec(width=4, **settings), channels=3, classes=10, seed=0)


def test_exactly_so_many_units_take_part_in_each_step_and_others_in_the_next():
    network, images = real(depth=56, active=10).train(), torch.rand(2, 3, 8, 8)
    drawn = []
    for _ in range(20):
        network(images)
        drawn.append(tuple(int(unit.residual[-1].drawn) for unit in network.units))
    assert {sum(each) for each in drawn} == {10}
    assert len(set(drawn)) > 15
    assert all(sum(each[place] for each in drawn) < 20 for place in range(27))


def test_a_unit_that_takes_no_part_passes_on_its_shortcut_and_one_that_does_its_whole_branch():
    network, x = real(depth=20, active=4).train(), torch.rand(2, 3, 8, 8)
    always = real(depth=20).train()
    always.load_state_dict(network.state_dict())
    logits = network(x)
    taking_part = [bool(unit.residual[-1].drawn) for unit in network.units]
    for unit, takes_part in zip(always.units, taking_part, strict=True):
        if not takes_part:
            unit.branch_scale = 0.0
    assert torch.equal(logits, always(x))


def test_in_evaluation_each_branch_counts_by_the_share_of_steps_it_takes_part_in():
    network, x = real(depth=20, active=4), torch.rand(2, 3, 8, 8)
    network.train()(x)  # a draw that must not stay
    scaled = real(depth=20, branch_scale=4 / 9)
    scaled.load_state_dict(network.state_dict())
    assert torch.allclose(network.eval()(x), scaled.eval()(x), atol=1e-6)


# --- dropout within the branch: Zagoruyko & Komodakis 2016, section 2.4 --------------------------


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", ORDERS)
def test_dropout_stands_before_the_last_convolution_of_each_branch(block, order):
    for unit in built(depth=20, block=block, order=order, branch_dropout=0.25).units:
        names = [name for name, _ in unit.residual.named_children()]
        last = [name for name in names if name.startswith("conv")][-1]
        assert names.index("dropout") == names.index(last) - 1
        assert unit.residual.dropout.rate == 0.25


def test_dropout_within_the_branch_leaves_evaluation_and_counts_alone():
    x, dropping, without = torch.rand(2, 3, 8, 8), real(branch_dropout=0.5), real()
    without.load_state_dict(dropping.state_dict())
    assert torch.equal(dropping.eval()(x), without.eval()(x))
    assert not torch.equal(dropping.train()(x), without.train()(x))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "settings",
    [{"survival": 0.0}, {"survival": 0.5}, {"active": 1}, {"branch_dropout": 0.9},
     {"shortcut": "dropout", "dropout": 1.0},
     {"shortcut": "dropout", "dropout": 0.0}, {"shortcut_scale": 0.0, "branch_scale": 0.5},
     {"shortcut_scale": -1.0}, {"shortcut": "highway", "gate_bias": -20.0},
     {"shortcut": "exclusive-gate", "gate_bias": 20.0, "survival": 0.0}],
    ids=str,
)  # fmt: skip
def test_the_ends_of_every_range_build_and_train(settings, order):
    network, losses = trained(depth=14, order=order, **settings)
    assert all(map(math.isfinite, losses))
    assert len(set(losses)) == 3
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    assert all(parameter.grad is not None for parameter in network.parameters())
