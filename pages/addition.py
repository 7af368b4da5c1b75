"""Which way does the gradient come through an addition: past the branch, or through it?

Source: He et al. 2016, arXiv:1603.05027, equation 5. Both parts are measured, unit by unit.
Notice: the shortcut's part is never multiplied by weights; the branch's part is.
"""

import streamlit as st

from pages.ui import additions, frame

page = frame.open_page("addition")


def measurements() -> None:
    """Draw the controls, and what they ask for."""
    page.link.again()
    st.markdown(page.lesson("intro"))
    controls, figures = st.columns([0.25, 0.75], gap="medium")
    with controls:
        asked = additions.ask(page)
    with figures:
        additions.show(page, asked)


frame.apart(page, measurements)
st.divider()
page.fold("predict", "notice", "why-one", "corrections", "paper", "try-this", "sources")
frame.close_page(page)
