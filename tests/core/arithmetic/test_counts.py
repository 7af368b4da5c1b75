from itertools import product

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_core.arithmetic import count_network, read_module, read_network
from resnet_core.arithmetic.counts import Counts, count_module
from resnet_core.blocks.residual import SCALED
from resnet_core.nets import build_network, build_on_meta
from resnet_core.specs import (
    ACTIVATIONS,
    BLOCKS,
    NETWORKS,
    ORDERS,
    SHORTCUTS,
    NetworkSpec,
    cifar_depths,
)
from resnet_core.specs.choices import GATED, OPTIONS
from tests.core.specs.strategies import combinations, networks, vggs, wide_networks


def cifar(**settings) -> Counts:
    return count_network(NetworkSpec(**settings), channels=3, classes=10, size=32)


def imagenet(**settings) -> Counts:
    spec = NetworkSpec(family="imagenet", **settings)
    return count_network(spec, channels=3, classes=1000, size=224)


# He 2015 table 6 with option A: depth, parameters, multiply-adds of a 32×32 image.
TABLE_6 = [
    (20, 269_722, 40_551_040),
    (32, 464_154, 68_862_592),
    (44, 658_586, 97_174_144),
    (56, 853_018, 125_485_696),
    (110, 1_727_962, 252_887_680),
    (1202, 19_421_274, 2_829_238_912),
]


@pytest.mark.parametrize("join", ["plain", "residual"])
@pytest.mark.parametrize(("depth", "parameters", "multiply_adds"), TABLE_6)
def test_cifar_networks_cost_what_table_6_says(depth, parameters, multiply_adds, join):
    counts = cifar(depth=depth, join=join)
    assert (counts.parameters, counts.multiply_adds) == (parameters, multiply_adds)


def test_every_cifar_network_up_to_1202_layers_follows_the_formulas():
    for n in range(1, 201):
        counts = cifar(depth=6 * n + 2)
        assert counts.parameters == 97_216 * n - 21_926
        assert counts.multiply_adds == 14_155_776 * n - 1_916_288


# He 2015 table 1: depth, shortcut, multiply-adds in units of 10⁹ with this paper's stride in the
# first 1×1 (torchvision's ResNet-50, 101 and 152 cost 4.089, 7.801 and 11.514).
TABLE_1 = [
    (18, "A", 1.795),
    (18, "B", 1.814),
    (34, "A", 3.644),
    (34, "B", 3.664),
    (50, "B", 3.858),
    (101, "B", 7.570),
    (152, "B", 11.282),
]


@pytest.mark.parametrize(("depth", "shortcut", "billions"), TABLE_1)
def test_imagenet_networks_cost_what_table_1_says(depth, shortcut, billions):
    counts = imagenet(depth=depth, shortcut=shortcut)
    assert round(counts.multiply_adds / 1e9, 3) == billions


@pytest.mark.parametrize("depth", [18, 34])
def test_a_plain_imagenet_network_costs_what_its_residual_twin_with_option_a_does(depth):
    plain, residual = imagenet(depth=depth, join="plain"), imagenet(depth=depth, shortcut="A")
    assert plain.parameters == residual.parameters
    assert plain.multiply_adds == residual.multiply_adds


# Zagoruyko & Komodakis 2016, with ten classes; He 2016 table 4, with projections without BN.
WIDER_AND_LATER = [
    ("wide-16-8", 10_961_370),
    ("wide-28-10", 36_479_194),
    ("wide-40-4", 8_949_210),
    ("wide-40-10", 55_841_754),
    ("cifar-pre-activation-164", 1_703_258),
    ("cifar-pre-activation-1001", 10_327_706),
]


@pytest.mark.parametrize(("name", "parameters"), WIDER_AND_LATER)
def test_wide_and_pre_activation_networks_have_their_papers_parameters(name, parameters):
    counts = count_network(NETWORKS[name], channels=3, classes=10, size=32)
    assert counts.parameters == parameters


