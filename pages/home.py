"""What is this, what does it show, and where do I begin?"""

import streamlit as st

from pages.ui import evidence, frame, reading, translate
from pages.ui.catalog import PAGES, sections
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
    images = histories[0].started.train_images if histories[0].started else 0
    st.markdown(reading.degradation_verdict(recording.outcomes(), images, t))
with picture:
    chart(
        [error_against_depth(study_points(histories), t=t)],
        key="home.depth",
        alt=[reading.depth_figure(histories, t)],
        words=chart_words(t),
        height=280,
    )
    evidence.recorded(recording, t)

for section, names in list(sections(t).items())[1:]:
    st.markdown(f"##### {section}")
    for name, column in zip(names, st.columns(3), strict=False):
        with column.container(border=True, height="stretch"):
            st.page_link(
                f"{name}.py", label=f"**{translate.title(name, page.language)}**", icon=PAGES[name]
            )
            st.caption(translate.question(name, page.language))

page.fold("picture", "how-it-works", "promises", "for-teachers")
frame.close_page(page)
