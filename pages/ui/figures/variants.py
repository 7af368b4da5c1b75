"""Which variant of the shortcut, or of the order, has more error? A row a variant.

He et al. 2016 (arXiv:1603.05027), tables 1 and 2, as a figure. All traces are there always, empty
ones too: a live figure replaces them by uid. The two other figures of the same pages, by λ and by
step, can be had from here too.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.entries import (
    KINDS,
    SYMBOLS,
    Entry,
    Measured,
    Updates,
    crosses_trace,
    dots_trace,
    edge,
    interval_of,
    percents,
    spread_words,
)
from pages.ui.figures.gates import gates_over_time, gates_over_time_updates
from pages.ui.figures.names import kind_name
from pages.ui.figures.scales import error_against_scale, error_against_scale_updates, products

__all__ = [
    "Entry",
    "error_against_scale",
    "error_against_scale_updates",
    "error_by_variant",
    "error_by_variant_updates",
    "gates_over_time",
    "gates_over_time_updates",
    "height_of",
    "products",
]

FAIL = 20.0
"""Error in %: what has more "fails" in He 2016, table 1."""

WRAP, WRAP_WIDE = 24, 13
"""Most letters in a line of a row's name, and most where they are as wide as Chinese ones."""

OPERATOR = re.compile(" ([=−+×·→<>]) ")

LIFT: Mapping[Measured, float] = MappingProxyType({"test": -0.2, "train": 0.2})
"""Where in its row an error stands: test above, training below, what is published between."""


def error_by_variant_updates(entries: Sequence[Entry]) -> Updates:
    """Give what each trace of the figure shows, by uid: errors in %, and rows from 0 down.

    ``variant:test`` is the mean of the seeds, ``variant:test:seeds`` each seed and
    ``variant:test:interval`` the 95 % interval of the mean, of two seeds or more; the same for
    ``train``. ``variant:diverged`` stands at 100 %, as which it counts, on an axis that ends there
    at the figure's edge; ``variant:published`` and ``variant:published:fail``.
    """
    updates: Updates = {}
    rows = list(enumerate(entries))
    for measured, lift in LIFT.items():
        found = [(row + lift, one.label, percents(one, measured)) for row, one in rows]
        found = [(y, label, errors) for y, label, errors in found if errors]
        updates[f"variant:{measured}"] = {
            "x": [round(fmean(errors), 3) for _, _, errors in found],
            "y": [y for y, _, _ in found],
            "customdata": [label for _, label, _ in found],
            "text": [spread_words(errors, interval_of(errors)) for _, _, errors in found],
        }
        dots = [
            (y, label, error) for y, label, errors in found if len(errors) > 1 for error in errors
        ]
        updates[f"variant:{measured}:seeds"] = {
            "x": [error for _, _, error in dots],
            "y": [y for y, _, _ in dots],
            "customdata": [label for _, label, _ in dots],
        }
        bars = [(y, ends) for y, _, errors in found if (ends := interval_of(errors)) is not None]
        updates[f"variant:{measured}:interval"] = _whiskers(bars)
    stopped = [(row, one) for row, one in rows if one.diverged]
    updates["variant:diverged"] = _row_marks(stopped, [100.0] * len(stopped)) | {
        "text": ["; ".join(one.diverged) for _, one in stopped]
    }
    said = [(row, one, one.published) for row, one in rows if one.published is not None]
    updates["variant:published"] = _row_marks(
        [(row, one) for row, one, _ in said], [round(100 * error, 3) for _, _, error in said]
    )
    failed = [(row, one) for row, one in rows if one.published_fail]
    updates["variant:published:fail"] = _row_marks(failed, [FAIL] * len(failed))
    return updates


def error_by_variant(
    entries: Sequence[Entry],
    *,
    t: Callable[..., str],
    show_test: bool = True,
    published: str = "",
) -> go.Figure:
    """Draw the errors of the variants, a row each, the first on top.

    Args:
        entries: One a row; give those that are still empty too. ``height_of`` says how high.
        t: Translates.
        show_test: Draw the error on the test images too.
        published: Who published the entries' published errors, on what: for the legend.
    """
    updates = error_by_variant_updates(entries)
    kinds: tuple[Measured, ...] = KINDS if show_test else ("train",)
    traces = [_rows_trace(), *(_whisker_trace(kind, updates) for kind in kinds)]
    traces += [dots_trace(f"variant:{kind}", kind, updates, t, yaxis="y2") for kind in kinds]
    traces += [_mean_trace(kind, updates, t) for kind in kinds]
    hover = f"%{{customdata}}<br>{t('diverged')}: "
    traces.append(crosses_trace("variant:diverged", updates, t, hover, xaxis="x2"))
    traces += _published_traces(updates, published, t)
    fails = any(one.published_fail for one in entries)
    rows = {"range": [len(entries) - 0.5, -0.5], "fixedrange": True}
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(
                t("error, % of the images"),
                rangemode="tozero",
                # Beyond "fail" there is room for a cross at the edge, on a phone, too.
                autorangeoptions={"include": [0, 1.15 * FAIL if fails else 5], "clipmax": 103},
                nticks=7,
            ),
            xaxis2=edge("x"),
            yaxis=theme.axis(
                t("variant"),
                tickvals=list(range(len(entries))),
                ticktext=[_wrapped(one.label) for one in entries],
                tickfont={"size": 13, "color": theme.color("text")},
                ticks="",
                ticklabelstandoff=8,
                showgrid=False,
                **rows,
            ),
            # The rows again: on an axis that nobody sees, the name of a row is what is downloaded.
            yaxis2={"overlaying": "y", "visible": False, **rows},
            shapes=[*_divides(len(entries)), *([_fail_line()] if fails else [])],
            uirevision=f"kept for {'; '.join(one.key for one in entries)}",
        ),
    )


