"""What do gradients by path length say? Computed from what was measured, beside what is published.

Veit, Wilber & Belongie 2016 (arXiv:1605.06431, section 5) find that the gradient by one path falls
exponentially with its length, and that almost all gradient of a network of 54 units comes by paths
through 5 to 17 of them, 0.45 % of all paths. Their product, norm times number of paths, is a sum of
norms; what the paths bring together, ``lesions.by_length`` adds up exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from resnet_core.specs.sentence import Sentence
from resnet_core.studies.path_gradients import ENOUGH_DRAWS, PathGradients, fewest_lengths
from resnet_core.studies.paths import EffectivePaths, effective_paths

PUBLISHED_UNITS, PUBLISHED_LOW, PUBLISHED_HIGH = 54, 5, 17
"""Veit et al. 2016, section 5: lengths 5 to 17 of ResNet-110's 54 units."""

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
    said = _decay(found)
    if not found.is_enough:
        return (
            *said,
            Sentence(
                "{name}: {draws} drawn so far of each length. These are points; which lengths "
                "carry most is said from {enough} on.",
                name=found.name,
                draws=len(found.draws),
                enough=ENOUGH_DRAWS,
            ),
        )
    return (*said, *_product(found, found.effective), *_cancelling(found), *_exact(found))


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
                "0 to {last}, {images} test images): as published.",
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


def _product(found: PathGradients, effective: EffectivePaths) -> list[Sentence]:
    each = [one for draw in found.draws if (one := effective_paths(draw)) is not None]
    half = found.units / 2
    said = [
        Sentence(
            "{name}: {carried} of the product comes by lengths {low} to {high} of {units}, {paths} "
            "of all paths. From single draws: from {lows} to {highs}.",
            name=found.name,
            carried=_percent(effective.gradient),
            low=effective.low,
            high=effective.high,
            units=found.units,
            paths=_percent(effective.paths),
            lows=_span([one.low for one in each]),
            highs=_span([one.high for one in each]),
        )
    ]
    values = {"mean": f"{effective.mean:.1f}", "half": f"{half:g}", "high": effective.high}
    if effective.mean < half:
        said.append(
            Sentence(
                "Its mean length is {mean}, that of all paths {half}: most of the gradient comes "
                "by short paths, as published.",
                **values,
            )
        )
    else:
        said.append(
            Sentence(
                "Its mean length is {mean}, that of all paths {half}: not by short paths, unlike "
                "what is published.",
                **values,
            )
        )
    return [*said, _beside_the_published(found, effective)]


def _beside_the_published(found: PathGradients, effective: EffectivePaths) -> Sentence:
    values = {
        "low": effective.low,
        "high": effective.high,
        "published_low": PUBLISHED_LOW,
        "published_high": PUBLISHED_HIGH,
        "published_units": PUBLISHED_UNITS,
        "published_paths": "0.45 %",
        "paths": _percent(effective.paths),
        "units": found.units,
    }
    if found.units != PUBLISHED_UNITS:
        return Sentence(
            "Published (Veit 2016, section 5): {published_low} to {published_high} of "
            "{published_units} units, {published_paths} of all paths. With {units} units the "
            "effective paths are {paths} of all: how rare they are depends on the depth.",
            **values,
        )
    if (effective.low, effective.high) == (PUBLISHED_LOW, PUBLISHED_HIGH):
        return Sentence(
            "Published (Veit 2016, section 5): the same lengths, {published_paths} of all paths.",
            **values,
        )
    return Sentence(
        "Published (Veit 2016, section 5): {published_low} to {published_high}, {published_paths} "
        "of all paths; here {low} to {high}. Other images, another training, and a network of "
        "another width: the published interval is neither confirmed nor refuted.",
        **values,
    )


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
        "share": _percent(math.fsum(found.exact[low : high + 1])),
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


def _span(values: Sequence[int]) -> str:
    return f"{min(values)}" if min(values) == max(values) else f"{min(values)}–{max(values)}"


def _factor(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _percent(share: float | Fraction) -> str:
    value = 100 * float(share)
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"
