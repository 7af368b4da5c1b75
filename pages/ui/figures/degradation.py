"""Does a deeper network have more error? Error against depth, plain against residual.

He et al. 2015 (arXiv:1512.03385), figures 1, 4 and 6 and table 6, as a function of depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.names import join_name, series_name

JOINS = ("plain", "residual")
Measured = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One depth and join: the error of each seed, at the end of its training.

    Attributes:
        depth: Weighted layers.
        join: ``plain`` or ``residual``.
        errors_train: Share of the training images that is wrong, in [0, 1], in the order of the
            seeds; None where a run has none (yet).
        errors_test: The same of the test images.
        diverged: Names of the seeds whose loss stopped being a number.
    """

    depth: int
    join: str
    errors_train: Sequence[float | None] = ()
    errors_test: Sequence[float | None] = ()
    diverged: Sequence[str] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Published:
    """An error that somebody published.

    Attributes:
        depth: Weighted layers.
        join: ``plain`` or ``residual``.
        error: A share in [0, 1].
        source: Who, where and on what: ``He 2015, table 6, CIFAR-10``.
    """

    depth: int
    join: str
    error: float
    source: str


def error_against_depth_updates(points: Sequence[Point]) -> dict[str, dict[str, list[Any]]]:
    """Give what each trace of the figure shows, by uid: depths, and errors in %.

    The traces of a join are ``plain:train`` (mean of the seeds), ``plain:train:band`` (lowest to
    highest seed), ``plain:train:seeds`` (each seed), the same for ``test``, and
    ``plain:diverged``. All of them are there always, empty ones too: a live figure replaces them.
    """
    updates: dict[str, dict[str, list[Any]]] = {}
    for join in JOINS:
        own = sorted((point for point in points if point.join == join), key=lambda p: p.depth)
        for measured in ("train", "test"):
            seeds = [(point.depth, _percents(point, measured)) for point in own]
            seeds = [(depth, errors) for depth, errors in seeds if errors]
            updates[f"{join}:{measured}:band"] = _band(seeds)
            updates[f"{join}:{measured}:seeds"] = _each_seed(seeds)
            updates[f"{join}:{measured}"] = {
                "x": [depth for depth, _ in seeds],
                "y": [round(sum(errors) / len(errors), 3) for _, errors in seeds],
                "customdata": [_spread(errors) for _, errors in seeds],
            }
        stopped = [point for point in own if point.diverged]
        updates[f"{join}:diverged"] = {
            "x": [point.depth for point in stopped],
            "y": [1.0] * len(stopped),
            "text": [", ".join(point.diverged) for point in stopped],
        }
    return updates


def error_against_depth(
    points: Sequence[Point],
    *,
    t: Callable[[str], str],
    published: Sequence[Published] | None = None,
    show_test: bool = True,
) -> go.Figure:
    """Draw error against depth.

    Args:
        points: One a depth and join. Give those that are still empty too: their depths stand on
            the axis from the start.
        t: Translates.
        published: Hollow markers on the same axis; their source stands in the legend.
        show_test: Draw the error on the test images too.
    """
    shown: tuple[Measured, ...] = ("test", "train") if show_test else ("train",)
    updates = error_against_depth_updates(points)
    traces = [_band_trace(join, kind, updates, t) for kind in shown for join in JOINS]
    traces += [_seeds_trace(join, kind, updates, t) for kind in shown for join in JOINS]
    traces += [_mean_trace(join, kind, updates, t) for kind in shown for join in JOINS]
    traces += [_diverged_trace(join, updates, t) for join in JOINS]
    traces += _published_traces(published or (), t)
    depths = sorted({p.depth for p in points} | {p.depth for p in published or ()}) or [8, 56]
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("depth, weighted layers"), **_depth_axis(depths)),
            yaxis=theme.axis(
                t("error, % of the images"),
                rangemode="tozero",
                autorangeoptions={"include": [0, 5]},
                nticks=7,
            ),
            yaxis2={
                "overlaying": "y",
                "range": [0, 1.04],
                "visible": False,
                "fixedrange": True,
            },
            hovermode="x",
            hoverdistance=60,
        ),
    )


def _depth_axis(depths: Sequence[int]) -> dict[str, Any]:
    """Linear, since the claim is about growth; logarithmic when one depth dwarfs the others."""
    low, high = depths[0], depths[-1]
    ticks = {"tickvals": list(depths), "ticktext": [str(depth) for depth in depths]}
    if high > 40 * low:
        return {"type": "log", **ticks}
    pad = max(2.0, 0.05 * (high - low))
    kept = [low]
    for depth in depths[1:]:
        if depth - kept[-1] >= 0.035 * (high - low):
            kept.append(depth)
    ticks = {"tickvals": kept, "ticktext": [str(depth) for depth in kept]}
    return {"range": [low - pad, high + pad], **ticks}


