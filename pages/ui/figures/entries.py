"""What is known of one variant, and what do its two figures share? Errors, seeds, crosses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import Any, Literal

import plotly.graph_objects as go

from pages.ui import theme
from pages.ui.figures.names import kind_name
from resnet_core.studies.spreads import half_width

Measured = Literal["train", "test"]
Updates = dict[str, dict[str, list[Any]]]

KINDS: tuple[Measured, ...] = ("test", "train")
SYMBOLS: Mapping[Measured, str] = MappingProxyType({"test": "diamond", "train": "circle"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The errors of one variant, at the end of its training.

    Attributes:
        key: Of the variant.
        label: Its name, for a row.
        scale: λ of its shortcuts, for a sweep.
        errors_train: Share of the training images that is wrong, in [0, 1], one a seed.
        errors_test: The same of the test images.
        diverged: What is said of each seed whose loss stopped being a number: ``seed 0, step 13``.
        published: An error on test images that somebody published, in [0, 1].
        published_fail: It was published as "fail", an error above 20 %.
    """

    key: str
    label: str
    scale: float | None = None
    errors_train: Sequence[float] = ()
    errors_test: Sequence[float] = ()
    diverged: Sequence[str] = ()
    published: float | None = None
    published_fail: bool = False


def percents(entry: Entry, measured: Measured) -> list[float]:
    """Give the errors of the seeds in %."""
    errors = entry.errors_train if measured == "train" else entry.errors_test
    return [round(100 * error, 3) for error in errors]


def interval_of(errors: Sequence[float]) -> tuple[float, float] | None:
    """Give the 95 % interval of the mean of some errors in %; None below two."""
    if len(errors) < 2:
        return None
    mean, half = fmean(errors), half_width(errors)
    return round(max(0.0, mean - half), 3), round(min(100.0, mean + half), 3)


def spread_words(errors: Sequence[float], interval: tuple[float, float] | None = None) -> str:
    """Say how far some errors in % lie apart, in a bracket at a line's end; nothing of one."""
    if len(errors) < 2:
        return ""
    said = f"{min(errors):.1f}–{max(errors):.1f} %, n = {len(errors)}"
    if interval is not None:
        said += f"; 95 %: {interval[0]:.1f}–{interval[1]:.1f} %"
    return f" ({said})"


def edge(axis: Literal["x", "y"]) -> dict[str, Any]:
    """Give an axis that nobody sees, whose end is the figure's edge: 1 of y, 100 of x."""
    return {
        "overlaying": axis,
        "range": [0, 1.04] if axis == "y" else [0, 102.5],
        "visible": False,
        "fixedrange": True,
    }


def dots_trace(
    uid: str,
    measured: Measured,
    updates: Updates,
    t: Callable[..., str],
    *,
    yaxis: str = "y",
) -> go.Scatter:
    """Draw each seed, small; ``uid`` is the mean's. On ``y2`` with the symbols of the rows."""
    marker = theme.marker("residual", measured, alpha=0.6) | {"size": 4}
    return go.Scatter(
        uid=f"{uid}:seeds",
        name=f"{kind_name(measured, t)}: {t('each seed')}",
        legendgroup=uid,
        showlegend=False,
        **updates[f"{uid}:seeds"],
        yaxis=yaxis,
        mode="markers",
        marker=marker | ({"symbol": SYMBOLS[measured], "size": 6} if yaxis == "y2" else {}),
        cliponaxis=False,
        hoverinfo="skip",
    )


def crosses_trace(
    uid: str, updates: Updates, t: Callable[..., str], hover: str, *, xaxis: str = "x"
) -> go.Scatter:
    """Draw what diverged, at the edge; ``hover`` says where it stands, its text what it was."""
    color = theme.color("residual")
    return go.Scatter(
        uid=uid,
        name=t("diverged"),
        legendgroup=uid,
        legendrank=9,
        showlegend=bool(updates[uid]["x"]),
        **updates[uid],
        xaxis=xaxis,
        yaxis="y2",
        mode="markers",
        marker={
            "symbol": "x-thin",
            "size": 11,
            "color": color,
            "line": {"width": 3, "color": color},
        },
        cliponaxis=False,
        hovertemplate=f"{hover}%{{text}}<extra></extra>",
    )
