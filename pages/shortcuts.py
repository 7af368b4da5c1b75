"""What may travel on the shortcut: x as it is, or λ·x, a gated x, a projection of x, some of x?

Source: He et al. 2016, arXiv:1603.05027, section 3, equations 6 to 8 and table 1.
Notice: what is multiplied in every unit becomes a product over all of them.
"""

import streamlit as st

from pages.ui import frame, shortcut_lab, varying

page = frame.open_page("shortcuts")


def laboratory() -> None:
    """Draw the choice of part, the controls, and what the part shows."""
    page.link.again()
    st.markdown(page.lesson("intro"))
    controls, figures = st.columns([0.25, 0.75], gap="medium")
    with figures:
        bar = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with bar:
        part = shortcut_lab.choose(page)
    shortcut_lab.show(page, part, varying.Room(controls, figures, bar))


frame.apart(page, laboratory)
st.divider()
page.fold("predict", "lambda", "sweep", "kinds", "gates", "not-in-table", "surgery")
page.fold("corrections", "teacher", "try-this", "sources")
frame.close_page(page)