def height_of(entries: Sequence[Entry]) -> int:
    """Give the height of the rows' figure in pixels, its axis with it."""
    lines = max((_wrapped(one.label).count("<br>") + 1 for one in entries), default=1)
    return 76 + max(40, 17 * lines + 12) * max(2, len(entries))


def _whiskers(bars: Sequence[tuple[float, tuple[float, float]]]) -> dict[str, list[Any]]:
    """Draw each interval as a line with ends, there and back: an outline of no area, then a gap."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for y, (low, high) in bars:
        xs += [low, low, low, high, high, high, high, low, None]
        ys += [y - 0.09, y + 0.09, y, y, y - 0.09, y + 0.09, y, y, None]
    return {"x": xs, "y": ys}


def _row_marks(rows: Sequence[tuple[int, Entry]], xs: Sequence[float]) -> dict[str, list[Any]]:
    return {
        "x": list(xs),
        "y": [float(row) for row, _ in rows],
        "customdata": [one.label for _, one in rows],
    }


def _wrapped(label: str) -> str:
    """Break a name into as few lines as it needs, of like lengths; never inside a formula."""
    kept = OPERATOR.sub("\u00a0\\1\u00a0", label)
    is_wide = any(ord(letter) > 0x2E80 for letter in label)
    most = WRAP_WIDE if is_wide else WRAP
    least = 1 if is_wide else max(1, *map(len, kept.split(" ")))
    lines = _lines(kept, most)
    while most > least and len(_lines(kept, most - 1)) == len(lines):
        most -= 1
        lines = _lines(kept, most)
    return "<br>".join(lines)


def _lines(label: str, most: int) -> list[str]:
    return textwrap.wrap(label, most, break_on_hyphens=False) or [""]


def _divides(rows: int) -> list[dict[str, Any]]:
    """Draw a thin line between two rows."""
    line = {"color": theme.color("grid"), "width": 1}
    return [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": row + 0.5,
            "y1": row + 0.5,
            "layer": "below",
            "line": line,
        }
        for row in range(rows - 1)
    ]


def _fail_line() -> dict[str, Any]:
    line = {"color": theme.color("axis"), "width": 1.5, "dash": "dot"}
    ends = {"x0": FAIL, "x1": FAIL, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", **ends, "layer": "below", "line": line}


def _rows_trace() -> go.Scatter:
    """Draw nothing, on the axis that has the names: Plotly shows no axis without a trace."""
    return go.Scatter(
        uid="variant:rows",
        showlegend=False,
        x=[0],
        y=[0],
        mode="lines",
        fill="toself",  # so it is no data to download
        hoverinfo="skip",
    )


def _whisker_trace(measured: Measured, updates: Updates) -> go.Scatter:
    uid = f"variant:{measured}"
    return go.Scatter(
        uid=f"{uid}:interval",
        legendgroup=uid,
        showlegend=False,
        **updates[f"{uid}:interval"],
        yaxis="y2",
        mode="lines",
        fill="toself",  # an outline is no data to download
        line={"color": theme.line("residual", measured)["color"], "width": 1.5},
        hoverinfo="skip",
    )


def _mean_trace(measured: Measured, updates: Updates, t: Callable[..., str]) -> go.Scatter:
    uid = f"variant:{measured}"
    kind = kind_name(measured, t)
    has_interval = bool(updates[f"{uid}:interval"]["x"])
    return go.Scatter(
        uid=uid,
        name=t("{name}, mean and its 95 % interval", name=kind) if has_interval else kind,
        legendgroup=uid,
        legendrank=1 + (measured == "train"),
        **updates[uid],
        yaxis="y2",
        mode="markers",
        marker=theme.marker("residual", measured) | {"symbol": SYMBOLS[measured], "size": 10},
        cliponaxis=False,
        hovertemplate=f"%{{customdata}}<br>{kind}: %{{x:.1f}} %%{{text}}<extra></extra>",
    )


def _published_traces(updates: Updates, source: str, t: Callable[..., str]) -> list[go.Scatter]:
    name = f"{t('published')}: {source}" if source else t("published")
    fail = t("> 20 % (fail)")
    looks = {
        # uid: name, which stands with what is downloaded; symbol; what the hover says
        "variant:published": (name, "diamond-open", f"{name}: %{{x:.2f}} %"),
        "variant:published:fail": (f"{name}: {fail}", "triangle-right-open", f"{name}: {fail}"),
    }
    shown = next((uid for uid in looks if updates[uid]["x"]), "")
    return [
        go.Scatter(
            uid=uid,
            name=label,
            legendgroup="variant:published",
            legendrank=10,
            showlegend=uid == shown,
            **updates[uid],
            yaxis="y2",
            mode="markers",
            marker=theme.published_marker("residual") | {"symbol": symbol},
            cliponaxis=False,
            hovertemplate=f"%{{customdata}}<br>{said}<extra></extra>",
        )
        for uid, (label, symbol, said) in looks.items()
    ]
