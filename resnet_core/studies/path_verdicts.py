"""What do gradients by path length say? Computed from what was measured, beside what is published.

Veit, Wilber & Belongie 2016 (arXiv:1605.06431, section 5) find that the gradient by one path falls
exponentially with its length, and that almost all gradient of a network of 54 units comes by paths
through 5 to 17 of them, 0.45 % of all paths. Their product, norm times number of paths, is a sum of
norms; what the paths bring together, ``lesions.by_length`` adds up exactly.
"""

from __future__ import annotations

import math

from resnet_core.specs.sentence import Sentence
from resnet_core.studies.path_gradients import ENOUGH_DRAWS, PathGradients, fewest_lengths
from resnet_core.studies.path_product import percent, product_verdict

GEOMETRIC = 0.95
"""R² of the logarithms from which on a decay is called geometric."""

CANCELLING = 2.0
"""Sum of the norms over the norm of the sum, from which on paths largely cancel each other."""

SURE_MEAN = 1.0
"""Mean lengths that lie nearer are called equal, in units."""

_EXPONENT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def path_verdict(found: PathGradients) -> tuple[Sentence, ...]:
    """Say how a network's gradient falls, where most of it comes from, and what disagrees."""
    if found.effective is None:
        return (
            Sentence(
                "{name}: the gradients of some lengths are no finite numbers, so nothing is said "
                "of them.",
                name=found.name,
            ),
        )
    if not found.is_enough:
        return (
            Sentence(
                "{name}: {draws} drawn so far of each length. These are points; how the gradient "
                "falls and which lengths carry most is said from {enough} on.",
                name=found.name,
                draws=len(found.draws),
                enough=ENOUGH_DRAWS,
            ),
        )
    return (
        *_decay(found),
        *product_verdict(found, found.effective),
        *_cancelling(found),
        *_exact(found),
    )


def comparison_verdict(one: PathGradients, other: PathGradients) -> tuple[Sentence, ...]:
    """Say by which of two networks more gradient comes along long paths."""
    first, second = one.decay, other.decay
    if first is None or second is None:
        return ()
    slow, fast = (one, other) if first.factor >= second.factor else (other, one)
    values = {
        "slow": slow.name,
        "fast": fast.name,
        "more": _factor(max(first.factor, second.factor)),
        "less": _factor(min(first.factor, second.factor)),
        "draws": min(len(one.draws), len(other.draws)),
    }
    if values["more"] == values["less"]:
        return (
            Sentence("{slow} and {fast}: the gradient falls equally fast with length.", **values),
        )
    if values["draws"] == 1:
        return (
            Sentence(
                "The gradient falls more slowly with length in {slow} ({more} a unit) than in "
                "{fast} ({less}): its longer paths carry more. One training of each, one drawn "
                "path of each length.",
                **values,
            ),
        )
    return (
        Sentence(
            "The gradient falls more slowly with length in {slow} ({more} a unit) than in {fast} "
            "({less}): its longer paths carry more. One training of each, {draws} drawn paths of "
            "each length.",
            **values,
        ),
    )


# --- one network ----------------------------------------------------------------------------------


def _decay(found: PathGradients) -> list[Sentence]:
    fitted = found.decay
    if fitted is None:
        return []
    values = {
        "name": found.name,
        "factor": _factor(fitted.factor),
        "fit": f"{fitted.fit:.3f}",
        "draws": len(found.draws),
        "images": found.images,
        "last": len(found.draws) - 1,
    }
    if fitted.fit >= GEOMETRIC and fitted.factor < 1:
        return [
            Sentence(
                "{name}: with each unit more on its way, a path's gradient shrinks to {factor} "
                "of it (R² = {fit} of a geometric decay; {draws} drawn paths of each length, seeds "
                "0 to {last}, {images} test images): a fall of the published form.",
                **values,
            )
        ]
    return [
        Sentence(
            "{name}: a geometric decay does not fit well, or nothing falls ({factor} a unit, R² = "
            "{fit}; {draws} drawn paths of each length, seeds 0 to {last}, {images} test images): "
            "not as published.",
            **values,
        )
    ]


def _cancelling(found: PathGradients) -> list[Sentence]:
    times = found.cancelling
    if not math.isfinite(times):
        return []
    values = {
        "times": f"{times:.0f}" if times >= 10 else f"{times:.1f}",
        "whole": f"{found.whole:.2g}",
    }
    if times >= CANCELLING:
        return [
            Sentence(
                "The product is a sum of norms. All lengths together, it is {times} times the norm "
                "of the whole gradient ({whole}): gradients of different paths largely cancel each "
                "other.",
                **values,
            )
        ]
    return [
        Sentence(
            "The product is a sum of norms. All lengths together, it is {times} times the norm of "
            "the whole gradient ({whole}).",
            **values,
        )
    ]


def _exact(found: PathGradients) -> list[Sentence]:
    ends = fewest_lengths(found.exact)
    if ends is None or found.effective is None:
        return []
    low, high = ends
    mean = math.fsum(length * share for length, share in enumerate(found.exact))
    product = found.effective.mean
    values = {
        "name": found.name,
        "paths": f"2{str(found.units).translate(_EXPONENT)}",
        "low": low,
        "high": high,
        "mean": f"{mean:.1f}",
        "product": f"{product:.1f}",
        "share": percent(math.fsum(found.exact[low : high + 1])),
        "images": found.images,
    }
    if mean < product - SURE_MEAN:
        return [
            Sentence(
                "{name}, all {paths} paths added up exactly ({images} images): {share} of the "
                "whole gradient comes by lengths {low} to {high}, on average {mean}. That is "
                "shorter than the product says ({product}): the long paths cancel each other most.",
                **values,
            )
        ]
    if mean > product + SURE_MEAN:
        return [
            Sentence(
                "{name}, all {paths} paths added up exactly ({images} images): {share} of the "
                "whole gradient comes by lengths {low} to {high}, on average {mean}: longer "
                "than the product says ({product}).",
                **values,
            )
        ]
    return [
        Sentence(
            "{name}, all {paths} paths added up exactly ({images} images): {share} of the whole "
            "gradient comes by lengths {low} to {high}, on average {mean}, about as the product "
            "says ({product}).",
            **values,
        )
    ]


def _factor(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
