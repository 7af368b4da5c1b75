"""Which network's paths are measured, how often, and of how many units are they counted?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import controls, trained
from pages.ui.frame import Page
from pages.ui.link import integer
from pages.ui.path_draws import IMAGES
from pages.ui.trained import Subject
from pages.ui.translate import Translate
from pages.ui.unraveling import MOST_UNITS as MOST_COUNTED
from resnet_core.specs import RunSpec

MOST_UNITS = 120
"""Of a network whose gradients are measured; the bench refuses more."""

DRAWS = (1, 3, 5, 10, 20, 50)
AS_NETWORK = 0
LENGTHS = (AS_NETWORK, 1, 3, 9, 18, 27, 54, 100, 200, 600)
DEFAULT = "residual-56"
NONE = "none"
UNITS = 27
"""Of the histogram, where there is no network: those of ResNet-56."""

SETTINGS = ("network", "beside", "draws", "lengths")
"""Their names in a link."""


@dataclass(frozen=True)
class Asked:
    """What the controls ask for.

    Attributes:
        networks: One or two; none where they cannot be read.
        draws: Of each length.
        units: Of the histogram.
    """

    networks: tuple[Subject, ...]
    draws: int
    units: int


def fits(run: RunSpec) -> bool:
    """Whether gradients can go back along paths of this plan's network."""
    return run.network.join != "plain" and sum(run.network.units_per_stage) <= MOST_UNITS


def ask(page: Page) -> Asked:
    """Draw the controls, and give what they ask for."""
    t = page.t
    columns = st.columns([0.31, 0.31, 0.14, 0.24], gap="medium")
    with columns[0]:
        first = trained.choose(page, "network", t("Trained network"), default=DEFAULT, fits=fits)
    with columns[1]:
        second = trained.choose(
            page, "beside", t("Beside it"), default=NONE, fits=fits, none=t("none")
        )
    with columns[2]:
        draws = controls.slider(
            page,
            "draws",
            t("Draws"),
            DRAWS,
            5,
            1,
            100,
            help=t(
                "A draw goes back along one random path of each length, 0 to n, on {images} test "
                "images.",
                images=IMAGES,
            ),
        )
    networks = [one for one in (first, second) if one is not None]
    networks = networks[:1] if len({one.code for one in networks}) == 1 else networks
    with columns[3]:
        own = units_of(networks[0]) if networks else UNITS
        units = _lengths(page, own)
    return Asked(tuple(networks), draws, units)


def _lengths(page: Page, own: int) -> int:
    """Ask of how many units the histogram is; as many as the network has, if nobody says else."""
    t = page.t
    key = page.link.setting("lengths", AS_NETWORK, integer("lengths", AS_NETWORK, MOST_COUNTED))
    value: int = st.select_slider(
        t("Units of the histogram"),
        controls.with_value(LENGTHS, st.session_state[key]),
        key=key,
        format_func=lambda units: (
            f"{units:,}" if units else t("{units}, as the network", units=own)
        ),
    )
    return value or own


def units_of(of: Subject) -> int:
    """Count the units of a network."""
    return sum(of.network.units_per_stage)


def short_names(networks: Sequence[Subject], t: Translate) -> list[str]:
    """Name networks without their width, which the controls say, unless that tells them apart."""
    titles = [trained.network_title(one.network, t) for one in networks]
    short = [
        ", ".join(
            part for part in said.split(", ") if part != t("width {width}", width=one.network.width)
        )
        for said, one in zip(titles, networks, strict=True)
    ]
    return short if len({*short}) == len(short) else titles
