"""The page of ``marked_server``: a heat map that grows, and lines with zeros and nan."""

from __future__ import annotations

import math

import streamlit as st

from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.layers import LayerSeries, by_layer
from pages.ui.figures.over_time import Grid, over_time
from pages.ui.translate import translator

t = translator("en")
st.set_page_config(layout="wide")
grid = Grid(uid="map", join="plain", name="plain-3", layers=3)
series = LayerSeries(
    uid="line", join="plain", name="plain-3", values=[0.0, math.nan, 1e-3], labels=["first"]
)
chart(
    [
        over_time(grid, t=t, title="gradient norm", log=True, steps_total=100, is_live=True),
        by_layer([series], t=t, title="gradient norm", log=True),
    ],
    key="marked",
    alt=["Gradients over time", "Gradients by layer"],
    words=chart_words(str),
    live=Live("live?run=1", 0.2),
)
