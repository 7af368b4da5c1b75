"""From a plan to a network: with weights on a device, or without any on the meta device."""

from __future__ import annotations

import torch

from resnet_core.blocks import initialise
from resnet_core.nets.resnet import ResidualNetwork
from resnet_core.specs import NetworkSpec


def build_on_meta(spec: NetworkSpec, *, channels: int, classes: int) -> ResidualNetwork:
    """Build a network without weights: for counting, at no cost in memory."""
    with torch.device("meta"):
        return ResidualNetwork(spec, channels=channels, classes=classes)


def build_network(
    spec: NetworkSpec, *, channels: int, classes: int, seed: int, device: str = "cpu"
) -> ResidualNetwork:
    """Build a network and draw its weights; the same seed gives the same on every device.

    Args:
        spec: The plan.
        channels: Of the images: 1 or 3.
        classes: To tell apart.
        seed: Of the weights.
        device: ``cpu``, ``cuda`` or ``mps``; its memory layout is channels-last on each.
    """
    network = build_on_meta(spec, channels=channels, classes=classes).to_empty(device="cpu")
    initialise(network, seed, spec.initialisation)
    return network.to(device).to(memory_format=torch.channels_last)
