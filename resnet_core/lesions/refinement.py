"""How much does each unit change the signal, and how soon could the network stop?

If residual units refine one representation, rather than make new ones, then each changes its input
little, and the head could read the signal before the last units. Greff et al. 2017,
arXiv:1612.07771 (unrolled iterative estimation); Jastrzębski et al. 2018, arXiv:1710.04773, who
measure the ratio of norms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.blocks import ResidualUnit
from resnet_core.nets import ResidualNetwork
from resnet_core.specs.places import unit_places

BATCH = 256


@dataclass(frozen=True)
class Refinement:
    """What each unit does to the signal x, in the order it meets them; means over images.

    Norms are of all channels and places of one image. A unit that gives another shape than it is
    given has neither change nor cosine: NaN. So has a signal of zeros.

    Attributes:
        stages: Of each unit, from 1.
        branches: ‖F(x)‖ / ‖h(x)‖: what is added, over what it is added to, with all that they are
            multiplied by; NaN for a plain unit.
        changes: ‖y - x‖ / ‖x‖, y being the unit's output.
        cosines: Between x and y.
        exit_units: Of the network, from 1: those of the last stage.
        exit_errors: Share of the images that is wrong if the units after each of them are left out,
            and the network's own head reads the signal there; the last is the network's error.
        exit_losses: Mean cross-entropy of the same, in nats.
        images: Looked at.
    """

    stages: tuple[int, ...]
    branches: tuple[float, ...]
    changes: tuple[float, ...]
    cosines: tuple[float, ...]
    exit_units: tuple[int, ...]
    exit_errors: tuple[float, ...]
    exit_losses: tuple[float, ...]
    images: int


@torch.no_grad()
def refinement(network: ResidualNetwork, images: Tensor, labels: Tensor) -> Refinement:
    """Send images through a network in evaluation mode, and look at each unit's input and output.

    Args:
        network: Trained; left as it is, mode included.
        images: (N, C, H, W), normalised.
        labels: (N,), int64.
    """
    units = network.units
    stages = tuple(stage for stage, _ in unit_places(network.spec))
    exits = tuple(number for number, stage in enumerate(stages, start=1) if stage == stages[-1])
    sums = torch.zeros(len(units), 3, dtype=torch.float64)
    losses = torch.zeros(len(exits), dtype=torch.float64)
    wrong = torch.zeros(len(exits), dtype=torch.int64)
    was_training = network.training
    network.eval()
    try:
        for start in range(0, len(labels), BATCH):
            target = labels[start : start + BATCH]
            x = network.stem(images[start : start + BATCH])
            for number, unit in enumerate(units, start=1):
                x, looked = _looked_at(unit, x)
                sums[number - 1] += looked
                if number in exits:
                    logits = network.head(x)
                    place = exits.index(number)
                    losses[place] += (
                        nn.functional.cross_entropy(logits, target, reduction="sum").double().cpu()
                    )
                    wrong[place] += (logits.argmax(1) != target).sum().cpu()
    finally:
        network.train(was_training)
    count = len(labels)
    branches, changes, cosines = (sums / count).T.tolist()
    return Refinement(
        stages=stages,
        branches=tuple(branches),
        changes=tuple(changes),
        cosines=tuple(cosines),
        exit_units=exits,
        exit_errors=tuple(number / count for number in wrong.tolist()),
        exit_losses=tuple((losses / count).tolist()),
        images=count,
    )


def _looked_at(unit: ResidualUnit, x: Tensor) -> tuple[Tensor, Tensor]:
    """Give a unit's output; and branch, change and cosine, each summed over the images: (3,)."""
    branch = torch.full((len(x),), math.nan, dtype=torch.float64)
    if unit.join == "plain":
        y: Tensor = unit(x)
    else:
        opening = unit.opening(x)
        carried, branched = unit.carried(x, opening), unit.branched(x, opening)
        y = unit.after_addition(carried + branched)
        branch = _norms(branched) / _norms(carried)
    if unit.shape.changes:
        change = cosine = torch.full((len(x),), math.nan, dtype=torch.float64)
    else:
        product = (x.cpu().double() * y.cpu().double()).flatten(1).sum(1)
        change = _norms(y - x) / _norms(x)
        cosine = product / (_norms(x) * _norms(y))
    return y, torch.stack([branch.sum(), change.sum(), cosine.sum()])


def _norms(signal: Tensor) -> Tensor:
    """Give the norm of each image's signal, (N,), in float64."""
    flat = signal.cpu().flatten(1)
    found: Tensor = torch.linalg.vector_norm(flat, dim=1, dtype=torch.float64)
    return found
