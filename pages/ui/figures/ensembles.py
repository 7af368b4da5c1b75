"""What do several networks get wrong, what do they get wrong together, and what do they cost?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.ui import theme
from resnet_core.studies.ensembles import Classified, Together

LONG_NAME = 24
"""Characters of a name that stand in one line."""


@dataclass(frozen=True)
class _Row:
    label: str
    what: Classified
    uid: str
    color: str


def errors_together(
    found: Together,
    deep: Classified,
    *,
    t: Callable[..., str],
    names: Sequence[str],
    deep_name: str,
) -> go.Figure:
    """Draw the errors of each network, of all together, and of the deep one: a bar each.

    Args:
        found: The networks and their average.
        deep: The deep network.
        t: Translates.
        names: Of the networks, each another.
        deep_name: Of the deep one.
    """
    rows = [
        _Row(name, one, f"each:{place}", "residual-light")
        for place, (name, one) in enumerate(zip(names, found.each, strict=True))
    ]
    rows.append(_Row(t("together"), found.all, "together", "green"))
    rows.append(_Row(deep_name, deep, "deep", "residual"))
    traces = [
        go.Bar(
            uid=row.uid,
            name=row.label,
            showlegend=False,
            orientation="h",
            x=[round(100 * row.what.error, 3)],
            y=[place],
            width=0.62,
            customdata=[row.label],
            text=[t("{wrong} of {images}", wrong=row.what.wrong, images=f"{row.what.images:,}")],
            textposition="outside",
            textfont={"size": 13, "color": theme.color("text")},
            cliponaxis=False,
            marker={"color": theme.color(row.color)},
            hovertemplate="%{customdata}: %{x:.2f} %<extra></extra>",
        )
        for place, row in enumerate(rows)
    ]
    widest = max(100 * row.what.error for row in rows)
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("test error, %"), range=[0, max(1.0, 1.6 * widest)], nticks=6),
            yaxis=_names_axis(t("network"), [row.label for row in rows]),
            barmode="overlay",
            uirevision=f"kept for {'; '.join(row.label for row in rows)}",
        ),
    )


def cost_together(
    found: Together,
    deep: Classified,
    *,
    t: Callable[..., str],
    names: Sequence[str],
    deep_name: str,
) -> go.Figure:
    """Draw what the networks cost in sum, as a share of what the deep one costs: one on the other.

    Args:
        found: The networks.
        deep: The deep network: 100 %.
        t: Translates.
        names: Of the networks.
        deep_name: Of the deep one.
    """
    traces = [
        go.Bar(
            uid=f"cost:{place}",
            name=name,
            showlegend=False,
            orientation="h",
            x=[
                round(100 * one.parameters / deep.parameters, 2),
                round(100 * one.multiply_adds / deep.multiply_adds, 2),
            ],
            y=[0, 1],
            width=0.55,
            customdata=[f"{one.parameters:,}", f"{one.multiply_adds:,}"],
            text=[name, name],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 13, "color": theme.color("paper")},
            marker={
                "color": theme.color("green"),
                "line": {"color": theme.color("paper"), "width": 2},
            },
            hovertemplate=f"{name}: %{{customdata}} (%{{x:.0f}} %)<extra></extra>",
        )
        for place, (name, one) in enumerate(zip(names, found.each, strict=True))
    ]
    whole = found.all
    widest = max(
        100.0,
        100 * whole.parameters / deep.parameters,
        100 * whole.multiply_adds / deep.multiply_adds,
    )
    line = {"color": theme.color("residual"), "width": 2.5}
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("% of {name}", name=deep_name), range=[0, 1.06 * widest], nticks=6),
            yaxis=_names_axis(t("cost"), [t("parameters"), t("multiply-adds")]),
            barmode="stack",
            uniformtext={"minsize": 12, "mode": "hide"},  # no name where it would be tiny
            shapes=[
                {"type": "line", "x0": 100, "x1": 100, "yref": "paper", "y0": 0, "y1": 1}
                | {"line": line}
            ],
            uirevision=f"kept for {'; '.join(names)}; {deep_name}",
        ),
    )


def _in_two_lines(label: str) -> str:
    """Break a long name behind its first part: on a small screen it would leave no room."""
    first, comma, rest = label.partition(", ")
    return f"{first},<br>{rest}" if comma and len(label) > LONG_NAME else label


def _names_axis(title: str, labels: Sequence[str]) -> dict[str, object]:
    return theme.axis(
        title,
        tickvals=list(range(len(labels))),
        ticktext=[_in_two_lines(label) for label in labels],
        tickfont={"size": 13, "color": theme.color("text")},
        ticks="",
        ticklabelstandoff=8,
        showgrid=False,
        range=[len(labels) - 0.5, -0.5],
        fixedrange=True,
    )
