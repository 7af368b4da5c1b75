"""What stands around every page: title, question, language, the device in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import lab, translate, words
from pages.ui.link import RUNS_AGAIN, Link
from pages.ui.translate import LANGUAGES, Translate, translate_error
from resnet_core.errors import ResNetLabError

DEVICES = {"cuda": "GPU", "mps": "GPU", "cpu": "CPU"}

COMPACT = """<style>
.stMainBlockContainer { padding-top: 3.9rem; padding-bottom: 2rem; }
.stMainBlockContainer h1 { padding: 0; }
.stMainBlockContainer hr { margin: 0.5rem 0; }
@media (min-width: 900px) { .stMainBlockContainer { padding-inline: 2.5rem; } }
</style>"""
"""Question, controls and figure fit on one screen of 1440×900."""


@dataclass(frozen=True)
class Page:
    """What a page script works with: its name, its words, its link."""

    name: str
    t: Translate
    language: str
    link: Link
    notices: DeltaGenerator

    def lesson(self, section: str) -> str:
        """Give the words of a section."""
        return translate.lesson(self.name, section, self.language)

    def fold(self, *sections: str) -> None:
        """Show sections of the lesson, each folded under its heading."""
        for section in sections:
            words.expander(self.name, section)


def open_page(name: str) -> Page:
    """Begin a page: its title and question, with the frame's switches beside them."""
    language = words.language()
    t = words.t()
    st.html(COMPACT)
    head, tools = st.columns([0.72, 0.28], vertical_alignment="center")
    with head:
        st.title(translate.title(name, language), anchor=False)
        st.markdown(f"**{translate.question(name, language)}**")
    with tools, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        _device(t)
        _language_switch(name, language, t)
    return Page(name, t, language, Link(name, t), st.container())


def apart(page: Page, draw: Callable[[], None]) -> None:
    """Draw what its own controls change, apart from the rest: a slider's step then runs only this.

    The browser has less of the page to look through until it can paint the answer.
    """
    drawn: list[bool] = []

    @st.fragment
    def part() -> None:
        if drawn and page.link.problems:
            st.rerun()  # what was wrong with the link is no longer so
        draw()
        if drawn:
            page.link.write()
        drawn.append(True)

    part()


def close_page(page: Page, *, watched: Sequence[str] = (), **more: str | None) -> None:
    """End a page: its state into the address, what was wrong with the link to its top.

    Args:
        page: From ``open_page``.
        watched: Runs that go on because this visitor looks at them.
        more: Values of the link that no widget holds.
    """
    page.link.write(**more)
    if page.link.problems:
        said = "\n".join(f"- {literal(problem)}" for problem in page.link.problems)
        page.notices.warning(said, icon=":material/link_off:")
    if watched:
        lab.keeper.looks(lab.visitor(), watched)


def show_error(error: ResNetLabError, t: Translate) -> None:
    """Show a refusal as its sentence."""
    st.error(literal(translate_error(error, t)), icon=":material/error:")


def literal(text: str) -> str:
    """Keep Markdown from reading a link's or a file's words: no images, no HTML, no formulas."""
    return re.sub(r"([\\`*_\[\]<>$:~|#!])", r"\\\1", text)


def _language_switch(name: str, language: str, t: Translate) -> None:
    # One key for all languages, and the session's word: the switch of a language that is left and
    # taken again at once would come back with what was pressed in it.
    key = f"_switch.{name}"
    if st.session_state.get(key) != language:
        st.session_state[key] = language
    st.segmented_control(
        t("Language"),
        list(LANGUAGES),
        key=key,
        required=True,
        format_func=lambda code: LANGUAGES[code],
        label_visibility="collapsed",
        on_change=_switch_language,
        args=(key, name),
    )


def _switch_language(key: str, name: str) -> None:
    words.switch(st.session_state[key])
    # A list keeps the words it showed unless its value is set anew.
    for kept in [one for one in st.session_state if str(one).startswith(f"_{name}.")]:
        setting = str(kept)[1:]
        if setting in st.session_state:
            st.session_state[setting] = st.session_state[setting]


@st.fragment(run_every=2)
def _warming(t: Translate) -> None:
    if lab.is_ready():
        st.session_state[RUNS_AGAIN] = True
        st.rerun()
    st.badge(t("the lab is warming up …"), icon=":material/hourglass_top:", color="orange")


def _device(t: Translate) -> None:
    now = lab.status()
    if now is None or now.machine is None:
        _warming(t)
        return
    # What runs just now stands under the charts, which follow it; a badge would be out of date.
    st.badge(
        f"{DEVICES[now.machine['device']]} · {now.machine['device_name']}",
        icon=":material/memory:",
        color="green",
        help=t(
            "Networks train on {name}, {slots} at a time.",
            name=now.machine["device_name"],
            slots=now.slots,
        ),
    )
