"""How is a series drawn whose numbers may be 0, nan or infinite? Marked at an edge, never dropped.

Three traces a series, all of them there always, since a live figure replaces them by uid: ``uid``
is the line of what the axis can show, with gaps; ``uid:zero`` stands at the bottom edge of a
logarithmic axis; ``uid:bad`` (nan, ±inf, and what is negative on a logarithmic axis) at the top
edge. The marks stand on a second axis, ``EDGES``, which nobody sees: they move no range. What
they are is in their ``customdata``, also in the CSV (``chart.js``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme

Number = float | None
Updates = dict[str, dict[str, list[Any]]]

EDGES = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
"""The layout's ``yaxis2``."""

HIGHEST = 1e100
"""The largest number an axis shows; near the largest of all, Plotly draws no axis any more."""

_SHELF = 0.1
"""Between the marks of two series at the same edge: each keeps room for its words."""


def is_drawn(value: Number, *, log: bool) -> bool:
    """Say whether an axis has a place for a number; it has none for None."""
    if value is None or not math.isfinite(value):
        return False
    return (value > 0 if log else value >= -HIGHEST) and value <= HIGHEST


def is_zero(value: Number, *, log: bool) -> bool:
    """Say whether a number is the zero that a logarithmic axis has no place for."""
    return log and value == 0


def word(value: float) -> str:
    """Write a number that has no place, for people: ``nan``, ``∞``, ``−3``."""
    if math.isnan(value):
        return "nan"
    text = "∞" if math.isinf(value) else f"{abs(value):.3g}"
    return f"−{text}" if value < 0 else text


def series_updates(
    uid: str,
    xs: Sequence[float],
    values: Sequence[Number],
    *,
    log: bool,
    labels: Sequence[str] = (),
    shelf: int = 0,
) -> Updates:
    """Give the points of a series' three traces by uid; everything in them is finite or None.

    Args:
        uid: What the uids begin with.
        xs: Where each value stands.
        values: May be shorter than ``xs``; None where there is nothing.
        log: The axis is logarithmic.
        labels: What else is said of each point.
        shelf: 0 or 1, so that the marks of two series do not hide each other.
    """
    points = list(zip(xs, values, strict=False))
    more = [f"<br>{label}" if label else "" for label in labels[: len(points)]]
    more += [""] * (len(points) - len(more))
    zeros = [i for i, (_, value) in enumerate(points) if is_zero(value, log=log)]
    bad = [
        (i, word(value))
        for i, (_, value) in enumerate(points)
        if value is not None and not is_drawn(value, log=log) and not is_zero(value, log=log)
    ]
    low, high = 0.02 + _SHELF * shelf, 1.0 - _SHELF * shelf
    return {
        uid: {
            "x": [x for x, _ in points],
            "y": [value if is_drawn(value, log=log) else None for _, value in points],
            "customdata": more,
        },
        f"{uid}:zero": {
            "x": [points[i][0] for i in zeros],
            "y": [low] * len(zeros),
            "text": _once(zeros, ["= 0"] * len(zeros)),
            "hovertext": [more[i] for i in zeros],
            "customdata": [0] * len(zeros),
        },
        f"{uid}:bad": {
            "x": [points[i][0] for i, _ in bad],
            "y": [high] * len(bad),
            "text": _once([i for i, _ in bad], [said for _, said in bad]),
            "hovertext": [more[i] for i, _ in bad],
            "customdata": [said for _, said in bad],
        },
    }


def series_traces(
    updates: Updates,
    *,
    uid: str,
    name: str,
    line: dict[str, Any],
    marker: dict[str, Any],
    place: str,
    t: Callable[..., str],
    rank: int = 1,
) -> list[go.Scatter]:
    """Draw what ``series_updates`` gave; ``place`` is the line of the hover that says where."""
    color = line["color"]
    common = {"legendgroup": uid, "cliponaxis": False}
    edge = {
        "name": name,
        "showlegend": False,
        "yaxis": "y2",
        "mode": "markers+text",
        "textfont": {"size": 14, "color": color},
        **common,
    }
    return [
        go.Scatter(
            uid=uid,
            name=name,
            legendrank=rank,
            **updates[uid],
            mode="lines+markers",
            connectgaps=False,
            line=line,
            marker=marker,
            hovertemplate=f"{name}<br>{place}%{{customdata}}<br>%{{y:.3~g}}<extra></extra>",
            **common,
        ),
        go.Scatter(
            uid=f"{uid}:zero",
            **updates[f"{uid}:zero"],
            marker={"symbol": "triangle-down", "size": 9, "color": color},
            textposition="top center",
            hovertemplate=(f"{name}<br>{place}%{{hovertext}}<br>{t('exactly 0')}<extra></extra>"),
            **edge,
        ),
        go.Scatter(
            uid=f"{uid}:bad",
            **updates[f"{uid}:bad"],
            marker={
                "symbol": "x-thin",
                "size": 10,
                "color": color,
                "line": {"width": 3, "color": color},
            },
            textposition="bottom center",
            hovertemplate=(
                f"{name}<br>{place}%{{hovertext}}<br>"
                f"{t('{value}: this axis has no place for it', value='%{customdata}')}"
                "<extra></extra>"
            ),
            **edge,
        ),
    ]


def value_axis(title: str, *, log: bool, include: Sequence[float] = ()) -> dict[str, Any]:
    """Give the vertical axis: sensible while nothing is there, readable over forty decades.

    Args:
        title: With its unit.
        log: Powers of ten.
        include: Values the axis reaches at least.
    """
    ends = [value if log else 1.1 * value for value in include]
    options = {"autorangeoptions": {"include": ends}} if ends else {}
    if log:
        return theme.axis(
            title,
            type="log",
            range=[-4, 0],  # until the first value comes
            autorange=True,
            nticks=6,
            exponentformat="power",
            **options,
        )
    return theme.axis(
        title,
        range=[min(ends, default=0), max(ends, default=1)],
        autorange=True,
        nticks=7,
        exponentformat="power",
        zeroline=True,
        zerolinecolor=theme.color("axis"),
        zerolinewidth=2,
        **options,
    )


def _once(places: Sequence[int], words: Sequence[str]) -> list[str]:
    """Keep each word once, in the middle of its longest run of neighbours."""
    longest: dict[str, list[int]] = {}
    numbered = enumerate(zip(places, words, strict=True))
    for (_, said), run in groupby(numbered, key=lambda one: (one[1][0] - one[0], one[1][1])):
        members = [i for i, _ in run]
        if len(members) > len(longest.get(said, [])):
            longest[said] = members
    kept = {members[len(members) // 2] for members in longest.values()}
    return [said if i in kept else "" for i, said in enumerate(words)]
