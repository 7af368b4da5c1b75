"""What is this, what does it show, and where do I begin?"""

import streamlit as st

from pages.ui import evidence, frame, reading, translate
from pages.ui.catalog import PAGES
from pages.ui.chart import chart, chart_words
from pages.ui.figures.degradation import error_against_depth
from pages.ui.live import study_points

page = frame.open_page("home")
t = page.t

words, picture = st.columns([0.42, 0.58], gap="large")
recording = evidence.degradation_recording()
histories = evidence.recorded_histories(evidence.degradation_recording)
with words:
    st.markdown(page.lesson("intro"))
    for name, icon in list(PAGES.items())[1:]:
        with st.container(border=True):
            st.page_link(
                f"{name}.py", label=f"**{translate.title(name, page.language)}**", icon=icon
            )
            st.caption(translate.question(name, page.language))
with picture:
    images = histories[0].started.train_images if histories[0].started else 0
    st.markdown(reading.degradation_verdict(recording.outcomes(), images, t))
    chart(
        [error_against_depth(study_points(histories), t=t)],
        key="home.depth",
        alt=[reading.depth_figure(histories, t)],
        words=chart_words(t),
        height=340,
    )
    evidence.recorded(recording, t)

page.fold("picture", "how-it-works", "promises", "for-teachers")
frame.close_page(page)
