"""When in the training does which layer change? A heat map, layers by steps, of one network.

One figure a network, not two plots in one: ``chart`` sets figures side by side, and one under the
other on a phone, where two plots in one figure would be 150 pixels wide each. ``shared_range``
gives both the same colours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.layers import numbered_axis
from pages.ui.figures.marked import Number, is_drawn, is_zero, word

Range = tuple[float, float]
"""Of colours; in decades (-3 is 0.001) where the scale is logarithmic."""

COLORS = [
    [0, theme.color("scale-1", 0.3)],  # scale-0 would be the paper, which is "not trained yet"
    [0.5, theme.color("scale-1")],
    [1, theme.color("scale-2")],
]

TIMES = 25
"""A first column, before there is a second, is as wide as one of so many."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One number a layer and step of one network.

    Attributes:
        uid: What the uids of its traces begin with.
        join: ``plain`` or ``residual``.
        name: Above the figure.
        steps: Steps at which was measured so far, rising.
        layers: Of the network.
        values: One list a step, one value a layer; None where there is nothing. May hold 0, nan,
            inf and -inf.
        hue: A colour of the palette, where two networks of the same join must be told apart.
    """

    uid: str
    join: str
    name: str
    steps: Sequence[int] = ()
    layers: int
    values: Sequence[Sequence[Number]] = ()
    hue: str | None = None


def shared_range(grids: Sequence[Grid], *, log: bool) -> Range:
    """Give the range of colours that shows all of these, in whole decades where ``log``."""
    shown = [
        math.log10(value) if log else float(value)
        for grid in grids
        for column in grid.values
        for value in column
        if value is not None and is_drawn(value, log=log)
    ]
    if not shown:
        return (-4.0, 0.0) if log else (0.0, 1.0)
    low, high = min(shown), max(shown)
    if log:
        low = math.floor(low)
        return float(low), float(max(low + 1, math.ceil(high)))
    if low == high:
        return low - max(0.5, abs(low) / 2), high + max(0.5, abs(high) / 2)
    return low, high


def over_time_updates(
    grid: Grid, *, log: bool, title: str = "", colors: Range | None = None, steps_total: int = 0
) -> dict[str, dict[str, Any]]:
    """Give what the traces show by uid: ``uid`` (the cells), ``uid:zero`` and ``uid:bad``.

    Args:
        grid: What was measured so far.
        log: Colours are powers of ten; ``customdata`` keeps the values.
        title: Of the colours; needed with ``colors``.
        colors: Their range, where it may change while a figure is live.
        steps_total: Steps of the whole training, for the width of a column that is alone.
    """
    steps = list(grid.steps[: len(grid.values)])
    columns = [[*column[: grid.layers]] for column in grid.values[: len(steps)]]
    columns = [column + [None] * (grid.layers - len(column)) for column in columns]
    zeros, bad = [], []
    for step, column in zip(steps, columns, strict=True):
        for layer, value in enumerate(column, start=1):
            if is_zero(value, log=log):
                zeros.append((step, layer, "0"))
            elif value is not None and not is_drawn(value, log=log):
                bad.append((step, layer, word(value)))
    xs: list[float] = [*steps]
    z = [[_color(value, log) for value in column] for column in columns]
    said = [[_value(value, log) for value in column] for column in columns]
    empty: list[Any] = [None] * grid.layers
    if len(steps) == 1:  # Plotly would make it one step wide
        xs, z, said = [steps[0], steps[0] + _width(steps_total)], [*z, empty], [*said, empty]
    if not any(value is not None for column in z for value in column):
        # Plotly draws no bar of colours without a colour: here is one, far from what is seen.
        far = 10.0 * (xs[-1] if xs else 0) + 10.0 * steps_total + 10.0
        xs, z, said = [*xs, far], [*z, [0.0] * grid.layers], [*said, empty]
    cells: dict[str, Any] = {
        "x": xs,
        "y": [layer + 1 for layer in range(grid.layers)],
        "z": [list(row) for row in zip(*z, strict=True)],  # one list a layer
        "customdata": [list(row) for row in zip(*said, strict=True)],
    }
    if colors is not None:
        cells |= _scale(colors, title, log=log)
    return {
        grid.uid: cells,
        **{
            f"{grid.uid}:{mark}": {
                "x": [step for step, _, _ in found],
                "y": [layer for _, layer, _ in found],
                "customdata": [said for _, _, said in found],
            }
            for mark, found in (("zero", zeros), ("bad", bad))
        },
    }


def over_time(
    grid: Grid,
    *,
    t: Callable[..., str],
    title: str,
    log: bool,
    steps_total: int,
    colors: Range | None = None,
    at: int | None = None,
    x_title: str | None = None,
    y_title: str | None = None,
    is_live: bool = False,
) -> go.Figure:
    """Draw the heat map of one network; what is not trained yet is blank.

    Args:
        grid: What was measured so far.
        t: Translates.
        title: Of the colours, with the unit.
        log: Colours are powers of ten; zeros and what is no number are marked on blank cells.
        steps_total: Steps of the whole training: the axis does not grow.
        colors: From ``shared_range`` of all grids that are to be compared; of this one if None.
        at: A step to mark, such as the one that another figure shows.
        x_title: Of the horizontal axis, instead of ``step``.
        y_title: Of the vertical axis, instead of ``weighted layer``.
        is_live: There is more to come: the legend names marks that are not there yet.
    """
    colors = shared_range([grid], log=log) if colors is None else colors
    updates = over_time_updates(grid, log=log, title=title, colors=colors, steps_total=steps_total)
    place = f"{grid.name}<br>{t('step {step}, layer {layer}', step='%{x}', layer='%{y}')}<br>"
    cells = go.Heatmap(
        uid=grid.uid,
        name=grid.name,
        showlegend=False,
        **updates[grid.uid],
        zauto=False,
        colorscale=COLORS,
        hoverongaps=False,
        hovertemplate=f"{place}%{{customdata:.3~g}}<extra></extra>",
    )
    size = max(4, min(8, 160 // max(1, grid.layers)))
    marks = [
        go.Scatter(
            uid=f"{grid.uid}:{mark}",
            name=name,
            showlegend=is_live or bool(updates[f"{grid.uid}:{mark}"]["x"]),
            legendrank=rank,
            legendgroup=f"{grid.uid}:{mark}",
            **updates[f"{grid.uid}:{mark}"],
            mode="markers",
            marker=look,
            hovertemplate=place + said + "<extra></extra>",
        )
        for rank, (mark, name, look, said) in enumerate(
            (
                (
                    "zero",
                    t("exactly 0"),
                    {"symbol": "circle", "size": size, "color": theme.color("theory")},
                    t("exactly 0"),
                ),
                (
                    "bad",
                    t("nan or infinite"),
                    {
                        "symbol": "x-thin",
                        "size": size + 2,
                        "color": theme.color("text"),
                        "line": {"width": 2, "color": theme.color("text")},
                    },
                    t("{value}: this axis has no place for it", value="%{customdata}"),
                ),
            )
        )
    ]
    pad = 0.5 * _width(steps_total)
    return go.Figure(
        [cells, *marks],
        theme.layout(
            xaxis=theme.axis(
                x_title or t("step"), range=[-pad, steps_total + pad], nticks=8, showgrid=False
            ),
            yaxis=numbered_axis(y_title or t("weighted layer"), grid.layers)
            | {"range": [0.5, max(1, grid.layers) + 0.5], "autorange": False, "showgrid": False},
            margin={"l": 56, "r": 16, "t": 96, "b": 52},
            # Of a downloaded image; ``chart`` has its own.
            legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
            annotations=[_headline(grid)],
            shapes=[] if at is None else _line_at(at),
            uirevision=f"kept for {grid.layers} layers, {steps_total} steps",
        ),
    )


def _width(steps_total: int) -> float:
    return max(1.0, steps_total / TIMES)


def _color(value: Number, log: bool) -> Number:
    if value is None or not is_drawn(value, log=log):
        return None
    return round(math.log10(value), 3) if log else value


def _value(value: Number, log: bool) -> float | str | None:
    if value is None or is_zero(value, log=log):
        return value
    return float(f"{value:.4g}") if is_drawn(value, log=log) else word(value)


def _scale(colors: Range, title: str, *, log: bool) -> dict[str, Any]:
    """Give range and bar of the colours; without tokens, since a stream is not painted."""
    low, high = colors
    ticks: dict[str, Any] = {"nticks": 5}
    if log:
        every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200) if high - low <= 5 * n)
        powers = range(math.ceil(low / every) * every, math.floor(high) + 1, every)
        ticks = {"tickvals": [*powers], "ticktext": [_power(n) for n in powers]}
    return {
        "zmin": low,
        "zmax": high,
        "colorbar": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": 1,
            "yanchor": "bottom",
            "ypad": 6,
            "len": 1,
            "thickness": 10,
            "outlinewidth": 0,
            "title": {"text": title, "side": "top", "font": {"size": 14}},
            "tickfont": {"size": 13},
            **ticks,
        },
    }


def _power(n: int) -> str:
    """Write a power of ten as Plotly writes it on an axis."""
    if n in (0, 1):
        return "10" if n else "1"
    return f"10<sup>{'−' if n < 0 else ''}{abs(n)}</sup>"


def _headline(grid: Grid) -> dict[str, Any]:
    sign = {"plain": "■", "residual": "●"}.get(grid.join, "")
    return {
        "text": f"{sign} <b>{grid.name}</b>",
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": 1,
        "yshift": 62,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 15, "color": theme.color(grid.hue or grid.join)},
    }


def _line_at(step: int) -> list[dict[str, Any]]:
    """Draw a line with an edge: it is seen on dark cells and on light ones."""
    return [
        {
            "type": "line",
            "x0": step,
            "x1": step,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": theme.color(name), "width": width},
        }
        for name, width in (("paper", 6), ("text", 2))
    ]
