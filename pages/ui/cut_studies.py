"""What does a trained network lose without each unit, without many, in another order?

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, figures 3, 5a and 5b. They stand below the
lesion bench and are measured beside it (``cut_measuring``): a click there does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.ui import controls, cut_drawn, cut_live, cut_plans, cut_single
from pages.ui.cut_measuring import measuring
from pages.ui.cut_plans import Dice, Kind
from pages.ui.frame import Page
from pages.ui.link import integer
from pages.ui.trained import Subject

REST = 1.0
"""Seconds after a click on the bench in which nothing is measured here."""

DRAWS = (5, 10, 15, 20, 30, 50)
MOST_SEED = 999


def section(page: Page, subject: Subject, beside: Subject | None) -> None:
    """Draw the three figures, apart from what stands above them.

    Args:
        page: Where.
        subject: The network that is cut above.
        beside: The one that is cut beside it.
    """
    make_way()
    drawn: list[bool] = []

    @st.fragment(key=cut_live.key(page))
    def part() -> None:
        if drawn and page.link.problems:
            st.rerun()  # what was wrong with the link is no longer so
        _draw(page, subject, beside)
        if drawn:
            page.link.write()
        drawn.append(True)

    part()


def make_way() -> None:
    """Let the bench have the lab for itself for a moment: somebody has just clicked there."""
    measuring.rest(REST)


def _draw(page: Page, subject: Subject, beside: Subject | None) -> None:
    t = page.t
    pair = [subject] if beside is None or beside.code == subject.code else [subject, beside]
    each = cut_single.show(page, pair)
    st.subheader(t("Several units at once, and other orders"), anchor=False)
    dice = _dice(page)
    left, right = st.columns(2, gap="large")
    with left:
        cut_drawn.show(page, "many", pair, dice)
    with right:
        cut_drawn.show(page, "order", pair, dice)
    _download(page, each, pair, dice)


def _dice(page: Page) -> Dice:
    """Draw the controls of both figures that need draws."""
    t = page.t
    left, right, _ = st.columns([0.36, 0.18, 0.46], gap="medium")
    with left:
        draws = controls.slider(
            page,
            "draws",
            t("Draws of each number"),
            DRAWS,
            10,
            DRAWS[0],
            DRAWS[-1],
            help=t("So many times units are drawn, of each number of deletions and of swaps."),
        )
    key = page.link.setting("dice", 0, integer("dice", 0, MOST_SEED))
    with right:
        seed = st.number_input(
            t("Seed of the draws"),
            0,
            MOST_SEED,
            key=key,
            help=t("Another one draws other units. Networks of as many units lose the same ones."),
        )
    return Dice(draws, int(seed))


def _download(
    page: Page, each: Callable[[], Sequence[Subject]], pair: Sequence[Subject], dice: Dice
) -> None:
    """Offer all that was measured as a table: all that is known when it is pressed."""
    kinds: Mapping[Kind, Dice] = {"many": dice, "order": dice}
    st.download_button(
        page.t("Results as CSV"),
        lambda: cut_plans.as_csv(each(), pair, kinds, page.t),
        file_name=f"lesions_{pair[0].network.name}_{pair[0].run.data.dataset}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        key=f"{page.name}.lesions_csv",
        on_click="ignore",
    )
