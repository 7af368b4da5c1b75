"""The small VGG, held against what its family says: counted and followed by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_core.arithmetic import count_network, read_network
from resnet_core.nets import ResidualNetwork, build_network
from resnet_core.specs import NetworkSpec, TrainSpec
from resnet_core.specs.places import layer_places
from resnet_core.train.optimise import build_optimiser


def built(channels: int = 1, **settings: object) -> ResidualNetwork:
    spec = NetworkSpec.model_validate({"family": "vgg", "width": 4, **settings})
    return build_network(spec, channels=channels, classes=10, seed=0)


def half(size: int) -> int:
    """Halve a side of a map, its border kept."""
    return -(-size // 2)


def stages(n: int, w: int) -> list[list[tuple[int, int]]]:
    """Channels in and out of each layer of the units, by stage."""
    found, before = [], w
    for after in (w, 2 * w, 4 * w):
        found.append([(before, after), *[(after, after)] * (n - 1)])
        before = after
    return found


@pytest.mark.parametrize(("depth", "width"), [(8, 1), (14, 8), (14, 16), (17, 5), (110, 4)])
def test_it_has_the_parameters_of_its_layers_and_their_bn(depth, width):
    layers = [pair for stage in stages((depth - 2) // 3, width) for pair in stage]
    by_hand = 9 * 3 * width + 2 * width  # stem
    by_hand += sum(9 * before * after + 2 * after for before, after in layers)
    by_hand += 4 * width * 7 + 7
    spec = NetworkSpec(family="vgg", depth=depth, width=width)
    assert count_network(spec, channels=3, classes=7, size=32).parameters == by_hand


def test_vgg_14_of_width_8_has_43_490_parameters_on_digits():
    # 88 stem, 4·592, 1,184 + 3·2,336, 4,672 + 3·9,280, 330 classifier
    counts = count_network(NetworkSpec(family="vgg", width=8), channels=1, classes=10, size=8)
    assert counts.parameters == 88 + 2_368 + 8_192 + 32_512 + 330 == 43_490


@pytest.mark.parametrize("size", [8, 14, 28, 32, 5])
def test_it_costs_what_its_layers_do_on_maps_halved_by_pooling(size):
    maps = [size, half(size), half(half(size))]
    by_hand = 9 * 3 * 8 * size**2 + 32 * 10
    for side, layers in zip(maps, stages(4, 8), strict=True):
        by_hand += sum(9 * before * after for before, after in layers) * side**2
    counts = count_network(NetworkSpec(family="vgg", width=8), channels=3, classes=10, size=size)
    assert counts.multiply_adds == by_hand


def test_pooling_costs_what_a_stride_does_and_a_call_more():
    # The layer behind the pooling works on the small map, and so does one of stride 2.
    images = {"channels": 1, "classes": 10, "size": 8}
    pooled = count_network(NetworkSpec(family="vgg", depth=14, width=8), **images)
    for block in ("single", "basic"):  # fourteen layers in units of one, or of two
        spec = NetworkSpec(block=block, join="plain", depth=14, width=8)
        strided = count_network(spec, **images)
        assert pooled.multiply_adds == strided.multiply_adds
        assert pooled.parameters == strided.parameters
        assert pooled.layers == strided.layers + 2


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 28, 32])
def test_images_of_any_size_are_classified_and_maps_halve_twice(size):
    network = built(channels=3)
    x = network.stem(torch.randn(2, 3, size, size))
    shapes = []
    for stage in network.stages:
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    small, smallest = half(size), half(half(size))
    assert shapes == [(4, size, size), (8, small, small), (16, smallest, smallest)]
    assert network(torch.randn(2, 3, size, size)).shape == (2, 10)


def test_it_computes_what_its_layers_say():
    network = built(depth=8)
    x = images = torch.randn(4, 1, 7, 7, generator=torch.Generator().manual_seed(3))
    weights = [module.weight for module in network.modules() if isinstance(module, nn.Conv2d)]
    for number, weight in enumerate(weights):
        if number in (3, 5):  # the stem, two layers of stage 1, two of stage 2
            x = functional.max_pool2d(x, 2, ceil_mode=True)
        x = functional.conv2d(x, weight, padding=1)
        x = torch.relu(functional.batch_norm(x, None, None, training=True))
    wanted = network.head.linear(x.mean((2, 3)))
    torch.testing.assert_close(network.train()(images), wanted, rtol=1e-4, atol=1e-5)


def test_only_the_first_units_of_the_later_stages_pool():
    network = built(depth=14)
    pooling = [
        number
        for number, unit in enumerate(network.units, start=1)
        if any(isinstance(part, nn.MaxPool2d) for part in unit.modules())
    ]
    assert pooling == [5, 9]
    assert all(next(iter(network.units[n - 1].residual._modules)) == "pool" for n in pooling)
    assert sum(isinstance(part, nn.MaxPool2d) for part in network.modules()) == 2


def test_each_layer_has_its_place_and_sees_as_far_as_by_hand():
    spec = NetworkSpec(family="vgg", depth=14, width=4)
    rows = read_network(spec, channels=1, classes=10, size=32)
    convolutions = [row for row in rows if row.kind == "Conv2d"]
    assert len(convolutions) + 1 == len(layer_places(spec)) == 14
    field, jump, seen = 1, 1, []
    for number in range(13):  # the stem, then four layers a stage
        if number in (5, 9):
            field, jump = field + jump, 2 * jump
        field += 2 * jump
        seen.append((field, field))
    assert [row.receptive_field for row in convolutions] == seen


def test_training_it_lowers_its_loss():
    network = built(depth=14)
    optimiser = build_optimiser(TrainSpec(), network)
    images = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    labels, losses = torch.arange(32) % 10, []
    for _ in range(30):
        optimiser.zero_grad()
        loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert all(parameter.grad.any() for parameter in network.parameters())
