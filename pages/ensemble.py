"""Is a residual network an ensemble of shallow ones, or does it refine one representation?

Source: Veit et al. 2016, arXiv:1605.06431; against it Greff et al. 2017, arXiv:1612.07771, and
Jastrzębski et al. 2018, arXiv:1710.04773.
Notice: each reading explains some of what is measured; neither is shown by one experiment.
"""

import streamlit as st

from pages.ui import ensembles, frame

page = frame.open_page("ensemble")


def comparison() -> None:
    """Draw the choice of part, and the part."""
    page.link.again()
    st.markdown(page.lesson("intro"))
    ensembles.show(page)


frame.apart(page, comparison)
st.divider()
page.fold("predict", "otherwise", "average", "refinement", "independent", "doubt")
page.fold("discuss", "try-this", "sources")
frame.close_page(page)
