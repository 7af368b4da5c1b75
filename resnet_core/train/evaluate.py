"""How good a network is: loss and error on a split, in evaluation mode, without augmentation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.data import Split, normalise

BATCH = 512


@dataclass(frozen=True)
class Evaluation:
    """Mean cross-entropy in nats, share of images that are wrong, and how many were seen."""

    loss: float
    error: float
    images: int


@torch.no_grad()
def evaluate(
    network: nn.Module, split: Split, mean: Tensor, std: Tensor, *, at_most: int | None = None
) -> Evaluation:
    """Classify a split and compare with its labels.

    Args:
        network: Put into evaluation mode, and back into the mode it was in.
        split: Images of shape (N, C, H, W), labels of shape (N,).
        mean: Of the training images, of shape (C,).
        std: Likewise.
        at_most: Take only so many images, evenly spaced over the split; None takes all.
    """
    total = len(split.labels)
    images, labels = split.images, split.labels
    if at_most is not None and at_most < total:
        chosen = torch.linspace(0, total - 1, at_most, device=labels.device).long()
        images, labels = images[chosen], labels[chosen]
    was_training = network.training
    network.eval()
    loss = torch.zeros((), device=labels.device)
    wrong = torch.zeros((), device=labels.device, dtype=torch.long)
    for start in range(0, len(labels), BATCH):
        logits = network(normalise(images[start : start + BATCH], mean, std))  # (B, K)
        target = labels[start : start + BATCH]
        loss += nn.functional.cross_entropy(logits, target, reduction="sum")
        wrong += (logits.argmax(1) != target).sum()
    network.train(was_training)
    count = len(labels)
    return Evaluation(loss.item() / count, wrong.item() / count, count)
