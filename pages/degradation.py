"""Can a deeper network do worse even on the images it was trained on? Measure it, with twins.

Source: He et al. 2015, arXiv:1512.03385, sections 1 and 4; figures 1, 4 and 6.
Notice: the plain network's *training* error rises with depth; its residual twin's does not.
"""

import streamlit as st

from pages.ui import evidence, frame, known_study, reading, study
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.curves import training_curves
from pages.ui.figures.degradation import error_against_depth

page = frame.open_page("degradation")
t = page.t

st.markdown(page.lesson("intro"))
controls, figures = st.columns([0.27, 0.73], gap="medium")
with controls:
    plan = study.plan(page)
    shown = known_study.look_up(plan)
    study.buttons(page, plan, shown)

with figures:
    published = study.published_keys(page)
    show_test = study.show_test(page)
    known_study.say_example(page, plan, shown)
    known_study.say_verdict(page, shown)
    chart(
        [
            error_against_depth(
                shown.points,
                t=t,
                published=evidence.published(published, deepest=max(shown.plan.depths)),
                show_test=show_test,
            ),
            training_curves(
                shown.curves,
                t=t,
                show_test=False,
                steps=shown.plan.train.steps,
            ),
        ],
        key="degradation.figures",
        alt=[
            reading.depth_figure(shown.histories, t),
            t("Training error of each run over its steps."),
        ],
        captions=[
            known_study.seeds_line(shown, t),
            t("The deeper the network, the stronger its line."),
        ],
        live=Live(shown.live_url(page.language), 0.5) if shown.is_live else None,
        words=chart_words(t),
        height=350,
        on_done=known_study.replay_over,
    )
    known_study.say_where_from(page, shown)
    study.say_published(page, published)

with controls:
    known_study.downloads(page, shown)

st.divider()
page.fold("predict", "notice", "not-overfitting", "not-simply-vanishing-gradients")
page.fold("slow-convergence", "constructed-solution", "paper", "try-this", "sources")
frame.close_page(page, watched=[] if known_study.has_left(shown.plan) else shown.watched)
