"""What do residual networks look like, from the image to the classes, beside the plain ones?

Source: He et al. 2015, arXiv:1512.03385, figure 3 and table 1. Layers are read off the networks.
"""

import streamlit as st

from pages.ui import architectures, drawn, frame, lab
from resnet_core.errors import ResNetLabError

page = frame.open_page("drawn")
t = page.t


def drawings() -> None:
    """Draw controls and networks."""
    page.link.again()
    words, control = st.columns([0.62, 0.38], gap="medium")
    with words:
        st.markdown(page.lesson("intro"))
    with control:
        shortcut = drawn.ask_shortcut(page)
    asked = drawn.ask(page, shortcut)
    try:
        drawn.show(page, asked)
    except ResNetLabError as error:
        frame.show_error(error, t)


frame.apart(page, drawings)
st.markdown(f"#### {t('The five ImageNet networks, counted three times')}")
try:
    if lab.is_ready():
        architectures.table(page)
    else:
        st.caption(t("Counting needs the lab, which is warming up …"))
except ResNetLabError as error:
    frame.show_error(error, t)

st.divider()
page.fold("predict", "notice", "reading", "corrections", "try-this", "sources")
frame.close_page(page)
