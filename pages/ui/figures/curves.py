"""How does error or loss fall while networks train?

One line a run and kind: single batches thin, training images heavy, test images light. Plain is
vermilion and dashed, residual blue and solid; the deeper the network, the stronger its line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.marked import EDGES
from pages.ui.figures.names import kind_name, run_series_name, series_name
from resnet_core.specs.changes import Changed

Quantity = Literal["error", "loss"]
Number = float | None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What one run has said so far. None stands for a value that is not finite.

    Attributes:
        uid: The run's digest; the uids of its traces begin with it.
        label: The network's name, ``plain-56``.
        join: ``plain`` or ``residual``.
        depth: Weighted layers.
        steps: Steps with a batch value.
        errors: Share of each of these batches that was wrong, in [0, 1].
        losses: Loss of each of these batches, in nats.
        evaluation_steps: Steps after which all images were classified.
        train_errors: Share of the training images that was wrong then.
        test_errors: Share of the test images that was wrong then.
        train_losses: Mean loss over the training images then, in nats.
        test_losses: Mean loss over the test images then, in nats.
        legend: Its name in the legend, where each run has its own place; None where runs of a join
            share one.
        hue: A colour of the palette, where two runs of the same join must be told apart.
        changes: What was changed in mid-run: after which step, and what, in a few signs.
    """

    uid: str
    label: str
    join: str
    depth: int
    steps: Sequence[int] = ()
    errors: Sequence[Number] = ()
    losses: Sequence[Number] = ()
    evaluation_steps: Sequence[int] = ()
    train_errors: Sequence[Number] = ()
    test_errors: Sequence[Number] = ()
    train_losses: Sequence[Number] = ()
    test_losses: Sequence[Number] = ()
    legend: str | None = None
    hue: str | None = None
    changes: Sequence[tuple[int, str]] = ()


def change_text(change: Changed) -> str:
    """Write a change in signs that need no translation: ``λ → 1 (50)``, ``η → 0.01``."""
    sign = {"shortcut_scale": "λ", "learning_rate": "η"}[change.what]
    return f"{sign} → {change.value:g}" + (f" ({change.over})" if change.over else "")


def change_updates(
    changes: Mapping[str, Sequence[tuple[int, str]]],
) -> dict[str, dict[str, list[Any]]]:
    """Give the marks of changes by uid: below the figure's top edge, a shelf each.

    Args:
        changes: Of each run, by its digest, as ``Curve.changes``.
    """
    return {
        f"{run}:changes": {
            "x": [step for step, _ in marks],
            "y": [_shelf(place + number * len(changes)) for number in range(len(marks))],
            "text": [text for _, text in marks],
        }
        for place, (run, marks) in enumerate(changes.items())
    }


def _shelf(number: int) -> float:
    """Give the height of a mark, so that neighbours keep room for their words."""
    return round(0.96 - 0.08 * (number % 9), 2)


KINDS: Mapping[Quantity, Mapping[str, theme.Kind]] = {
    "error": {"batch_error": "batch", "test_error": "test", "train_error": "train"},
    "loss": {"loss": "batch", "test_loss": "test", "train_loss": "train"},
}
"""What follows ``digest:`` in the uids of a figure, back to front, and how it is drawn."""


def curve_updates(curve: Curve, *, quantity: Quantity) -> dict[str, dict[str, list[Any]]]:
    """Give the points of a run's traces by uid, as drawn: steps, and errors in % (losses in nats).

    From a curve of new points only these are what a live figure is to append.
    """
    named: dict[theme.Kind, Sequence[Number]]
    if quantity == "error":
        named = {
            "batch": _percents(curve.errors),
            "train": _percents(curve.train_errors),
            "test": _percents(curve.test_errors),
        }
    else:
        named = {"batch": curve.losses, "train": curve.train_losses, "test": curve.test_losses}
    updates: dict[str, dict[str, list[Any]]] = {}
    for suffix, kind in KINDS[quantity].items():
        steps = curve.steps if kind == "batch" else curve.evaluation_steps
        values = named[kind]
        updates[f"{curve.uid}:{suffix}"] = {"x": list(steps[: len(values)]), "y": list(values)}
    return updates


