"""Are several shallow networks together as good as a deep one? Their probabilities, averaged.

Veit et al. 2016, arXiv:1605.06431, say that a residual network behaves like an ensemble. This is an
ensemble in the usual sense: networks trained apart, whose predicted probabilities are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.arithmetic import count_network
from resnet_core.errors import SpecError
from resnet_core.nets import ResidualNetwork

BATCH = 256


@dataclass(frozen=True)
class Ensemble:
    """What networks say of the same images, each by itself and all together.

    Attributes:
        names: Of the networks, such as ``residual-20``.
        errors: Of each, share of the images that is wrong.
        losses: Of each, mean cross-entropy in nats.
        parameters: Of each; the ensemble has their sum.
        multiply_adds: Of each, for one image; the ensemble needs their sum.
        error: Of the averaged probabilities.
        loss: Of the averaged probabilities; never above the mean of ``losses``.
        disagreement: Share of the images that two of the networks put into different classes, mean
            over all pairs; NaN of one network.
        images: Classified.
    """

    names: tuple[str, ...]
    errors: tuple[float, ...]
    losses: tuple[float, ...]
    parameters: tuple[int, ...]
    multiply_adds: tuple[int, ...]
    error: float
    loss: float
    disagreement: float
    images: int


@torch.no_grad()
def ensemble(networks: Sequence[ResidualNetwork], images: Tensor, labels: Tensor) -> Ensemble:
    """Classify images with several networks in evaluation mode, and with their average.

    Args:
        networks: Trained, for images of this shape and the same classes; left as they are.
        images: (N, C, H, W), normalised as each of them was trained.
        labels: (N,), int64.

    Raises:
        SpecError: There is no network, or they do not tell the same classes apart.
    """
    if not networks:
        raise SpecError("An ensemble was asked for, but of no networks: take one at least.")
    answers = [_log_probabilities(network, images) for network in networks]
    classes = sorted({answer.shape[1] for answer in answers})
    if len(classes) > 1:
        raise SpecError(
            "An ensemble was asked for of networks that tell {counts} classes apart, but they must "
            "be trained on the same data.",
            counts=", ".join(str(count) for count in classes),
        )
    logs = torch.stack(answers)  # (M, N, K)
    labels = labels.cpu()
    said = logs.argmax(2)  # (M, N)
    together = torch.logsumexp(logs, 0) - math.log(len(networks))  # (N, K)
    counts = [
        count_network(
            network.spec, channels=images.shape[1], classes=classes[0], size=images.shape[-1]
        )
        for network in networks
    ]
    return Ensemble(
        names=tuple(network.spec.name for network in networks),
        errors=tuple(_share(row != labels) for row in said),
        losses=tuple(nn.functional.nll_loss(row, labels).item() for row in logs),
        parameters=tuple(count.parameters for count in counts),
        multiply_adds=tuple(count.multiply_adds for count in counts),
        error=_share(together.argmax(1) != labels),
        loss=nn.functional.nll_loss(together, labels).item(),
        disagreement=_disagreement(said),
        images=len(labels),
    )


def _log_probabilities(network: ResidualNetwork, images: Tensor) -> Tensor:
    """Give the logarithm of each class's probability, (N, K), in float64 on the CPU."""
    was_training = network.training
    network.eval()
    try:
        logits = [network(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
    finally:
        network.train(was_training)
    return torch.log_softmax(torch.cat(logits).cpu().double(), 1)


def _share(wrong: Tensor) -> float:
    return wrong.sum().item() / len(wrong)


def _disagreement(said: Tensor) -> float:
    pairs = [_share(said[one] != said[other]) for one in range(len(said)) for other in range(one)]
    return math.fsum(pairs) / len(pairs) if pairs else math.nan
