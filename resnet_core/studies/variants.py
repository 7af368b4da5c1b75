"""What do the variants of one network say? ``Variant``, and verdicts: computed, never typed.

Means are over the seeds that have a result. A run that diverged counts as an error of 100 %, and is
named. Two variants are compared by the mean of their differences, paired by seed (a seed fixes the
order of the images, and the weights where both have them), ± its 95 % interval by Student's t, as
everywhere (``verdicts``): where that holds 0 the two are within noise of each other. One seed says
nothing about noise, and the verdicts say so.

Theory (He 2016 section 3, equations 7 and 8): the signal that a unit passes to one k units later,
and the gradient that comes back, has the factor λ^k, which vanishes below λ = 1 and explodes above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from resnet_core.specs.choices import DATASETS, ORDERS
from resnet_core.specs.sentence import Sentence
from resnet_core.specs.variants import (
    FAIL,
    FAILED_IN_TABLE_1,
    SHORTCUT_CASES,
    TABLE_1,
    OrderStudy,
    ScaleStudy,
    ShortcutStudy,
    VariantStudy,
)
from resnet_core.studies.outcomes import Outcome
from resnet_core.studies.spreads import half_width

NEARLY = 0.95
"""Of the error of guessing: from there on a network has learned nothing."""

_ROUNDING = 1e-9  # means of the same errors in another order differ by as much


@dataclass(frozen=True)
class Variant:
    """All seeds of one variant of a study.

    Attributes:
        key: Of ``VariantStudy.keys``.
        train_errors: Of the completed runs, fractions.
        test_errors: Of the same.
        diverged: Seed and step of every run that diverged.
        unfinished: Runs without a result: absent, queued, running, paused, stopped or failed.
        seeds: Of the completed runs: whose errors those are.
    """

    key: str
    train_errors: tuple[float, ...]
    test_errors: tuple[float, ...]
    diverged: tuple[tuple[int, int], ...]
    unfinished: int
    seeds: tuple[int, ...] = ()


class Names(tuple[str, ...]):
    """Several names for one place of a sentence, apart, so that each can be translated."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def variants(study: VariantStudy, outcomes: Sequence[Outcome]) -> list[Variant]:
    """Gather the outcomes of each variant, in the order of ``study.keys``."""
    by_digest = {outcome.digest: outcome for outcome in outcomes}
    found: dict[str, list[Outcome | None]] = {key: [] for key in study.keys}
    for place, run in enumerate(study.runs):  # seed-major: the keys come round and round
        found[study.keys[place % len(study.keys)]].append(by_digest.get(run.digest))
    return [_variant(key, group) for key, group in found.items()]


