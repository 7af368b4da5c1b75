"""What does a trained network say of test images, cut or whole? The bench measures, and pages ask.

What was measured is remembered: the same question is answered at once, whoever asks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pages.ui import lab
from pages.ui.trained import Subject
from resnet_core.specs.lesion import Lesion

IMAGES = 1000
"""Test images that a network is asked about, where there are so many: digits have 360."""

AT_ONCE = 16
"""Lesions a question: the bench answers others in between."""

MOST_CUTS = 20_000
"""Remembered at a time."""


@dataclass(frozen=True)
class Cut:
    """What a network with a lesion says of test images.

    Attributes:
        error: Share that is wrong, in [0, 1].
        loss: Mean cross-entropy in nats; None where it is no finite number.
        class_errors: Of each class; None of one without images.
        images: Classified.
    """

    error: float
    loss: float | None
    class_errors: tuple[float | None, ...]
    images: int


def cut(of: Subject, lesions: Sequence[Lesion], images: int = IMAGES) -> list[Cut]:
    """Have the bench measure a network with each lesion by itself.

    Args:
        of: The network.
        lesions: The empty one is the intact network.
        images: At most so many test images.

    Raises:
        ResNetLabError: With a sentence: a lesion does not fit, or the weights are not as they were.
    """
    run = of.run.to_json()
    found = {lesion: _known_cuts.get((run, of.sha256, images, lesion)) for lesion in lesions}
    missing = [lesion for lesion, known in found.items() if known is None]
    for start in range(0, len(missing), AT_ONCE):
        some = missing[start : start + AT_ONCE]
        answers = lab.keeper.client.measure(
            "lesion",
            run=run,
            lesions=[lesion.model_dump(mode="json") for lesion in some],
            at_most=images,
            sha256=of.sha256,
        )["lesions"]
        if len(_known_cuts) > MOST_CUTS:
            _known_cuts.clear()
        for lesion, one in zip(some, answers, strict=True):
            measured = Cut(one["error"], one["loss"], tuple(one["class_errors"]), one["images"])
            found[lesion] = _known_cuts[run, of.sha256, images, lesion] = measured
    return [one for lesion in lesions if (one := found[lesion]) is not None]


_known_cuts: dict[tuple[str, str, int, Lesion], Cut] = {}
"""What has been measured: lesion by lesion, so that a figure's are there for a click, too."""


def ask(measure: str, of: Subject, **arguments: Any) -> dict[str, Any]:
    """Ask the bench for another measurement of a network; the same is answered at once again.

    Args:
        measure: ``path_gradients``, ``path_sums`` or ``refinement``.
        of: The network.
        arguments: Of the measurement; see ``execute.bench_trained``.

    Raises:
        ResNetLabError: With a sentence.
    """
    return _ask(measure, of.run.to_json(), of.sha256, tuple(sorted(arguments.items())))


@lru_cache(maxsize=1024)
def _ask(
    measure: str, run: str, sha256: str, arguments: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    return lab.keeper.client.measure(measure, run=run, sha256=sha256, **dict(arguments))


def together(subjects: Sequence[Subject], images: int = IMAGES) -> dict[str, Any]:
    """Have the bench average what several networks say of the same images.

    Raises:
        ResNetLabError: With a sentence: they were not tested on the same images, say.
    """
    return _together(tuple((one.run.to_json(), one.sha256) for one in subjects), images)


@lru_cache(maxsize=256)
def _together(networks: tuple[tuple[str, str], ...], images: int) -> dict[str, Any]:
    runs, sha256s = zip(*networks, strict=True)
    return lab.keeper.client.measure(
        "ensemble", runs=list(runs), sha256s=list(sha256s), at_most=images
    )
