"""Are several shallow networks together as good as a deep one? Verdicts, computed.

Networks trained apart, whose probabilities are averaged, against one deep one on the same images:
errors, costs, and whether a difference of so few images can be told from chance. Which images are
wrong is not known here, only how many, so McNemar's exact test is bounded: it counts images that
one of two classifiers gets wrong and the other right, and there are fewest of them if all that the
better one gets wrong the other gets wrong, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb
from statistics import fmean

from resnet_core.specs.sentence import Sentence
from resnet_core.studies.judgement import percent

SURE = 0.05
"""A difference is told from chance below this p."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Classified:
    """What one network, or several together, made of test images.

    Attributes:
        error: Share that is wrong, a fraction.
        images: Classified.
        parameters: Of all of them.
        multiply_adds: Of all of them, for one image.
    """

    error: float
    images: int
    parameters: int
    multiply_adds: int

    @property
    def wrong(self) -> int:
        """Images that are wrong."""
        return round(self.error * self.images)


@dataclass(frozen=True)
class Together:
    """Several networks and their average.

    Attributes:
        each: The networks.
        error: Of the averaged probabilities.
        disagreement: Share of the images that two of them put into different classes, mean over all
            pairs.
    """

    each: tuple[Classified, ...]
    error: float
    disagreement: float

    @property
    def all(self) -> Classified:
        """What they are together."""
        return Classified(
            self.error,
            self.each[0].images,
            sum(one.parameters for one in self.each),
            sum(one.multiply_adds for one in self.each),
        )


def chance_of(wrong: int, other: int, images: int) -> tuple[float, float]:
    """Give the least and the greatest p of McNemar's exact test, whichever images are wrong.

    Two-sided: of the images that only one of two classifiers gets wrong, each is the one's or the
    other's with probability ½ if neither is better (McNemar 1947).

    Args:
        wrong: Images that one classifier gets wrong.
        other: That the other one gets wrong.
        images: Of which there are so many.
    """
    fewest = abs(wrong - other)
    overlap = max(0, wrong + other - images)  # so many must be wrong in both
    most = wrong + other - 2 * overlap
    return _sign_test(0, fewest), _sign_test(min(wrong, other) - overlap, most)


def _sign_test(fewer: int, count: int) -> float:
    """Give the two-sided p of at most so few heads in so many tosses of a fair coin."""
    tail = sum(comb(count, heads) for heads in range(fewer + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 1 << count)))


# --- what is said ---------------------------------------------------------------------------------


def together_verdict(found: Together, deep: Classified, deep_name: str) -> tuple[Sentence, ...]:
    """Say what averaging gives, how it compares with the deep network, and at which cost.

    Args:
        found: The networks and their average.
        deep: The deep network, on the same images.
        deep_name: Its name.
    """
    return (
        _averaged(found),
        Sentence(
            "Two of them put {share} of the images into different classes, on average over the "
            "pairs: what they learned is not the same.",
            share=percent(found.disagreement),
        )
        if found.disagreement > 0
        else Sentence("They put every image into the same class: averaging can change nothing."),
        _against(found.all, deep, deep_name),
        _cost(found.all, deep, deep_name),
    )


def _averaged(found: Together) -> Sentence:
    errors = [one.error for one in found.each]
    values = {
        "count": len(errors),
        "error": percent(found.error),
        "wrong": found.all.wrong,
        "images": found.all.images,
        "mean": percent(fmean(errors)),
        "best": percent(min(errors)),
    }
    if found.error < min(errors) - _ROUNDING:
        return Sentence(
            "The {count} networks together err in {error} ({wrong} of {images} images): less than "
            "any of them alone (mean {mean}, best {best}).",
            **values,
        )
    if found.error < fmean(errors) - _ROUNDING:
        return Sentence(
            "The {count} networks together err in {error} ({wrong} of {images} images): less than "
            "their mean ({mean}), but not less than the best of them ({best}).",
            **values,
        )
    return Sentence(
        "The {count} networks together err in {error} ({wrong} of {images} images): not less than "
        "their mean ({mean}; best {best}). Averaging has not helped here.",
        **values,
    )


def _against(one: Classified, deep: Classified, name: str) -> Sentence:
    apart = deep.wrong - one.wrong
    values = {"name": name, "error": percent(deep.error), "count": abs(apart)}
    if not apart:
        return Sentence("{name} alone errs in {error}, as often as they do together.", **values)
    least, most = chance_of(one.wrong, deep.wrong, one.images)
    values |= {"least": _p(least), "most": _p(most)}
    if apart > 0:
        if least >= SURE:
            return Sentence(
                "{name} alone errs in {error}: {count} images more than they do together. That is "
                "no significant difference, whichever images these are (McNemar's exact test, p at "
                "least {least}).",
                **values,
            )
        if most < SURE:
            return Sentence(
                "{name} alone errs in {error}: {count} images more than they do together, a "
                "significant difference (McNemar's exact test, p at most {most}).",
                **values,
            )
        return Sentence(
            "{name} alone errs in {error}: {count} images more than they do together. Whether that "
            "is significant depends on which images these are (McNemar's exact test, p from "
            "{least} to {most}).",
            **values,
        )
    if least >= SURE:
        return Sentence(
            "{name} alone errs in {error}: {count} images less than they do together. That is no "
            "significant difference, whichever images these are (McNemar's exact test, p at least "
            "{least}).",
            **values,
        )
    if most < SURE:
        return Sentence(
            "{name} alone errs in {error}: {count} images less than they do together, a "
            "significant difference (McNemar's exact test, p at most {most}).",
            **values,
        )
    return Sentence(
        "{name} alone errs in {error}: {count} images less than they do together. Whether that is "
        "significant depends on which images these are (McNemar's exact test, p from {least} to "
        "{most}).",
        **values,
    )


def _cost(one: Classified, deep: Classified, name: str) -> Sentence:
    return Sentence(
        "Together they have {parameters} parameters, {parameters_share} of what {name} has, and "
        "need {multiply_adds} multiply-adds an image, {multiply_adds_share}.",
        parameters=f"{one.parameters:,}",
        parameters_share=f"{100 * one.parameters / deep.parameters:.0f} %",
        multiply_adds=f"{one.multiply_adds:,}",
        multiply_adds_share=f"{100 * one.multiply_adds / deep.multiply_adds:.0f} %",
        name=name,
    )


def _p(value: float) -> str:
    return f"{value:.2g}"
