"""A tiny app with one live chart. The test writes how far it is into a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pages.ui.figures.curves import Curve, curve_updates
from pages.ui.plotly_js import plotly_route

TOTAL = 200


def measured() -> int:
    """Steps done so far."""
    return int(json.loads(Path(os.environ["LIVE_FILE"]).read_text()))


def curve(join: str, first: int, last: int) -> Curve:
    """The steps ``first + 1`` to ``last`` of a run."""
    steps = range(first + 1, last + 1)
    evaluations = [step for step in steps if step % 10 == 0]
    return Curve(
        uid=join,
        label=f"{join}-8",
        join=join,
        depth=8,
        steps=steps,
        errors=[1 / step if step != 3 else None for step in steps],
        evaluation_steps=evaluations,
        train_errors=[1 / step for step in evaluations],
        test_errors=[2 / step for step in evaluations],
    )


async def live(request: Request) -> Response:
    """Say what came after ``since``."""
    since, now = int(request.query_params["since"]), measured()
    if since == now:
        return Response(status_code=204)
    append: dict[str, Any] = {}
    for join in ("plain", "residual"):
        append |= curve_updates(curve(join, max(since, 0), now), quantity="error")
    status = "completed" if now == TOTAL else "running"
    return JSONResponse(
        {
            "cursor": now,
            "append": append,
            "cells": [
                {"id": join, "label": f"{join}-8", "status": status, "progress": now / TOTAL}
                for join in ("plain", "residual")
            ],
            "status": f"{now} of {TOTAL} steps",
            "captions": [f"{now} steps were measured.", None],
            "done": now == TOTAL,
        }
    )


app = st.App("live_page.py", routes=[plotly_route, Route("/live", live)])
