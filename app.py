"""The server: Streamlit in an ASGI app, with routes for live data, downloads and health.

``streamlit run app.py`` finds ``app`` here. Pages stand in ``pages/``, words in ``assets/``.
This process never trains and never imports PyTorch: a lab does, which it keeps alive.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from streamlit import config

from pages.ui import routes
from pages.ui.lab import keeper
from pages.ui.plotly_js import plotly_route
from pages.ui.warming import warming


def _warm_up() -> None:
    try:
        routes.warm_up()
    finally:
        keeper.start()  # after it: the lab's start would take the time from the first page
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Warm what pages import, start the lab, and say goodbye to the lab at the end."""
    # With these two at Streamlit's defaults a class of thirty waits seconds for every slider.
    assert config.get_option("runner.postScriptGC") is False
    assert config.get_option("server.fileWatcherType") == "none"
    warming.begin(_warm_up)  # meanwhile, the browser fetches and reads the app's own scripts
    yield
    warming.wait()
    keeper.end()


app = st.App(
    "pages/menu.py",
    routes=[*routes.ROUTES, plotly_route],
    middleware=routes.MIDDLEWARE,
    lifespan=lifespan,
)
