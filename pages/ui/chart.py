"""How is a figure shown? Every figure of the app, before, during and after a run: ``chart``.

One Streamlit component holds the figures, side by side where there is room. The browser draws
them with one Plotly and keeps them: zoom, hidden series and what is pointed at survive a rerun of
the page, new data, new points and a change of theme. While a ``Live`` address is given, it asks
there for what is new and nothing passes through the page's script:

    GET {url}&since={cursor}    cursor -1 asks for everything
    204  nothing new            404  no longer there: it gives up after three of them
    200  {"cursor": int,
          "append":  {uid: {"x": […], "y": […]}},             points to add to a trace
          "replace": {uid: {"x": […], "y": […], …}},           a trace's new data
          "cells":   [{"id", "label", "status", "progress"}],  one a run; progress in [0, 1]
          "status":  "one line",
          "captions": ["…", null],                             one a figure; null: as it was
          "done": bool}                                        nothing will follow

Everything but ``cursor`` may be left out. Uids are Plotly's, over all figures. A value that is
not finite is null. A server that cannot go on from the cursor it is asked for sends whole traces
under ``replace``. When ``done`` comes, the page runs again, once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.io

from pages.ui.component import component
from pages.ui.plotly_js import PLOTLY_PATH
from pages.ui.theme import PALETTE

NAME = "resnet_lab_chart"

_HERE = Path(__file__).parent
_JS = (_HERE / "chart.js").read_text(encoding="utf-8")
_CSS = (_HERE / "chart.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Live:
    """Where new points come from.

    Attributes:
        url: Of the route, relative to the page or absolute, with its ``?``.
        interval_seconds: Between two questions, once the first points have come.
    """

    url: str
    interval_seconds: float


@dataclass(frozen=True)
class ChartState:
    """What the browser said.

    Attributes:
        done: The last cursor, in the one rerun that follows the end of the stream; else None.
    """

    done: int | None


def chart_words(t: Callable[[str], str]) -> dict[str, str]:
    """Give the component's own words in the visitor's language."""
    return {
        "svg": t("Download the figure as SVG"),
        "png": t("Download the figure as PNG"),
        "csv": t("Download the data as CSV"),
        "reset": t("Whole figure"),
        "series": t("series"),
        "reconnecting": t("Connection lost, trying again …"),
        "gone": t("This run is no longer there."),
        "queued": t("queued"),
        "running": t("running"),
        "paused": t("paused"),
        "completed": t("completed"),
        "diverged": t("diverged"),
        "failed": t("failed"),
        "stopped": t("stopped"),
    }


def chart(
    figures: Sequence[go.Figure],
    *,
    key: str,
    alt: Sequence[str],
    words: Mapping[str, str],
    captions: Sequence[str] = (),
    widths: Sequence[float] = (),
    live: Live | None = None,
    height: int = 340,
    on_done: Callable[[], None] | None = None,
) -> ChartState:
    """Show figures side by side, or one under the other where it is narrow.

    Above each figure stands a legend of its own making: one entry for each ``legendgroup`` and
    name of the traces that show in the legend, in the order of their ``legendrank``.

    Args:
        figures: Plotly figures in the colours of ``theme``.
        key: The chart's identity in the page. The same key keeps the same chart.
        alt: Says what each figure shows, for those who do not see it.
        words: From ``chart_words``.
        captions: What each figure says, in a sentence below it.
        widths: Relative widths of the figures; equal when left out.
        live: Where new points come from, while there are any.
        height: Of each figure without its legend, in pixels.
        on_done: Called before the rerun that follows the end of the stream.
    """
    count = len(figures)
    for name, given in (("alt", alt), ("captions", captions), ("widths", widths)):
        if len(given) != count and (given or name == "alt"):
            raise ValueError(f"{count} figures need {count} {name}, got {len(given)}.")
    mount = component(NAME, html='<div class="rl-chart"></div>', css=_CSS, js=_JS)
    result = mount(
        key=key,
        data={
            "name": key,
            "figures": [figure_json(figure) for figure in figures],
            "alts": list(alt),
            "captions": list(captions) or [""] * count,
            "widths": list(widths) or [1.0] * count,
            "height": height,
            "live": None if live is None else asdict(live),
            "palette": {scheme: dict(colors) for scheme, colors in PALETTE.items()},
            "plotlyUrl": PLOTLY_PATH,
            "words": dict(words),
        },
        on_done_change=on_done or _nothing,
    )
    return ChartState(done=result.done)


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """Give a figure as the JSON the browser gets: uids kept, what is not finite as null."""
    text = plotly.io.to_json(figure, validate=False, remove_uids=False)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _nothing() -> None:
    """Do nothing: a trigger is only reported where a callback is given."""
