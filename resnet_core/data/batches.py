"""What does a training step see? ``Batches``: the batch of any step, computed from the seed.

Nothing is remembered from one step to the next, so a run goes on from any step with the batches
it would have had, and twins see the same batches in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from resnet_core.data.augment import flip, pad_crop
from resnet_core.data.images import Split
from resnet_core.seeding import derive_seed


class Batches:
    """The batches of one run, by step.

    Each epoch visits the images in a new order; what is left over at its end and fills no batch
    is dropped.

    Attributes:
        batch_size: Images a batch: the number asked for, or all images when there are fewer.
        steps_per_epoch: Steps that visit each image at most once.
    """

    def __init__(
        self,
        split: Split,
        mean: Tensor,
        std: Tensor,
        *,
        batch_size: int,
        seed: int,
        crop_padding: int = 0,
        flip: bool = False,
    ) -> None:
        self.batch_size = min(batch_size, len(split))
        self.steps_per_epoch = len(split) // self.batch_size
        self._split = split
        self._mean = mean
        self._std = std
        self._seed = seed
        self._crop_padding = crop_padding
        self._flip = flip
        self._order: tuple[int, Tensor] | None = None

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Give the batch of a step, counted from 1.

        Random, by the run's seed: the order of the images, from the epoch; crops and mirror
        images, from the step, each from its own generator, so that turning one on leaves the
        other as it was.

        Returns:
            Normalised images (N, C, H, W), float32, channels last in memory; labels (N,), int64.
        """
        assert step >= 1
        epoch, position = divmod(step - 1, self.steps_per_epoch)
        start = position * self.batch_size
        chosen = self._order_of(epoch + 1)[start : start + self.batch_size]
        images = normalise(self._split.images.index_select(0, chosen), self._mean, self._std)
        if self._crop_padding:
            images = pad_crop(images, self._crop_padding, self._generator("crop", step))
        if self._flip:
            images = flip(images, self._generator("flip", step))
        return images, self._split.labels.index_select(0, chosen)

    def _order_of(self, epoch: int) -> Tensor:
        if self._order is None or self._order[0] != epoch:
            order = torch.randperm(len(self._split), generator=self._generator("order", epoch))
            self._order = epoch, order.to(self._split.labels.device)
        return self._order[1]

    def _generator(self, role: str, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(derive_seed(self._seed, role, number))


def normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Give (images - mean) / std, float32, channels last in memory.

    Args:
        images: (N, C, H, W), uint8.
        mean: (C,), in grey levels.
        std: (C,), in grey levels.
    """
    # Reordering bytes, then converting, takes half the time of doing both at once.
    images = images.contiguous(memory_format=torch.channels_last)
    numbers = images.to(torch.float32, memory_format=torch.channels_last)
    return numbers.sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1))


def evaluation_batches(
    split: Split, mean: Tensor, std: Tensor, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Go through all images once, in order, normalised and otherwise as they are.

    Yields:
        Images (N, C, H, W), float32, channels last in memory, and labels (N,); the last batch
        may be smaller.
    """
    for start in range(0, len(split), batch_size):
        end = start + batch_size
        yield normalise(split.images[start:end], mean, std), split.labels[start:end]
