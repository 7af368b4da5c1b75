"""How is a lesion written in a link? ``cut=3,14``, ``swap=5-7``, ``scale=9:0.5``; and read back.

Swaps are done one after the other, from the order as trained; a lesion is always written with the
fewest that lead to its order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion
from resnet_core.specs.plan import check_between

PARTS = ("cut", "swap", "scale")
"""Of a lesion, each a setting of the link."""

LOWEST, HIGHEST = -1.0, 2.0
"""What a branch can be multiplied by here; 1 leaves it as it is."""

_CUT = re.compile(r"[0-9]{1,4}(,[0-9]{1,4})*")
_SWAP = re.compile(r"[0-9]{1,4}-[0-9]{1,4}(,[0-9]{1,4}-[0-9]{1,4})*")
_SCALE = re.compile(r"[0-9]{1,4}:-?[0-9]{0,3}\.?[0-9]{1,3}(,[0-9]{1,4}:-?[0-9]{0,3}\.?[0-9]{1,3})*")
_LONGEST = 20_000


def read_part(name: str, text: str, network: NetworkSpec) -> str:
    """Check one part of a lesion, and give it as it is always written.

    Args:
        name: ``cut``, ``swap`` or ``scale``; a second network's with a 2 behind it.
        text: As a link has it; empty for nothing.
        network: Whose units are meant.

    Raises:
        SpecError: With a sentence: it is no such text, or does not fit the network.
    """
    part = name.rstrip("2")
    lesion = {"cut": _read_cut, "swap": _read_swap, "scale": _read_scale}[part](
        name, text.strip(), network
    )
    lesion.check_fits(network)
    return texts_of(lesion)[part]


def lesion_of(texts: Mapping[str, str], network: NetworkSpec) -> Lesion:
    """Put the three parts together; one that does not fit (any more) is left out.

    Args:
        texts: By part.
        network: Whose units are meant.
    """
    values = {}
    for name, field in zip(PARTS, ("deleted", "order", "scales"), strict=True):
        try:
            reader = {"cut": _read_cut, "swap": _read_swap, "scale": _read_scale}[name]
            lesion = reader(name, texts[name], network)
            lesion.check_fits(network)
            values[field] = getattr(lesion, field)
        except SpecError:
            continue
    return Lesion(**values)


def texts_of(lesion: Lesion) -> dict[str, str]:
    """Write a lesion, part by part; nothing is an empty text."""
    return {
        "cut": ",".join(map(str, lesion.deleted)),
        "swap": ",".join(f"{one}-{other}" for one, other in swaps_to(lesion.order)),
        "scale": ",".join(f"{place}:{scale:g}" for place, scale in lesion.scales if scale != 1),
    }


def swaps_to(order: Sequence[int]) -> list[tuple[int, int]]:
    """Give the fewest swaps of places, one after the other, that lead to an order."""
    order, found = list(order), []
    for place in range(1, len(order) + 1):
        back = []
        while (unit := order[place - 1]) != place:
            # Who stands here goes home; backwards, this is how it came here.
            order[place - 1], order[unit - 1] = order[unit - 1], unit
            back.append((place, unit))
        found += back[::-1]
    return found


def _read_cut(name: str, text: str, network: NetworkSpec) -> Lesion:
    _check_form(name, text, _CUT, "3,14")
    places = [int(part) for part in text.split(",") if part]
    return Lesion(deleted=tuple(sorted(set(places))))


def _read_swap(name: str, text: str, network: NetworkSpec) -> Lesion:
    _check_form(name, text, _SWAP, "5-7,6-8")
    pairs = [tuple(map(int, part.split("-"))) for part in text.split(",") if part]
    places = sorted({place for pair in pairs for place in pair})
    Lesion(scales=tuple((place, 1.0) for place in places)).check_fits(network)  # are they there?
    order = list(range(1, sum(network.units_per_stage) + 1))
    for one, other in pairs:
        order[one - 1], order[other - 1] = order[other - 1], order[one - 1]
    return Lesion(order=tuple(order))


def _read_scale(name: str, text: str, network: NetworkSpec) -> Lesion:
    _check_form(name, text, _SCALE, "9:0.5")
    pairs = [part.split(":") for part in text.split(",") if part]
    scales = {int(place): float(scale) + 0.0 for place, scale in pairs}
    for scale in scales.values():
        check_between("Scale", scale, LOWEST, HIGHEST)
    return Lesion(scales=tuple(sorted((p, s) for p, s in scales.items() if s != 1)))


def _check_form(name: str, text: str, form: re.Pattern[str], example: str) -> None:
    if text and (len(text) > _LONGEST or not form.fullmatch(text)):
        raise SpecError(
            "The link asks for {name} {value}, but units written such as {example} would be right.",
            name=name,
            value=repr(text)[:40],
            example=f"{name}={example}",
        )
