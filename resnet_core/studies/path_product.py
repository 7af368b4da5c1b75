"""Is the product of norm and number of paths carried by short paths, and by few of them?

Veit, Wilber & Belongie 2016 (arXiv:1605.06431, section 5): yes, 5 to 17 of 54 units, 0.45 % of all
paths. Said of a network only where its own lengths lie clearly below those of all paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from resnet_core.specs.sentence import Sentence
from resnet_core.studies.path_gradients import PathGradients
from resnet_core.studies.paths import EffectivePaths, effective_paths, share_of_lengths

PUBLISHED_UNITS, PUBLISHED_LOW, PUBLISHED_HIGH = 54, 5, 17
"""Veit et al. 2016, section 5: lengths 5 to 17 of ResNet-110's 54 units."""

SHORT = 0.75
"""Mean length of the product over that of all paths, up to which the paths are called short.

Published are lengths around 11 of 54 units, 0.4 of the mean 27. A gradient that shrinks to r of it
with each unit gives 2r / (1 + r): up to r = 0.6 paths are short, at r = 0.84 they hardly are.
"""

FEW = 0.2
"""Share of all paths below which the effective ones are called few; published are 0.45 %."""


def product_verdict(found: PathGradients, effective: EffectivePaths) -> list[Sentence]:
    """Say which lengths carry most of the product, whether they are short, and few."""
    return [
        _interval(found, effective),
        _how_short(found, effective),
        _beside_the_published(found, effective),
        *_one_length_more(found, effective),
    ]


def _interval(found: PathGradients, effective: EffectivePaths) -> Sentence:
    each = [one for draw in found.draws if (one := effective_paths(draw)) is not None]
    ends = {(one.low, one.high) for one in each}
    values = {
        "name": found.name,
        "carried": percent(effective.gradient),
        "low": effective.low,
        "high": effective.high,
        "units": found.units,
        "paths": percent(effective.paths),
        "lows": _span([one.low for one in each]),
        "highs": _span([one.high for one in each]),
    }
    if ends == {(effective.low, effective.high)}:
        return Sentence(
            "{name}: {carried} of the product comes by lengths {low} to {high} of {units}, {paths} "
            "of all paths. Each draw by itself gives the same lengths.",
            **values,
        )
    return Sentence(
        "{name}: {carried} of the product comes by lengths {low} to {high} of {units}, {paths} "
        "of all paths. In each draw by itself, the shortest of them is {lows}, the longest "
        "{highs}.",
        **values,
    )


def _how_short(found: PathGradients, effective: EffectivePaths) -> Sentence:
    """Say whether the product comes by short paths, and by few: as published, or not."""
    half = found.units / 2
    values = {
        "mean": f"{effective.mean:.1f}",
        "half": f"{half:g}",
        "paths": percent(effective.paths),
    }
    if effective.mean >= half:
        return Sentence(
            "Its mean length is {mean}, that of all paths {half}: not by short paths, unlike what "
            "is published.",
            **values,
        )
    if effective.mean > SHORT * half:
        return Sentence(
            "Its mean length is {mean}, that of all paths {half}: not by much shorter paths, "
            "unlike what is published.",
            **values,
        )
    if effective.paths >= FEW:
        return Sentence(
            "Its mean length is {mean}, that of all paths {half}: most of the gradient comes by "
            "short paths, as published. But with {paths} of all paths these are not few.",
            **values,
        )
    return Sentence(
        "Its mean length is {mean}, that of all paths {half}: most of the gradient comes by short "
        "paths, and these are few, as published.",
        **values,
    )


def _beside_the_published(found: PathGradients, effective: EffectivePaths) -> Sentence:
    values = {
        "low": effective.low,
        "high": effective.high,
        "published_low": PUBLISHED_LOW,
        "published_high": PUBLISHED_HIGH,
        "published_units": PUBLISHED_UNITS,
        "published_paths": "0.45 %",
        "paths": percent(effective.paths),
        "units": found.units,
    }
    if found.units != PUBLISHED_UNITS:
        return Sentence(
            "Published (Veit 2016, section 5): {published_low} to {published_high} of "
            "{published_units} units, {published_paths} of all paths. With {units} units the "
            "effective paths of this network are {paths} of all: how rare they are depends on the "
            "depth and on the network.",
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


def _one_length_more(found: PathGradients, effective: EffectivePaths) -> list[Sentence]:
    """Say how much the share of paths hangs on the upper end, which draws do not fix."""
    low, high, units = effective.low, effective.high, found.units
    if not low < high < units:
        return []
    return [
        Sentence(
            "That share hangs on the upper end: up to length {less} it would be {few}, up to "
            "{more} it would be {many}.",
            less=high - 1,
            few=percent(share_of_lengths(units, low, high - 1)),
            more=high + 1,
            many=percent(share_of_lengths(units, low, high + 1)),
        )
    ]


def _span(values: Sequence[int]) -> str:
    return f"{min(values)}" if min(values) == max(values) else f"{min(values)}–{max(values)}"


def percent(share: float | Fraction) -> str:
    """Write a share in %, small ones with two digits that count."""
    value = 100 * float(share)
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"
