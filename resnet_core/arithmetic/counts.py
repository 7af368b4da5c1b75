"""What a network has and costs: parameters, multiply-adds, activations; read off the network.

The network is built on PyTorch's meta device and a meta image is sent through it: exact, no
memory, and no second definition that could disagree with the first. The papers' formulas stand in
the tests. Multiply-adds are those of convolution and linear layers for one image, what He 2015
calls FLOPs.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from resnet_core.nets import build_on_meta
from resnet_core.specs import NetworkSpec
from resnet_core.specs.network import LAYERS_OF_UNIT


@dataclass(frozen=True)
class Counts:
    """Exact counts of one network.

    Attributes:
        parameters: Trainable numbers.
        multiply_adds: Of convolution and linear layers, one image.
        activations: Numbers that layers give and the backward pass needs, one image.
        layers: Modules that do arithmetic (convolution, BN, ReLU, pooling, linear), each a
            call into PyTorch.
    """

    parameters: int
    multiply_adds: int
    activations: int
    layers: int


def count_network(spec: NetworkSpec, *, channels: int, classes: int, size: int) -> Counts:
    """Count a network for images of shape (channels, size, size).

    In a CIFAR network every unit of a stage after the first is the same, so each count grows by a
    constant with n: deep ones are read off the networks with n = 2 and n = 3, which makes a
    slider over depth immediate. A test holds this against counting the deep network itself.
    """
    per_unit = 3 * LAYERS_OF_UNIT[spec.block]
    n = spec.units_per_stage[0]
    if spec.family == "imagenet" or n <= 3:
        return _count(spec, channels, classes, size)
    two, three = (
        _count(spec.model_copy(update={"depth": per_unit * k + 2}), channels, classes, size)
        for k in (2, 3)
    )
    return Counts(
        *(a + (n - 2) * (b - a) for a, b in zip(astuple(two), astuple(three), strict=True))
    )


def count_module(network: nn.Module, image: Tensor) -> Counts:
    """Count any network by sending one meta image of shape (1, C, H, W) through it."""
    multiply_adds = activations = layers = 0

    def see(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal multiply_adds, activations, layers
        layers += 1
        activations += output.numel()
        if isinstance(module, nn.Conv2d):
            multiply_adds += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            multiply_adds += output.numel() * module.in_features

    idle = (nn.Identity, nn.Flatten)
    handles = [
        module.register_forward_hook(see)
        for module in network.modules()
        if not list(module.children()) and not isinstance(module, idle)
    ]
    was_training = network.training
    try:
        with torch.no_grad():
            network.eval()(image)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Counts(parameters, multiply_adds, activations, layers)


@lru_cache(maxsize=4096)
def _count(spec: NetworkSpec, channels: int, classes: int, size: int) -> Counts:
    network = build_on_meta(spec, channels=channels, classes=classes)
    return count_module(network, torch.empty(1, channels, size, size, device="meta"))
