"""What do lesions say? Verdicts on deleted and moved units: computed from measured errors.

Theory (Veit, Wilber & Belongie 2016, arXiv:1605.06431, section 4): a residual network of n units is
2^n paths, and a deleted unit takes half of them, so that little is lost; a plain network is one
path, and loses it. The more units are deleted, and the more their order is changed, the higher the
error, little by little. Where what was measured says otherwise, so do the verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import correlation, fmean, median

from resnet_core.specs.lesion import kinds_of
from resnet_core.specs.places import unit_places
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.deletions import Deletions, differences
from resnet_core.studies.spreads import half_width, t95

LITTLE = 0.05
"""A deletion that costs less than so much error costs little."""

BROKEN = 0.6
"""A network that is wrong so often has lost nearly all: guessing among ten is wrong at 0.9.

It is a yardstick of its own, beside ``LITTLE``: a plain network may lose far more than a little and
still know something, and "bears no deletion" is to say that hardly anything is left.
"""

_ROUNDING = 1e-9  # 0.05 is 0.07 - 0.02, but not to the last bit


# --- one unit at a time ---------------------------------------------------------------------------


def deletion_verdict(*found: Deletions) -> tuple[Sentence, ...]:
    """Say what single deletions cost each network, and which one bears them better.

    Args:
        found: One network or several; a residual one and its plain twin are compared.
    """
    said: list[Sentence] = []
    for one in found:
        said += _plain(one) if one.network.join == "plain" else _residual(one)
    residual = [one for one in found if one.network.join != "plain"]
    plain = [one for one in found if one.network.join == "plain"]
    if len(residual) == len(plain) == 1:
        said += _twins(residual[0], plain[0])
    return tuple(said)


def _residual(found: Deletions) -> list[Sentence]:
    few = sum(cost < LITTLE - _ROUNDING for cost in found.costs)
    values = {
        "few": few,
        "count": len(found.errors),
        "name": found.name,
        "points": f"{100 * LITTLE:g}",
        "intact": _percent(found.intact),
    }
    if 2 * few > len(found.errors):
        first = Sentence(
            "{few} of the {count} units of {name} can be deleted one at a time with less than "
            "{points} points lost (intact error {intact}): most of them, as theory "
            "expects.",
            **values,
        )
    else:
        first = Sentence(
            "{few} of the {count} units of {name} can be deleted one at a time with less than "
            "{points} points lost (intact error {intact}): not most of them, against "
            "theory.",
            **values,
        )
    return [first, _dearest(found)]


def _dearest(found: Deletions) -> Sentence:
    place = found.errors.index(max(found.errors))
    stage, unit = unit_places(found.network)[place]
    values = {
        "number": place + 1,
        "stage": stage,
        "unit": unit,
        "error": _percent(max(found.errors)),
    }
    if max(found.costs) <= _ROUNDING:
        return Sentence("No deletion raises the error.")
    # In the paper these are the dearest (figure 3, right).
    if kinds_of(found.network)[place][1] and stage > 1:
        return Sentence(
            "The dearest is unit {number} (stage {stage}, unit {unit}), which changes the shape, "
            "as in the paper: {error} without it.",
            **values,
        )
    return Sentence(
        "The dearest is unit {number} (stage {stage}, unit {unit}), which does not change the "
        "shape, unlike those in the paper: {error} without it.",
        **values,
    )


def _plain(found: Deletions) -> list[Sentence]:
    lowest = min(found.errors)
    borne = sum(error < BROKEN - _ROUNDING for error in found.errors)
    values = {
        "name": found.name,
        "lowest": _percent(lowest),
        "number": found.errors.index(lowest) + 1,
        "intact": _percent(found.intact),
        "broken": f"{100 * BROKEN:g} %",
        "guessed": "90 %",
        "count": len(found.errors),
        "borne": borne,
    }
    if not borne:
        return [
            Sentence(
                "{name} bears no deletion, as theory expects of one path: the lowest error after "
                "any is {lowest} (unit {number}), intact {intact}. Borne would be an error below "
                "{broken}; guessing among ten equal classes is wrong at {guessed}.",
                **values,
            )
        ]
    return [
        Sentence(
            "{borne} of the {count} units of {name} can be deleted one at a time with an error "
            "below {broken}, against theory: the lowest is {lowest} (unit {number}), intact "
            "{intact}. Guessing among ten equal classes is wrong at {guessed}.",
            **values,
        )
    ]


def _twins(residual: Deletions, plain: Deletions) -> list[Sentence]:
    values = {
        "residual": residual.name,
        "plain": plain.name,
        "residual_cost": _points(median(residual.costs)),
        "plain_cost": _points(median(plain.costs)),
    }
    if more := differences(residual, plain):
        return [
            Sentence(
                "The median deletion costs {residual_cost} points ({residual}) and {plain_cost} "
                "({plain}), but these two differ in more than their shortcuts: what the "
                "shortcuts do cannot be told from them.",
                **values,
            ),
            *more,
        ]
    if median(residual.costs) < median(plain.costs) - _ROUNDING:
        return [
            Sentence(
                "The median deletion costs {residual_cost} points ({residual}) and {plain_cost} "
                "({plain}): with shortcuts, less is lost.",
                **values,
            )
        ]
    return [
        Sentence(
            "The median deletion costs {residual_cost} points ({residual}) and {plain_cost} "
            "({plain}): with shortcuts, not less is lost, against theory.",
            **values,
        )
    ]


# --- several at once ------------------------------------------------------------------------------


def many_verdict(
    name: str, errors: Mapping[int, Sequence[float]], *, plain: bool = False
) -> tuple[Sentence, ...]:
    """Say whether the mean error rises with the number of units that are deleted at once.

    Args:
        name: Of the network.
        errors: Over the draws, by the number of deleted units; at least one draw each.
        plain: Whether it is one path: theory expects it to lose all with the first unit, and no
            rise after that.
    """
    numbers = sorted(errors)
    if not numbers:
        return ()
    draws = sorted({len(errors[k]) for k in numbers})
    said = [
        Sentence(
            "Mean error of {name} by number of deleted units: {means} (draws of each: {draws}).",
            name=name,
            means="; ".join(f"{k}: {_mean(errors[k])}" for k in numbers),
            draws=", ".join(map(str, draws)),
        )
    ]
    if fmean(errors[numbers[0]]) >= BROKEN:
        said.append(
            Sentence(
                "With {first} deleted, hardly anything is left to lose: no rise is to be expected.",
                first=numbers[0],
            )
        )
    elif len(numbers) > 1 and not plain:
        said.append(_rise(errors, numbers))
    return tuple(said)


def _rise(errors: Mapping[int, Sequence[float]], numbers: Sequence[int]) -> Sentence:
    """Say how far a rise is shown: from number to number, or from the first to the last at least.

    A step counts where the 95 % interval of its difference does not hold 0.
    """
    if min(len(errors[k]) for k in numbers) < 2:
        return Sentence(
            "Of some numbers there is one draw only, which does not say how far it is off: whether "
            "the error rises is not known."
        )
    steps = [*pairwise(numbers)]
    fallen = [(a, b) for a, b in steps if _rises(errors[b], errors[a])]
    if fallen:
        return Sentence(
            "It falls, beyond noise, from {steps}: against theory.", steps=_steps(fallen)
        )
    unsure = [(a, b) for a, b in steps if not _rises(errors[a], errors[b])]
    if not unsure:
        return Sentence("It rises with each number, beyond noise, as theory expects.")
    ends = {"first": numbers[0], "last": numbers[-1]}
    if _rises(errors[numbers[0]], errors[numbers[-1]]):
        return Sentence(
            "From {first} to {last} it rises, as theory expects; but not each step is beyond "
            "noise: from {steps} the 95 % interval of the difference holds 0.",
            **ends,
            steps=_steps(unsure),
        )
    return Sentence(
        "With these draws a rise is not shown: from {first} to {last} the 95 % interval of the "
        "difference holds 0.",
        **ends,
    )


def _steps(steps: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{a} → {b}" for a, b in steps)


def _rises(few: Sequence[float], more: Sequence[float]) -> bool:
    """Whether a mean is higher than another beyond noise; two draws each at least."""
    # Draws of different numbers are not paired: their intervals add up by Pythagoras.
    noise = math.hypot(half_width(few), half_width(more))
    return fmean(more) - fmean(few) > noise + _ROUNDING


def _mean(errors: Sequence[float]) -> str:
    if len(errors) < 3:
        return _percent(fmean(errors))
    return f"{100 * fmean(errors):.1f} ± {100 * half_width(errors):.1f} %"


# --- another order --------------------------------------------------------------------------------


def reorder_verdict(name: str, points: Sequence[tuple[float, float]]) -> tuple[Sentence, ...]:
    """Say whether the error falls as Kendall's tau rises: the nearer to the trained order.

    Args:
        name: Of the network.
        points: Kendall's tau of each order with the trained one, and the error with it; a tau that
            is no number is left out.
    """
    points = [point for point in points if not math.isnan(point[0])]
    r = _correlation(points)
    if r is None:
        return (
            Sentence(
                "Orders of {name} that were measured: {count}. A correlation of error and "
                "Kendall's tau needs three, with different values of both.",
                name=name,
                count=len(points),
            ),
        )
    values = {"r": f"{r:.2f}".replace("-", "−"), "count": len(points), "name": name}
    if not _is_sure(r, len(points)):
        return (
            Sentence(
                "Over {count} orders of {name} the correlation of error and Kendall's tau is {r}: "
                "within noise of none, where theory expects it below 0.",
                **values,
            ),
        )
    if r < 0:
        return (
            Sentence(
                "Over {count} orders of {name} the correlation of error and Kendall's tau is {r}: "
                "the farther from the trained order, the higher the error, as theory expects.",
                **values,
            ),
        )
    return (
        Sentence(
            "Over {count} orders of {name} the correlation of error and Kendall's tau is {r}: the "
            "farther from the trained order, the lower the error, against theory.",
            **values,
        ),
    )


def _correlation(points: Sequence[tuple[float, float]]) -> float | None:
    if len(points) < 3 or any(len({*values}) < 2 for values in zip(*points, strict=True)):
        return None
    taus, errors = zip(*points, strict=True)
    return correlation(taus, errors)


def _is_sure(r: float, count: int) -> bool:
    """Whether a correlation differs from 0 at 5 %: t = r·√((n - 2) / (1 - r²)), n - 2 degrees."""
    if r * r >= 1:
        return True
    return abs(r) * math.sqrt((count - 2) / (1 - r * r)) > t95(count - 1)


def _percent(error: float) -> str:
    return f"{100 * error:.1f} %"


def _points(cost: float) -> str:
    return f"{100 * cost:.1f}".replace("-", "−")
