"""What is cut out of a trained network: ``Lesion``, a plan of its own beside that of the run."""

from __future__ import annotations

import math
import random
from typing import Self

from pydantic import model_validator

from resnet_core.errors import SpecError
from resnet_core.seeding import derive_seed
from resnet_core.specs.families import MAX_DEPTH
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.places import unit_places
from resnet_core.specs.plan import Plan, check_between, shown

MOST_SCALE = 10.0
MOST_DRAWS = 1000
MOST_SWAPS = 1000


class Lesion(Plan):
    """Units deleted, moved and scaled; units are numbered from 1, as the signal meets them.

    Of a residual network a deleted unit loses its branch and keeps its shortcut; so does one that
    changes the shape (Veit et al. 2016, arXiv:1605.06431, section 4). A plain unit is taken out;
    one that changes the shape is replaced by subsampling and zero padding, since something must.

    Attributes:
        deleted: Places whose unit is deleted, rising.
        order: Which unit stands at each place; empty where all stand where they were trained. Only
            units of equal shape can change places.
        scales: Place and factor of the branches that are scaled, rising by place; of plain units
            the whole is scaled.
    """

    deleted: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    scales: tuple[tuple[int, float], ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        places = [place for place, _ in self.scales]
        for name, numbers in (("deleted", self.deleted), ("scaled", places)):
            if list(numbers) != sorted(set(numbers)):
                raise SpecError(
                    "Units {units} were asked to be {name}, but each may stand once, in rising "
                    "order.",
                    units=", ".join(str(shown(number)) for number in numbers[:50]),
                    name=name,
                )
        if self.order and sorted(self.order) != list(range(1, len(self.order) + 1)):
            raise SpecError(
                "Order {order} was asked for, but each unit must stand in it once: 1, 2, … would "
                "be right.",
                order=", ".join(str(shown(number)) for number in self.order[:50]),
            )
        if self.order == tuple(range(1, len(self.order) + 1)) and self.order:
            object.__setattr__(self, "order", ())  # equal lesions are equal plans
        for number in (*self.deleted, *places):
            check_between("Unit", number, 1, MAX_DEPTH)
        for _, scale in self.scales:
            check_between("Scale", scale, -MOST_SCALE, MOST_SCALE)
        return self

    def check_fits(self, network: NetworkSpec) -> None:
        """Refuse a lesion of units that a network does not have, or that differ in shape.

        Raises:
            SpecError: With what would be right.
        """
        count = sum(network.units_per_stage)
        for number in (*self.deleted, *(place for place, _ in self.scales)):
            if number > count:
                raise SpecError(
                    "Unit {unit} of {name} was asked for, but it has {count} units, numbered from "
                    "1.",
                    unit=number,
                    name=network.name,
                    count=count,
                )
        if len(self.deleted) == count:
            raise SpecError(
                "All {count} units of {name} were asked to be deleted, but then only what stands "
                "before and behind them is left, and no unit to study: leave one at least.",
                count=count,
                name=network.name,
            )
        if self.order and len(self.order) != count:
            raise SpecError(
                "An order of {asked} units was asked for, but {name} has {count}.",
                asked=len(self.order),
                name=network.name,
                count=count,
            )
        kinds = kinds_of(network)
        for place, unit in enumerate(self.order, start=1):
            if kinds[place - 1] != kinds[unit - 1]:
                raise SpecError(
                    "Unit {unit} was asked for in the place of unit {place}, but they differ in "
                    "shape: only units of one stage can change places, and not the first of a "
                    "stage that changes it.",
                    unit=unit,
                    place=place,
                )

    def first_changed(self) -> int:
        """Give the first place, from 1, that is not as it was trained; 0 if all are."""
        moved = [place for place, unit in enumerate(self.order, start=1) if place != unit]
        scaled = [place for place, scale in self.scales if scale != 1]
        return min((*moved, *self.deleted, *scaled), default=0)


def kinds_of(network: NetworkSpec) -> tuple[tuple[int, bool], ...]:
    """Tell units of different shape apart: stage, and whether the unit changes the shape.

    The first unit of a bottleneck's or a wide network's first stage widens it; in pre-activation
    orders the first unit of all lacks its activation, and stays where it is, too.
    """
    widens = network.block == "bottleneck" or network.family == "wide"
    lacks = network.order in ("relu-only", "pre-activation")
    return tuple(
        (stage, unit == 1 and (stage > 1 or widens or lacks))
        for stage, unit in unit_places(network)
    )


def swaps(network: NetworkSpec) -> tuple[tuple[int, int], ...]:
    """List the pairs of units that can change places."""
    kinds = kinds_of(network)
    return tuple(
        (one, other)
        for one in range(1, len(kinds) + 1)
        for other in range(one + 1, len(kinds) + 1)
        if kinds[one - 1] == kinds[other - 1]
    )


def kendall_tau(order: tuple[int, ...]) -> float:
    """Give Kendall's rank correlation of an order with the trained one, in [-1, 1].

    (concordant pairs - discordant pairs) / all pairs; 1 for the order as trained, and NaN where
    there is no pair (Kendall 1938; Veit et al. 2016 figure 5b).
    """
    count = len(order)
    if count < 2:
        return math.nan
    discordant = sum(order[i] > order[j] for i in range(count) for j in range(i + 1, count))
    return 1 - 4 * discordant / (count * (count - 1))


# --- draws ----------------------------------------------------------------------------------------


def each_deletion(network: NetworkSpec) -> list[Lesion]:
    """Delete each unit by itself, in the order of units (Veit et al. 2016 figure 3)."""
    return [Lesion(deleted=(unit,)) for unit in range(1, sum(network.units_per_stage) + 1)]


def random_deletions(network: NetworkSpec, k: int, draws: int, seed: int) -> list[Lesion]:
    """Draw k units to be deleted at once, several times (Veit et al. 2016 figure 5a).

    Draws depend on the number of units and nothing else of the network, so that twins lose the same
    ones; more draws begin with the same ones as fewer.

    Raises:
        SpecError: There are not more than k units.
    """
    count = sum(network.units_per_stage)
    check_between("Number of deleted units", k, 1, count - 1)
    check_between("Draws", draws, 1, MOST_DRAWS)
    found = []
    for draw in range(draws):
        chance = random.Random(derive_seed(seed, "delete units", count, k, draw))
        # Only random() promises to give the same in every Python.
        shuffled = sorted(range(1, count + 1), key=lambda _: chance.random())
        found.append(Lesion(deleted=tuple(sorted(shuffled[:k]))))
    return found


def random_swaps(network: NetworkSpec, k: int, draws: int, seed: int) -> list[Lesion]:
    """Swap k random pairs of equal shape, one after the other, several times (figure 5b).

    A later swap may undo an earlier one: what is swapped is drawn anew each time.

    Raises:
        SpecError: No two units of the network can change places.
    """
    pairs = swaps(network)
    if not pairs:
        raise SpecError(
            "Units of {name} were asked to change places, but no two of them have the same shape: "
            "take a deeper network.",
            name=network.name,
        )
    check_between("Number of swaps", k, 1, MOST_SWAPS)
    check_between("Draws", draws, 1, MOST_DRAWS)
    found = []
    for draw in range(draws):
        chance = random.Random(derive_seed(seed, "swap units", k, draw))
        order = list(range(1, sum(network.units_per_stage) + 1))
        for _ in range(k):
            one, other = pairs[int(chance.random() * len(pairs))]
            order[one - 1], order[other - 1] = order[other - 1], order[one - 1]
        found.append(Lesion(order=tuple(order)))
    return found
