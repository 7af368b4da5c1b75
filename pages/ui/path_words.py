"""What do the figures of *The unraveled view* show? Sentences, computed from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from pages.ui import lab, trained
from pages.ui.figures.paths import percent, power
from pages.ui.frame import Page, literal, show_error
from pages.ui.path_draws import Known
from pages.ui.trained import Subject
from pages.ui.translate import Translate, translate_error
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.path_gradients import PathGradients, fewest_lengths, most_lengths
from resnet_core.studies.path_product import PUBLISHED_HIGH, PUBLISHED_LOW, PUBLISHED_UNITS
from resnet_core.studies.path_verdicts import comparison_verdict, path_verdict
from resnet_core.studies.paths import paths, share_of_lengths

PUBLISHED_MOST = (19, 35)
"""Veit et al. 2016, section 3: "more than 95 %" of ResNet-110's paths."""


@lru_cache(maxsize=256)
def lengths_of_most(units: int) -> tuple[int, int]:
    """Give the lengths around the mean that more than 95 % of all paths have."""
    return most_lengths(units)


def paths_words(units: int, t: Translate) -> str:
    """Say how many paths there are, and how long most of them are."""
    if units == 1:
        return t("1 unit: 2 paths, one around it and one through it.")
    low, high = lengths_of_most(units)
    said = t(
        "{units} units: {paths} paths, {mean} units long on average. Dark: lengths {low} to "
        "{high}, {share} of them.",
        units=units,
        paths=power(paths(units)),
        mean=f"{units / 2:g}",
        low=low,
        high=high,
        share=percent(share_of_lengths(units, low, high)),
    )
    if units != PUBLISHED_UNITS:
        return said
    low, high = PUBLISHED_MOST
    return (
        said
        + " "
        + t(
            "Lengths {low} to {high} are {share}, lengths {short} to {long} only {rare}.",
            low=low,
            high=high,
            share=percent(share_of_lengths(units, low, high)),
            short=PUBLISHED_LOW,
            long=PUBLISHED_HIGH,
            rare=percent(share_of_lengths(units, PUBLISHED_LOW, PUBLISHED_HIGH)),
        )
    )


def norms_words(found: Sequence[PathGradients | None], t: Translate) -> str:
    """Say how many paths were drawn, and how fast the gradient falls."""
    known = [one for one in found if one is not None]
    if not known:
        return t("Nothing measured yet.")
    factors = [
        t("{name}: × {factor} a unit", name=one.name, factor=f"{one.decay.factor:.2g}")
        for one in known
        if one.decay is not None
    ]
    said = t("Small points: single paths, {draws} of each length.", draws=len(known[0].draws))
    return " ".join([said, *[f"{one}." for one in factors]])


def shares_words(found: Sequence[PathGradients | None], t: Translate) -> str:
    """Say which lengths carry most of the gradient."""
    said = []
    for one in found:
        if one is None:
            continue
        if one.is_enough and one.effective is not None:
            said.append(
                t(
                    "{name}: {share} of the product by lengths {low} to {high}.",
                    name=one.name,
                    share=percent(one.effective.gradient),
                    low=one.effective.low,
                    high=one.effective.high,
                )
            )
        ends = fewest_lengths(one.exact)
        if ends is not None:
            said.append(t("Added up exactly: lengths {low} to {high}.", low=ends[0], high=ends[1]))
    return " ".join(said) or t("Too few draws to say which lengths carry most.")


def say_how_far(page: Page, known: Sequence[Known]) -> None:
    """Say what is being measured now, or why nothing is."""
    t = page.t
    if not lab.is_ready():
        st.caption(t("Measuring needs the lab, which is warming up …"))
        return
    for one in known:
        if one.problem is not None:
            show_error(one.problem, t)
    if not any(one.waits for one in known):
        return
    count, wanted = (sum(getattr(one, name) for one in known) for name in ("count", "wanted"))
    seconds = [one.draw_seconds for one in known if one.draw_seconds is not None]
    said = t("Measuring: {count} of {wanted} answers.", count=count, wanted=wanted)
    if seconds:
        said += " " + t("A draw takes about {seconds} s.", seconds=f"{max(seconds):.1f}")
    st.progress(count / wanted, said)


def say(
    page: Page,
    networks: Sequence[Subject],
    found: Sequence[PathGradients],
    known: Sequence[Known],
) -> None:
    """Say in computed sentences what was measured, and where it comes from."""
    t = page.t
    if not found:
        return
    for one, column in zip(found, st.columns(len(found), gap="medium"), strict=True):
        with column:
            _bullets(path_verdict(one), t)
    if len(found) > 1:
        _bullets(comparison_verdict(*found), t)
    lines = [trained.origin(one, t) for one in networks]
    lines += [_cost(one, t) for one in known[:1]]
    st.caption(
        f"**{t('Measured here.')}** "
        + t(
            "Norm of each test image's gradient, all its pixels together; network in evaluation "
            "mode; {images} images, one random path of each length a draw.",
            images=found[0].images,
        )
        + "  \n"
        + "  \n".join(lines)
    )


def _bullets(sentences: Sequence[Sentence], t: Translate) -> None:
    st.markdown("\n".join(f"- {literal(translate_error(one, t))}" for one in sentences))


def _cost(known: Known, t: Translate) -> str:
    """Say how long the bench took, here and now."""
    if known.draw_seconds is None:
        return ""
    draw = f"{known.draw_seconds:.1f}"
    if known.sum_seconds is None:
        return t("The last draw took {seconds} s.", seconds=draw)
    return t(
        "The last draw took {seconds} s, adding up all paths {sums} s.",
        seconds=draw,
        sums=f"{known.sum_seconds:.1f}",
    )
