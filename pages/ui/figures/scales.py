"""Which factor on the shortcuts has more error? Error against λ, and what theory multiplies.

He et al. 2016 (arXiv:1603.05027), section 3 and equation 8. All traces are there always, empty ones
too: a live figure replaces them by uid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.entries import (
    KINDS,
    Entry,
    Measured,
    Updates,
    crosses_trace,
    dots_trace,
    edge,
    percents,
    spread_words,
)
from pages.ui.figures.names import kind_name


def products(scale: float, units: int) -> list[float]:
    """Give ∏λ from each unit to the last: λ^(L - l) for l = 1, …, L (He 2016, equation 8).

    So much of the gradient at the last unit's output comes straight back to unit l's output.
    """
    found = [1.0]
    while len(found) < units:
        found.append(found[-1] * scale)  # a power would raise where this is infinite
    return found[:units][::-1]


def error_against_scale_updates(entries: Sequence[Entry]) -> Updates:
    """Give what each trace of the figure shows, by uid: λ, and errors in %.

    ``scale:train`` is the mean of the seeds, 100 for one that diverged; ``scale:train:seeds`` is
    each; the same for ``test``; ``scale:diverged`` stands on an axis from 0 to 1 whose top is the
    figure's.
    """
    rows = [(one.scale, one) for one in entries if one.scale is not None]
    rows.sort(key=lambda row: row[0])
    updates: Updates = {}
    for measured in KINDS:
        found = [(scale, percents(one, measured)) for scale, one in rows]
        found = [(scale, errors) for scale, errors in found if errors]
        # As the verdict counts it: a run that diverged has all images wrong.
        means = [
            (scale, [*percents(one, measured), *(100.0 for _ in one.diverged)])
            for scale, one in rows
        ]
        means = [(scale, errors) for scale, errors in means if errors]
        updates[f"scale:{measured}"] = {
            "x": [scale for scale, _ in means],
            "y": [round(fmean(errors), 3) for _, errors in means],
            "customdata": [spread_words(errors) for _, errors in means],
        }
        dots = [(scale, error) for scale, errors in found if len(errors) > 1 for error in errors]
        updates[f"scale:{measured}:seeds"] = {
            "x": [scale for scale, _ in dots],
            "y": [error for _, error in dots],
        }
    stopped = [(scale, one) for scale, one in rows if one.diverged]
    updates["scale:diverged"] = {
        "x": [scale for scale, _ in stopped],
        "y": [1.0] * len(stopped),
        "text": ["; ".join(one.diverged) for _, one in stopped],
    }
    return updates


def error_against_scale(
    entries: Sequence[Entry], *, t: Callable[..., str], show_test: bool = True
) -> go.Figure:
    """Draw error against λ.

    Args:
        entries: One a λ. Give those that are still empty too: each has its tick from the start.
        t: Translates.
        show_test: Draw the error on the test images too.
    """
    updates = error_against_scale_updates(entries)
    kinds: tuple[Measured, ...] = KINDS if show_test else ("train",)
    traces = [dots_trace(f"scale:{kind}", kind, updates, t) for kind in kinds]
    traces += [_line(f"scale:{kind}", kind, updates, t) for kind in kinds]
    traces.append(crosses_trace("scale:diverged", updates, t, f"λ = %{{x}}<br>{t('diverged')}: "))
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("λ, factor on every shortcut"), **_scale_axis(entries)),
            yaxis=theme.axis(
                t("error, % of the images"),
                rangemode="tozero",
                autorangeoptions={"include": [0, 5], "clipmax": 101},
                nticks=7,
            ),
            yaxis2=edge("y"),
            **_identity_mark(t),
            # Of a downloaded image (``chart`` has its own): above the word on the line.
            legend={"orientation": "h", "x": 0, "y": 1.09, "yanchor": "bottom"},
            margin={"l": 56, "r": 16, "t": 32, "b": 44},
            hovermode="x",
            hoverdistance=60,
        ),
    )


def _scale_axis(entries: Sequence[Entry]) -> dict[str, Any]:
    """Give a tick to each λ that has room for one; λ = 1 always has."""
    scales = sorted({one.scale for one in entries if one.scale is not None} | {1.0})
    low, high = min(scales[0], 0.5), max(scales[-1], 1.5)
    near = 0.03 * (high - low)
    kept = [1.0]
    for scale in scales:
        if all(abs(scale - other) >= near for other in kept):
            kept.append(scale)
    kept.sort()
    pad = 0.05 * (high - low)
    crowded = any(b - a < 0.09 * (high - low) for a, b in pairwise(kept))
    return {
        "range": [low - pad, high + pad],
        "tickvals": kept,
        "ticktext": [f"{scale:g}".replace("-", "−") for scale in kept],
        **({"autotickangles": [0, 90]} if crowded else {}),
    }


def _identity_mark(t: Callable[..., str]) -> dict[str, Any]:
    line = {"color": theme.color("axis"), "width": 1.5}
    ends = {"x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1}
    word = {
        "text": t("identity"),
        "x": 1,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
        "font": {"size": 13, "color": theme.color("muted")},
    }
    return {
        "shapes": [{"type": "line", **ends, "layer": "below", "line": line}],
        "annotations": [word],
    }


def _line(uid: str, measured: Measured, updates: Updates, t: Callable[..., str]) -> go.Scatter:
    name = kind_name(measured, t)
    return go.Scatter(
        uid=uid,
        name=name,
        legendgroup=uid,
        legendrank=1 + (measured == "test"),
        **updates[uid],
        mode="lines+markers",
        line=theme.line("residual", measured),
        marker=theme.marker("residual", measured),
        cliponaxis=False,
        hovertemplate=f"λ = %{{x}}<br>{name}: %{{y:.1f}} %%{{customdata}}<extra></extra>",
    )
