import pytest
from torch import nn

from resnet_core.blocks.residual import BLOCKS, ORDERS, build_residual
from resnet_core.blocks.shortcuts import UnitShape


def names(block, order, *, activated=False):
    return [
        *dict(
            build_residual(block, UnitShape(8, 16, 2, order), activated=activated).named_children()
        )
    ]


def convolutions(block, order, shape=(8, 16, 2)):
    branch = build_residual(block, UnitShape(*shape, order), activated=False)
    return [part for part in branch if isinstance(part, nn.Conv2d)]


def test_in_the_original_order_bn_and_relu_follow_the_weights():
    assert names("basic", "original") == ["conv1", "bn1", "relu1", "conv2", "bn2"]


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


def test_a_pair_of_3_by_3_at_64_channels_costs_what_a_256_channel_bottleneck_does():
    basic = sum(c.weight.numel() for c in convolutions("basic", "original", (64, 64, 1)))
    bottleneck = sum(
        c.weight.numel() for c in convolutions("bottleneck", "original", (256, 256, 1))
    )
    assert (basic, bottleneck) == (73_728, 69_632)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", ORDERS)
def test_no_convolution_has_a_bias(block, order):
    assert all(c.bias is None for c in convolutions(block, order))
