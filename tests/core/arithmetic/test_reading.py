"""What is read off a network, against what papers, libraries and a pencil say."""

import itertools
import time

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torchvision import models

from resnet_core.arithmetic import count_layers, read_module, read_network, read_torchvision
from resnet_core.arithmetic.counts import count_module
from resnet_core.errors import SpecError
from resnet_core.nets import build_on_meta
from resnet_core.nets.torchvision_models import torchvision_metadata, torchvision_names
from resnet_core.specs import NetworkSpec
from tests.core.specs.strategies import networks, vggs, wide_networks


def image(*shape):
    return torch.empty(1, *shape, device="meta")


def read(make, *shape):
    with torch.device("meta"):
        return read_module(make(), image(*shape))


# What torchvision's metadata leave out: two heads that only training uses.
LEFT_OUT = {"googlenet": 6_379_984}


@pytest.mark.parametrize("name", torchvision_names())
def test_torchvision_says_the_same_of_its_own_models(name):
    said = torchvision_metadata(name)
    counts = count_layers(read_torchvision(name))
    assert counts.parameters == said["num_params"] + LEFT_OUT.get(name, 0)
    # It counts attention's products in; this project names them apart.
    assert round((counts.multiply_adds + counts.attention) / 1e9, 3) == said["_ops"]


def test_a_vision_transformer_for_larger_images_is_another_network():
    large, small = models.get_model_weights("vit_h_14")
    assert small.meta["num_params"] == torchvision_metadata("vit_h_14")["num_params"]
    # (518/14)² positions and not (224/14)², of 1,280 numbers each.
    assert large.meta["num_params"] - small.meta["num_params"] == (37**2 - 16**2) * 1280


@pytest.mark.parametrize(
    ("name", "has_attention"), [("resnet50", False), ("vit_b_16", True), ("swin_t", True)]
)
def test_attention_is_counted_apart(name, has_attention):
    counts = count_layers(read_torchvision(name))
    assert (counts.attention > 0) == has_attention


def test_attention_of_a_vision_transformer_by_hand():
    # 12 layers; 197 tokens; queries against keys, and weights against values: 768 numbers each.
    assert count_layers(read_torchvision("vit_b_16")).attention == 12 * 2 * 197 * 197 * 768


# Simonyan & Zisserman 2015: after each pooling layer.
VGG_FIELDS = {
    "vgg11": [4, 10, 30, 70, 150],
    "vgg16": [6, 16, 44, 100, 212],
    "vgg19": [6, 16, 52, 124, 268],
}


@pytest.mark.parametrize(("name", "fields"), VGG_FIELDS.items())
def test_receptive_fields_of_vgg_after_each_pooling(name, fields):
    found = [row.receptive_field for row in read_torchvision(name) if row.kind == "MaxPool2d"]
    assert found == [(field, field) for field in fields]


def test_the_receptive_field_of_a_cifar_network_grows_with_each_3x3():
    rows = read_network(NetworkSpec(depth=8), channels=3, classes=10, size=32)
    fields = [row.receptive_field for row in rows if row.kind == "Conv2d"]
    assert fields == [(side, side) for side in (3, 5, 7, 9, 13, 17, 25)]


