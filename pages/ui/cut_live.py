"""How does a figure of lesions grow while it is measured? It is drawn again and again, alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui.cut_measuring import Task, measuring
from pages.ui.frame import Page
from pages.ui.link import RUNS_AGAIN

EVERY = 0.7
"""Seconds between two looks at what has been measured meanwhile."""


def live(page: Page, name: str, is_busy: Callable[[], bool], draw: Callable[[], None]) -> None:
    """Draw a figure; while something of it is being measured, every now and then once more.

    Args:
        page: Where.
        name: Of the figure.
        is_busy: Whether there is more to come; asked before it is drawn.
        draw: Draws it.
    """
    is_growing = is_busy()

    @st.fragment(run_every=EVERY if is_growing else None)
    def figure() -> None:
        goes_on = is_busy()
        with st.container(key=f"{page.name}.{name}"):
            draw()
        if is_growing and not goes_on:
            # Nothing else ends a fragment's clock.
            st.session_state[RUNS_AGAIN] = True
            st.rerun()

    figure()


def want(name: str, tasks: Sequence[Task]) -> bool:
    """Have lesions measured for this session; whether there is anything to measure.

    Args:
        name: Of the figure; what it wanted before is no longer wanted.
        tasks: What is wanted now.
    """
    missing = [
        task
        for task in tasks
        if measuring.problem(task.subject) is None and measuring.missing(task)
    ]
    measuring.want(f"{_who()} {name}", missing)
    return bool(missing)


def key(page: Page) -> str:
    """Name the fragment in which all figures of lesions stand."""
    return f"{page.name}.studies"


def again(page: Page) -> None:
    """Draw all these figures once more: for a callback, after which there may be more to come."""
    st.rerun(key(page))


def _who() -> str:
    """Name this session: one visitor may look at two pages."""
    return str(st.session_state.setdefault("_cuts.who", secrets.token_hex(8)))