def test_wide_28_10_costs_5_billion_multiply_adds():
    counts = count_network(NETWORKS["wide-28-10"], channels=3, classes=10, size=32)
    assert round(counts.multiply_adds / 1e9, 3) == 5.243


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec(depth=8, width=4),
        NetworkSpec(family="wide", depth=22, width=2),
        NetworkSpec(depth=20, join="plain"),
        NetworkSpec(depth=32, shortcut="B", order="pre-activation"),
        NetworkSpec(depth=29, block="bottleneck", shortcut="C"),
        NETWORKS["cifar-pre-activation-164"],
        NETWORKS["resnet-18"],
        NETWORKS["resnet-50"],
    ],
    ids=lambda spec: f"{spec.family}-{spec.name}-{spec.shortcut}",
)
def test_multiply_adds_are_those_that_pytorch_counts(spec):
    size = 64 if spec.family == "imagenet" else 32
    network = build_on_meta(spec, channels=3, classes=7).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 3, size, size, device="meta"))
    counted = count_network(spec, channels=3, classes=7, size=size)
    assert 2 * counted.multiply_adds == counter.get_total_flops()


@settings(max_examples=20)
@given(networks.filter(lambda network: network.depth <= 80) | wide_networks | vggs)
def test_the_short_way_to_count_agrees_with_counting_the_network_itself(spec):
    network = build_on_meta(spec, channels=3, classes=7)
    image = torch.empty(1, 3, 12, 12, device="meta")
    assert count_network(spec, channels=3, classes=7, size=12) == count_module(network, image)


UNITS = [
    *product(BLOCKS, ["residual"], SHORTCUTS, ORDERS),
    *product(BLOCKS, ["plain"], ["A"], ORDERS),
]


@pytest.mark.parametrize(("block", "join", "shortcut", "order"), UNITS)
def test_in_every_order_the_short_way_agrees_with_the_network_itself(block, join, shortcut, order):
    depth = {"basic": 32, "bottleneck": 47, "single": 17}[block]
    spec = NetworkSpec(depth=depth, width=4, block=block, join=join, shortcut=shortcut, order=order)
    network = build_on_meta(spec, channels=3, classes=7)
    image = torch.empty(1, 3, 12, 12, device="meta")
    read = read_network(spec, channels=3, classes=7, size=12)
    assert read == read_module(network, image)
    assert count_network(spec, channels=3, classes=7, size=12) == count_module(network, image)
    built = build_network(spec, channels=3, classes=7, seed=0)
    assert sum(row.parameters for row in read) == sum(p.numel() for p in built.parameters())


@pytest.mark.parametrize("depth", [20, 32, 110])
def test_without_bn_a_network_has_biases_for_scales_and_shifts(depth):
    with_bn, without = cifar(depth=depth), cifar(depth=depth, normalisation="none")
    n = (depth - 2) // 6
    channels = 16 + 2 * n * (16 + 32 + 64)
    assert with_bn.parameters - without.parameters == channels
    assert with_bn.multiply_adds == without.multiply_adds
    assert with_bn.layers - without.layers == depth - 1


@pytest.mark.parametrize("depth", [20, 32, 110])
def test_skipinit_adds_a_number_a_unit(depth):
    settings = {"depth": depth, "normalisation": "none"}
    without, added = cifar(**settings), cifar(**settings, initialisation="skipinit")
    units = (depth - 2) // 2
    assert added.parameters - without.parameters == units
    assert added.layers - without.layers == units


@pytest.mark.parametrize("depth", [20, 32, 110])
def test_fixup_has_the_parameters_of_its_authors_network(depth):
    # Their fixup_resnet_cifar.py: five scalars a unit, two more, no other biases but fc's.
    units = (depth - 2) // 2
    weights = 97_216 * (depth - 2) // 6 - 21_926 - 10 - 2 * (16 + 112 * (depth - 2) // 3)
    counts = cifar(depth=depth, normalisation="none", initialisation="fixup")
    assert counts.parameters == weights + 10 + 5 * units + 2


