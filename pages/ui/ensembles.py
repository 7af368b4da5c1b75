"""The parts of *An ensemble?*: trained otherwise and cut, averaged, or a refinement?

Each part is a row of ``PARTS``, with a file of its own; they share no settings. To add a part,
write its function and add its row, and its name to ``choose``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import averaging, refining, trained_otherwise
from pages.ui.frame import Page
from pages.ui.link import choice

PARTS: Mapping[str, Callable[[Page, DeltaGenerator], None]] = MappingProxyType(
    {
        "trained": trained_otherwise.show,
        "together": averaging.show,
        "refinement": refining.show,
    }
)
"""In the order of the switch, by their keys in a link. Each is given the room beside it."""


def choose(page: Page) -> str:
    """Draw the choice of part, and give it."""
    t = page.t
    names = {
        "trained": t("Trained otherwise"),
        "together": t("Averaged"),
        "refinement": t("Refined?"),
    }
    key = page.link.setting("part", "trained", choice("part", list(PARTS)))
    part = st.segmented_control(
        t("What is looked at"),
        list(PARTS),
        key=key,
        required=True,
        format_func=lambda one: names[one],
        label_visibility="collapsed",
    )
    return str(part)


def show(page: Page) -> None:
    """Draw the choice of part, and the part."""
    left, bar = st.columns([0.45, 0.55], gap="medium", vertical_alignment="bottom")
    with left:
        part = choose(page)
    PARTS[part](page, bar)
