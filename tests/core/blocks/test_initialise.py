import math
from collections import OrderedDict
from itertools import product

import pytest
import torch
from torch import nn

from resnet_core.blocks import initialise
from resnet_core.blocks.initialise import INITIALISATIONS
from resnet_core.nets import ResidualNetwork, build_network
from resnet_core.specs import ACTIVATIONS, BLOCKS, NORMALISATIONS, ORDERS, SHORTCUTS, NetworkSpec
from resnet_core.specs.choices import GATED
from resnet_core.specs.network import REQUIRED

ANYWHERE = [key for key in INITIALISATIONS if key not in REQUIRED]
"""Initialisations that plain networks can have too."""


def built(initialisation="he", seed=0, **settings) -> ResidualNetwork:
    """Build a network with what its initialisation is made for, unless asked otherwise."""
    needed = {field: right[0] for _, field, right in REQUIRED.get(initialisation, ())}
    spec = NetworkSpec.model_validate(
        {"depth": 20, "width": 4, **needed, **settings, "initialisation": initialisation}
    )
    return build_network(spec, channels=3, classes=10, seed=seed)


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


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize("initialisation", ANYWHERE)
def test_twins_of_other_layers_start_from_the_same_weights_too(
    activation, normalisation, initialisation
):
    made_of = {
        "activation": activation,
        "normalisation": normalisation,
        "initialisation": initialisation,
    }
    plain, residual = (weights(join=join, depth=8, **made_of) for join in ("plain", "residual"))
    assert list(plain) == list(residual)
    assert all(torch.equal(plain[name], residual[name]) for name in plain)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_twin_with_projections_starts_from_the_same_weights_where_both_have_them(shortcut):
    plain, residual = weights(join="plain"), weights(shortcut=shortcut)
    assert all(torch.equal(plain[name], residual[name]) for name in plain)
    assert all(".shortcut." in name or ".gate." in name for name in set(residual) - set(plain))


@pytest.mark.parametrize("key", GATED)
def test_gates_are_extra_and_change_no_other_draw(key):
    for shortcut_scale, branch_scale, survival in ((1, 1, 1), (0.5, 0.5, 0.5)):
        scalars = {"shortcut_scale": shortcut_scale, "branch_scale": branch_scale}
        without, gated = weights(), weights(shortcut=key, survival=survival, **scalars)
        assert all(torch.equal(without[name], gated[name]) for name in without)
        extra = {f"stages.{s}.{u}.gate.{part}" for s in range(3) for u in range(3)
                 for part in ("weight", "bias")}  # fmt: skip
        assert set(gated) - set(without) == extra


@pytest.mark.parametrize("key", GATED)
@pytest.mark.parametrize("bias", [-6.0, 0.0, 2.5])
@pytest.mark.parametrize("initialisation", ["he", "small", "zero-last-bn", "skipinit", "fixup"])
def test_a_gate_starts_with_its_bias_and_is_drawn_like_any_convolution(key, bias, initialisation):
    network = built(initialisation, shortcut=key, gate_bias=bias, width=16)
    kernel = 3 if key == "highway" else 1
    for unit in network.units:
        weight, before = unit.gate.weight.detach(), unit.shape.in_channels
        assert (unit.gate.bias == bias).all()
        assert weight.shape == (unit.shape.out_channels, before, kernel, kernel)
        check_standard_normal((weight / SPREADS[initialisation](weight)).flatten())


@pytest.mark.parametrize("key", GATED)
@pytest.mark.parametrize(("bias", "opening"), [(0.0, 0.5), (-6.0, 0.0024726), (2.0, 0.8807970)])
def test_a_gate_whose_weights_are_zero_is_as_far_open_as_its_bias_says(key, bias, opening):
    network = built(shortcut=key, gate_bias=bias)
    x = network.stem(torch.randn(2, 3, 8, 8))
    for unit in network.units:
        nn.init.zeros_(unit.gate.weight)
        g = unit.opening(x)
        torch.testing.assert_close(g, torch.full_like(g, opening))
        x = unit(x)


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


# --- every initialisation ---------------------------------------------------------------------


def he(weight):
    return math.sqrt(2 / weight[0].numel())


SPREADS = {
    "he": he,
    "xavier": lambda weight: math.sqrt(2 / (weight[0].numel() + weight[:, 0].numel())),
    "small": lambda weight: 0.01,
    "large": lambda weight: 3 * he(weight),
    "zero-last-bn": he,
    "skipinit": he,
    "rezero": he,
    "fixup": lambda weight: math.sqrt(2 / weight[:, 0].numel()),
}


def check_standard_normal(numbers):
    """Five standard errors of the mean and of the variance, of independent draws."""
    assert len(numbers) > 100
    assert abs(numbers.mean()) < 5 / math.sqrt(len(numbers))
    assert abs(numbers.var() - 1) < 5 * math.sqrt(2 / len(numbers))


def fields(initialisation):
    return [(field, right) for _, field, right in REQUIRED.get(initialisation, ())]


@pytest.mark.parametrize(
    ("initialisation", "block"),
    [
        (initialisation, block)
        for initialisation, block in product(INITIALISATIONS, BLOCKS)
        if block in dict(fields(initialisation)).get("block", BLOCKS)
    ],
)
def test_convolutions_have_the_spread_of_their_formula(initialisation, block):
    network = built(initialisation, block=block, width=16, shortcut="B")
    units, layers = len(network.units), {"basic": 2, "bottleneck": 3, "single": 1}[block]
    everything = []
    for name, module in network.named_modules():
        if not isinstance(module, nn.Conv2d):
            continue
        std = SPREADS[initialisation](module.weight)
        if initialisation == "fixup" and ".residual." in name:
            if name.endswith(f"conv{layers}"):
                assert not module.weight.any(), "the last layer of a branch is zero"
                continue
            std *= units ** (-1 / (2 * layers - 2))
        drawn = (module.weight.detach() / std).flatten()
        check_standard_normal(drawn)
        everything.append(drawn)
    check_standard_normal(torch.cat(everything))


