"""What does cutting networks show that were trained in different ways? Figures and verdict.

All lose the same units: each by itself, then several drawn at random, the same draws for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from statistics import fmean

import streamlit as st

from pages.ui import asking, lab, trained
from pages.ui.chart import chart, chart_words
from pages.ui.figures.regimes import error_by_number, error_by_unit
from pages.ui.frame import Page, literal, show_error
from pages.ui.trained import Subject
from pages.ui.translate import Translate
from pages.ui.varied import sentence_words
from resnet_core.errors import ResNetLabError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion, each_deletion, random_deletions
from resnet_core.specs.regimes import EFFECTIVE, REGIMES, active_units
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.regimes import (
    PUBLISHED_EFFECTIVE,
    PUBLISHED_FULL,
    Cuts,
    regime_verdict,
)

NUMBERS = (2, 4, 8)
"""Units deleted at once, drawn at random; before that each unit by itself."""

DRAWS = 10


@dataclass(frozen=True)
class Member:
    """A network that is compared.

    Attributes:
        regime: How it was trained, a key of ``REGIMES``.
        seed: Of its training.
        subject: The network.
    """

    regime: str
    seed: int
    subject: Subject


def can_compare(members: Sequence[Member]) -> bool:
    """Whether some seed has a network trained as usual and one trained otherwise."""
    usual = {one.seed for one in members if one.regime == "usual"}
    return any(one.seed in usual for one in members if one.regime != "usual")


def lesions_by_number(network: NetworkSpec) -> dict[int, list[Lesion]]:
    """Give the lesions by number of deleted units; one unit at least stays.

    Where there are no more possible lesions than draws, each is taken once instead.
    """
    units = sum(network.units_per_stage)
    return {1: each_deletion(network)} | {
        k: (
            random_deletions(network, k, DRAWS, seed=0)
            if comb(units, k) > DRAWS
            else [Lesion(deleted=some) for some in combinations(range(1, units + 1), k)]
        )
        for k in NUMBERS
        if k < units
    }


def show(page: Page, members: Sequence[Member]) -> None:
    """Cut the networks, draw what it costs, and say what it shows."""
    t = page.t
    if not lab.is_ready():
        st.info(t("Measuring needs the lab, which is warming up …"))
        return
    try:
        with st.spinner(t("Cutting {count} networks …", count=len(members))):
            found = [_cut(one) for one in members]
    except ResNetLabError as error:
        show_error(error, t)
        return
    names = {key: t(row.label) for key, row in REGIMES.items()}
    chart(
        [
            error_by_unit(found, t=t, names=names),
            error_by_number(found, t=t, names=names),
        ],
        key=f"{page.name}.cuts",
        alt=[_alt_by_unit(found, t), _alt_by_number(found, t)],
        captions=[
            t("Each unit deleted by itself."),
            _how_many(page, found),
        ],
        words=chart_words(t),
        height=330,
    )
    _say(page, found)
    _say_published(page, members[0].subject.network)
    trained.say_where_from(page, [one.subject for one in members], images=found[0].images)


def _how_many(page: Page, found: Sequence[Cuts]) -> str:
    """Say how many lesions stand behind each mean, and what its whisker is of."""
    t, one = page.t, found[0]
    drawn = [number for number in one.lesions if not one.is_complete(number)]
    words = {
        "complete": ", ".join(str(number) for number in one.lesions if number not in drawn),
        "drawn": ", ".join(map(str, drawn)),
        "draws": DRAWS,
    }
    said = (
        t(
            "0: intact; {complete}: each possible lesion once; {drawn}: {draws} draws at random, "
            "the same for all.",
            **words,
        )
        if drawn
        else t("0: intact; {complete}: each possible lesion once.", **words)
    )
    if len({cuts.seed for cuts in found}) > 1:
        whiskers = t("Whiskers: 95 % interval of the mean of the seeds.")
    elif drawn:
        whiskers = t("Whiskers, of draws alone: 95 % interval of the mean.")
    else:
        whiskers = t("No whiskers: nothing was drawn.")
    return f"{said}{_space(page)}{whiskers}"


def _cut(member: Member) -> Cuts:
    by_number = lesions_by_number(member.subject.network)
    lesions = [Lesion(), *(lesion for group in by_number.values() for lesion in group)]
    intact, *cuts = asking.cut(member.subject, lesions)
    errors: dict[int, tuple[float, ...]] = {}
    for number, group in by_number.items():
        errors[number] = tuple(cut.error for cut in cuts[: len(group)])
        cuts = cuts[len(group) :]
    return Cuts(member.regime, member.seed, intact.error, errors, intact.images)


def _say_published(page: Page, network: NetworkSpec) -> None:
    t = page.t
    published = t(
        "Veit 2016, section 5: 23 of 54 units in each step, error {effective}; all units, {full}; "
        "CIFAR-10, 110 layers.",
        effective=f"{100 * PUBLISHED_EFFECTIVE:.2f} %",
        full=f"{100 * PUBLISHED_FULL:.2f} %",
    )
    units, active = sum(network.units_per_stage), active_units(network)
    part, whole = EFFECTIVE
    ours = t(
        "Here {active} of {units} units take part, {share} (there {published}): the nearest whole "
        "number, a half rounded up. When tested, each branch is multiplied by {active}/{units}: "
        "our choice, for the paper does not say.",
        active=active,
        units=units,
        share=f"{100 * active / units:.1f} %",
        published=f"{100 * part / whole:.1f} %",
    )
    st.caption(f"**{t('Published.')}** {published}{_space(page)}{ours}")


def _space(page: Page) -> str:
    """Give what stands between two sentences."""
    return "" if page.language == "zh" else " "


def _say(page: Page, found: Sequence[Cuts]) -> None:
    said = [_paragraph(sentences, page.t, _space(page)) for sentences in regime_verdict(found)]
    st.markdown("\n".join(f"- {one}" for one in said))


def _paragraph(sentences: Sequence[Sentence], t: Translate, space: str) -> str:
    return literal(space.join(sentence_words(sentence, t) for sentence in sentences))


def _alt_by_unit(found: Sequence[Cuts], t: Translate) -> str:
    rows = [
        t(
            "{name}: intact {intact} %, highest {highest} %",
            name=t(REGIMES[one.regime].label),
            intact=f"{100 * one.intact:.1f}",
            highest=f"{100 * max(one.lesions[1]):.1f}",
        )
        for one in found
    ]
    return t("Error after deleting each unit. {rows}.", rows="; ".join(rows))


def _alt_by_number(found: Sequence[Cuts], t: Translate) -> str:
    rows = [
        f"{t(REGIMES[one.regime].label)} "
        + ", ".join(f"{100 * fmean(errors):.1f} %" for errors in one.lesions.values())
        for one in found
    ]
    numbers = ", ".join(map(str, found[0].lesions))
    return t(
        "Mean error with {numbers} units deleted. {rows}.", numbers=numbers, rows="; ".join(rows)
    )
