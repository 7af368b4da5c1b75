"""Which language does this visitor read? The session's side of ``translate``.

The language stands in the link (``lang=zh``); without one the browser's locale decides. The switch
in the frame changes the link.
"""

from __future__ import annotations

import streamlit as st

from pages.ui import translate
from pages.ui.translate import LANGUAGES, Translate, language_of, translator

PARAMETER = "lang"


def language() -> str:
    """Give the language of this session, and keep it in the link."""
    asked = st.query_params.get(PARAMETER, "")
    if asked not in LANGUAGES:
        asked = str(st.session_state.get("_language") or language_of(st.context.locale))
    st.session_state["_language"] = asked
    if st.query_params.get(PARAMETER) != asked:
        st.query_params[PARAMETER] = asked
    return asked


def switch(to: str) -> None:
    """Read on in another language."""
    st.session_state["_language"] = to
    st.query_params[PARAMETER] = to


def t() -> Translate:
    """Give the translator of this session."""
    return translator(language())


def lesson(page: str, section: str) -> str:
    """Give the words of a section in the visitor's language."""
    return translate.lesson(page, section, language())


def expander(page: str, section: str, *, expanded: bool = False) -> None:
    """Show a section of a lesson, folded under its heading."""
    with st.expander(translate.heading(page, section, language()), expanded=expanded):
        st.markdown(translate.lesson(page, section, language()))
