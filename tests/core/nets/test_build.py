import hashlib
import math

import pytest
import torch

from resnet_core.nets import build_network, build_on_meta
from resnet_core.seeding import derive_seed
from resnet_core.specs import NETWORKS, NetworkSpec

TINY = NetworkSpec(depth=8, width=4)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_catalogue_can_be_built(name):
    spec = NETWORKS[name]
    network = build_on_meta(spec, channels=3, classes=7).eval()
    size = 224 if spec.family == "imagenet" else 32
    assert network(torch.empty(2, 3, size, size, device="meta")).shape == (2, 7)
    assert network.spec == spec


def test_a_network_on_the_meta_device_takes_no_memory():
    network = build_on_meta(NETWORKS["resnet-152"], channels=3, classes=1000)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"meta"}


def test_a_built_network_has_weights_and_statistics_on_its_device():
    network = build_network(TINY, channels=1, classes=10, seed=0)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"cpu"}
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


def test_a_built_network_is_laid_out_channels_last():
    network = build_network(TINY, channels=3, classes=10, seed=0)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            assert parameter.is_contiguous(memory_format=torch.channels_last)


def test_equal_plans_and_seeds_give_equal_networks():
    images = torch.randn(2, 1, 8, 8)
    one, other = (build_network(TINY, channels=1, classes=10, seed=5).eval() for _ in range(2))
    assert torch.equal(one(images), other(images))


# Settings, and the SHA-256 of names and shapes in their order, of version 0.1.0.
NAMED = [
    ({"depth": 8}, "ac7dd501e77fd64e"),
    ({"depth": 8, "join": "plain"}, "ac7dd501e77fd64e"),
    ({"depth": 20, "block": "bottleneck", "shortcut": "C"}, "ba35c157bb6d59bc"),
    (
        {"depth": 20, "block": "bottleneck", "shortcut": "B", "order": "pre-activation"},
        "baed50efa4708470",
    ),
    ({"family": "wide", "depth": 10, "width": 2}, "c5f373676ed9d5a4"),
    ({"family": "imagenet", "depth": 18}, "008c947064138aed"),
]


@pytest.mark.parametrize(("settings", "digest"), NAMED, ids=str)
def test_checkpoints_and_weights_of_earlier_runs_still_fit(settings, digest):
    state = build_on_meta(NetworkSpec(**settings), channels=3, classes=10).state_dict()
    text = "\n".join(f"{name} {tuple(value.shape)}" for name, value in state.items())
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


def test_a_weight_is_drawn_by_its_name_as_it_always_was():
    network = build_network(TINY, channels=1, classes=10, seed=5)
    name = "stages.1.0.residual.conv1.weight"
    generator = torch.Generator().manual_seed(derive_seed(5, "weight", name))
    wanted = torch.randn((8, 4, 3, 3), generator=generator) * math.sqrt(2 / 36)
    assert torch.equal(network.get_parameter(name), wanted)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("classes", [2, 7])
@pytest.mark.parametrize("size", [4, 7, 28])
def test_a_network_takes_images_of_any_size_and_tells_any_number_of_classes_apart(
    channels, classes, size
):
    network = build_network(TINY, channels=channels, classes=classes, seed=0)
    assert network(torch.randn(3, channels, size, size)).shape == (3, classes)


@pytest.mark.gpu
def test_a_network_on_a_gpu_starts_from_the_weights_it_has_on_a_cpu():
    there = build_network(TINY, channels=1, classes=10, seed=0, device="cuda").state_dict()
    here = build_network(TINY, channels=1, classes=10, seed=0).state_dict()
    assert all(torch.equal(there[name].cpu(), here[name]) for name in here)
