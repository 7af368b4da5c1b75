"""What every figure of numbers that may be nan promises: finite points, known colours."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import plotly.graph_objects as go
from hypothesis import strategies as st

from pages.ui import theme
from pages.ui.chart import figure_json
from pages.ui.translate import translator

t = translator("en")

NUMBERS = st.one_of(st.none(), st.just(0.0), st.floats())
"""Anything a measurement may give."""


def leaves(part: Any) -> Iterator[Any]:
    if isinstance(part, Mapping):
        for one in part.values():
            yield from leaves(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from leaves(one)
    else:
        yield part


def check_stream(updates: Mapping[str, Any]) -> None:
    """The browser can read it: no nan in JSON, lists of a trace of the same length."""
    json.dumps(updates, allow_nan=False)
    for points in updates.values():
        if "z" not in points:
            assert len({len(values) for values in points.values()}) == 1


def check_figure(figure: go.Figure, updates: Mapping[str, Mapping[str, Any]]) -> None:
    """It shows what a stream would send, under the same uids, in colours of the palette."""
    shown = {trace.uid: trace for trace in figure.data}
    assert len(shown) == len(figure.data)
    assert set(updates) <= set(shown)
    as_json = {trace["uid"]: trace for trace in figure_json(figure)["data"]}
    for uid, points in updates.items():
        for name in set(points) - {"colorbar"}:
            assert list(leaves(as_json[uid].get(name, []))) == list(leaves(points[name])), uid
    text = json.dumps(figure_json(figure), allow_nan=False)
    assert set(re.findall(r"var\(--([a-z0-9-]+)", text)) <= set(theme.PALETTE["light"])
    for found in re.findall(r'"(?:#[0-9a-f]{3,8}|rgba?\([^"]*)"', text):
        assert found == '"rgba(0, 0, 0, 0)"'
    go.Figure(theme.resolve(figure_json(figure)))
    for axis in ("xaxis", "yaxis", "yaxis2"):
        ends = figure.layout[axis].range or () if axis in figure.layout else ()
        assert all(math.isfinite(end) for end in ends)


def trace(figure: go.Figure, uid: str) -> Any:
    return next(one for one in figure.data if one.uid == uid)
