"""The palette: complete, readable, and the same as the app's."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import plotly.graph_objects as go
import pytest

from pages.ui import theme
from pages.ui.chart import figure_json
from pages.ui.figures.curves import Curve, training_curves
from pages.ui.figures.degradation import Point, Published, error_against_depth

CONFIG = tomllib.loads(
    (Path(theme.__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8")
)

FIGURES = [
    training_curves([Curve(uid="a", label="plain-8", join="plain", depth=8)], t=str),
    error_against_depth(
        [Point(depth=8, join="plain", errors_train=[0.1, 0.2], diverged=["seed 3"])],
        t=str,
        published=[Published(depth=20, join="residual", error=0.0875, source="He 2015")],
    ),
]


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_schemes_name_the_same_colours() -> None:
    assert set(theme.PALETTE["light"]) == set(theme.PALETTE["dark"])


@pytest.mark.parametrize("scheme", theme.PALETTE)
def test_every_token_of_a_figure_has_a_colour(scheme: theme.Scheme) -> None:
    for figure in FIGURES:
        tokens = re.findall(r"var\(--([a-z0-9-]+)", json.dumps(figure_json(figure)))
        assert tokens
        assert set(tokens) <= set(theme.PALETTE[scheme])
        resolved = theme.resolve(figure_json(figure), scheme)
        assert "var(" not in json.dumps(resolved)
        go.Figure(resolved)  # Plotly accepts every colour


def test_a_token_carries_its_transparency() -> None:
    assert theme.resolve(theme.color("plain", 0.5)) == "rgba(213, 94, 0, 0.5)"
    assert theme.resolve(theme.color("plain"), "dark") == "#ff8a4a"
    with pytest.raises(KeyError, match="'red' is no colour"):
        theme.color("red")


@pytest.mark.parametrize("scheme", theme.PALETTE)
@pytest.mark.parametrize(
    ("name", "least"),
    [("text", 12), ("muted", 5.5), ("plain", 3.5), ("residual", 4.5), ("theory", 4),
     ("plain-light", 2.5), ("residual-light", 2.5), ("green", 4), ("purple", 4), ("yellow", 3)],
)  # fmt: skip
def test_colours_can_be_told_from_the_paper(scheme: theme.Scheme, name: str, least: float) -> None:
    palette = theme.PALETTE[scheme]
    assert contrast(palette[name], palette["paper"]) >= least


@pytest.mark.parametrize("scheme", theme.PALETTE)
def test_the_app_looks_like_its_figures(scheme: theme.Scheme) -> None:
    assert CONFIG["theme"][scheme]["backgroundColor"] == theme.PALETTE[scheme]["paper"]
    assert CONFIG["theme"][scheme]["textColor"] == theme.PALETTE[scheme]["text"]
    assert CONFIG["theme"]["font"] == theme.FONT


def test_joins_differ_in_more_than_colour() -> None:
    assert theme.line("plain")["dash"] != theme.line("residual")["dash"]
    assert theme.marker("plain")["symbol"] != theme.marker("residual")["symbol"]
    assert theme.published_marker("plain")["symbol"].endswith("-open")
    assert theme.line("plain", "test")["width"] < theme.line("plain")["width"]


@pytest.mark.parametrize("key", CONFIG)
def test_streamlit_knows_every_setting(key: str) -> None:
    from streamlit import config

    known = set(config.get_config_options())

    def check(prefix: str, section: dict[str, object]) -> None:
        for name, value in section.items():
            if isinstance(value, dict):
                check(f"{prefix}.{name}", value)
            else:
                assert f"{prefix}.{name}" in known

    check(key, CONFIG[key])


def test_the_two_settings_that_matter() -> None:
    assert CONFIG["runner"]["postScriptGC"] is False
    assert CONFIG["server"]["fileWatcherType"] == "none"
