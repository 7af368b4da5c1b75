"""What the bench measures of trained networks: lesions, paths, refinement, ensembles.

Each question is small, so that others are answered in between: who wants many draws asks many
times. What is no finite number is given as None. Two files may stand for one plan, so the asker
gives the weights' checksum where it knows it: a file that was changed is refused then.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from resnet_core.errors import SpecError, StoreError
from resnet_core.lesions import Trained, load_for_lesions, measure
from resnet_core.lesions.by_length import gradient_by_length, summed_by_length
from resnet_core.lesions.ensemble import ensemble
from resnet_core.lesions.refinement import refinement
from resnet_core.specs import RunSpec
from resnet_core.specs.lesion import Lesion
from resnet_core.specs.plan import check_between
from resnet_core.store.places import runs_folder
from resnet_core.studies.trained import load_trained_network, trained_names

Answer = dict[str, Any]

MOST_LESIONS = 100
"""In one question: who asks for more asks again, and others are answered in between."""

MOST_PATH_UNITS = 120
"""Gradients go back along paths of so many units at most: time grows with their square."""

MOST_PATH_IMAGES = 128

MOST_TOGETHER = 10
"""Networks of one ensemble."""


def lesion(
    run: str, lesions: list[dict[str, Any]], at_most: int, sha256: str | None = None
) -> Answer:
    """Classify test images with a finished run's network, once for each lesion.

    Args:
        run: Its plan, as JSON; of this store, or of ``assets/trained``.
        lesions: Plans, each by itself; the empty one is the intact network.
        at_most: Take so many test images, evenly spaced.
        sha256: Of the weights.
    """
    check_between("Lesions", len(lesions), 0, MOST_LESIONS)
    plans = [Lesion.model_validate(plan) for plan in lesions]
    found = _trained(RunSpec.from_json(run), at_most, sha256)
    measured = measure(found.network, found.images, found.labels, plans)
    return {
        "lesions": [
            {
                "error": one.error,
                "loss": _finite([one.loss])[0],
                "class_errors": _finite(one.class_errors),
                "images": one.images,
            }
            for one in measured
        ]
    }


def path_gradients(run: str, at_most: int, seed: int, sha256: str | None = None) -> Answer:
    """Measure the gradient that arrives by one path of each length; see ``lesions.by_length``.

    Args:
        run: Its plan, as JSON.
        at_most: Take so many test images, evenly spaced.
        seed: Of the paths: another gives other ones.
        sha256: Of the weights.
    """
    found = _for_paths(run, at_most, sha256)
    got = gradient_by_length(found.network, found.images, found.labels, draws=1, seed=seed)
    return {"norms": _finite(got.norms), "whole": _finite([got.whole])[0], "images": got.images}


def path_sums(run: str, at_most: int, sha256: str | None = None) -> Answer:
    """Add up the gradients of all paths of each length, exactly; see ``lesions.by_length``."""
    found = _for_paths(run, at_most, sha256)
    got = summed_by_length(found.network, found.images, found.labels)
    return {
        "norms": _finite(got.norms),
        "shares": _finite(got.shares),
        "whole": _finite([got.whole])[0],
        "images": got.images,
    }


def refine(run: str, at_most: int, sha256: str | None = None) -> Answer:
    """Say how much each unit changes the signal, and how soon the head could read it."""
    found = _trained(RunSpec.from_json(run), at_most, sha256)
    return _all_finite(asdict(refinement(found.network, found.images, found.labels)))


def together(runs: list[str], at_most: int, sha256s: list[str | None]) -> Answer:
    """Classify test images with several networks, and with the average of what they say.

    Args:
        runs: Plans, as JSON, of the same data.
        at_most: Take so many test images, evenly spaced.
        sha256s: Of the weights of each.
    """
    check_between("Networks of an ensemble", len(runs), 1, MOST_TOGETHER)
    plans = [RunSpec.from_json(run) for run in runs]
    shown = {
        (data.dataset, data.imported, data.image_size, data.test_images)
        for data in (plan.data for plan in plans)
    }
    if len(shown) > 1:
        raise SpecError(
            "An ensemble was asked for of networks that were tested on {count} sets of images, but "
            "they must look at the same ones.",
            count=len(shown),
        )
    found = [_trained(plan, at_most, sha256) for plan, sha256 in zip(plans, sha256s, strict=True)]
    networks = [one.network for one in found]
    answer = _all_finite(asdict(ensemble(networks, found[0].images, found[0].labels)))
    answer["together"] = answer.pop("error")  # of an answer, "error" says that there is none
    return answer


def _for_paths(text: str, at_most: int, sha256: str | None) -> Trained:
    run = RunSpec.from_json(text)
    check_between("Units to send gradients through", _units(run), 1, MOST_PATH_UNITS)
    check_between("Images to send gradients to", at_most, 1, MOST_PATH_IMAGES)
    return _trained(run, at_most, sha256)


def _units(run: RunSpec) -> int:
    return sum(run.network.units_per_stage)


def _trained(run: RunSpec, at_most: int, sha256: str | None) -> Trained:
    """Find a run's weights in the store's folder, or else among the networks that ship."""
    own = runs_folder() / run.digest / "weights.safetensors"
    for name in () if sha256 is None and own.exists() else trained_names():
        with contextlib.suppress(StoreError):  # another's file may be damaged: not our business
            kept = load_trained_network(name)
            if kept.run.digest == run.digest and sha256 in (None, kept.sha256):
                return load_for_lesions(run, kept.weights, at_most=at_most, sha256=kept.sha256)
    return load_for_lesions(run, own, at_most=at_most, sha256=sha256)


def _finite(values: Iterable[float]) -> list[float | None]:
    return [_finite_or_none(value) for value in values]


def _all_finite(values: Mapping[str, Any]) -> Answer:
    return {name: _finite_or_none(value) for name, value in values.items()}


def _finite_or_none(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite_or_none(one) for one in value]
    return value
