"""How weights are updated: the learning rate of every step, and SGD with momentum.

The learning rate is a function of the step alone, so a run can go on from any step, and a schedule
can be drawn before it is run.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from resnet_core.specs import TrainSpec

WARM_UP = 0.1
"""Share of the learning rate during warm-up steps (He 2015 §4.2: 0.01 of 0.1)."""


def learning_rate(spec: TrainSpec, step: int) -> float:
    """Give the learning rate of a step, counted from 1.

    Whoever changes the rate in mid-run replaces ``spec.learning_rate``, which is the height of the
    schedule: its shape goes on.
    """
    if step <= spec.warmup_steps:
        return spec.learning_rate * WARM_UP
    total = spec.steps - spec.warmup_steps
    done = step - 1 - spec.warmup_steps
    match spec.schedule:
        case "constant":
            return spec.learning_rate
        case "step":
            # He 2015 §4.2 divides by 10 after 32k and 48k of 64k steps: at 1/2 and at 3/4.
            return spec.learning_rate * 0.1 ** ((2 * done >= total) + (4 * done >= 3 * total))
        case _:
            return _one_cycle(spec.learning_rate, done, total)


def _one_cycle(highest: float, done: int, total: int) -> float:
    """Rise from 1/25 of the highest for 30 % of the steps, fall to 1/250,000, along cosines.

    The same numbers as ``torch.optim.lr_scheduler.OneCycleLR`` with its defaults; a test says so.
    """
    low, lowest = highest / 25, highest / 25 / 1e4
    peak = 0.3 * total - 1
    last = total - 1
    if done <= peak:
        return _cosine(low, highest, done / peak if peak > 0 else 1.0)
    return _cosine(highest, lowest, (done - peak) / (last - peak) if last > peak else 1.0)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def build_optimiser(spec: TrainSpec, network: nn.Module) -> torch.optim.SGD:
    """Build SGD with momentum over all parameters, in the network's order."""
    return torch.optim.SGD(
        network.parameters(),
        lr=spec.learning_rate,
        momentum=spec.momentum,
        weight_decay=spec.weight_decay,
        fused=next(network.parameters()).device.type in ("cpu", "cuda"),
    )
