"""The page of ``live_server``: a live figure, a still one, and ways to run the page again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import streamlit as st

from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.curves import Curve, training_curves
from pages.ui.figures.degradation import Point, error_against_depth

st.set_page_config(layout="wide")
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.button("Again")
overlay = st.checkbox("Overlay")
over = int(json.loads(Path(os.environ["LIVE_FILE"]).read_text())) == 200
runs = [Curve(uid=join, label=f"{join}-8", join=join, depth=8) for join in ("plain", "residual")]
points = [
    Point(depth=depth, join=join, errors_train=[error, 2 * error], errors_test=[3 * error])
    for depth, join, error in ((8, "plain", 0.1), (20, "plain", 0.2), (8, "residual", 0.1))
]
state = chart(
    [
        training_curves(runs, t=str, steps=200, show_test=overlay),
        error_against_depth(points, t=str),
    ],
    key="live",
    alt=["Error while training", "Error against depth"],
    captions=["Nothing was measured yet.", "It grows."],
    words=chart_words(str),
    live=None if over else Live("live?run=1", 0.2),
)
st.text(f"run {st.session_state.runs}, done {state.done}")
