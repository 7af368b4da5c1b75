"""A trained network with its test images, ready for lesions; what was asked for last is kept.

Loading takes longer than looking: who clicks at one network again and again should wait for the
passes alone. A file that has changed meanwhile is read again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from resnet_core.data import load_pictures, normalise
from resnet_core.errors import RunError
from resnet_core.nets import ResidualNetwork
from resnet_core.specs import DataSpec, RunSpec
from resnet_core.specs.plan import check_between
from resnet_core.train.weights import load_trained

MOST_IMAGES = 10_000

NETWORKS_KEPT = 12
IMAGES_KEPT = 4


@dataclass(frozen=True)
class Trained:
    """A finished run's network and images that it was not trained on.

    Attributes:
        network: In evaluation mode, on the CPU. It is shared: leave it as it is.
        images: (N, C, H, W), normalised as in training.
        labels: (N,), int64.
    """

    network: ResidualNetwork
    images: Tensor
    labels: Tensor


def load_for_lesions(
    run: RunSpec, weights: Path, *, at_most: int, sha256: str | None = None
) -> Trained:
    """Give a run's network with its test images.

    Args:
        run: Finished.
        weights: The file that it left.
        at_most: Take only so many test images, evenly spaced over all of them.
        sha256: Of the file as it was left, where that is known.

    Raises:
        RunError: The weights are not there, not whole, not as they were left, no finite numbers, or
            not of this network.
        SpecError: There cannot be so many images.
        DataError: The data set is not there and cannot be had.
    """
    check_between("Images", at_most, 1, MOST_IMAGES)
    network = _network(run, weights, _stamp(weights), sha256)
    images, labels = _test_images(run.data, at_most)
    return Trained(network, images, labels)


def _stamp(weights: Path) -> tuple[int, int]:
    """Tell a file from the one before it; one that is not there is refused when it is loaded."""
    try:
        found = weights.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=NETWORKS_KEPT)
def _network(
    run: RunSpec, weights: Path, stamp: tuple[int, int], sha256: str | None
) -> ResidualNetwork:
    pictures = load_pictures(run.data)
    network = load_trained(
        run, weights, channels=pictures.test.images.shape[1], classes=len(pictures.classes)
    )
    # A network of the same shapes would fit (a plain one has those of its residual twin), and so
    # would numbers that somebody has changed.
    if sha256 is not None and _sha256(weights) != sha256:
        raise RunError(
            "The weights of {name} were asked for, but they are not those that it left: the file "
            "has been changed. Train it again.",
            name=run.network.name,
        )
    if not all(bool(torch.isfinite(tensor).all()) for tensor in network.state_dict().values()):
        raise RunError(
            "The weights of {name} were asked for, but some of them are no finite numbers: it has "
            "diverged, or the file has been changed. Train it again.",
            name=run.network.name,
        )
    return network.to(memory_format=torch.channels_last)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=IMAGES_KEPT)
def _test_images(data: DataSpec, at_most: int) -> tuple[Tensor, Tensor]:
    """Give images and labels: those that an evaluation of so many would take."""
    pictures = load_pictures(data)
    split = pictures.test
    chosen = torch.arange(len(split))
    if at_most < len(split):
        chosen = torch.linspace(0, len(split) - 1, at_most).long()
    return normalise(split.images[chosen], pictures.mean, pictures.std), split.labels[chosen]
