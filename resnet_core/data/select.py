"""Which images, and how large? Fixed choices that keep the shares of the classes; smaller images.

Nothing here depends on a run's seed: all runs on a data set are measured on the same images.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from resnet_core.data.images import Split
from resnet_core.seeding import derive_seed

CHUNK = 4096
"""Images pooled at once, so that a large data set never stands in memory as float32."""


def choose(labels: Tensor, counts: Tensor, role: str) -> Tensor:
    """Choose so many images of each class, by a fixed draw.

    A larger count of a class contains the smaller one.

    Args:
        labels: (N,), int64, on the CPU.
        counts: (K,), how many to take of each class.
        role: Names the draw; equal roles and labels give equal choices.

    Returns:
        Positions in rising order, int64.
    """
    generator = torch.Generator().manual_seed(derive_seed(0, "choose", role))
    order = torch.randperm(len(labels), generator=generator)
    order = order[labels[order].argsort(stable=True)]  # (N,), class by class
    sizes = labels.bincount(minlength=len(counts))
    first = sizes.cumsum(0) - sizes  # (K,), where each class begins in order
    rank = torch.arange(len(labels)) - first[labels[order]]
    return order[rank < counts[labels[order]]].sort().values


def share(sizes: Tensor, count: int) -> Tensor:
    """Share ``count`` images among classes of these sizes, by largest remainder.

    Args:
        sizes: (K,), int64, images there are of each class.
        count: At most their sum.

    Returns:
        (K,), int64, with sum ``count``.
    """
    parts = sizes * count
    total = int(sizes.sum())
    shares = parts // total
    missing = count - int(shares.sum())
    shares[(parts % total).argsort(descending=True, stable=True)[:missing]] += 1
    return shares


def take(split: Split, count: int, role: str) -> Split:
    """Take ``count`` images of a split on the CPU, the same share of each class."""
    counts = share(split.labels.bincount(), count)
    positions = choose(split.labels, counts, role)
    return Split(split.images[positions], split.labels[positions])


def pool(split: Split, size: int) -> Split:
    """Shrink images to ``size`` × ``size`` by average pooling, rounded to whole grey levels."""
    images = [
        adaptive_avg_pool2d(chunk.float(), size).round_().to(torch.uint8)
        for chunk in split.images.split(CHUNK)
    ]
    return Split(torch.cat(images), split.labels)
