"""Does a network that was trained with parts left out bear lesions better? Computed verdicts.

Veit et al. 2016 (arXiv:1605.06431): training with stochastic depth makes a network a little more
resilient (figure 8); training on effective paths only gives no significantly other error (section
5). What a lesion costs is the error with it less that without any; networks are compared lesion by
lesion, since all have lost the same units. Where the 95 % interval of the mean difference holds 0,
two networks are within noise of each other. Where each possible lesion was made, of one seed,
nothing was drawn: there is no interval, and nothing is said to be beyond noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from resnet_core.specs.regimes import REGIMES
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.judgement import percent
from resnet_core.studies.spreads import half_width

PUBLISHED_FULL, PUBLISHED_EFFECTIVE = 0.0610, 0.0596
"""Errors of Veit et al. 2016, section 5: all of 54 units in each step, and 23 of them."""

_ROUNDING = 1e-9  # means of the same errors in another order differ by as much


@dataclass(frozen=True)
class Cuts:
    """What lesions do to one network.

    Attributes:
        regime: A key of ``REGIMES``: how it was trained.
        seed: Of its training.
        intact: Error without any lesion, a fraction, as all errors here.
        lesions: Errors by number of deleted units, one a lesion; 1: each unit by itself, in the
            order of units.
        images: Classified each time.
    """

    regime: str
    seed: int
    intact: float
    lesions: Mapping[int, tuple[float, ...]]
    images: int

    def costs(self, deleted: int) -> tuple[float, ...]:
        """Give what each lesion of so many units adds to the error."""
        return tuple(error - self.intact for error in self.lesions[deleted])

    def is_complete(self, deleted: int) -> bool:
        """Whether these are all lesions of so many units that there are, and not a sample."""
        if not deleted:
            return True
        return len(self.lesions[deleted]) == math.comb(len(self.lesions[1]), deleted)


@dataclass(frozen=True)
class Gain:
    """How much less a way of training loses than the usual one, with so many units deleted.

    Attributes:
        deleted: Units at once.
        cost: Mean cost of the lesions to networks trained this way.
        usual: The same to those trained as usual.
        half: Half the 95 % interval of the mean of ``usual - cost``: over seeds, or over lesions
            where there is one seed; infinite where there is one of both.
        counted: Whether it is of one seed and all lesions: no sample, so ``half`` is 0.
    """

    deleted: int
    cost: float
    usual: float
    half: float
    counted: bool = False

    @property
    def side(self) -> int:
        """1 where less is lost, -1 where more is, 0 within noise, or where it is the same."""
        mean = self.usual - self.cost
        if abs(mean) <= max(self.half, _ROUNDING):
            return 0
        return 1 if mean > 0 else -1


def gains(found: Sequence[Cuts], regime: str) -> list[Gain]:
    """Compare a regime with the usual one: same seeds, same lesions; none where a pair lacks.

    Args:
        found: Networks of equal shape.
        regime: A key of ``REGIMES``.
    """
    by_seed = {(one.regime, one.seed): one for one in found}
    pairs = [
        (one, by_seed["usual", seed])
        for (key, seed), one in by_seed.items()
        if key == regime and ("usual", seed) in by_seed
    ]
    if not pairs:
        return []
    return [_gain(pairs, deleted) for deleted in sorted(pairs[0][0].lesions)]


def _gain(pairs: Sequence[tuple[Cuts, Cuts]], deleted: int) -> Gain:
    by_lesion = [
        [b - a for a, b in zip(one.costs(deleted), usual.costs(deleted), strict=True)]
        for one, usual in pairs
    ]
    values = by_lesion[0] if len(pairs) == 1 else [fmean(row) for row in by_lesion]
    counted = len(pairs) == 1 and pairs[0][0].is_complete(deleted)
    half = half_width(values) if len(values) > 1 else math.inf
    return Gain(
        deleted=deleted,
        cost=fmean(fmean(one.costs(deleted)) for one, _ in pairs),
        usual=fmean(fmean(usual.costs(deleted)) for _, usual in pairs),
        half=0.0 if counted else half,
        counted=counted,
    )


# --- what is said ---------------------------------------------------------------------------------


def regime_verdict(found: Sequence[Cuts]) -> tuple[tuple[Sentence, ...], ...]:
    """Say which way of training bears lesions better than the usual one: a paragraph each.

    Args:
        found: Networks of equal shape, each with the same lesions.
    """
    said = [_paragraph(found, regime) for regime in REGIMES if regime != "usual"]
    said = [paragraph for paragraph in said if paragraph]
    if not said:
        return ()
    usual = [one for one in found if one.regime == "usual"]
    drawn = any(not usual[0].is_complete(deleted) for deleted in usual[0].lesions)
    return ((_usual(usual),), *said, (_noise(len(usual), drawn),))


def _usual(found: Sequence[Cuts]) -> Sentence:
    numbers = sorted(found[0].lesions)
    return Sentence(
        "{regime}: with {numbers} units deleted it loses {cost} points on average.",
        regime=REGIMES["usual"].label,
        numbers=", ".join(map(str, numbers)),
        cost=", ".join(_points(fmean(fmean(one.costs(k)) for one in found)) for k in numbers),
    )


def _paragraph(found: Sequence[Cuts], regime: str) -> tuple[Sentence, ...]:
    compared = gains(found, regime)
    if not compared:
        return ()
    costs = Sentence(
        "{regime}: with as many deleted it loses {cost} points.",
        regime=REGIMES[regime].label,
        cost=", ".join(_points(one.cost) for one in compared),
    )
    more = (_intact(found),) if regime == "effective-paths" else ()
    counted = [one for one in compared if one.counted]
    drawn = [one for one in compared if not one.counted]
    judged = ([_counted(counted)] if counted else []) + ([_judged(regime, drawn)] if drawn else [])
    return (costs, *judged, *more)


def _counted(compared: Sequence[Gain]) -> Sentence:
    """Say which network loses less where every lesion was made: of these two, no estimate."""
    values = {
        "numbers": ", ".join(str(one.deleted) for one in compared),
        "less": ", ".join(str(one.deleted) for one in compared if one.side > 0),
        "more": ", ".join(str(one.deleted) for one in compared if one.side < 0),
    }
    if values["less"] and values["more"]:
        return Sentence(
            "With {numbers} deleted each possible lesion was made, once: on average this network "
            "loses less with {less}, more with {more}.",
            **values,
        )
    if values["less"]:
        return Sentence(
            "With {less} deleted each possible lesion was made, once: on average this network "
            "loses less.",
            **values,
        )
    if values["more"]:
        return Sentence(
            "With {more} deleted each possible lesion was made, once: on average this network "
            "loses more.",
            **values,
        )
    return Sentence(
        "With {numbers} deleted each possible lesion was made, once: on average this network "
        "loses as much.",
        **values,
    )


def _judged(regime: str, compared: Sequence[Gain]) -> Sentence:
    less = ", ".join(str(one.deleted) for one in compared if one.side > 0)
    more = ", ".join(str(one.deleted) for one in compared if one.side < 0)
    in_paper = regime == "stochastic-depth"
    if less and more:
        return Sentence(
            "Beyond noise, it loses less with {less} deleted and more with {more}: no clear "
            "answer.",
            less=less,
            more=more,
        )
    if less and in_paper:
        return Sentence(
            "It loses less, as in Veit 2016, figure 8: beyond noise with {less} deleted.", less=less
        )
    if less:
        return Sentence("It loses less: beyond noise with {less} deleted.", less=less)
    if more and in_paper:
        return Sentence(
            "It loses more, against Veit 2016, figure 8: beyond noise with {more} deleted.",
            more=more,
        )
    if more:
        return Sentence("It loses more: beyond noise with {more} deleted.", more=more)
    numbers = ", ".join(str(one.deleted) for one in compared)
    return Sentence("With {numbers} deleted the differences are within noise.", numbers=numbers)


def _intact(found: Sequence[Cuts]) -> Sentence:
    """Say how the intact errors compare, of training on effective paths only and as usual."""
    by_seed = {(one.regime, one.seed): one for one in found}
    seeds = [
        seed for key, seed in by_seed if key == "usual" and ("effective-paths", seed) in by_seed
    ]
    ours = [by_seed["effective-paths", seed].intact for seed in seeds]
    usual = [by_seed["usual", seed].intact for seed in seeds]
    differences = [a - b for a, b in zip(ours, usual, strict=True)]
    values = {
        "ours": percent(fmean(ours)),
        "usual": percent(fmean(usual)),
        "published_ours": f"{100 * PUBLISHED_EFFECTIVE:.2f} %",
        "published_usual": f"{100 * PUBLISHED_FULL:.2f} %",
    }
    if len(seeds) < 2:
        images = found[0].images
        return Sentence(
            "Intact it errs in {ours}, as usual in {usual}: {count} of {images} images apart. One "
            "seed each cannot say how much of that is chance. Published: {published_ours} and "
            "{published_usual}, no significant difference.",
            count=round(abs(differences[0]) * images),
            images=images,
            **values,
        )
    if abs(fmean(differences)) <= half_width(differences) + _ROUNDING:
        return Sentence(
            "Intact it errs in {ours}, as usual in {usual}: within noise, as published "
            "({published_ours} and {published_usual}).",
            **values,
        )
    return Sentence(
        "Intact it errs in {ours}, as usual in {usual}: beyond noise, unlike the published "
        "{published_ours} and {published_usual}.",
        **values,
    )


def _noise(seeds: int, drawn: bool) -> Sentence:
    if seeds < 2 and not drawn:
        return Sentence(
            "Nothing was drawn, so nothing is chance of drawing. But it is one seed: networks "
            "trained anew would differ, by how much is not known here."
        )
    if seeds < 2:
        return Sentence(
            "Networks are compared lesion by lesion, which tells more than the whiskers do. But it "
            "is one seed: networks trained anew would differ, too."
        )
    return Sentence(
        "Noise is that of {seeds} seeds: 95 % intervals of mean differences.", seeds=seeds
    )


def _points(cost: float) -> str:
    return f"{round(100 * cost, 1) + 0.0:.1f}".replace("-", "−")
