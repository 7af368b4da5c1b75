"""What every unit promises, for every combination of rows of the tables, new rows included."""

from itertools import product

import pytest
import torch
from torch import nn

from resnet_core.blocks import build_unit
from resnet_core.blocks.initialise import INITIALISATIONS
from resnet_core.blocks.joins import JOINS
from resnet_core.blocks.layers import ACTIVATIONS, NORMALISATIONS
from resnet_core.blocks.residual import BLOCKS, EXPANSION, ORDERS
from resnet_core.blocks.shortcuts import (
    PROJECTION_HAS_BN,
    SHORTCUTS,
    UnitShape,
    ZeroPadShortcut,
)
from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec, choices
from resnet_core.specs.choices import GATED

SHAPES = {"same": (8, 1), "wider": (16, 1), "smaller": (8, 2), "both": (16, 2)}

combinations = [
    *product(BLOCKS, ["plain"], ["A"], ORDERS),  # whatever the shortcut: a test says so
    *product(BLOCKS, ["residual"], SHORTCUTS, ORDERS),
]
every_unit = pytest.mark.parametrize(("block", "join", "shortcut", "order"), combinations)


@pytest.mark.parametrize(
    ("built", "offered"),
    [
        (JOINS, choices.JOINS),
        (SHORTCUTS, choices.SHORTCUTS),
        (BLOCKS, choices.BLOCKS),
        (ORDERS, choices.ORDERS),
        (PROJECTION_HAS_BN, choices.ORDERS),
        (EXPANSION, choices.BLOCKS),
        (ACTIVATIONS, choices.ACTIVATIONS),
        (NORMALISATIONS, choices.NORMALISATIONS),
        (INITIALISATIONS, choices.INITIALISATIONS),
    ],
)
def test_what_is_offered_is_what_can_be_built(built, offered):
    assert list(built) == list(offered)


@every_unit
def test_every_unit_gives_its_shape(images, block, join, shortcut, order):
    for out_channels, stride in SHAPES.values():
        shape = UnitShape(8, out_channels, stride, order)
        unit = build_unit(shape, block=block, join=join, shortcut=shortcut)
        assert unit(images).shape == (4, out_channels, 6 // stride, 6 // stride)


@every_unit
def test_shortcut_and_branch_meet_at_images_of_odd_size(block, join, shortcut, order):
    unit = build_unit(UnitShape(8, 16, 2, order), block=block, join=join, shortcut=shortcut)
    assert unit(torch.randn(2, 8, 7, 5)).shape == (2, 16, 4, 3)


@every_unit
def test_every_unit_trains_a_step_and_a_gradient_reaches_the_stem(block, join, shortcut, order):
    depth = {"basic": 8, "bottleneck": 11, "single": 8}[block]
    spec = NetworkSpec(depth=depth, block=block, join=join, shortcut=shortcut, order=order, width=4)
    network = build_network(spec, channels=1, classes=7, seed=0)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    losses = []
    for _ in range(2):
        torch.manual_seed(0)  # of dropout
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(images), torch.arange(8) % 7)
        loss.backward()
        losses.append(loss.item())
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any() or not name.endswith("gate.weight"), name
        assert network.stem.conv.weight.grad.abs().max() > 0
        optimiser.step()
    assert losses[1] < losses[0] < 100


def gate_of(key, unit, x):
    """Give 1 - g(x), by the formula."""
    if key not in GATED:
        return 1.0
    pad = {"highway": 1}.get(key, 0)
    weight, bias = unit.gate.weight, unit.gate.bias
    z = nn.functional.conv2d(x, weight, bias, stride=unit.shape.stride, padding=pad)
    return 1 - torch.sigmoid(z)


@every_unit
@pytest.mark.parametrize("training", [True, False])
def test_a_unit_whose_branch_is_zero_is_what_its_shortcut_carries(
    images, block, join, shortcut, order, training
):
    for out_channels, stride in SHAPES.values():
        shape = UnitShape(8, out_channels, stride, order, gate_bias=-0.5)
        scale = -0.5 if out_channels == 16 else 1
        unit = build_unit(shape, block=block, join=join, shortcut=shortcut, shortcut_scale=scale)
        unit.train(training)
        for module in unit.residual.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.zeros_(module.weight)
        torch.manual_seed(0)  # of dropout
        y = unit(images)
        if join == "plain":
            assert torch.equal(y, unit.after_addition(torch.zeros_like(y)))
            continue
        torch.manual_seed(0)
        way_around = scale * (gate_of(shortcut, unit, images) * unit.shortcut(images))
        assert way_around.any()
        torch.testing.assert_close(y, unit.after_addition(way_around), rtol=0, atol=1e-6)


@every_unit
def test_no_relu_works_in_place(images, block, join, shortcut, order):
    unit = build_unit(UnitShape(8, 8, 1, order), block=block, join=join, shortcut=shortcut)
    assert not any(module.inplace for module in unit.modules() if isinstance(module, nn.ReLU))
    before = images.clone()
    unit(images)
    assert torch.equal(images, before)


@every_unit
def test_backward_hooks_on_every_part_can_be_used(images, block, join, shortcut, order):
    unit = build_unit(UnitShape(8, 8, 1, order), block=block, join=join, shortcut=shortcut)
    seen = []
    for module in unit.modules():
        module.register_full_backward_hook(lambda module, *_: seen.append(module))
    unit(images.requires_grad_()).sum().backward()
    assert unit in seen


@every_unit
def test_a_plain_unit_never_calls_a_shortcut(images, block, join, shortcut, order):
    unit = build_unit(UnitShape(8, 16, 2, order), block=block, join=join, shortcut=shortcut)
    calls = []
    unit.shortcut.register_forward_hook(lambda *_: calls.append(1))
    unit(images)
    assert len(calls) == (0 if join == "plain" else 1)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_plain_unit_is_one_whatever_the_shortcut_and_has_no_weights_but_its_branchs(
    block, shortcut
):
    shape = UnitShape(8, 16, 2, "original")
    unit = build_unit(shape, block=block, join="plain", shortcut=shortcut)
    assert isinstance(unit.shortcut, ZeroPadShortcut)
    assert unit.gate is None
    assert all(name.startswith("residual.") for name, _ in unit.named_parameters())


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_residual_unit_has_the_weights_of_its_shortcut(block, shortcut):
    unit = build_unit(
        UnitShape(8, 16, 2, "pre-activation"), block=block, join="residual", shortcut=shortcut
    )
    beside = sum(
        parameter.numel()
        for name, parameter in unit.named_parameters()
        if not name.startswith("residual.")
    )
    # 8·16 weights of 1×1; a gate has 16 biases besides; a highway's gate is 3×3.
    wanted = {"B": 128, "C": 128, "exclusive-gate": 144, "shortcut-gate": 144, "highway": 1168}
    assert beside == wanted.get(shortcut, 0)
