"""Which suspect is guilty of degradation? A test for each, and a verdict computed from it.

Source: He et al. 2015, arXiv:1512.03385, §1 and §4.1.
Notice: a verdict is only as good as its threshold, which stands there before the measurement.
"""

import streamlit as st

from pages.ui import frame

page = frame.open_page("guilty")
st.markdown(page.lesson("intro"))
st.divider()
page.fold("predict", "notice", "how-a-verdict", "constructed", "paper", "try-this", "sources")
frame.close_page(page)
