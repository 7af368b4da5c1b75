import pytest
import torch
from torch import nn

from resnet_core.blocks.residual import BLOCKS, ORDERS, build_residual
from resnet_core.blocks.shortcuts import UnitShape, ZeroPadShortcut
from resnet_core.specs.choices import OF_FIGURE_5


def names(block, order, *, activated=False, **made_of):
    shape = UnitShape(8, 16, 2, order, **made_of)
    return [*dict(build_residual(block, shape, activated=activated).named_children())]


def convolutions(block, order, shape=(8, 16, 2), **made_of):
    branch = build_residual(block, UnitShape(*shape, order, **made_of), activated=False)
    return [part for part in branch if isinstance(part, nn.Conv2d)]


def test_in_the_original_order_bn_and_relu_follow_the_weights():
    assert names("basic", "original") == ["conv1", "bn1", "relu1", "conv2", "bn2"]


def test_the_orders_between_them():
    assert names("basic", "bn-after-addition") == ["conv1", "bn1", "relu1", "conv2"]
    assert names("basic", "relu-before-addition") == [
        *("conv1", "bn1", "relu1"),
        *("conv2", "bn2", "relu2"),
    ]
    assert names("basic", "relu-only") == ["relu1", "conv1", "bn1", "relu2", "conv2", "bn2"]
    assert names("basic", "relu-only", activated=True) == ["conv1", "bn1", "relu2", "conv2", "bn2"]


def test_in_pre_activation_order_bn_and_relu_come_first():
    assert names("basic", "pre-activation") == ["bn1", "relu1", "conv1", "bn2", "relu2", "conv2"]


def test_a_first_unit_that_is_activated_already_does_not_activate_again():
    assert names("basic", "pre-activation", activated=True) == ["conv1", "bn2", "relu2", "conv2"]


