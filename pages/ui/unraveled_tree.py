"""Which units are deleted? The block diagram and its unraveled view are the control.

Each unit is a button that is pressed or not. The browser shows a click at once, fades what the unit
takes with it, and says the whole choice to the page, which counts again.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import streamlit as st

from pages.ui.component import component
from pages.ui.figures.unraveled import unraveled_drawing
from pages.ui.frame import Page
from pages.ui.theme import PALETTE

NAME = "resnet_lab_unraveled_tree"

_HERE = Path(__file__).parent
_JS = (_HERE / "unraveled_tree.js").read_text(encoding="utf-8")
_CSS = (_HERE / "unraveled_tree.css").read_text(encoding="utf-8")


def pick_deleted(
    page: Page, deleted: Collection[int], *, units: int, is_plain: bool, key: str
) -> tuple[int, ...]:
    """Show a network and its paths, and give the units that are deleted now, rising.

    The page keeps the choice: what this gives is what it must be given the next time. A click
    changes the choice before the page runs again.

    Args:
        page: Whose words it speaks.
        deleted: Units, from 1 on; those that the network does not have are left out.
        units: Of the network, as many as can be drawn.
        is_plain: Without shortcuts.
        key: The drawing's identity in the page.
    """
    t = page.t
    mounted, picked = f"{key}.drawing", f"_{key}.picked"

    def clicked() -> None:
        said = getattr(st.session_state[mounted], "picked", None)
        if said is not None:
            st.session_state[picked] = [int(one) for one in str(said).split() if one.isdigit()]

    chosen = st.session_state.pop(picked, deleted)
    now = tuple(sorted(unit for unit in {*chosen} if 1 <= unit <= units))
    mount = component(NAME, html='<div class="rl-unraveled"></div>', css=_CSS, js=_JS)
    mount(
        key=mounted,
        data={
            "svg": unraveled_drawing(units, t=t, is_plain=is_plain),
            "deleted": list(now),
            "words": {
                "hint": t("Click a unit to delete it, and again to restore it."),
                "path": t("Path through {units}: length {length}", units="%u", length="%l"),
                "around": t("The path around every unit: length 0"),
                "gone": t("It passes through a deleted unit, and so it is gone."),
            },
            "palette": {scheme: dict(colors) for scheme, colors in PALETTE.items()},
        },
        on_picked_change=clicked,
    )
    return now
