"""When only one thing differs between two networks, which of them learns faster?

Source: He et al. 2015, arXiv:1512.03385, section 3. Both start from the same weights where both
have the parameter, and see the same batches in the same order.
"""

import streamlit as st

from pages.ui import frame, known_pair, pair
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.curves import training_curves

page = frame.open_page("twins")
t = page.t

st.markdown(page.lesson("intro"))
controls, figures = st.columns([0.335, 0.665], gap="medium")
with controls:
    shown = pair.settle(page)
if shown is None:
    frame.close_page(page)
    st.stop()

with figures:
    chart(
        [
            training_curves(shown.curves, t=t, quantity="error", steps=shown.steps),
            training_curves(shown.curves, t=t, quantity="loss", steps=shown.steps),
        ],
        key="twins.figures",
        alt=[shown.reading(t), t("Loss of both networks over their steps.")],
        captions=[shown.reading(t), ""],
        live=Live(shown.live_url(page.language), 0.3) if shown.is_live else None,
        words=chart_words(t),
        height=350,
        on_done=known_pair.replay_over,
    )
    known_pair.say_where_from(page, shown)
    known_pair.downloads(page, shown)

st.divider()
page.fold("predict", "notice", "residual-idea", "corrections", "questions", "try-this", "sources")
frame.close_page(page, watched=shown.watched, by=shown.by)
