"""What do depth, width and blocks cost? Count any network, layer by layer.

Source: He et al. 2015, arXiv:1512.03385, tables 1 and 6. Counts are read off the network itself.
"""

import streamlit as st

from pages.ui import counting, frame, lab, networks
from resnet_core.errors import ResNetLabError

page = frame.open_page("count")
t = page.t

st.markdown(page.lesson("intro"))


def counted() -> None:
    """Draw the controls, and what the networks they ask for have and cost."""
    controls, figures = st.columns([0.27, 0.73], gap="medium")
    try:
        with controls:
            asked = networks.ask(page)
            wanted = networks.compared(page, asked)
        with figures:
            if lab.is_ready():
                found = [counting.count(one) for one in wanted]
                counting.say_totals(page, found[0])
                if len(found) > 1:
                    counting.comparison(page, found)
                counting.figures(page, found)
                counting.layers(page, found[0])
            else:
                st.caption(t("Counting needs the lab, which is warming up …"))
    except ResNetLabError as error:
        frame.show_error(error, t)


frame.apart(page, counted)

st.divider()
page.fold("convention", "predict", "notice", "differences", "try-this", "sources")
frame.close_page(page)
