"""When only one thing differs between two networks, which of them learns faster?

Source: He et al. 2015, arXiv:1512.03385, section 3. Both start from the same weights where both
have the parameter, and see the same batches in the same order.
"""

import streamlit as st

from pages.ui import frame, known_pair, pair, surgery

page = frame.open_page("twins")

st.markdown(page.lesson("intro"))
controls, figures = st.columns([0.335, 0.665], gap="medium")
with controls:
    shown = pair.settle(page)
if shown is None:
    frame.close_page(page)
    st.stop()

with figures:
    known_pair.show_curves(page, shown)
    surgery.panel(page, shown)
    known_pair.say_where_from(page, shown)
    known_pair.downloads(page, shown)

st.divider()
page.fold("predict", "notice", "residual-idea", "corrections", "questions", "try-this", "sources")
frame.close_page(page, watched=shown.watched)
