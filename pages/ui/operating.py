"""Surgery in the *Shortcut laboratory*: a plain network and its residual twin under the knife."""

from __future__ import annotations

import streamlit as st

from pages.ui import known_pair, lab, pair, surgery
from pages.ui.frame import Page, show_error
from pages.ui.known_pair import SIDES, Shown
from pages.ui.varying import Asked
from resnet_core.errors import ResNetLabError
from resnet_core.specs import NetworkSpec, RunSpec


def declare(page: Page) -> None:
    """Give what only this part has its place in the link, also while another part is shown."""
    known_pair.owner(page)
    for side in SIDES:
        surgery.planned(page, side)


def ask(page: Page, asked: Asked) -> Shown | None:
    """Draw what can be done with the twins of the controls' depth and width; give what is known.

    None, with a sentence, when there can be no such training.
    """
    try:
        plans = _plans(page, asked)
        plain, residual = (run.network.name for run in plans)
        st.caption(
            page.t(
                "1: {plain}. 2: {residual}, its twin, from the same weights.",
                plain=plain,
                residual=residual,
            )
        )
        shown = known_pair.look_up(page, plans)
    except ResNetLabError as error:
        show_error(error, page.t)
        return None
    pair.buttons(page, [shown], seed="first")
    if shown.watched:
        lab.keeper.looks(lab.visitor(), shown.watched)
    return shown


def show(page: Page, shown: Shown) -> None:
    """Draw the curves, and what can be changed under them."""
    known_pair.show_curves(page, shown)
    surgery.panel(page, shown)
    known_pair.say_where_from(page, shown)
    known_pair.downloads(page, shown)


def _plans(page: Page, asked: Asked) -> tuple[RunSpec, RunSpec]:
    residual = NetworkSpec(depth=asked.depth, width=asked.width)
    first, second = (
        RunSpec(
            network=network,
            data=asked.data,
            train=asked.train,
            changes=surgery.within(surgery.planned(page, side), asked.train.steps),
        )
        for side, network in zip(SIDES, (residual.twin(), residual), strict=True)
    )
    return first, second
