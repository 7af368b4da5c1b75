"""The error of a network with lesions, on the same images, with what they share computed once.

Up to its first changed place a network with a lesion does what the intact one does. The intact
network's signal at such places is kept while a batch of images is looked at, and each lesion goes
on from there: deleting each of L units in turn takes about L²/2 units' work, not L².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.lesions.operate import Step, deleted, intact, scaled
from resnet_core.nets import ResidualNetwork
from resnet_core.specs.lesion import Lesion

BATCH = 256
"""Images at once: what is kept of them is their signal at every place."""


@dataclass(frozen=True)
class Measured:
    """What a network with a lesion says of some images.

    Attributes:
        error: Share of the images that is wrong, in [0, 1].
        loss: Mean cross-entropy, in nats; may be infinite.
        class_errors: Share of each class's images that is wrong; NaN for a class without images.
        images: Classified.
    """

    error: float
    loss: float
    class_errors: tuple[float, ...]
    images: int


@torch.no_grad()
def measure(
    network: ResidualNetwork, images: Tensor, labels: Tensor, lesions: Sequence[Lesion]
) -> list[Measured]:
    """Classify images with a network in evaluation mode, once for each lesion.

    Args:
        network: Trained; left as it is, mode included.
        images: (N, C, H, W), normalised.
        labels: (N,), int64.
        lesions: Each by itself; the empty one is the intact network.

    Raises:
        SpecError: A lesion does not fit the network.
    """
    for lesion in lesions:
        lesion.check_fits(network.spec)
    was_training = network.training
    network.eval()
    try:
        losses = torch.zeros(len(lesions), dtype=torch.float64)
        wrong = torch.zeros(len(lesions), _classes(network), dtype=torch.int64)
        for start in range(0, len(labels), BATCH):
            target = labels[start : start + BATCH]
            for number, logits in enumerate(
                _logits(network, images[start : start + BATCH], lesions)
            ):
                losses[number] += (
                    nn.functional.cross_entropy(logits, target, reduction="sum").double().cpu()
                )
                missed = target[logits.argmax(1) != target]
                wrong[number] += torch.bincount(missed, minlength=wrong.shape[1]).cpu()
    finally:
        network.train(was_training)
    count = len(labels)
    of_class = torch.bincount(labels, minlength=wrong.shape[1]).cpu()
    return [
        Measured(
            error=row.sum().item() / count,
            loss=loss.item() / count,
            class_errors=tuple((row / of_class).tolist()),
            images=count,
        )
        for loss, row in zip(losses, wrong, strict=True)
    ]


def _logits(network: ResidualNetwork, images: Tensor, lesions: Sequence[Lesion]) -> list[Tensor]:
    """Give what the network says with each lesion, of shape (B, K)."""
    units = network.units
    behind = len(units) + 1  # where the intact network goes on: with its head
    firsts = [lesion.first_changed() or behind for lesion in lesions]
    signals: dict[int, Tensor] = {}  # what stands before each place where a lesion begins
    x = network.stem(images)
    for place in range(1, max(firsts, default=0) + 1):
        if place in firsts:
            signals[place] = x
        if place < max(firsts):  # one lesion alone takes no longer than one pass
            x = units[place - 1](x)
    found = []
    for lesion, first in zip(lesions, firsts, strict=True):
        y = signals[first]
        for step in _steps(network, lesion)[first - 1 :]:
            y = step(y)
        found.append(network.head(y))
    return found


def _steps(network: ResidualNetwork, lesion: Lesion) -> list[Step]:
    """Give what stands at each place."""
    units = network.units
    standing = [units[number - 1] for number in lesion.order] if lesion.order else units
    scales = dict(lesion.scales)
    gone = set(lesion.deleted)
    steps: list[Step] = []
    for place, unit in enumerate(standing, start=1):
        if place in gone:
            steps.append(deleted(unit))
        elif place in scales:
            steps.append(scaled(unit, scales[place]))
        else:
            steps.append(intact(unit))
    return steps


def _classes(network: ResidualNetwork) -> int:
    linear = network.head.linear
    assert isinstance(linear, nn.Linear)
    return linear.out_features
