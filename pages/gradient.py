"""What happens to the signal on its way up, and to the gradient on its way down? Probe it.

Source: He et al. 2015, arXiv:1512.03385, §4.1 and figure 7; Balduzzi et al. 2017; Yang et al. 2019.
Notice: with BN a plain network's gradient is larger at the bottom, not smaller.
"""

import streamlit as st

from pages.ui import calculator, frame, signals

page = frame.open_page("gradient")


def measurements() -> None:
    """Draw the controls, and what they ask for."""
    page.link.again()
    st.markdown(page.lesson("intro"))
    controls, figures = st.columns([0.25, 0.75], gap="medium")
    with controls:
        asked = signals.ask(page)
    with figures:
        signals.show(page, asked)
    left, right = st.columns(2, gap="medium")
    with left:
        signals.shattered(page, asked)
    with right:
        calculator.show(page)


frame.apart(page, measurements)
st.divider()
page.fold("predict", "notice", "calculator", "shattering", "paper", "try-this", "sources")
frame.close_page(page)
