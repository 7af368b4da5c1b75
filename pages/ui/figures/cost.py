"""What does depth cost? Parameters or multiply-adds against depth, a line a kind of unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one network costs.

    Attributes:
        name: As the reader knows it.
        depth: Weighted layers; None where depth means nothing, such as in a vision transformer.
        amount: Parameters, or multiply-adds of one image.
    """

    name: str
    depth: int | None
    amount: int


LOOKS: dict[str, dict[str, Any]] = {
    "plain": {"line": theme.line("plain"), "marker": theme.marker("plain")},
    "basic": {"line": theme.line("residual"), "marker": theme.marker("residual")},
    "bottleneck": {
        "line": {"color": theme.color("green"), "width": 3.0},
        "marker": {"color": theme.color("green"), "symbol": "diamond", "size": 9},
    },
}


def cost_against_depth(
    curves: Mapping[str, Sequence[Cost]],
    chosen: Sequence[Cost],
    *,
    title: str,
    t: Callable[[str], str],
) -> go.Figure:
    """Draw cost against depth, both axes logarithmic.

    Args:
        curves: ``plain``, ``basic``, ``bottleneck``: networks of rising depth.
        chosen: The networks on the page: a ring each; those without a depth are left out.
        title: Of the vertical axis, with its unit.
        t: Translates.
    """
    names = {
        "plain": t("plain, basic"),
        "basic": t("residual, basic"),
        "bottleneck": t("residual, bottleneck"),
    }
    traces = [
        go.Scatter(
            uid=kind,
            name=names[kind],
            legendrank=[*names].index(kind),
            x=[cost.depth for cost in costs],
            y=[cost.amount for cost in costs],
            mode="lines+markers",
            line=LOOKS[kind]["line"],
            marker=LOOKS[kind]["marker"] | {"size": 5},
            hovertemplate=f"<b>{names[kind]}-%{{x}}</b>: %{{y:,}}<extra></extra>",
        )
        for kind, costs in reversed([*curves.items()])  # plain, dashed, over its equal twin
    ]
    placed = [cost for cost in chosen if cost.depth is not None]
    traces.append(
        go.Scatter(
            uid="chosen",
            name=t("on this page"),
            x=[cost.depth for cost in placed],
            y=[cost.amount for cost in placed],
            text=[cost.name for cost in placed],
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 16,
                "color": theme.color("text"),
                "line": {"width": 3, "color": theme.color("text")},
            },
            cliponaxis=False,
            hovertemplate="<b>%{text}</b>: %{y:,}<extra></extra>",
        )
    )
    ticks = [8, 20, 56, 164, 506, 1202]
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(
                t("depth, weighted layers"),
                type="log",
                tickvals=ticks,
                ticktext=[str(tick) for tick in ticks],
            ),
            yaxis=theme.axis(title, type="log", exponentformat="power", dtick=1),
        ),
    )
