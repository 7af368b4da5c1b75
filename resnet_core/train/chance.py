"""Dropout and stochastic depth, drawn anew for every step from the seed: nothing else to store.

PyTorch draws them from a generator that all of a process shares. Here it is lent for one step,
seeded by the run and the step, and given back as it was: a run goes on from any step with the
numbers it would have had, and two runs in one process leave each other alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from resnet_core.blocks.layers import Chance
from resnet_core.seeding import derive_seed


def has_chance(network: nn.Module) -> bool:
    """Whether anything in a network is drawn by chance in training."""
    return any(isinstance(module, Chance) for module in network.modules())


@contextmanager
def chance(seed: int, step: int, device: str) -> Iterator[None]:
    """Let the parts of one step that are left to chance depend on seed and step alone."""
    kind = torch.device(device).type
    drawn_from = torch.default_generator if kind == "cpu" else torch.get_device_module(kind)
    devices = [] if kind == "cpu" else [torch.device(device)]
    with torch.random.fork_rng(devices, device_type=kind if devices else "cuda"):
        # ``torch.manual_seed`` would seed every device there is, and only this one is given back.
        drawn_from.manual_seed(derive_seed(seed, "chance", step))
        yield
