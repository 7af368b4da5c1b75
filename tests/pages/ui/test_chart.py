"""What Python hands to the browser."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.chart import chart, figure_json


def page() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from pages.ui.chart import Live, chart, chart_words

    figure = go.Figure(go.Scatter(uid="a", x=[1, 2], y=[1.0, float("nan")]))
    state = chart(
        [figure],
        key="c",
        alt=["Two points"],
        captions=["They rise."],
        words=chart_words(str.upper),
        live=Live("live?run=1", 0.5),
    )
    st.text(f"done {state.done}")


def data_of(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.get("bidi_component")[0].proto.json)[0]
    return found


@pytest.mark.parametrize("visit", ["first", "second"])
def test_the_component_gets_figures_words_and_the_address(visit: str) -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    data = data_of(app)
    assert data["figures"][0]["data"][0]["uid"] == "a"
    assert data["figures"][0]["data"][0]["y"] == [1.0, None]
    assert data["alts"] == ["Two points"]
    assert data["captions"] == ["They rise."]
    assert data["widths"] == [1.0]
    assert data["live"] == {"url": "live?run=1", "interval_seconds": 0.5}
    assert data["words"]["csv"] == "DOWNLOAD THE DATA AS CSV"
    assert set(data["palette"]) == {"light", "dark"}
    assert app.text[0].value == "done None"


def test_a_rerun_hands_over_the_same_bytes() -> None:
    app = AppTest.from_function(page).run()
    before = app.get("bidi_component")[0].proto
    app.run()
    after = app.get("bidi_component")[0].proto
    assert (before.id, before.json) == (after.id, after.json)


def test_each_figure_needs_its_words() -> None:
    with pytest.raises(ValueError, match="1 figures need 1 alt, got 0"):
        chart([go.Figure()], key="c", alt=[], words={})
    with pytest.raises(ValueError, match="1 figures need 1 captions, got 2"):
        chart([go.Figure()], key="c", alt=[""], captions=["", ""], words={})


def test_a_figure_keeps_its_uids() -> None:
    assert figure_json(go.Figure(go.Scatter(uid="a")))["data"][0]["uid"] == "a"