class Residual(nn.Module):
    """x and a branch of two 3×3: sees 5×5 through the branch, one pixel through the shortcut."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch
        self.last = nn.ReLU()

    def forward(self, x):
        return self.last(x + self.branch(x))


def test_the_widest_path_counts():
    three = lambda: nn.Conv2d(2, 2, 3, padding=1)  # noqa: E731
    rows = read(lambda: Residual(nn.Sequential(three(), three())), 2, 16, 16)
    assert [row.receptive_field for row in rows] == [(3, 3), (5, 5), (5, 5)]


@pytest.mark.parametrize(
    ("layer", "field"),
    [
        (nn.Conv2d(1, 1, 5), (5, 5)),
        (nn.Conv2d(1, 1, 3, dilation=3), (7, 7)),
        (nn.Conv2d(1, 1, (1, 7)), (1, 7)),
        (nn.MaxPool2d(2), (2, 2)),
        (nn.MaxPool2d(3, stride=1, dilation=2), (5, 5)),
        (nn.AvgPool2d(4), (4, 4)),
        (nn.BatchNorm2d(1), (1, 1)),
        (nn.AdaptiveAvgPool2d(1), None),
    ],
    ids=str,
)
def test_what_a_layer_sees_and_the_3x3_after_it(layer, field):
    def two():
        return nn.Sequential(layer.to("meta"), nn.Conv2d(1, 1, 3, padding=1).to("meta"))

    first, second = read(two, 1, 32, 32)
    assert first.receptive_field == field
    if field is None:
        assert second.receptive_field is None
    else:
        step = 1 if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d)) else layer.stride
        assert second.receptive_field == tuple(side + 2 * step for side in field)


def test_the_receptive_field_is_where_the_gradient_arrives():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        nn.MaxPool2d(2),
        Residual(nn.Conv2d(2, 2, (3, 5), padding=(1, 2))),
    )
    seen = read_module(network.to_empty(device="meta"), image(1, 32, 32))[-1].receptive_field
    network = network.to_empty(device="cpu")
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    x = torch.rand(1, 1, 32, 32, requires_grad=True)
    reached = torch.zeros(32, 32, dtype=torch.bool)
    for _ in range(20):  # the maximum of a pool may lie anywhere in it
        x.data.uniform_()
        (gradient,) = torch.autograd.grad(network(x)[0, 0, 8, 8], x)
        reached |= gradient[0, 0] != 0
    assert (int(reached.any(1).sum()), int(reached.any(0).sum())) == seen


def test_parameters_are_split_by_kind():
    conv, bn, linear = read(
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 5)
        ),
        2, 4, 4,
    )  # fmt: skip
    assert (conv.weights, conv.biases, conv.normalisation) == (54, 3, 0)
    assert (bn.weights, bn.biases, bn.normalisation) == (0, 0, 6)
    assert (linear.weights, linear.biases, linear.normalisation) == (60, 5, 0)


def test_a_module_that_is_called_twice_has_its_parameters_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 2, 3, padding=1, bias=False)

        def forward(self, x):
            return self.conv(self.conv(x))

    first, second = read(Twice, 2, 4, 4)
    assert (first.parameters, second.parameters) == (36, 0)
    assert first.multiply_adds == second.multiply_adds == 16 * 36


def test_no_parameter_is_lost():
    for name in ("googlenet", "vit_b_32", "swin_t", "convnext_tiny"):
        with torch.device("meta"):
            settings = {"init_weights": False} if name == "googlenet" else {}
            network = models.get_model(name, weights=None, **settings)
        there = sum(parameter.numel() for parameter in network.parameters())
        assert count_module(network, image(3, 224, 224)).parameters == there


def test_heads_that_only_training_uses_have_no_shape():
    rows = [row for row in read_torchvision("googlenet") if row.name.startswith("aux")]
    assert rows
    assert not any(row.output_shape or row.multiply_adds for row in rows)
    assert sum(row.parameters for row in rows) == 6_379_984


@settings(max_examples=15)
@given(networks.filter(lambda network: network.depth <= 80) | wide_networks | vggs)
def test_the_short_way_to_read_agrees_with_reading_the_network_itself(spec):
    network = build_on_meta(spec, channels=3, classes=7)
    assert read_network(spec, channels=3, classes=7, size=12) == read_module(
        network, image(3, 12, 12)
    )


def test_1202_layers_are_read_at_once():
    read_network(NetworkSpec(depth=32), channels=3, classes=10, size=32)
    began = time.perf_counter()
    rows = read_network(NetworkSpec(depth=1202), channels=3, classes=10, size=32)
    assert time.perf_counter() - began < 1
    assert count_layers(rows).parameters == 19_421_274
    assert sum(row.kind == "Conv2d" for row in rows) == 1201


def test_an_unknown_model_is_refused_with_what_is_near():
    with pytest.raises(SpecError, match=r"'resnet51' was asked for.*resnet50"):
        read_torchvision("resnet51")


def test_an_image_too_small_is_refused_with_the_usual_size():
    with pytest.raises(SpecError, match=r"Images of 8×8 .* alexnet .* 224×224 is its usual size"):
        read_torchvision("alexnet", 8)


def test_learned_scalars_see_what_their_layer_sees():
    spec = NetworkSpec(depth=20, normalisation="none", initialisation="fixup")
    rows = read_network(spec, channels=3, classes=10, size=32)
    for before, row in itertools.pairwise(rows):
        if row.kind in ("Scale", "Shift"):
            assert row.receptive_field == before.receptive_field
            assert row.output_shape == row.input_shape


def test_what_fixup_learns_is_split_by_kind_too():
    spec = NetworkSpec(depth=8, normalisation="none", initialisation="fixup")
    rows = read_network(spec, channels=3, classes=10, size=32)
    split = {(row.kind, row.weights, row.biases, row.normalisation) for row in rows}
    assert {one for one in split if one[0] in ("Scale", "Shift")} == {
        ("Scale", 1, 0, 0),
        ("Shift", 0, 1, 0),
    }