def test_a_learned_scale_is_a_weight_and_a_learned_shift_a_bias():
    spec = NetworkSpec(depth=20, normalisation="none", initialisation="fixup", shortcut="B")
    table = read_network(spec, channels=3, classes=10, size=32)
    split = {
        kind: [(row.weights, row.biases, row.normalisation) for row in table if row.kind == kind]
        for kind in ("Scale", "Shift")
    }
    assert split["Scale"] == [(1, 0, 0)] * 9
    assert split["Shift"] == [(0, 1, 0)] * (9 * 4 + 2 + 2)  # stem and head; two projections


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_costs_no_parameters_and_no_multiply_adds(activation):
    counts, relu = cifar(activation=activation), cifar()
    assert (counts.parameters, counts.multiply_adds) == (relu.parameters, relu.multiply_adds)
    assert relu.layers - counts.layers == (0 if activation != "none" else 19)
    assert (counts.activations < relu.activations) == (activation == "none")


# Of depth 20, one place: 13,568 multiply-adds for gates of 1×1 (see ``test_resnet``); of an image
# of 32×32: (3·16²)·32² + (16·32 + 2·32²)·16² + (32·64 + 2·64²)·8² = 2,097,152.
@pytest.mark.parametrize(
    ("shortcut", "parameters", "multiply_adds"),
    [
        ("exclusive-gate", 13_904, 2_097_152),
        ("shortcut-gate", 13_904, 2_097_152),
        ("highway", 122_448, 9 * 2_097_152),
        ("dropout", 0, 0),
    ],
)
def test_what_gates_cost_and_dropout_does_not(shortcut, parameters, multiply_adds):
    counts, with_a = cifar(shortcut=shortcut), cifar()
    assert counts.parameters - with_a.parameters == parameters
    assert counts.multiply_adds - with_a.multiply_adds == multiply_adds
    assert counts.layers - with_a.layers == 9  # a gate, or dropout, a unit


@pytest.mark.parametrize("scalars", [{"shortcut_scale": 0.5}, {"branch_scale": 0.5}], ids=str)
def test_a_scale_costs_nothing(scalars):
    assert cifar(**scalars) == cifar()


def test_stochastic_depth_has_no_parameters_and_a_call_a_unit():
    counts, always = cifar(survival=0.5), cifar()
    assert counts.parameters == always.parameters
    assert counts.multiply_adds == always.multiply_adds
    assert counts.layers - always.layers == 9


@pytest.mark.parametrize(
    ("shortcut", "weights", "multiply_adds"),
    [("exclusive-gate", 16 * 32, 131_072), ("highway", 9 * 16 * 32, 1_179_648)],
)
def test_a_gate_by_hand(shortcut, weights, multiply_adds):
    # Of the unit that makes 32 channels of 16×16 out of 16 of 32×32: 16·16·16·32, times 9.
    rows = read_network(NetworkSpec(shortcut=shortcut), channels=3, classes=10, size=32)
    (gate,) = (row for row in rows if row.name == "stages.1.0.gate")
    assert (gate.weights, gate.biases, gate.normalisation) == (weights, 32, 0)
    assert gate.multiply_adds == multiply_adds
    assert (gate.input_shape, gate.output_shape) == ((16, 32, 32), (32, 16, 16))
    assert gate.receptive_field == {"exclusive-gate": (15, 15), "highway": (17, 17)}[shortcut]
    assert sum(row.kind == "Gate" for row in rows) == 9


@pytest.mark.parametrize("shortcut", GATED)
def test_multiply_adds_of_gates_are_those_that_pytorch_counts(shortcut):
    spec = NetworkSpec(depth=14, width=4, shortcut=shortcut)
    network = build_on_meta(spec, channels=3, classes=7).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 3, 32, 32, device="meta"))
    counted = count_network(spec, channels=3, classes=7, size=32)
    assert 2 * counted.multiply_adds == counter.get_total_flops()


