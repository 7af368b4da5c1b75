"""Where should BN and ReLU stand: before the weights or behind them, before the addition or after?

Source: He et al. 2016, arXiv:1603.05027, section 4, figure 4 and table 2.
Notice: the differences are small; with few seeds most of them are within the noise.
"""

import streamlit as st

from pages.ui import frame, ordering, varied, varying

page = frame.open_page("orders")


def comparison() -> None:
    """Draw the orders to choose from, the controls, and what is known of the study."""
    page.link.again()
    st.markdown(page.lesson("intro"))
    controls, figures = st.columns([0.25, 0.75], gap="medium")
    with figures:
        drawings, more = st.columns([0.76, 0.24], gap="medium")
    with drawings:
        orders = ordering.choose(page)
    with more:
        column, shows_test = ordering.switches(page)
    with controls:
        asked = ordering.ask(page, orders)
        shown = varied.look_up(varied.ORDER_KIND, asked)
        varying.buttons(page, asked, shown)
    if shown is None:
        return
    with figures:
        ordering.show(page, asked, shown, column=column, shows_test=shows_test)
    with controls:
        varied.downloads(page, shown)


frame.apart(page, comparison)
st.divider()
page.fold("predict", "notice", "figure-4", "why", "deep", "counts", "try-this", "sources")
frame.close_page(page)
