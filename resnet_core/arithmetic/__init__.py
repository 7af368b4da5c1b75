"""Counted without running: layer by layer (``reading``), summed, estimated in time and memory."""

from resnet_core.arithmetic.counts import (
    Counts,
    count_layers,
    count_network,
    read_network,
    read_torchvision,
)
from resnet_core.arithmetic.estimate import Estimate, Speed, estimate_run, fitting_depth
from resnet_core.arithmetic.reading import Layer, read_module

__all__ = [
    "Counts",
    "Estimate",
    "Layer",
    "Speed",
    "count_layers",
    "count_network",
    "estimate_run",
    "fitting_depth",
    "read_module",
    "read_network",
    "read_torchvision",
]
