"""Is a network with identity layers added as good as the trained one? The constructed solution."""

from __future__ import annotations

from pathlib import Path

import torch

from resnet_core.arithmetic.estimate import EVALUATED_ON_THE_WAY
from resnet_core.data import Split, load_pictures, normalise
from resnet_core.errors import RunError
from resnet_core.nets.deepen import BATCH, check_deepens, deepen
from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.studies.judgement import Constructed
from resnet_core.train.evaluate import evaluate
from resnet_core.train.weights import load_trained


@torch.no_grad()
def constructed_solution(run: RunSpec, weights: Path, deep: NetworkSpec) -> Constructed:
    """Deepen a trained network by identity layers, and classify training images with both.

    Both see the same images, at most 2,000, evenly spaced over the training images: whoever asks is
    waiting, and a difference between two networks on the same images needs no more.

    Args:
        run: The shallow network's, finished.
        weights: The file that it left.
        deep: The same network, deeper.

    Raises:
        SpecError: It is not the same network, or its layers cannot be the identity.
        RunError: The weights are not there, or not of this network.
    """
    check_deepens(run.network, deep)
    pictures = load_pictures(run.data)
    shallow = load_trained(
        run, weights, channels=pictures.train.images.shape[1], classes=len(pictures.classes)
    )
    if any(unit.shortcut_scale != run.network.shortcut_scale for unit in shallow.units):
        raise RunError(
            "{name} was to be deepened, but λ was changed while it trained: take a run that was "
            "left alone.",
            name=run.network.name,
        )
    split = _some(pictures.train, EVALUATED_ON_THE_WAY)
    images = normalise(split.images, pictures.mean, pictures.std)  # (N, C, H, W)
    built = deepen(shallow, deep, seed=run.train.seed, images=images)
    one, other = (
        evaluate(network, split, pictures.mean, pictures.std) for network in (shallow, built)
    )
    difference = max(
        (shallow(batch) - built(batch)).abs().max().item() for batch in images.split(BATCH)
    )
    return Constructed(
        shallow_error=one.error,
        deep_error=other.error,
        largest_difference=difference,
        images=len(split),
    )


def _some(split: Split, at_most: int) -> Split:
    """Take the images that an evaluation on the way would take."""
    if len(split) <= at_most:
        return split
    chosen = torch.linspace(0, len(split) - 1, at_most).long()
    return Split(split.images[chosen], split.labels[chosen])
