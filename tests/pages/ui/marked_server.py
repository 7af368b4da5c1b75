"""A tiny app whose live chart is a heat map: one column, then two."""

from __future__ import annotations

import math

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pages.ui.figures.over_time import Grid, over_time_updates, shared_range
from pages.ui.plotly_js import plotly_route

COLUMNS = [[0.0, math.nan, 1e-2], [1e-5, 0.2, math.inf]]


async def live(request: Request) -> Response:
    """Say one column more than the last time."""
    count = max(0, int(request.query_params["since"])) + 1
    if count > len(COLUMNS):
        return Response(status_code=204)
    grid = Grid(
        uid="map",
        join="plain",
        name="plain-3",
        steps=[0, 50][:count],
        layers=3,
        values=COLUMNS[:count],
    )
    colors = shared_range([grid], log=True)
    updates = over_time_updates(
        grid, log=True, title="gradient norm", colors=colors, steps_total=100
    )
    return JSONResponse({"cursor": count, "replace": updates, "done": False})


app = st.App("marked_page.py", routes=[plotly_route, Route("/live", live)])
