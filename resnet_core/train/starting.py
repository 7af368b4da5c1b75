"""How does a network start? Its first step, probed; and how alike nearby gradients are."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.data import load_pictures, normalise
from resnet_core.probes import gradient_correlation
from resnet_core.specs import RunSpec
from resnet_core.specs.events import ProbesCompleted
from resnet_core.train.chance import chance
from resnet_core.train.engine import Training


@dataclass(frozen=True)
class Start:
    """What a network is like before it has learned anything.

    Attributes:
        values: As of ``ProbesCompleted``: the same numbers as the run itself says at its first
            step.
        distances: Along the line between two training images of different classes.
        cosines: Between the gradients of inputs so far apart.
    """

    values: dict[str, tuple[float, ...]]
    distances: tuple[float, ...]
    cosines: tuple[float, ...]


def probe_start(run: RunSpec) -> Start:
    """Build a run's network and probe its first step; nothing is kept.

    Raises:
        DataError: The data set is not there and cannot be had.
    """
    first = run.train.model_copy(update={"probes": 1})
    pictures = load_pictures(run.data)
    training = Training(run.model_copy(update={"train": first}), pictures)
    labels = pictures.train.labels
    other = int((labels != labels[0]).nonzero()[0].item())
    pair = normalise(pictures.train.images[[0, other]], pictures.mean, pictures.std)  # (2, C, H, W)
    with chance(run.train.seed, 0, training.device):
        distances, cosines = gradient_correlation(training.network, pair[0], pair[1])
    probed = next(event for event in training.advance() if isinstance(event, ProbesCompleted))
    return Start(probed.values, tuple(distances), tuple(cosines))
