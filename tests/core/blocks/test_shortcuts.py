import pytest
import torch
from torch import nn

from resnet_core.blocks.layers import Drop, Shift
from resnet_core.blocks.shortcuts import (
    SHORTCUTS,
    UnitShape,
    ZeroPadShortcut,
    build_gate,
    build_shortcut,
)
from resnet_core.specs.choices import GATED

SAME = UnitShape(8, 8, 1, "original")
NEW = UnitShape(8, 16, 2, "original")


def test_option_a_takes_every_other_pixel_and_adds_zeros():
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    y = ZeroPadShortcut(UnitShape(1, 3, 2, "original"))(x)
    assert y[0, 0].tolist() == [[0, 2], [6, 8]]
    assert y.shape == (1, 3, 2, 2)
    assert not y[0, 1:].any()


def test_option_a_has_no_weights():
    for shape in (SAME, NEW):
        assert list(build_shortcut("A", shape).parameters()) == []


@pytest.mark.parametrize("key", ["A", "B", *GATED])
def test_options_a_and_b_and_what_gates_weigh_are_the_identity_where_the_shape_stays(images, key):
    assert build_shortcut(key, SAME)(images) is images


def test_option_c_projects_everywhere():
    assert [type(part) for part in build_shortcut("C", SAME)] == [nn.Conv2d, nn.BatchNorm2d]


@pytest.mark.parametrize("key", ["B", "C"])
def test_a_projection_is_a_1_by_1_convolution_of_the_units_stride(key):
    convolution = build_shortcut(key, NEW)[0]
    assert convolution.kernel_size == (1, 1)
    assert convolution.stride == (2, 2)
    assert convolution.bias is None


@pytest.mark.parametrize("key", ["B", "C"])
@pytest.mark.parametrize("order", ["bn-after-addition", "pre-activation"])
def test_where_no_bn_ends_a_branch_none_follows_a_projection(key, order):
    parts = build_shortcut(key, UnitShape(8, 16, 2, order))
    assert [type(part) for part in parts] == [nn.Conv2d]


@pytest.mark.parametrize("key", ["B", "C"])
@pytest.mark.parametrize("order", ["original", "relu-before-addition", "relu-only"])
def test_where_bn_follows_a_branchs_last_convolution_it_follows_a_projection(key, order):
    parts = build_shortcut(key, UnitShape(8, 16, 2, order))
    assert [type(part) for part in parts] == [nn.Conv2d, nn.BatchNorm2d]


def test_without_bn_nothing_but_the_projection_stands_on_a_shortcut():
    (convolution,) = build_shortcut("C", UnitShape(8, 16, 2, "original", normalisation="none"))
    assert convolution.bias is None, "its branch's last layer has one, for the same sum"


FIXUP = UnitShape(8, 16, 2, "original", normalisation="none", initialisation="fixup")


def test_fixup_has_a_bias_before_a_projection(images):
    shortcut = build_shortcut("B", FIXUP)
    assert [type(part) for part in shortcut] == [Shift, nn.Conv2d]
    nn.init.constant_(shortcut.shift.shift, 0.5)
    wanted = nn.functional.conv2d(images + 0.5, shortcut.get_parameter("0.weight"), stride=2)
    assert torch.equal(shortcut(images), wanted)


def test_a_projections_weights_have_one_name_whatever_stands_around_them():
    shapes = [NEW, UnitShape(8, 16, 2, "original", normalisation="none"), FIXUP]
    names = [set(build_shortcut("B", shape).state_dict()) for shape in shapes]
    assert all("0.weight" in found for found in names)


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        (UnitShape(8, 8, 1, "original"), False),
        (UnitShape(8, 8, 2, "original"), True),
        (UnitShape(8, 16, 1, "original"), True),
    ],
)
def test_a_shape_changes_with_its_channels_or_its_resolution(shape, changes):
    assert shape.changes is changes


@pytest.mark.parametrize("key", SHORTCUTS)
def test_every_shortcut_lets_the_gradient_through(images, key):
    build_shortcut(key, NEW)(images.requires_grad_()).square().sum().backward()
    assert images.grad.abs().max() > 0


@pytest.mark.parametrize("key", GATED)
def test_a_gated_shortcut_is_padded_with_zeros_where_the_shape_changes(images, key):
    assert torch.equal(build_shortcut(key, NEW)(images), build_shortcut("A", NEW)(images))


def test_a_dropout_shortcut_drops_from_x_padded_where_the_shape_changes(images):
    same, (pad, drop) = build_shortcut("dropout", SAME), build_shortcut("dropout", NEW)
    assert [type(part) for part in (same, pad, drop)] == [Drop, ZeroPadShortcut, Drop]
    assert same.rate == drop.rate == 0.5
    assert build_shortcut("dropout", UnitShape(8, 8, 1, "original", dropout=0.1)).rate == 0.1


GATES = {"exclusive-gate": (1, True), "shortcut-gate": (1, False), "highway": (3, True)}
"""Kernel, and whether F is weighed too: He 2016 section 3.1; Srivastava et al. 2015, section 2."""


def test_what_a_plan_says_has_a_gate_has_one():
    assert tuple(GATES) == GATED == tuple(key for key, row in SHORTCUTS.items() if row.gate)


@pytest.mark.parametrize("key", SHORTCUTS)
@pytest.mark.parametrize("shape", [SAME, NEW], ids=["same", "new"])
def test_a_gate_is_a_convolution_of_its_papers_kernel_and_of_the_units_stride(key, shape):
    gate = build_gate(key, shape)
    if key not in GATES:
        assert gate is None
        return
    kernel, gates_branch = GATES[key]
    assert gate.kernel_size == (kernel, kernel)
    assert gate.stride == (shape.stride, shape.stride)
    assert (gate.in_channels, gate.out_channels) == (shape.in_channels, shape.out_channels)
    assert gate.start == -6
    assert SHORTCUTS[key].gates_branch == gates_branch
