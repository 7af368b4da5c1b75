"""What are pictures here? ``Split`` and ``Pictures``: tensors, class names, mean and spread.

Images stay bytes, (N, C, H, W) in 0..255, on whichever device trains: a quarter of the memory of
float32. Each batch is normalised as it is taken (``batches.normalise``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

SMALLEST_STD = 1.0
"""Of one grey level: images that are all alike are then normalised to 0, not to NaN."""


@dataclass(frozen=True)
class Split:
    """Images and their labels: the training images, or the test images.

    Attributes:
        images: (N, C, H, W), uint8.
        labels: (N,), int64, from 0.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """Give the same split on a device."""
        return Split(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Pictures:
    """A data set, ready to train on.

    Attributes:
        train: The training images.
        test: The test images.
        classes: Name of each class; labels are its positions.
        mean: (C,), float32, of the training images, in grey levels 0..255.
        std: (C,), float32, likewise; at least ``SMALLEST_STD``.
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    mean: Tensor
    std: Tensor

    def to(self, device: torch.device | str) -> Pictures:
        """Give the same pictures on a device."""
        return Pictures(
            self.train.to(device),
            self.test.to(device),
            self.classes,
            self.mean.to(device),
            self.std.to(device),
        )


def to_pictures(train: Split, test: Split, classes: tuple[str, ...]) -> Pictures:
    """Put two splits together and measure mean and std of the training images."""
    mean, std = measure_mean_and_std(train.images)
    return Pictures(train, test, classes, mean, std)


def measure_mean_and_std(images: Tensor) -> tuple[Tensor, Tensor]:
    """Measure mean and std of each channel, each (C,), of uint8 images (N, C, H, W).

    Whole numbers are counted, so the result is the same to the last bit whatever the number of
    threads: every number of a run depends on it.
    """
    means, stds = [], []
    for channel in range(images.shape[1]):
        counts = images[:, channel].flatten().bincount(minlength=256).tolist()
        pixels = sum(counts)
        total = sum(level * count for level, count in enumerate(counts))
        squares = sum(level * level * count for level, count in enumerate(counts))
        means.append(total / pixels)
        stds.append(max((pixels * squares - total * total) ** 0.5 / pixels, SMALLEST_STD))
    return torch.tensor(means), torch.tensor(stds)
