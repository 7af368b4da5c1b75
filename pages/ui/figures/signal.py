"""What do the shortcuts leave of signal and gradient? Both by unit, beside the theory's product.

He et al. 2016 (arXiv:1603.05027), equation 8: what comes straight back to unit l is the last unit's
gradient times the product of the λ between them. Measured lines are measured; the dotted one is
the formula, scaled to the measured gradient of the last unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.layers import LEGEND, MARGIN, marker_size, numbered_axis, stage_marks
from pages.ui.figures.marked import (
    EDGES,
    Number,
    Updates,
    is_drawn,
    series_traces,
    series_updates,
    value_axis,
)

SPREAD_LINE: dict[str, Any] = {"color": theme.color("green"), "dash": "dash", "width": 2.5}
SPREAD_MARKER: dict[str, Any] = {"color": theme.color("green"), "symbol": "diamond"}


def signal_and_gradient_updates(
    products: Sequence[Number],
    stds: Sequence[Number],
    gradients: Sequence[Number],
    *,
    places: Sequence[str] = (),
) -> Updates:
    """Give the points of each trace by uid: ``signal:theory``, ``signal:std``, ``signal:gradient``.

    The measured two have ``…:zero`` and ``…:bad`` besides (``marked``): what a logarithmic axis has
    no place for is marked at an edge. In theory's line it is a gap.
    """
    units = range(1, max(map(len, (products, stds, gradients))) + 1)
    theory = theory_of(products, gradients)
    return {
        "signal:theory": {"x": [*units][: len(theory)], "y": theory},
        **series_updates("signal:std", units, stds, log=True, labels=places),
        **series_updates("signal:gradient", units, gradients, log=True, labels=places, shelf=1),
    }


def signal_and_gradient(
    products: Sequence[Number],
    stds: Sequence[Number],
    gradients: Sequence[Number],
    *,
    places: Sequence[str] = (),
    t: Callable[..., str],
    stages: Sequence[int] = (),
) -> go.Figure:
    """Draw signal, gradient and the product of λ, unit by unit, over powers of ten.

    Args:
        products: ∏λ from each unit to the last, from unit 1 on (``scales.products``).
        stds: Standard deviation of the activations, by unit; None where there is none.
        gradients: Norm of the gradient, by unit; None where there is none.
        places: What else a unit is, when pointed at: ``stage 2, unit 3``.
        t: Translates.
        stages: Numbers of the units where the stages begin, the first stage's too.
    """
    updates = signal_and_gradient_updates(products, stds, gradients, places=places)
    last = max(map(len, (products, stds, gradients)))
    size = {"size": marker_size(last)}
    name = t("theory: last unit's gradient × ∏λ")
    traces = [
        go.Scatter(
            uid="signal:theory",
            name=name,
            legendrank=9,
            **updates["signal:theory"],
            mode="lines+markers",  # with λ = 0 it is one point
            line=theme.theory_line(),
            marker={"color": theme.color("theory"), "size": 3},
            connectgaps=False,
            cliponaxis=False,
            hovertemplate=f"{name}<br>%{{y:.3~g}}<extra></extra>",
        )
    ]
    for rank, (uid, label, line, marker) in enumerate(
        (
            (
                "signal:gradient",
                t("gradient norm"),
                theme.line("residual"),
                theme.marker("residual"),
            ),
            (
                "signal:std",
                t("standard deviation of the activations"),
                SPREAD_LINE,
                SPREAD_MARKER,
            ),
        ),
        start=1,
    ):
        traces += series_traces(
            updates,
            uid=uid,
            name=label,
            line=line,
            marker=marker | size,
            place=t("unit {number}", number="%{x}"),
            t=t,
            rank=rank,
        )
    return go.Figure(
        traces,
        theme.layout(
            xaxis=numbered_axis(t("unit, from image to classes"), last)
            | ({"showgrid": False} if stages else {}),
            yaxis=value_axis(t("gradient norm; standard deviation"), log=True),
            yaxis2=EDGES,
            margin=MARGIN,
            legend=LEGEND,
            **stage_marks(stages, last, t),
            uirevision=f"kept for {last} units",
        ),
    )


def theory_of(products: Sequence[Number], gradients: Sequence[Number]) -> list[Number]:
    """Scale the products, without their sign, to the last unit's gradient; None where no place is.

    Without a last gradient there is nothing to scale to: None everywhere.
    """
    last = gradients[-1] if gradients and len(gradients) == len(products) else None
    if last is None or not is_drawn(last, log=True):
        return [None] * len(products)
    scaled = [None if one is None else abs(one) * last for one in products]
    return [
        one if one is not None and math.isfinite(one) and is_drawn(one, log=True) else None
        for one in scaled
    ]