def training_curves(
    runs: Sequence[Curve],
    *,
    t: Callable[..., str],
    quantity: Quantity = "error",
    show_batches: bool = True,
    show_test: bool = True,
    steps: int | None = None,
) -> go.Figure:
    """Draw error or loss of runs over their steps.

    The legend has one entry a join and kind, however many runs there are; pressing it hides them
    all. Pointing at a line names the run.

    Args:
        runs: The runs; those without points yet have their empty traces already.
        t: Translates.
        quantity: ``error`` in %, or ``loss`` in nats.
        show_batches: Draw the batches too.
        show_test: Draw the test images too.
        steps: Steps of the whole training, so that the axis does not grow while it runs.
    """
    wanted = {"train", *(["batch"] if show_batches else []), *(["test"] if show_test else [])}
    shades = _shades(runs)
    points = {uid: xy for run in runs for uid, xy in curve_updates(run, quantity=quantity).items()}
    traces = [
        _trace(run, suffix, kind, points[f"{run.uid}:{suffix}"], shades[run.depth], t, quantity)
        for suffix, kind in KINDS[quantity].items()
        if kind in wanted
        for run in runs
    ]
    _show_the_deepest(traces)
    marks = change_updates({run.uid: run.changes for run in runs})
    traces += [_marks(run, marks[f"{run.uid}:changes"], t) for run in runs if run.legend]
    titles = {
        "error": t("error, % of the images"),
        "loss": t("loss, nats an image (log scale)"),
    }
    x: dict[str, Any] = {"rangemode": "tozero", "nticks": 8}
    if steps is not None:
        x |= {"range": [0, steps * 1.01]}
    y: dict[str, Any] = {
        "rangemode": "tozero",
        "autorangeoptions": {"include": [0, 5 if quantity == "error" else 0.5]},
        "nticks": 7,
    }
    if quantity == "error":
        y["autorangeoptions"]["clipmax"] = 101
    else:
        # A plain network's loss can start in the hundreds and end in thousandths.
        y = {"type": "log", "nticks": 6, "exponentformat": "power"}
    return go.Figure(
        traces,
        theme.layout(
            xaxis=theme.axis(t("step"), **x),
            yaxis=theme.axis(titles[quantity], **y),
            yaxis2=EDGES,
            uirevision=f"kept for {steps} steps",  # a zoom into other axes would be half a zoom
        ),
    )


def _trace(
    run: Curve,
    suffix: str,
    kind: theme.Kind,
    points: dict[str, list[Any]],
    shade: float,
    t: Callable[..., str],
    quantity: Quantity,
) -> go.Scatter:
    value = "%{y:.1f} %" if quantity == "error" else "%{y:.3f}"
    if run.legend is not None:
        shade = 1.0  # among a few runs, depth needs no shade
    alpha = shade * (0.5 if kind == "batch" else 1.0)
    line = theme.line(run.join, kind, alpha=alpha)
    marker = theme.marker(run.join, kind, alpha=alpha)
    if run.hue is not None:
        line["color"] = marker["color"] = theme.color(
            run.hue, alpha * (0.7 if kind == "test" else 1)
        )
    line["width"] *= 0.6 + 0.4 * shade
    return go.Scatter(
        uid=f"{run.uid}:{suffix}",
        name=run_series_name(run.legend, kind, t) if run.legend else series_name(run.join, kind, t),
        legendgroup=f"{run.legend or run.join}:{kind}",
        legendrank={"train": 1, "test": 3, "batch": 5}[kind] + (run.join == "residual"),
        x=points["x"],
        y=points["y"],
        # Among a few runs each report is a point: a single step must be seen.
        mode="lines" if kind == "batch" and run.legend is None else "lines+markers",
        line=line,
        marker=marker | {"size": 6 if kind == "train" else 4},
        hovertemplate=(
            f"<b>{run.label}</b>, {kind_name(kind, t)}<br>"
            f"{t('step')} %{{x}}: {value}<extra></extra>"
        ),
        cliponaxis=kind == "batch",
    )


def _marks(run: Curve, points: dict[str, list[Any]], t: Callable[..., str]) -> go.Scatter:
    """Draw what was changed: a line from the top edge to the bottom, with its few signs."""
    colour = theme.color(run.hue) if run.hue is not None else theme.line(run.join)["color"]
    return go.Scatter(
        uid=f"{run.uid}:changes",
        name=t("{name}: changed", name=run.legend),
        showlegend=False,
        x=points["x"],
        y=points["y"],
        text=points["text"],
        yaxis="y2",
        mode="markers+text",
        textposition="middle right",
        textfont={"color": colour, "size": 13},
        marker={"symbol": "triangle-down", "size": 9, "color": colour},
        error_y={
            "type": "constant",
            "symmetric": False,
            "value": 0,
            "valueminus": 1,
            "thickness": 1,
            "width": 0,
            "color": colour,
        },
        cliponaxis=True,
        hovertemplate=f"<b>{run.label}</b><br>{t('step')} %{{x}}: %{{text}}<extra></extra>",
    )


def _shades(runs: Sequence[Curve]) -> dict[int, float]:
    """Give the strength of each depth: the deepest 1, the shallowest 0.4, the others between."""
    depths = sorted({run.depth for run in runs})
    rank = max(1, len(depths) - 1)
    return {depth: 1.0 - 0.6 * (len(depths) - 1 - i) / rank for i, depth in enumerate(depths)}


def _show_the_deepest(traces: Sequence[go.Scatter]) -> None:
    """Let the strongest trace of each legend group stand in the legend for all of it."""
    strongest: dict[str, go.Scatter] = {}
    for trace in traces:
        trace.showlegend = False
        known = strongest.get(trace.legendgroup)
        if known is None or trace.line.width >= known.line.width:
            strongest[trace.legendgroup] = trace
    for trace in strongest.values():
        trace.showlegend = True


def _percents(fractions: Sequence[Number]) -> list[Number]:
    return [None if value is None else round(100 * value, 3) for value in fractions]