def _percents(point: Point, measured: str) -> list[float]:
    errors = point.errors_train if measured == "train" else point.errors_test
    return [round(100 * error, 3) for error in errors if error is not None]


def _band(seeds: Sequence[tuple[int, list[float]]]) -> dict[str, list[Any]]:
    """Draw the outline from lowest to highest seed: there along the top, back along the bottom."""
    if max((len(errors) for _, errors in seeds), default=0) < 2:
        return {"x": [], "y": []}
    depths = [depth for depth, _ in seeds]
    top, bottom = [max(e) for _, e in seeds], [min(e) for _, e in seeds]
    return {"x": depths + depths[::-1], "y": top + bottom[::-1]}


def _each_seed(seeds: Sequence[tuple[int, list[float]]]) -> dict[str, list[Any]]:
    pairs = [(depth, error) for depth, errors in seeds if len(errors) > 1 for error in errors]
    return {"x": [depth for depth, _ in pairs], "y": [error for _, error in pairs]}


def _spread(errors: Sequence[float]) -> str:
    if len(errors) < 2:
        return ""
    return f" ({min(errors):.1f}–{max(errors):.1f} %, n = {len(errors)})"


def _mean_trace(
    join: str, measured: Measured, updates: dict[str, dict[str, list[Any]]], t: Callable[[str], str]
) -> go.Scatter:
    uid = f"{join}:{measured}"
    return go.Scatter(
        uid=uid,
        name=series_name(join, measured, t),
        legendgroup=uid,
        legendrank=1 + JOINS.index(join) + 2 * (measured == "test"),
        **updates[uid],
        mode="lines+markers",
        line=theme.line(join, measured),
        marker=theme.marker(join, measured),
        cliponaxis=False,
        hovertemplate=(
            f"{series_name(join, measured, t)}: %{{y:.1f}} %%{{customdata}}<extra></extra>"
        ),
    )


def _band_trace(
    join: str, measured: Measured, updates: dict[str, dict[str, list[Any]]], t: Callable[[str], str]
) -> go.Scatter:
    uid = f"{join}:{measured}"
    color = theme.color(join, 0.18) if measured == "train" else theme.color(f"{join}-light", 0.12)
    return go.Scatter(
        uid=f"{uid}:band",
        name=f"{series_name(join, measured, t)}: {t('lowest to highest seed')}",
        legendgroup=uid,
        showlegend=False,
        **updates[f"{uid}:band"],
        mode="lines",
        fill="toself",
        fillcolor=color,
        line={"width": 0, "color": color},
        hoverinfo="skip",
    )


def _seeds_trace(
    join: str, measured: Measured, updates: dict[str, dict[str, list[Any]]], t: Callable[[str], str]
) -> go.Scatter:
    uid = f"{join}:{measured}"
    return go.Scatter(
        uid=f"{uid}:seeds",
        name=f"{series_name(join, measured, t)}: {t('each seed')}",
        legendgroup=uid,
        showlegend=False,
        **updates[f"{uid}:seeds"],
        mode="markers",
        marker=theme.marker(join, measured, alpha=0.6) | {"size": 4},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _diverged_trace(
    join: str, updates: dict[str, dict[str, list[Any]]], t: Callable[[str], str]
) -> go.Scatter:
    return go.Scatter(
        uid=f"{join}:diverged",
        name=f"{join_name(join, t)}, {t('diverged')}",
        legendgroup=f"{join}:train",
        showlegend=False,
        **updates[f"{join}:diverged"],
        yaxis="y2",
        mode="markers",
        marker={
            "symbol": "x-thin",
            "size": 11,
            "color": theme.color(join),
            "line": {"width": 3, "color": theme.color(join)},
        },
        cliponaxis=False,
        hovertemplate=f"{join_name(join, t)}, {t('diverged')}: %{{text}}<extra></extra>",
    )


def _published_traces(published: Sequence[Published], t: Callable[[str], str]) -> list[go.Scatter]:
    traces: list[go.Scatter] = []
    for join in JOINS:
        for source in dict.fromkeys(row.source for row in published if row.join == join):
            rows = [row for row in published if (row.join, row.source) == (join, source)]
            rows.sort(key=lambda row: row.depth)
            name = f"{t('published')}: {source}"
            traces.append(
                go.Scatter(
                    uid=f"{join}:published:{source}",
                    name=name,
                    legendrank=10,
                    legendgroup=source,
                    x=[row.depth for row in rows],
                    y=[round(100 * row.error, 3) for row in rows],
                    mode="markers",
                    marker=theme.published_marker(join),
                    cliponaxis=False,
                    hovertemplate=f"{join_name(join, t)}, {name}: %{{y:.2f}} %<extra></extra>",
                )
            )
    return traces
