"""How many paths does a residual network have, how long are they, and which carry the gradient?

Source: Veit et al. 2016, arXiv:1605.06431, sections 3 and 5; figures 1, 2 and 6.
Notice: what is counted holds for every network, what is measured for this one.
"""

import streamlit as st

from pages.ui import frame, path_lengths, unraveling

page = frame.open_page("unraveled")

st.markdown(page.lesson("intro"))
frame.apart(page, lambda: unraveling.tree(page))
st.markdown(page.lesson("lengths"))
path_lengths.section(page)
st.divider()
page.fold("predict", "notice", "corrections", "paper", "measured", "caveats", "try-this", "sources")
frame.close_page(page)
