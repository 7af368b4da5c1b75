"""What is cut in each network? The lesions of a page, read from its link and changed by callbacks.

The lesion of each network stands in the link, part by part (``cut_text``): the first network's as
``cut``, ``swap`` and ``scale``, that of the one beside it with a 2 behind the name, where it is not
the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui.cut_text import PARTS, lesion_of, read_part, texts_of
from pages.ui.frame import Page
from pages.ui.trained import Subject
from resnet_core.seeding import derive_seed
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion, kinds_of

MOST_UNDONE = 100


def partner(place: int, of: int, to: int) -> int:
    """Give the place that is as far on in a network of other length: ⌈place · to / of⌉, from 1."""
    return -(-place * to // of)


def partners(of: NetworkSpec, to: NetworkSpec) -> tuple[int, ...]:
    """Give for each unit of a network, from 1, the other network's that goes with it.

    Stage by stage where both have as many: the first unit of a stage, which changes the shape, goes
    with the first, the others with those that are as far on. Else as far on in the whole network.
    """
    if len(of.units_per_stage) != len(to.units_per_stage):
        count, others = sum(of.units_per_stage), sum(to.units_per_stage)
        return tuple(partner(place, count, others) for place in range(1, count + 1))
    found: list[int] = []
    before = 0
    for here, there in zip(of.units_per_stage, to.units_per_stage, strict=True):
        rest = [partner(unit, here - 1, there - 1) for unit in range(1, here)]
        found += [before + 1, *(before + 1 + unit for unit in rest)]
        before += there
    return tuple(found)


def mirrored(lesion: Lesion, of: NetworkSpec, to: NetworkSpec) -> Lesion:
    """Give another network the same lesion, as far as it can have it.

    Units of a network that is shorter stand for several; one unit stays. Units change places along
    only where the two networks have the same units.
    """
    others = sum(to.units_per_stage)
    beside = partners(of, to)
    deleted = sorted({beside[place - 1] for place in lesion.deleted})
    scales = {beside[place - 1]: scale for place, scale in lesion.scales}
    return Lesion(
        deleted=tuple(deleted[: others - 1]),
        order=lesion.order if kinds_of(of) == kinds_of(to) else (),
        scales=tuple(sorted(scales.items())),
    )


def one_more(lesion: Lesion, count: int) -> Lesion:
    """Delete one more of so many units: drawn by how many are gone, the same for everybody."""
    gone = len(lesion.deleted)
    left = [place for place in range(1, count + 1) if place not in lesion.deleted]
    chance = random.Random(derive_seed(0, "cut one more", count, gone))
    drawn = left[int(chance.random() * len(left))]
    return lesion.model_copy(update={"deleted": tuple(sorted((*lesion.deleted, drawn)))})


class Lesions:
    """The lesions of one run of the page's script: read from the link, changed by callbacks.

    Args:
        page: Whose link keeps them.
        subjects: One network or two.
        together: Whether both are cut together.
    """

    def __init__(self, page: Page, subjects: Sequence[Subject], *, together: bool) -> None:
        self.page = page
        self.subjects = subjects
        self.together = together and len(subjects) > 1
        self._history = f"_{page.name}.history"
        self._declare()

    def lesions(self) -> list[Lesion]:
        """Give the lesion of each network, as the session has it now."""
        return [self._lesion(number) for number in range(len(self.subjects))]

    def change(self, lesions: Sequence[Lesion]) -> None:
        """Take other lesions, and remember those before.

        Raises:
            SpecError: One does not fit its network; then nothing has changed.
        """
        for lesion, subject in zip(lesions, self.subjects, strict=True):
            lesion.check_fits(subject.network)
        now = self.lesions()
        if list(lesions) != now:
            st.session_state[self._history] = [*st.session_state[self._history], now][-MOST_UNDONE:]
            self._set(lesions)

    def change_first(self, lesion: Lesion) -> None:
        """Give the first network another lesion, and the other the same, if they go together.

        Raises:
            SpecError: It does not fit.
        """
        others = self.lesions()[1:]
        if self.together:
            others = [self._mirrored(lesion)]
        self.change([lesion, *others])

    def undo(self) -> None:
        """Go back by one change."""
        before = st.session_state[self._history]
        if before:
            st.session_state[self._history] = before[:-1]
            self._set(before[-1])

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to go back by."""
        return bool(st.session_state[self._history])

    def _declare(self) -> None:
        """Declare what stands in the link; networks taken anew keep what fits them."""
        link = self.page.link
        codes = [one.code for one in self.subjects]
        kept = f"_{self.page.name}.codes"
        is_other = st.session_state.get(kept, codes) != codes
        st.session_state[kept] = codes
        if is_other or self._history not in st.session_state:
            st.session_state[self._history] = []
        for number, subject in enumerate(self.subjects):
            usual = self._mirrored(self._lesion(0)) if number and self.together else None
            if is_other:
                self._taken_anew(number, usual)
            texts = texts_of(usual or Lesion())
            for part in PARTS:
                name = self._name(part, number)
                link.setting(name, texts[part], _reader(name, subject.network))

    def _taken_anew(self, number: int, usual: Lesion | None) -> None:
        keys = {part: self._key(part, number) for part in PARTS}
        if all(key in st.session_state for key in keys.values()):  # else the link may say
            for part, text in texts_of(usual or self._lesion(number)).items():
                st.session_state[keys[part]] = text

    def _lesion(self, number: int) -> Lesion:
        texts = {part: st.session_state[self._key(part, number)] for part in PARTS}
        return lesion_of(texts, self.subjects[number].network)

    def _mirrored(self, lesion: Lesion) -> Lesion:
        first, second = self.subjects
        return mirrored(lesion, first.network, second.network)

    def _set(self, lesions: Sequence[Lesion]) -> None:
        for number, lesion in enumerate(lesions):
            for part, text in texts_of(lesion).items():
                st.session_state[self._key(part, number)] = text

    def _name(self, part: str, number: int) -> str:
        return part if number == 0 else f"{part}2"

    def _key(self, part: str, number: int) -> str:
        return self.page.link.key(self._name(part, number))


def _reader(name: str, network: NetworkSpec) -> Callable[[str], str]:
    return lambda text: read_part(name, text, network)