MADE_OF = combinations("activation", "normalisation", "initialisation", "order")


def options_beside(made_of):
    """List the shortcuts that something else in a network may change: all that matter here.

    Most activations are a module like ReLU, and most initialisations draw the same modules.
    """
    usual = made_of["activation"] in ("relu", "none")
    layers = made_of["initialisation"] in ("he", *SCALED)
    return OPTIONS if usual and layers else ("B",)


@pytest.mark.parametrize("made_of", MADE_OF, ids=lambda made_of: " ".join(made_of.values()))
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_whatever_it_is_made_of_a_network_is_counted_as_if_it_were_built(made_of, block):
    depth = {"basic": 26, "bottleneck": 38}[block]  # four units a stage, more than are read
    for shortcut in options_beside(made_of):
        spec = NetworkSpec(depth=depth, width=4, block=block, shortcut=shortcut, **made_of)
        network = build_on_meta(spec, channels=1, classes=7)
        counts = count_network(spec, channels=1, classes=7, size=8)
        there = sum(parameter.numel() for parameter in network.parameters())
        assert counts.parameters == there
        assert counts == count_module(network, torch.empty(1, 1, 8, 8, device="meta"))


# Gates and chance stand by themselves, on the shortcut or at the end of the branch: some networks
# will do. In every order they are counted above.
SOME = MADE_OF[:: len(MADE_OF) // 8]


@pytest.mark.parametrize("made_of", SOME, ids=lambda made_of: " ".join(made_of.values()))
@pytest.mark.parametrize("shortcut", [key for key in SHORTCUTS if key not in OPTIONS])
def test_gates_and_chance_are_counted_as_if_they_were_built(made_of, shortcut):
    spec = NetworkSpec(depth=26, width=4, shortcut=shortcut, survival=0.5, **made_of)
    network = build_on_meta(spec, channels=1, classes=7)
    image = torch.empty(1, 1, 8, 8, device="meta")
    assert count_network(spec, channels=1, classes=7, size=8) == count_module(network, image)
    assert read_network(spec, channels=1, classes=7, size=8) == read_module(network, image)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_the_deepest_network_is_counted_as_if_it_were_built(block):
    spec = NetworkSpec(depth=cifar_depths(block)[-1], block=block, shortcut="B", width=4)
    network = build_on_meta(spec, channels=1, classes=10)
    image = torch.empty(1, 1, 8, 8, device="meta")
    assert count_network(spec, channels=1, classes=10, size=8) == count_module(network, image)


@pytest.fixture
def toy():
    with torch.device("meta"):
        return nn.Sequential(
            nn.Conv2d(2, 3, 3, padding=1, bias=False),
            nn.BatchNorm2d(3),
            nn.ReLU(),
            nn.Identity(),
            nn.Flatten(),
            nn.Linear(48, 5),
        )


def test_a_small_network_counted_by_hand(toy):
    counts = count_module(toy, torch.empty(1, 2, 4, 4, device="meta"))
    assert counts == Counts(
        parameters=3 * 2 * 9 + 2 * 3 + 48 * 5 + 5,
        multiply_adds=3 * 16 * 2 * 9 + 48 * 5,
        attention=0,
        activations=3 * 16 * 3 + 5,
        layers=4,
    )


def hooks(network):
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()
    )


def test_counting_leaves_no_hook(toy):
    count_module(toy, torch.empty(1, 2, 4, 4, device="meta"))
    assert hooks(toy) == 0


def test_counting_leaves_no_hook_when_the_network_refuses_the_image(toy):
    with pytest.raises(RuntimeError):
        count_module(toy, torch.empty(1, 3, 4, 4, device="meta"))
    assert hooks(toy) == 0


@pytest.mark.parametrize("training", [True, False])
def test_counting_leaves_the_network_in_its_mode(toy, training):
    toy.train(training)
    count_module(toy, torch.empty(1, 2, 4, 4, device="meta"))
    assert {module.training for module in toy.modules()} == {training}
