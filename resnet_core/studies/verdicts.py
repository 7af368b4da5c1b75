"""Is the deeper network worse on its own training images? ``Verdict``, computed, never typed.

Degradation (He 2015 §1) is a higher *training* error of the deeper network, so it is not
over-fitting, which would lower the training error and raise the test error. We compare the
deepest network with the shallowest of the same join.

* With two seeds or more: the mean of the differences, paired by seed (a seed fixes the order of
  the images, and the weights where both networks have them), ± its 95 % interval by Student's t.
* With one seed: ± two binomial standard errors of the difference of two error rates, counted over
  the training images. Each rate is taken as (wrong + 1) / (images + 2) for the standard error, so
  that no error at all is not taken for certainty (Agresti & Caffo 2000, The American Statistician
  54). This says nothing about other seeds, and the page says so.

The verdict asks for one percentage point, too: with enough images any difference is certain, and
not worth a word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from resnet_core.studies.outcomes import Outcome
from resnet_core.studies.spreads import half_width

VerdictKind = Literal[
    "degradation", "no difference shown", "no degradation", "unfinished", "diverged"
]

SMALLEST = 0.01
"""The smallest difference of training errors that is called degradation: one percentage point."""

_ROUNDING = 1e-9  # 0.03 - 0.02 is a little less than 0.01


@dataclass(frozen=True)
class Verdict:
    """What one join's shallowest and deepest networks say about degradation.

    Attributes:
        kind: ``degradation``: the deeper has a higher training error, by a percentage point at
            least, and the interval of the difference lies above 0. ``no degradation``: the interval
            lies below one percentage point. ``no difference shown``: neither. ``diverged``: a run
            of either diverged. ``unfinished``: fewer than two depths, or runs without a result.
        shallow: The shallowest depth; None without any.
        deep: The deepest; None with fewer than two.
        shallow_train: Mean training error of the shallowest, a fraction; None when unknown.
        deep_train: The same of the deepest.
        shallow_test: Mean test error of the shallowest.
        deep_test: The same of the deepest.
        seeds: Seeds that completed at both depths: the means are theirs.
        difference: Deep less shallow training error; None without such a seed.
        low: Lower end of its interval.
        high: Upper end.
        over: What the interval covers: other ``seeds``, or other ``images`` with the same seed.
        test_rose: Whether the deeper's mean test error is higher.
    """

    join: str
    kind: VerdictKind
    shallow: int | None = None
    deep: int | None = None
    shallow_train: float | None = None
    deep_train: float | None = None
    shallow_test: float | None = None
    deep_test: float | None = None
    seeds: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    over: Literal["seeds", "images"] | None = None
    test_rose: bool | None = None

    @property
    def over_fitting(self) -> Literal["ruled out", "possible"] | None:
        """Whether over-fitting could explain it; None when there is nothing to explain.

        It is ruled out by degradation itself, and possible where only the test error rose.
        """
        if self.kind == "degradation":
            return "ruled out"
        return "possible" if self.kind == "no degradation" and self.test_rose else None


def verdicts(outcomes: Sequence[Outcome], images: int) -> dict[str, Verdict]:
    """Judge every join of a study, by join; ``images`` are the training images."""
    joins = dict.fromkeys(outcome.join for outcome in outcomes)
    return {join: verdict(outcomes, join, images) for join in joins}


def verdict(outcomes: Sequence[Outcome], join: str, images: int) -> Verdict:
    """Judge one join of a study; ``images`` are the training images."""
    mine = [outcome for outcome in outcomes if outcome.join == join]
    depths = sorted({outcome.depth for outcome in mine})
    if len(depths) < 2:
        return Verdict(join, "unfinished", shallow=depths[0] if depths else None)
    shallow = {o.seed: o for o in mine if o.depth == depths[0]}
    deep = {o.seed: o for o in mine if o.depth == depths[-1]}
    pairs = [
        (shallow[seed], deep[seed])
        for seed in shallow
        if seed in deep and shallow[seed].measured and deep[seed].measured
    ]
    ends = [*shallow.values(), *deep.values()]
    complete = all(o.measured or o.status == "diverged" for o in ends)
    unfinished = shallow.keys() != deep.keys() or not complete
    diverged = any(o.status == "diverged" for o in ends)
    if not pairs:
        kind: VerdictKind = "diverged" if diverged and not unfinished else "unfinished"
        return Verdict(join, kind, shallow=depths[0], deep=depths[-1])
    trains = [(s.train_error or 0.0, d.train_error or 0.0) for s, d in pairs]  # measured: not None
    tests = [(s.test_error or 0.0, d.test_error or 0.0) for s, d in pairs]
    differences = [d - s for s, d in trains]
    difference = fmean(differences)
    half = half_width(differences) if len(pairs) > 1 else _binomial_half_width(*trains[0], images)
    kind = _kind(difference, half)
    if diverged:
        kind = "diverged"
    if unfinished:
        kind = "unfinished"
    shallow_test, deep_test = fmean(s for s, _ in tests), fmean(d for _, d in tests)
    return Verdict(
        join=join,
        kind=kind,
        shallow=depths[0],
        deep=depths[-1],
        shallow_train=fmean(s for s, _ in trains),
        deep_train=fmean(d for _, d in trains),
        shallow_test=shallow_test,
        deep_test=deep_test,
        seeds=len(pairs),
        difference=difference,
        low=difference - half,
        high=difference + half,
        over="seeds" if len(pairs) > 1 else "images",
        test_rose=deep_test > shallow_test,
    )


def _kind(difference: float, half: float) -> VerdictKind:
    if difference >= SMALLEST - _ROUNDING and difference - half > _ROUNDING:
        return "degradation"
    if difference + half < SMALLEST - _ROUNDING:
        return "no degradation"
    return "no difference shown"


def _binomial_half_width(shallow: float, deep: float, images: int) -> float:
    """Give 2 · √(p₁(1-p₁)/N + p₂(1-p₂)/N) with p = (wrong + 1) / N, N = images + 2."""
    count = images + 2
    rates = [(rate * images + 1) / count for rate in (shallow, deep)]
    return 2 * math.sqrt(sum(p * (1 - p) / count for p in rates))
