"""When only one thing differs between two networks, which of them learns faster?

Source: He et al. 2015, arXiv:1512.03385, section 3. Both start from the same weights where both
have the parameter, and see the same batches in the same order.
"""

import streamlit as st

from pages.ui import frame, pair
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.curves import training_curves
from resnet_core.errors import ResNetLabError

page = frame.open_page("twins")
t = page.t

st.markdown(page.lesson("intro"))
controls, figures = st.columns([0.335, 0.665], gap="medium")
with controls:
    try:
        plans = pair.plans(page)
    except ResNetLabError as error:
        frame.show_error(error, t)
        frame.close_page(page)
        st.stop()
    shown = pair.look_up(page, plans)
    pair.buttons(page, shown)

with figures:
    steps = plans[0].train.steps
    chart(
        [
            training_curves(shown.curves, t=t, quantity="error", steps=steps),
            training_curves(shown.curves, t=t, quantity="loss", steps=steps),
        ],
        key="twins.figures",
        alt=[shown.reading(t), t("Loss of both networks over their steps.")],
        captions=[shown.reading(t), ""],
        live=Live(shown.live_url(page.language), 0.3) if shown.is_live else None,
        words=chart_words(t),
        height=350,
        on_done=pair.replay_over,
    )
    pair.say_where_from(page, shown)
    pair.downloads(page, shown)

st.divider()
page.fold("predict", "notice", "residual-idea", "corrections", "questions", "try-this", "sources")
frame.close_page(page, watched=shown.watched, by=shown.by)
