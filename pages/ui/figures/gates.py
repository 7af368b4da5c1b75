"""How far are the gates open while a network trains? A line a unit.

He et al. 2016 (arXiv:1603.05027), section 3.1: the branch is weighed by g(x), the shortcut
by 1 - g(x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.entries import Updates


def gates_over_time_updates(
    steps: Sequence[int], openings: Sequence[Sequence[float | None]], *, units: int = 0
) -> Updates:
    """Give the points of each unit's line, by uid: ``gate:1``, ``gate:2``, ….

    Args:
        steps: The probed steps.
        openings: Mean of g by step, then by unit; None, and what is no number, leave a gap.
        units: How many lines there are at least.
    """
    count = max([units, *map(len, openings)])
    return {
        f"gate:{unit + 1}": {
            "x": list(steps[: len(openings)]),
            "y": [_finite(row[unit]) if unit < len(row) else None for row in openings],
        }
        for unit in range(count)
    }


def gates_over_time(
    steps: Sequence[int],
    openings: Sequence[Sequence[float | None]],
    *,
    t: Callable[..., str],
    labels: Sequence[str] = (),
    units: int = 0,
    steps_total: int | None = None,
) -> go.Figure:
    """Draw how far the gates are open, a line a unit, faint at the image, strong at the classes.

    Args:
        steps: The probed steps.
        openings: Mean of g by step, then by unit.
        t: Translates.
        labels: What each unit is called when pointed at: ``stage 2, unit 3``.
        units: How many there are, where nothing is measured yet.
        steps_total: Steps of the whole training: the axis does not grow.
    """
    updates = gates_over_time_updates(steps, openings, units=max(units, len(labels)))
    last = len(updates)
    traces = []
    for unit, (uid, points) in enumerate(updates.items(), start=1):
        name = t("unit {number}", number=unit)
        label = labels[unit - 1] if unit <= len(labels) else name
        strength = 1.0 if last == 1 else 0.3 + 0.7 * (unit - 1) / (last - 1)
        is_end = unit in (1, last)
        line = {"color": theme.color("residual", strength), "width": 2.5 if is_end else 1.25}
        traces.append(
            go.Scatter(
                uid=uid,
                name=name,
                legendgroup=uid,
                showlegend=is_end,
                legendrank=unit,
                **points,
                mode="lines+markers",
                line=line,
                marker={"color": line["color"], "size": 5 if is_end else 3},
                cliponaxis=False,
                connectgaps=False,
                hovertemplate=f"{label}<br>{t('step')} %{{x}}: g = %{{y:.3~g}}<extra></extra>",
            )
        )
    wide = {} if steps_total is None else {"range": [0, steps_total * 1.01]}
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("step"), rangemode="tozero", nticks=8, **wide),
            yaxis=theme.axis(
                t("mean opening g: 0 leaves the shortcut,<br>1 shuts it"),
                range=[-0.02, 1.02],
                nticks=6,
            ),
            uirevision=f"kept for {last} units, {steps_total} steps",
        ),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