def variants_json(study: VariantStudy, variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """Write a study's results as plain lists: one row a variant, one error a seed.

    A seed whose run has not completed, or has diverged, stands as None.
    """
    seeds = range(study.first_seed, study.first_seed + study.seeds)
    return [
        {
            "variant": variant.key,
            "train_error": [_by_seed(variant, variant.train_errors).get(seed) for seed in seeds],
            "test_error": [_by_seed(variant, variant.test_errors).get(seed) for seed in seeds],
            "diverged": [{"seed": seed, "step": step} for seed, step in variant.diverged],
        }
        for variant in variants
    ]


# --- λ --------------------------------------------------------------------------------------------


def scale_verdict(study: ScaleStudy, variants: Sequence[Variant]) -> tuple[Sentence, ...]:
    """Say where the training error is lowest, and whether that is where theory expects it: λ = 1.

    Args:
        study: The sweep.
        variants: What ``variants(study, …)`` gave.
    """
    results = _results(variants, lambda variant: variant.train_errors)
    means = {key: fmean(errors.values()) for key, errors in results.items()}
    lowest = _lowest(means)
    said = [*_unfinished(variants)]
    if not means or min(means.values()) >= 1:
        said += _nothing(means)
    else:
        said += _lowest_scale(study, means, lowest)
        said += _seeds_near_one(study, results)
        said += _noise_of_scale("1" if "1" in lowest else lowest[0], lowest, results)
        said += _smallest_scale(study, means, results)
    guessing = _no_better_than_guessing(study, variants)
    return (*said, *_diverged(variants, lambda key: f"λ = {key}"), *guessing)


def _no_better_than_guessing(study: ScaleStudy, variants: Sequence[Variant]) -> list[Sentence]:
    """Name the λ with runs that came to their end and learned nothing: exploded, but no NaN."""
    if study.data.dataset not in DATASETS:
        return []
    chance = 1 - 1 / DATASETS[study.data.dataset].classes
    lost = {
        one.key: sum(error >= NEARLY * chance for error in one.train_errors) for one in variants
    }
    return [
        Sentence(
            "At λ = {scale} {lost} of {count} seeds learned nothing, though their loss stayed a "
            "number: at the end they are no better than guessing, which is wrong in {chance}.",
            scale=key,
            lost=count,
            count=study.seeds,
            chance=_percent(chance),
        )
        for key, count in lost.items()
        if count
    ]


def _lowest_scale(
    study: ScaleStudy, means: Mapping[str, float], lowest: Sequence[str]
) -> list[Sentence]:
    if len(means) < 2:
        return [
            Sentence(
                "Only λ = {scale} has a result, a mean training error of {error}: there is nothing "
                "to compare it with.",
                scale=lowest[0],
                error=_percent(means[lowest[0]]),
            )
        ]
    values: dict[str, Any] = {"error": _percent(means[lowest[0]]), "scales": Names(lowest)}
    near = bool(_near_one(study) & {*lowest})
    if "1" in lowest:
        if len(lowest) == 1:
            return [
                Sentence(
                    "The lowest mean training error, {error}, is at λ = {scales}, where theory "
                    "expects it.",
                    **values,
                )
            ]
        return [
            Sentence(
                "The lowest mean training error, {error}, is the same at λ = {scales}. Theory "
                "expects it at 1, which is among them.",
                **values,
            )
        ]
    if "1" not in means:
        if near:
            return [
                Sentence(
                    "The lowest mean training error, {error}, is at λ = {scales}. Theory expects "
                    "it at 1, which has no result here; this is next to it.",
                    **values,
                )
            ]
        return [
            Sentence(
                "The lowest mean training error, {error}, is at λ = {scales}. Theory expects it at "
                "1, which has no result here; this is not next to it.",
                **values,
            )
        ]
    values["at_one"] = _percent(means["1"])
    if near:
        return [
            Sentence(
                "The lowest mean training error, {error}, is at λ = {scales}. Theory expects it at "
                "1, which has {at_one}; this is next to it.",
                **values,
            )
        ]
    return [
        Sentence(
            "The lowest mean training error, {error}, is at λ = {scales}. That is not at 1, as "
            "theory would have it, and not next to it; 1 has {at_one}.",
            **values,
        )
    ]


def _near_one(study: ScaleStudy) -> set[str]:
    """Give 1 and the scales on either side of it, as keys."""
    below = [scale for scale in study.scales if f"{scale:g}" != "1" and scale < 1]
    above = [scale for scale in study.scales if f"{scale:g}" != "1" and scale > 1]
    return {"1", *(f"{scale:g}" for scale in (*below[-1:], *above[:1]))} & {*study.keys}


def _seeds_near_one(
    study: ScaleStudy, results: Mapping[str, Mapping[int, float]]
) -> list[Sentence]:
    complete = [
        seed
        for seed in range(study.first_seed, study.first_seed + study.seeds)
        if all(seed in results.get(key, {}) for key in study.keys)
    ]
    near = _near_one(study)
    if len(complete) < 2 or not near:
        return []
    agreeing = sum(
        bool(near & {*_lowest({key: results[key][seed] for key in study.keys})})
        for seed in complete
    )
    return [
        Sentence(
            "In {agreeing} of {seeds} seeds the lowest is at 1 or next to it ({near}).",
            agreeing=agreeing,
            seeds=len(complete),
            near=Names(key for key in study.keys if key in near),
        )
    ]


def _noise_of_scale(
    best: str, lowest: Sequence[str], results: Mapping[str, Mapping[int, float]]
) -> list[Sentence]:
    compared = _compared(best, results, without=lowest)
    if not compared:
        return _one_seed(results)
    within = Names(key for key, difference in compared.items() if difference.within_noise)
    if not within:
        return [
            Sentence(
                "No other λ is within noise of {best}: no 95 % interval of a difference holds 0.",
                best=best,
            )
        ]
    return [
        Sentence(
            "Within noise of {best}, since the 95 % interval of the difference holds 0: λ = "
            "{scales}.",
            best=best,
            scales=within,
        )
    ]


def _smallest_scale(
    study: ScaleStudy, means: Mapping[str, float], results: Mapping[str, Mapping[int, float]]
) -> list[Sentence]:
    # Below 0 the factor λ^k does not vanish as it does between 0 and 1.
    smallest = next((f"{scale:g}" for scale in study.scales if 0 <= scale < 1), "1")
    if smallest == "1" or smallest not in means or "1" not in means:
        return []
    values = {
        "scale": smallest,
        "error": _percent(means[smallest]),
        "at_one": _percent(means["1"]),
    }
    if means[smallest] <= means["1"] + _ROUNDING:
        return [
            Sentence(
                "At λ = {scale} the mean training error is {error}, at 1 it is {at_one}: not "
                "higher, against theory.",
                **values,
            )
        ]
    difference = _difference(results[smallest], results["1"])
    if difference is not None and difference.within_noise:
        return [
            Sentence(
                "At λ = {scale} the mean training error is {error}, at 1 it is {at_one}: higher, "
                "as theory expects, but within noise.",
                **values,
            )
        ]
    return [
        Sentence(
            "At λ = {scale} the mean training error is {error}, at 1 it is {at_one}: higher, as "
            "theory expects.",
            **values,
        )
    ]


# --- what stands on the shortcut ------------------------------------------------------------------


def shortcut_verdict(study: ShortcutStudy, variants: Sequence[Variant]) -> tuple[Sentence, ...]:
    """Say which cases fail, here and in the paper, and how they compare with identity.

    Args:
        study: The cases.
        variants: What ``variants(study, …)`` gave.
    """
    results = _results(variants, lambda variant: variant.test_errors)
    means = {key: fmean(errors.values()) for key, errors in results.items()}
    said = [*_unfinished(variants)]
    if not means or min(means.values()) >= 1:
        said += _nothing(means)
    else:
        said += _fails(means)
        said += _identity(study, means, results)
    return (*said, *_diverged(variants, lambda key: SHORTCUT_CASES[key].label))


def _labels(keys: Iterable[str]) -> Names:
    return Names(SHORTCUT_CASES[key].label for key in keys)


def _fails(means: Mapping[str, float]) -> list[Sentence]:
    here = [key for key, mean in means.items() if mean > FAIL + _ROUNDING]
    there = [key for key in means if key in FAILED_IN_TABLE_1]
    only_there = [key for key in there if key not in here]
    only_here = [key for key in here if key in TABLE_1 and key not in there]
    fail = f"{100 * FAIL:g} %"
    if here:
        said = [
            Sentence(
                "Failed here, with a mean test error above {fail}: {cases}.",
                fail=fail,
                cases=_labels(here),
            )
        ]
    else:
        said = [Sentence("None failed here: no mean test error is above {fail}.", fail=fail)]
    if only_there:
        said.append(
            Sentence(
                "Failed in the paper, with 110 layers on CIFAR-10, but not here: {cases}.",
                cases=_labels(only_there),
            )
        )
    if only_here:
        said.append(
            Sentence("Failed here, but not in the paper: {cases}.", cases=_labels(only_here))
        )
    if there and not only_there and not only_here:
        said.append(Sentence("Of the paper's table, the same cases failed there."))
    return said


def _identity(
    study: ShortcutStudy, means: Mapping[str, float], results: Mapping[str, Mapping[int, float]]
) -> list[Sentence]:
    if "identity" not in study.keys:
        return [Sentence("Identity is not among them, so nothing is compared with it.")]
    if "identity" not in means:
        return [Sentence("Identity has no result so far, so nothing is compared with it.")]
    if len(means) < 2:
        return []
    lowest = _lowest(means)
    others = [key for key in lowest if key != "identity"]
    values = {"error": _percent(means[lowest[0]]), "identity": _percent(means["identity"])}
    if "identity" not in lowest:
        first = Sentence(
            "Identity does not have the lowest mean test error: it has {identity}, and {error} "
            "have: {cases}.",
            cases=_labels(others),
            **values,
        )
    elif others:
        first = Sentence(
            "Identity has the lowest mean test error, {identity}, and shares it with: {cases}.",
            cases=_labels(others),
            identity=values["identity"],
        )
    else:
        first = Sentence(
            "Identity has the lowest mean test error: {identity}.", identity=values["identity"]
        )
    return [first, *_noise_of_identity(results)]


def _noise_of_identity(results: Mapping[str, Mapping[int, float]]) -> list[Sentence]:
    compared = _compared("identity", results)
    if not compared:
        return _one_seed(results)
    within = [key for key, difference in compared.items() if difference.within_noise]
    better = [
        key
        for key, difference in compared.items()
        if difference.mean < 0 and not difference.within_noise
    ]
    if within:
        said = [
            Sentence(
                "Within noise of identity, since the 95 % interval of the difference holds 0: "
                "{cases}.",
                cases=_labels(within),
            )
        ]
    else:
        said = [
            Sentence("None is within noise of identity: no 95 % interval of a difference holds 0.")
        ]
    if better:
        said.append(
            Sentence("Better than identity, and beyond noise: {cases}.", cases=_labels(better))
        )
    return said


# --- where the activation stands ------------------------------------------------------------------


def order_verdict(study: OrderStudy, variants: Sequence[Variant]) -> tuple[Sentence, ...]:
    """Say which order has the lowest test error, and whether that is more than noise.

    Args:
        study: The orders.
        variants: What ``variants(study, …)`` gave.
    """
    results = _results(variants, lambda variant: variant.test_errors)
    means = {key: fmean(errors.values()) for key, errors in results.items()}
    said = [*_unfinished(variants)]
    if not means or min(means.values()) >= 1:
        said += _nothing(means)
    elif len(means) > 1:
        said += _lowest_order(study, means)
        said += _noise_of_order(means, results)
    return (*said, *_diverged(variants, lambda key: key))


def _lowest_order(study: OrderStudy, means: Mapping[str, float]) -> list[Sentence]:
    lowest = _lowest(means)
    values = {"error": _percent(means[lowest[0]]), "orders": Names(lowest)}
    if len(means) < len(ORDERS):
        return [Sentence("The lowest mean test error, {error}, is that of {orders}.", **values)]
    if "pre-activation" in lowest:
        return [
            Sentence(
                "The lowest mean test error, {error}, is that of {orders}. In the paper (He 2016 "
                "table 2) it is that of pre-activation, too.",
                **values,
            )
        ]
    return [
        Sentence(
            "The lowest mean test error, {error}, is that of {orders}. In the paper (He 2016 table "
            "2) it is that of pre-activation, which has {other} here.",
            other=_percent(means["pre-activation"]),
            **values,
        )
    ]


def _noise_of_order(
    means: Mapping[str, float], results: Mapping[str, Mapping[int, float]]
) -> list[Sentence]:
    lowest = _lowest(means)
    said = []
    for other in ("original", "pre-activation"):
        if other not in means or other in lowest:
            continue
        difference = _difference(results[other], results[lowest[0]])
        if difference is None:
            continue
        values = {
            "other": other,
            "best": lowest[0],
            "difference": _points(difference.mean),
            "low": _points(difference.low),
            "high": _points(difference.high),
        }
        if difference.within_noise:
            said.append(
                Sentence(
                    "{other} is within noise of {best}: {difference} percentage points higher, "
                    "with a 95 % interval from {low} to {high}.",
                    **values,
                )
            )
        else:
            said.append(
                Sentence(
                    "{other} is worse than {best} beyond noise: {difference} percentage points "
                    "higher, with a 95 % interval from {low} to {high}.",
                    **values,
                )
            )
    return said or _one_seed(results)


# --- what every verdict needs ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Difference:
    mean: float
    low: float
    high: float

    @property
    def within_noise(self) -> bool:
        return self.low <= _ROUNDING and self.high >= -_ROUNDING


def _difference(one: Mapping[int, float], other: Mapping[int, float]) -> _Difference | None:
    """Give one less other, paired by seed, with its 95 % interval; None below two seeds."""
    differences = [one[seed] - other[seed] for seed in one if seed in other]
    if len(differences) < 2:
        return None
    mean, half = fmean(differences), half_width(differences)
    return _Difference(mean, mean - half, mean + half)


def _compared(
    best: str, results: Mapping[str, Mapping[int, float]], without: Sequence[str] = ()
) -> dict[str, _Difference]:
    """Give each other variant's difference to one, where two seeds or more have both."""
    found = {
        key: _difference(errors, results[best])
        for key, errors in results.items()
        if key != best and key not in without
    }
    return {key: difference for key, difference in found.items() if difference is not None}


def _variant(key: str, group: Sequence[Outcome | None]) -> Variant:
    known = [outcome for outcome in group if outcome is not None]
    done = [outcome for outcome in known if outcome.measured]
    diverged = tuple((o.seed, o.step) for o in known if o.status == "diverged")
    return Variant(
        key=key,
        train_errors=tuple(o.train_error for o in done if o.train_error is not None),
        test_errors=tuple(o.test_error for o in done if o.test_error is not None),
        diverged=diverged,
        unfinished=len(group) - len(done) - len(diverged),
        seeds=tuple(o.seed for o in done),
    )


def _by_seed(variant: Variant, errors: Sequence[float]) -> dict[int, float]:
    return dict(zip(variant.seeds, errors, strict=True))


def _results(
    variants: Sequence[Variant], errors: Callable[[Variant], Sequence[float]]
) -> dict[str, dict[int, float]]:
    """Give error by seed of every variant that has a result; 1 where it diverged."""
    found = {
        variant.key: _by_seed(variant, errors(variant))
        | dict.fromkeys((seed for seed, _ in variant.diverged), 1.0)
        for variant in variants
    }
    return {key: by_seed for key, by_seed in found.items() if by_seed}


def _lowest(means: Mapping[str, float]) -> list[str]:
    least = min(means.values(), default=0.0)
    return [key for key, mean in means.items() if mean <= least + _ROUNDING]


def _unfinished(variants: Sequence[Variant]) -> list[Sentence]:
    missing = sum(variant.unfinished for variant in variants)
    count = missing + sum(len(v.train_errors) + len(v.diverged) for v in variants)
    if missing in (0, count):  # of nothing there is nothing to say
        return []
    return [
        Sentence(
            "{missing} of {count} runs have no result so far: what is said here is about the "
            "others.",
            missing=missing,
            count=count,
        )
    ]


def _nothing(means: Mapping[str, float]) -> list[Sentence]:
    if means:
        return [Sentence("Every run that has a result diverged: there is nothing to compare.")]
    return [Sentence("Nothing has been measured so far.")]


def _one_seed(results: Mapping[str, Mapping[int, float]]) -> list[Sentence]:
    if len(results) < 2 or max(len(errors) for errors in results.values()) > 1:
        return []
    return [Sentence("One seed cannot tell which of these differences are more than noise.")]


def _diverged(variants: Sequence[Variant], name: Callable[[str], str]) -> list[Sentence]:
    return [
        Sentence(
            "{variant} diverged (seed {seeds}; step {steps}) and counts as an error of 100 % "
            "there.",
            variant=name(variant.key),
            seeds=Names(str(seed) for seed, _ in variant.diverged),
            steps=Names(str(step) for _, step in variant.diverged),
        )
        for variant in variants
        if variant.diverged
    ]


def _percent(error: float) -> str:
    """Write an error with two digits, as the paper's tables: one image of 1437 is 0.07 %."""
    return f"{100 * error:.2f} %"


def _points(difference: float) -> str:
    return f"{round(100 * difference, 2) + 0.0:.2f}"  # no -0.00