@pytest.mark.parametrize(
    ("initialisation", "variance"),
    [
        *((key, 1 / 64) for key in ("he", "large", "zero-last-bn", "skipinit", "rezero")),
        ("xavier", 2 / (64 + 10)),
        ("small", 0.01**2),
    ],
)
def test_classifiers_have_the_spread_of_their_formula(initialisation, variance):
    linear = built(initialisation, width=16).head.linear
    check_standard_normal((linear.weight.detach() / math.sqrt(variance)).flatten())


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_every_initialisation_scales_the_same_draws(initialisation):
    here, there = built(initialisation).state_dict(), built("he").state_dict()
    for name, weight in here.items():
        if weight.ndim > 1 and weight.any():
            ratio = weight / there[name]
            torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio), rtol=1e-4, atol=0)


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_biases_and_scalars_start_where_nothing_is_changed(initialisation, normalisation):
    needed = {field: right for _, field, right in REQUIRED.get(initialisation, ())}
    if normalisation not in needed.get("normalisation", NORMALISATIONS):
        return
    last_bn = "residual.bn2.weight"
    for name, value in built(initialisation, normalisation=normalisation).named_parameters():
        if name.endswith(("bias", "shift")):
            assert not value.any(), name
        elif name.endswith("scale"):
            assert value.item() == (0 if initialisation in ("skipinit", "rezero") else 1)
        elif value.ndim == 1:
            silent = initialisation == "zero-last-bn" and name.endswith(last_bn)
            assert (value == (0 if silent else 1)).all(), name


def test_fixups_classifier_starts_at_zero_so_every_class_is_as_likely():
    logits = built("fixup")(torch.randn(2, 3, 8, 8))
    assert not logits.any()


def test_what_fixup_does_to_a_network_of_110_layers():
    network = built("fixup", depth=110, width=16)
    first = torch.cat([unit.residual.conv1.weight.flatten() for unit in network.units[1:18]])
    # 54 units of two layers: sqrt(2 / (9·16)) · 54^(-1/2)
    assert first.std().item() == pytest.approx(math.sqrt(2 / 144) * 54**-0.5, rel=0.02)


SILENT = [
    (initialisation, block, shortcut, order)
    for initialisation, block, shortcut, order in product(REQUIRED, BLOCKS, SHORTCUTS, ORDERS)
    if order in dict(fields(initialisation)).get("order", ORDERS)
    and block in dict(fields(initialisation)).get("block", BLOCKS)
]


SHORT = {"basic": 8, "bottleneck": 20, "single": 8}
"""The shallowest networks with a unit that keeps its shape."""


@pytest.mark.parametrize(("initialisation", "block", "shortcut", "order"), SILENT)
@pytest.mark.parametrize("training", [True, False])
def test_a_silenced_unit_starts_as_its_shortcut(initialisation, block, shortcut, order, training):
    settings = {"block": block, "depth": SHORT[block], "shortcut": shortcut, "order": order}
    network = built(initialisation, **settings)
    x = network.stem(torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    kept = 0
    for unit in network.train(training).units:
        torch.manual_seed(0)  # of dropout
        y = unit(x)
        torch.manual_seed(0)
        opening = unit.opening(x)
        assert torch.equal(y, unit.after_addition(unit.carried(x, opening)))
        if shortcut == "A" and not unit.shape.changes and order != "bn-after-addition":
            assert torch.equal(y, x), "the identity, ReLU being one where x is not negative"
            kept += 1
        x = y
    assert x.any()
    assert kept > 0 or shortcut != "A" or order == "bn-after-addition"


@pytest.mark.parametrize("initialisation", ANYWHERE)
def test_no_other_initialisation_silences_a_branch(initialisation):
    network = built(initialisation).train()
    x = network.stem(torch.randn(4, 3, 8, 8))
    assert network.units[0].residual(x).any()


@pytest.mark.parametrize(
    ("initialisation", "block", "order"),
    [(key, block, order) for key, block, shortcut, order in SILENT if shortcut == "A"],
)
def test_a_silenced_network_wakes_up_in_four_steps(initialisation, block, order):
    network = built(initialisation, block=block, order=order)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    images = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    for _ in range(4):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), torch.arange(16) % 10).backward()
        optimiser.step()
    assert [name for name, value in network.named_parameters() if not value.grad.any()] == []


@pytest.mark.parametrize(
    ("order", "wakes_up"),
    [("original", True), ("relu-only", True), ("relu-before-addition", False)],
)
def test_why_zero_last_bn_is_not_made_for_a_relu_before_the_addition(order, wakes_up):
    network = built("he", order=order)
    for unit in network.units:
        nn.init.zeros_(unit.residual.bn2.weight)
    images = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    nn.functional.cross_entropy(network(images), torch.arange(16) % 10).backward()
    found = [unit.residual.bn2.weight.grad.any().item() for unit in network.units]
    assert found == [wakes_up] * len(found)


def test_what_was_there_before_does_not_matter():
    network = nn.Sequential(nn.Conv2d(2, 2, 1, bias=False), nn.BatchNorm2d(2), nn.Linear(2, 2))
    initialise(network, seed=0)
    wanted = {name: value.clone() for name, value in network.state_dict().items()}
    for value in network.state_dict().values():
        value.fill_(float("nan") if value.is_floating_point() else 7)
    initialise(network, seed=0)
    assert all(torch.equal(value, wanted[name]) for name, value in network.state_dict().items())
