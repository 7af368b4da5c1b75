"""Which lesions does each figure of a trained network need, and what is known of them?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pages.ui.asking import Cut
from pages.ui.cut_measuring import Task, measuring
from pages.ui.figures.lesion_draws import Many, Orders
from pages.ui.figures.lesion_parts import Look
from pages.ui.figures.lesions import Single
from pages.ui.trained import Subject, network_title
from pages.ui.translate import Translate
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import (
    Lesion,
    each_deletion,
    kendall_tau,
    random_deletions,
    random_swaps,
    swaps,
)
from resnet_core.specs.places import unit_places
from resnet_core.studies.deletions import Deletions

Kind = Literal["each", "many", "order"]

SWAPS = (1, 2, 4, 8, 16)

INTACT = Lesion()


@dataclass(frozen=True)
class Dice:
    """How it is drawn.

    Attributes:
        draws: Of each number of units, or of swaps.
        seed: Of all draws.
    """

    draws: int
    seed: int


# --- which lesions --------------------------------------------------------------------------------


def numbers(network: NetworkSpec) -> tuple[int, ...]:
    """Say how many units are deleted at once: 1, 2, 4, …, half of them at most."""
    half = sum(network.units_per_stage) // 2
    return tuple(2**power for power in range(half.bit_length()))


@lru_cache(maxsize=256)
def singles(network: NetworkSpec) -> tuple[Lesion, ...]:
    """Delete nothing, then each unit by itself."""
    return (INTACT, *each_deletion(network))


@lru_cache(maxsize=256)
def drawn(
    kind: Kind, network: NetworkSpec, dice: Dice
) -> tuple[tuple[int, tuple[Lesion, ...]], ...]:
    """Draw the lesions of the second or third figure, by the number of units or of swaps."""
    if kind == "many":
        draw, found = random_deletions, numbers(network)
    else:
        draw, found = random_swaps, SWAPS if swaps(network) else ()
    return tuple((k, tuple(draw(network, k, dice.draws, dice.seed))) for k in found)


def task(kind: Kind, of: Subject, dice: Dice) -> Task:
    """Say what a figure needs of a network, the intact network first."""
    if kind == "each":
        return Task(of, singles(of.network))
    lesions = [lesion for _, some in drawn(kind, of.network, dice) for lesion in some]
    return Task(of, tuple(dict.fromkeys((INTACT, *lesions))))


# --- what is known --------------------------------------------------------------------------------


def labels(subjects: Sequence[Subject], t: Translate) -> list[str]:
    """Name networks side by side: as short as tells them apart."""
    names = [network_title(one.network, t) for one in subjects]
    if len({*names}) == len(names):
        return names
    return [
        t("{name}, seed {seed}", name=name, seed=one.run.train.seed)
        for name, one in zip(names, subjects, strict=True)
    ]


def looks(subjects: Sequence[Subject], t: Translate) -> list[Look]:
    """Say how networks are told apart in a figure."""
    joins = [one.network.join for one in subjects]
    return [
        Look(label=label, join=join, rank=joins[:place].count(join))
        for place, (label, join) in enumerate(zip(labels(subjects, t), joins, strict=True))
    ]


def single(look: Look, seeds: Sequence[Subject]) -> Single:
    """Gather what is known of each deletion, of one training or of several."""
    network = seeds[0].network
    rows = [errors(of, singles(network)) for of in seeds]
    return Single(
        look=look,
        units=tuple(network.units_per_stage),
        changes=changes(network),
        seeds=tuple(of.run.train.seed for of in seeds),
        errors=tuple(tuple(row[1:]) for row in rows),
        intact=tuple(row[0] for row in rows),
    )


def changes(network: NetworkSpec) -> tuple[bool, ...]:
    """Say which units change the shape; not those that only stay where they are."""
    widens = network.block == "bottleneck" or network.family == "wide"
    return tuple(unit == 1 and (stage > 1 or widens) for stage, unit in unit_places(network))


def many(look: Look, of: Subject, dice: Dice) -> Many:
    """Gather what is known of several deletions at once."""
    found = [
        (k, tuple((one.deleted, error) for one, error in zip(some, errors(of, some), strict=True)))
        for k, some in drawn("many", of.network, dice)
    ]
    return Many(look=look, intact=errors(of, [INTACT])[0], draws=tuple(found))


def orders(look: Look, of: Subject, dice: Dice) -> Orders:
    """Gather what is known of other orders."""
    count = sum(of.network.units_per_stage)
    as_trained = tuple(range(1, count + 1))  # what a lesion without an order says
    found = [
        (
            k,
            tuple(
                (kendall_tau(one.order or as_trained), error)
                for one, error in zip(some, errors(of, some), strict=True)
            ),
        )
        for k, some in drawn("order", of.network, dice)
    ]
    return Orders(look=look, intact=errors(of, [INTACT])[0], draws=tuple(found))


def errors(of: Subject, lesions: Sequence[Lesion]) -> list[float | None]:
    """Give the error with each lesion, None where it is not known yet."""
    return [None if cut is None else cut.error for cut in measuring.known(of, lesions)]


def intact(of: Subject) -> Cut | None:
    """Give what the network says without any lesion, once that is known."""
    return measuring.known(of, [INTACT])[0]


def deletions(of: Subject, label: str = "") -> Deletions | None:
    """Give the errors after each deletion as a verdict needs them; None until all are known.

    Args:
        of: The network.
        label: What it is called beside others.
    """
    found = measuring.known(of, singles(of.network))
    cuts = [cut for cut in found if cut is not None]
    if len(cuts) < len(found):
        return None
    first, *rest = cuts
    return Deletions(
        of.network,
        first.error,
        tuple(cut.error for cut in rest),
        first.images,
        label,
        of.run.train,
        of.run.data,
    )


# --- to take home ---------------------------------------------------------------------------------

COLUMNS = (
    "figure", "network", "training_seed", "deleted", "swaps", "order", "kendall_tau", "error",
    "loss", "images", "run",
)  # fmt: skip


def as_csv(
    each: Sequence[Subject], drawn_of: Sequence[Subject], dice: Mapping[Kind, Dice], t: Translate
) -> str:
    """Write all that was measured for the figures, a line a lesion: errors as fractions.

    Args:
        each: Networks of the first figure, every seed.
        drawn_of: Networks of the second and third.
        dice: How these two were drawn.
        t: Translates.
    """
    lines = [line for of in each for line in _lines("each", of, 0, singles(of.network), t)]
    for kind, one in dice.items():
        for of in drawn_of:
            for k, some in drawn(kind, of.network, one):
                lines += _lines(kind, of, k, some, t)
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *lines])
    return text.getvalue()


def _lines(
    kind: Kind, of: Subject, k: int, lesions: Sequence[Lesion], t: Translate
) -> Iterator[list[object]]:
    for lesion, cut in zip(lesions, measuring.known(of, lesions), strict=True):
        if cut is None:
            continue
        order = lesion.order or tuple(range(1, sum(of.network.units_per_stage) + 1))
        is_order = kind == "order"
        yield [
            kind,
            network_title(of.network, t),
            of.run.train.seed,
            " ".join(map(str, lesion.deleted)),
            k if is_order else "",
            " ".join(map(str, order)) if is_order else "",
            kendall_tau(order) if is_order else "",
            cut.error,
            cut.loss,
            cut.images,
            of.run.digest,
        ]
