"""One colour, one meaning: the palette of every figure, for light and dark.

Figures name colours by meaning, never by value: ``color("plain")`` is the token ``var(--plain)``.
The browser puts in the value of the scheme it shows (so a change of theme recolours at once);
``resolve`` does the same in a notebook.

Plain is vermilion and dashed, residual is blue and solid (Okabe and Ito's palette; dashes and
marker shapes differ too). Training error is heavy, test error light. Published values are hollow
markers, theory is dotted grey.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

Scheme = Literal["light", "dark"]
Kind = Literal["train", "test", "batch"]

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", '
    '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", '
    '"WenQuanYi Micro Hei", sans-serif'
)
"""The system's own face, then faces that have Chinese; ``.streamlit/config.toml`` says the same."""

PALETTE: Mapping[Scheme, Mapping[str, str]] = MappingProxyType(
    {
        "light": MappingProxyType(
            {
                "paper": "#ffffff",
                "text": "#17202e",
                "muted": "#566174",
                "grid": "#e7eaf0",
                "axis": "#b6bfcc",
                "plain": "#d55e00",
                "plain-light": "#e58a48",
                "residual": "#0072b2",
                "residual-light": "#4c9fd4",
                "theory": "#6f7a8a",
                "green": "#00845f",
                "purple": "#b0578d",
                "yellow": "#b97f00",
                "violet": "#6a5bb8",
                "tint-0": "#eef1f5",
                "tint-1": "#fbf0d6",
                "tint-2": "#daf0e6",
                "tint-3": "#f7e2ed",
                "tint-4": "#e7e3f8",
                "scale-0": "#f4f7fb",
                "scale-1": "#9cc3e0",
                "scale-2": "#17496f",
            }
        ),
        "dark": MappingProxyType(
            {
                "paper": "#0f1521",
                "text": "#e9eef6",
                "muted": "#a3afc1",
                "grid": "#243044",
                "axis": "#4d5b72",
                "plain": "#ff8a4a",
                "plain-light": "#d98553",
                "residual": "#56b4e9",
                "residual-light": "#4893bd",
                "theory": "#8d99ab",
                "green": "#35c79b",
                "purple": "#dd93bd",
                "yellow": "#e9b33f",
                "violet": "#a79bf0",
                "tint-0": "#1c2636",
                "tint-1": "#3a2f14",
                "tint-2": "#133629",
                "tint-3": "#3c2334",
                "tint-4": "#2b2750",
                "scale-0": "#16202f",
                "scale-1": "#2f6d9c",
                "scale-2": "#c4e3f8",
            }
        ),
    }
)

DASH = MappingProxyType({"plain": "dash", "residual": "solid"})
SYMBOL = MappingProxyType({"plain": "square", "residual": "circle"})

STAGES = ("theory", "yellow", "green", "purple", "violet")
"""Colours of the stages of a network, from 1; the first is for what stands before and after. Each
has a tint for areas with words on them: ``tint-0`` to ``tint-4``."""

_TOKEN = re.compile(r"var\(--([a-z0-9-]+)(?:, ([0-9.]+))?\)")
_T = TypeVar("_T")


def color(name: str, alpha: float = 1.0) -> str:
    """Give the token of a colour of the palette, a value Plotly accepts.

    For what should shine through, give ``alpha`` here, not ``opacity`` to the trace: that costs
    the browser a layer a trace.
    """
    if name not in PALETTE["light"]:
        raise KeyError(f"{name!r} is no colour: choose one of {', '.join(PALETTE['light'])}.")
    return f"var(--{name})" if alpha == 1.0 else f"var(--{name}, {round(alpha, 3)})"


def resolve(figure: _T, scheme: Scheme = "light") -> _T:
    """Put colours in the place of tokens, anywhere in a figure's JSON.

    In a notebook: ``go.Figure(resolve(figure.to_plotly_json()))``.
    """
    return cast(_T, _resolve(figure, scheme))


def _resolve(part: Any, scheme: Scheme) -> Any:
    if isinstance(part, str):
        return _TOKEN.sub(lambda found: _value(found[1], found[2], scheme), part)
    if isinstance(part, Mapping):
        return {key: _resolve(value, scheme) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_resolve(value, scheme) for value in part]
    return part


def _value(name: str, alpha: str | None, scheme: Scheme) -> str:
    value = PALETTE[scheme][name]
    if alpha is None:
        return value
    red, green, blue = (int(value[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"


def line(join: str, kind: Kind = "train", *, alpha: float = 1.0) -> dict[str, Any]:
    """Give the line of a join: training error heavy, test error light, single batches thin."""
    light = "" if kind == "train" else "-light"
    width = {"train": 3.0, "test": 1.75, "batch": 1.0}[kind]
    dash = "solid" if kind == "batch" else DASH[join]  # a dashed noisy line is only noise
    return {"color": color(join + light, alpha), "dash": dash, "width": width}


def marker(join: str, kind: Kind = "train", *, alpha: float = 1.0) -> dict[str, Any]:
    """Give the marker of a join; training error is larger."""
    light = "" if kind == "train" else "-light"
    size = {"train": 9, "test": 7, "batch": 4}[kind]
    return {"color": color(join + light, alpha), "symbol": SYMBOL[join], "size": size}


def published_marker(join: str) -> dict[str, Any]:
    """Give the hollow marker of a value that somebody published."""
    return {
        "color": color(join),
        "symbol": f"{SYMBOL[join]}-open",
        "size": 11,
        "line": {"width": 2, "color": color(join)},
    }


def theory_line() -> dict[str, Any]:
    """Give the dotted grey line of a formula."""
    return {"color": color("theory"), "dash": "dot", "width": 2}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Give an axis with its title; say the unit in it."""
    return {
        "title": {"text": title, "font": {"size": 14, "color": color("muted")}, "standoff": 10},
        "automargin": True,
        "color": color("muted"),
        "tickfont": {"size": 13, "color": color("muted")},
        "gridcolor": color("grid"),
        "linecolor": color("axis"),
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": color("axis"),
        "ticklen": 4,
        **more,
    }


def layout(*, xaxis: Mapping[str, Any], yaxis: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Give the layout every figure starts from.

    ``uirevision`` never changes: zoom and hidden series survive every update.
    """
    return {
        "template": "none",
        "uirevision": "kept",
        "paper_bgcolor": color("paper"),
        "plot_bgcolor": color("paper"),
        "font": {"family": FONT, "size": 14, "color": color("text")},
        "margin": {"l": 56, "r": 16, "t": 12, "b": 44},
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": color("paper"),
            "bordercolor": color("axis"),
            "font": {"family": FONT, "size": 13, "color": color("text")},
            "align": "left",
            "namelength": -1,
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 13},
            "bgcolor": "rgba(0, 0, 0, 0)",
            "tracegroupgap": 0,
        },
        "xaxis": dict(xaxis),
        "yaxis": dict(yaxis),
        **more,
    }
