"""Which units that repeat each other are all drawn? Codes in the link, opened and closed by hand.

A code is place, stage and first unit: ``3:3.2`` is the third network's group that begins with unit
2 of stage 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from pages.ui.figures.parts import Network
from pages.ui.frame import Page
from resnet_core.errors import SpecError

GROUP = re.compile(r"[123]:[1-4]\.[0-9]{1,3}")
MOST_OPEN = 12
MOVED = "drawn.moved"
"""In the session after a depth was changed by hand: a group that is gone then is no mistake."""


def declare(page: Page) -> str:
    """Declare the setting, and give its key in the session."""
    none: list[str] = []
    return page.link.setting("open", none, read_open, ",".join)


def opened(page: Page, found: Mapping[int, Network | None]) -> dict[int, frozenset[str]]:
    """Give the open groups of each place; say it where the link asks for one there is not."""
    key = page.link.key("open")
    codes = st.session_state[key]
    known = [
        f"{place}:{code}"
        for place, network in found.items()
        if network is not None
        for code in sorted(network.opening)
    ]
    lost = [code for code in codes if code not in known]
    moved = st.session_state.pop(MOVED, False)
    if lost and None not in found.values():
        if not moved:
            error = SpecError(
                "The link asks to open {code}, but there is no such group: {known} are there.",
                code=", ".join(lost),
                known=", ".join(known) or "–",
            )
            page.link.problems.append(page.t(error.template, **error.values))
        codes = [code for code in codes if code in known]
        st.session_state[key] = st.session_state[f"_{key}"] = codes
    return {
        place: frozenset(code[2:] for code in codes if code in known and code[0] == str(place))
        for place in found
    }


def read_open(text: str) -> list[str]:
    """Read the codes of open groups: place, stage and first unit."""
    codes = list(dict.fromkeys(text.split(",")))
    wrong = [code for code in codes if not GROUP.fullmatch(code)]
    if wrong or len(codes) > MOST_OPEN:
        raise SpecError(
            "The link asks to open {code}, but a code such as {example} would be right: the third "
            "network's group that begins with unit 2 of stage 3.",
            code=repr(wrong[0] if wrong else text)[:40],
            example="3:3.2",
        )
    return codes


def toggle(page: Page, code: str) -> None:
    """Open a group, or close it."""
    if GROUP.fullmatch(code):
        key = page.link.key("open")
        before = st.session_state.get(key, [])
        others = [one for one in before if one != code]
        st.session_state[key] = sorted(others if code in before else [*others, code])


def close_all(page: Page, place: int) -> None:
    """Forget what was open in a place that has another network now."""
    key = page.link.key("open")
    codes = st.session_state.get(key, [])
    st.session_state[key] = [code for code in codes if not code.startswith(f"{place}:")]


def depth_moved() -> None:
    """Note that a depth was changed by hand."""
    st.session_state[MOVED] = True
