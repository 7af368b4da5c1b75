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
from resnet_core.blocks.shortcuts import PROJECTION_HAS_BN, SHORTCUTS, UnitShape
from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec, choices

SHAPES = {"same": (8, 1), "wider": (16, 1), "smaller": (8, 2), "both": (16, 2)}

combinations = list(product(BLOCKS, JOINS, SHORTCUTS, ORDERS))
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
def test_a_gradient_reaches_the_stem(block, join, shortcut, order):
    depth = {"basic": 8, "bottleneck": 11}[block]
    spec = NetworkSpec(depth=depth, block=block, join=join, shortcut=shortcut, order=order, width=4)
    network = build_network(spec, channels=1, classes=7, seed=0)
    network(torch.randn(8, 1, 8, 8)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert network.stem.conv.weight.grad.abs().max() > 0


@every_unit
@pytest.mark.parametrize("training", [True, False])
def test_a_unit_whose_branch_is_zero_is_its_shortcut(
    images, block, join, shortcut, order, training
):
    for out_channels, stride in SHAPES.values():
        shape = UnitShape(8, out_channels, stride, order)
        unit = build_unit(shape, block=block, join=join, shortcut=shortcut).train(training)
        for module in unit.residual.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.zeros_(module.weight)
        y = unit(images)
        way_around = unit.shortcut(images) if join == "residual" else torch.zeros_like(y)
        assert torch.equal(y, unit.after_addition(way_around))


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


@every_unit
def test_a_plain_unit_has_no_weights_but_its_branchs(block, join, shortcut, order):
    unit = build_unit(UnitShape(8, 16, 2, order), block=block, join=join, shortcut=shortcut)
    assert bool([*unit.shortcut.parameters()]) == (join == "residual" and shortcut != "A")
