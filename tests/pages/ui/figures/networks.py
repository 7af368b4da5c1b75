"""Networks for the tests of their drawings, read off the networks themselves."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache

from pages.ui.figures.parts import Network, read_parts
from resnet_core.arithmetic import read_network, read_torchvision
from resnet_core.specs import NETWORKS, NetworkSpec

SPECS = {
    name: NETWORKS[name]
    for name in (
        "plain-18", "plain-34", "resnet-18", "resnet-34", "resnet-50", "resnet-101", "resnet-152",
        "cifar-plain-56", "cifar-residual-20", "cifar-residual-110", "cifar-residual-1202",
        "cifar-pre-activation-164",
    )
} | {
    "resnet-18-c": NETWORKS["resnet-18"].model_copy(update={"shortcut": "C"}),
    "resnet-50-a": NETWORKS["resnet-50"].model_copy(update={"shortcut": "A"}),
    "resnet-152-c": NETWORKS["resnet-152"].model_copy(update={"shortcut": "C"}),
    "residual-8": NetworkSpec(depth=8),
}  # fmt: skip


@lru_cache(maxsize=512)
def network(spec: NetworkSpec, name: str = "") -> Network:
    """Read a network as the bench does."""
    size, classes = (224, 1000) if spec.family == "imagenet" else (32, 10)
    layers = [asdict(one) for one in read_network(spec, channels=3, classes=classes, size=size)]
    parts = read_parts(layers, join=spec.join)
    return Network(name or spec.name, spec.join, (3, size, size), parts)


@lru_cache(maxsize=1)
def vgg() -> Network:
    layers = [asdict(one) for one in read_torchvision("vgg19")]
    return Network("VGG-19", "", (3, 224, 224), read_parts(layers, join=""))


def drawn() -> dict[str, Network]:
    """Give every network of the list."""
    return {"vgg-19": vgg()} | {name: network(spec, name) for name, spec in SPECS.items()}
