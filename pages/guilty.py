"""Which suspect is guilty of degradation? A test for each, and a verdict computed from it.

Source: He et al. 2015, arXiv:1512.03385, §1 and §4.1.
Notice: a verdict is only as good as its threshold, which stands there before the measurement.
"""

import streamlit as st

from pages.ui import frame, guilt, guilt_table

page = frame.open_page("guilty")


def hunt() -> None:
    """Draw the controls, the deed, and the table of suspects."""
    page.link.again()
    st.markdown(page.lesson("intro"))
    controls, table = st.columns([0.22, 0.78], gap="medium")
    with controls:
        case = guilt.ask(page)
    with table:
        guilt.show_deed(page, case)
        guilt_table.show(page, case)
        guilt.say_where_from(page, case)


frame.apart(page, hunt)
st.divider()
page.fold("predict", "notice", "how-a-verdict", "constructed", "paper", "try-this", "sources")
frame.close_page(page)
