"""What is in a residual unit, what does each part cost, and what does it do to an image?

Source: He et al. 2015, arXiv:1512.03385, sections 3.1 to 3.3 and 4.1; figures 2 and 5.
"""

import streamlit as st

from pages.ui import frame, stepping, unit
from pages.ui.chart import chart, chart_words
from pages.ui.figures.unit import weight_bars

page = frame.open_page("unit")
t = page.t

st.markdown(page.lesson("intro"))


def taken_apart() -> None:
    """Draw the unit that the controls ask for, with every term of its count."""
    controls, drawing, counts = st.columns([0.23, 0.33, 0.44], gap="medium")
    with controls:
        asked = unit.ask(page)
        unit.presets(page)
    with drawing:
        if asked is not None:
            unit.drawing(page, asked)
    with counts:
        counted = None if asked is None else unit.count(page, asked)
        said = unit.comparison(t)
        chart(
            [weight_bars(unit.bars(asked, counted, t), t=t)],
            key="unit.weights",
            alt=[said],
            captions=[said],
            words=chart_words(t),
            height=250,
        )


frame.apart(page, taken_apart)

st.divider()
watched = stepping.section(page)

st.divider()
page.fold("predict", "notice", "why-bottleneck", "paper", "try-this", "sources")
frame.close_page(page, watched=watched)