def test_a_bottleneck_has_three_layers():
    assert names("bottleneck", "original") == [
        *("conv1", "bn1", "relu1"),
        *("conv2", "bn2", "relu2"),
        *("conv3", "bn3"),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_a_basic_branch_is_two_3_by_3_with_the_stride_first(order):
    found = [
        (c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0])
        for c in convolutions("basic", order)
    ]
    assert found == [(8, 16, 3, 2), (16, 16, 3, 1)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_bottleneck_is_narrow_in_the_middle_with_the_stride_in_its_first_1_by_1(order):
    found = [
        (c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0])
        for c in convolutions("bottleneck", order)
    ]
    assert found == [(8, 4, 1, 2), (4, 4, 3, 1), (4, 16, 1, 1)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_single_branch_is_one_3_by_3_with_the_stride(order):
    (only,) = convolutions("single", order)
    assert (only.in_channels, only.out_channels) == (8, 16)
    assert (only.kernel_size, only.stride, only.padding) == ((3, 3), (2, 2), (1, 1))


def test_in_every_order_a_single_layer_has_its_bn_and_relu_where_a_layer_of_others_has_them():
    assert names("single", "original") == ["conv1", "bn1"]
    assert names("single", "bn-after-addition") == ["conv1"]
    assert names("single", "relu-before-addition") == ["conv1", "bn1", "relu1"]
    assert names("single", "relu-only") == ["relu1", "conv1", "bn1"]
    assert names("single", "pre-activation") == ["bn1", "relu1", "conv1"]
    assert names("single", "pre-activation", activated=True) == ["conv1"]


@pytest.mark.parametrize("block", BLOCKS)
def test_where_a_branch_pools_pooling_comes_first_and_no_layer_has_the_stride(block):
    shape = UnitShape(8, 16, 2, "original", pools=True)
    pool, *rest = build_residual(block, shape, activated=False)
    assert isinstance(pool, nn.MaxPool2d)
    assert (pool.kernel_size, pool.stride, pool.padding) == (2, 2, 0)
    found = [part for part in rest if isinstance(part, nn.Conv2d)]
    assert [c.stride for c in found] == [(1, 1)] * len(found)
    assert names(block, "original", pools=True) == ["pool", *names(block, "original")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_pooling_halves_a_side_as_stride_and_zero_padding_do(size):
    x = torch.randn(2, 8, size, size)
    pooled = build_residual("single", UnitShape(8, 16, 2, "original", pools=True), activated=False)
    strided = build_residual("single", UnitShape(8, 16, 2, "original"), activated=False)
    around = ZeroPadShortcut(UnitShape(8, 16, 2, "original"))
    assert (
        pooled(x).shape
        == strided(x).shape
        == around(x).shape
        == (2, 16, -(-size // 2), -(-size // 2))
    )


def test_a_pair_of_3_by_3_at_64_channels_costs_what_a_256_channel_bottleneck_does():
    basic = sum(c.weight.numel() for c in convolutions("basic", "original", (64, 64, 1)))
    bottleneck = sum(
        c.weight.numel() for c in convolutions("bottleneck", "original", (256, 256, 1))
    )
    assert (basic, bottleneck) == (73_728, 69_632)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", ORDERS)
def test_no_convolution_beside_bn_has_a_bias(block, order):
    assert all(c.bias is None for c in convolutions(block, order))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("initialisation", ["he", "skipinit", "rezero"])
def test_every_convolution_without_bn_has_a_bias(block, order, initialisation):
    found = convolutions(block, order, normalisation="none", initialisation=initialisation)
    assert all(c.bias is not None for c in found)


@pytest.mark.parametrize("block", OF_FIGURE_5)
def test_fixup_has_scalars_in_place_of_biases(block):
    found = convolutions(block, "original", normalisation="none", initialisation="fixup")
    assert all(c.bias is None for c in found)


def test_without_bn_nothing_but_bn_is_left_out():
    assert names("basic", "original", normalisation="none") == ["conv1", "relu1", "conv2"]
    assert names("basic", "pre-activation", normalisation="none") == [
        *("relu1", "conv1"),
        *("relu2", "conv2"),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_skipinit_and_rezero_end_each_branch_with_their_scale(order):
    for key, normalisation in (("skipinit", "none"), ("rezero", "none"), ("rezero", "batch")):
        plain = names("bottleneck", order, normalisation=normalisation)
        scaled = names("bottleneck", order, normalisation=normalisation, initialisation=key)
        assert scaled == [*plain, "scale"]


@pytest.mark.parametrize("order", ORDERS)
def test_all_of_a_branch_survives_or_nothing(order):
    scaled = {"initialisation": "rezero"}
    assert names("basic", order, survival=0.5) == [*names("basic", order), "survive"]
    assert names("basic", order, survival=0.5, **scaled)[-2:] == ["scale", "survive"]
    assert (
        build_residual("basic", UnitShape(8, 16, 2, order, survival=0.3), activated=False)[
            -1
        ].probability
        == 0.3
    )


# The authors' fixup_resnet_cifar.py and fixup_resnet_imagenet.py: bias1a, conv1, bias1b, …
FIXUP = {
    "basic": ["shift1a", "conv1", "shift1b", "relu1", "shift2a", "conv2", "scale", "shift"],
    "bottleneck": [
        *("shift1a", "conv1", "shift1b", "relu1"),
        *("shift2a", "conv2", "shift2b", "relu2"),
        *("shift3a", "conv3", "scale", "shift"),
    ],
}
"""No row for single: Fixup is not made for one layer."""


@pytest.mark.parametrize("block", FIXUP)
def test_fixup_has_a_bias_before_each_layer_and_activation_and_a_multiplier_a_branch(block):
    made_of = {"normalisation": "none", "initialisation": "fixup"}
    assert names(block, "original", **made_of) == FIXUP[block]


@pytest.mark.parametrize("order", ORDERS)
def test_names_do_not_depend_on_the_activation(order):
    assert names("basic", order, activation="tanh") == names("basic", order)
    assert names("basic", order, activation="none") == names("basic", order)
