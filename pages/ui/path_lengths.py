"""The lower part of *The unraveled view*: how long the paths are, and which carry the gradient.

The gradients are measured draw by draw while the page is looked at: the figures grow, and every
control answers in between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import streamlit as st

from pages.ui import lab
from pages.ui.chart import chart, chart_words
from pages.ui.figures.path_gradients import (
    HUES,
    Measured,
    gradient_by_length,
    gradient_shares_by_length,
)
from pages.ui.figures.paths import Range, length_histogram
from pages.ui.frame import Page
from pages.ui.link import RUNS_AGAIN
from pages.ui.path_controls import SETTINGS, Asked, ask, short_names, units_of
from pages.ui.path_draws import Known, path_draws
from pages.ui.path_words import (
    PUBLISHED_MOST,
    lengths_of_most,
    norms_words,
    paths_words,
    say,
    say_how_far,
    shares_words,
)
from pages.ui.translate import Translate
from resnet_core.studies.path_gradients import PathGradients
from resnet_core.studies.path_product import PUBLISHED_HIGH, PUBLISHED_LOW, PUBLISHED_UNITS

POLL_SECONDS = 0.6
QUIET_POLLS = 3
"""Without news, after which the page stops to look again."""
FIRST_DRAW_SECONDS = 0.8
"""How long a page that opens waits for its first draw, so that it shows something measured."""

MOST_EXACT = 60
"""Of a network whose paths are added up exactly: the time grows with the square."""

WAITS = "_unraveled.waits"
"""In the session: more is being measured for this page."""


def section(page: Page) -> None:
    """Draw the controls, the figures, and what they say; look again while more is measured."""
    looks_again = st.session_state.get(WAITS, lab.is_ready())
    drawn: list[tuple[Any, ...]] = []
    quiet: list[bool] = []

    @st.fragment(run_every=POLL_SECONDS if looks_again else None)
    def part() -> None:
        if len(drawn) == 1:
            _set_anew(page)
        if drawn and page.link.problems and _settings(page) != drawn[-1]:
            st.rerun()  # what was wrong with the link is no longer so
        waits = _draw(page)
        if drawn:
            page.link.write()
        drawn.append(_settings(page))
        quiet[:] = [] if waits else [*quiet, True]
        if waits != looks_again and (waits or len(quiet) > QUIET_POLLS):
            st.session_state[WAITS] = waits
            st.session_state[RUNS_AGAIN] = True
            st.rerun()

    part()


def _settings(page: Page) -> tuple[Any, ...]:
    return tuple(st.session_state.get(page.link.key(name)) for name in SETTINGS)


def _set_anew(page: Page) -> None:
    """Say the settings to the browser once more.

    A slow one may get the second run's controls before it has shown the first's, and only the first
    run says the values that it sets.
    """
    for key in (page.link.key(name) for name in SETTINGS):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _draw(page: Page) -> bool:
    asked = ask(page)
    known = _look(asked)
    names = short_names(asked.networks, page.t)
    found = [_gradients(one, name) for one, name in zip_longest(known, names)]
    _figures(page, asked, names, found)
    say_how_far(page, known)
    say(page, asked.networks, [one for one in found if one is not None], known)
    return any(one.waits for one in known)


def _look(asked: Asked) -> list[Known]:
    if not lab.is_ready():
        return []
    return [
        path_draws.look(
            one,
            asked.draws,
            exact=units_of(one) <= MOST_EXACT,
            patience=0 if place else FIRST_DRAW_SECONDS,
        )
        for place, one in enumerate(asked.networks)
    ]


def _gradients(known: Known | None, name: str) -> PathGradients | None:
    """Put the bench's answers together, if there are any; what is no finite number is NaN."""
    if known is None or not known.draws:
        return None
    return PathGradients(
        name=name,
        draws=tuple(tuple(_number(norm) for norm in one["norms"]) for one in known.draws),
        whole=_number(known.draws[0]["whole"]),
        images=known.draws[0]["images"],
        exact=tuple(_number(one) for one in known.sums["shares"]) if known.sums else (),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


# --- what is drawn --------------------------------------------------------------------------------


def _figures(
    page: Page, asked: Asked, names: Sequence[str], found: Sequence[PathGradients | None]
) -> None:
    t = page.t
    most = max(map(units_of, asked.networks), default=asked.units)
    measured = [
        _measured(one, place, name)
        for place, (one, name) in enumerate(zip(found, names, strict=True))
    ]
    own = _effective(found[0], t) if found else None
    same = own is not None and asked.units == units_of(asked.networks[0])
    captions = [paths_words(asked.units, t), norms_words(found, t), shares_words(found, t)]
    chart(
        [
            length_histogram(
                asked.units,
                t=t,
                ranges=[*_published_range(asked.units, t), *([own] if own and same else [])],
                most=lengths_of_most(asked.units),
            ),
            gradient_by_length(measured, units=most, t=t),
            gradient_shares_by_length(
                measured, units=most, t=t, ranges=[own] if own is not None else []
            ),
        ],
        key="unraveled.figures",
        alt=[
            t("Share of all paths by length. {said}", said=captions[0]),
            t("Gradient by one path, by its length. {said}", said=captions[1]),
            t("Share of the gradient by length of path. {said}", said=captions[2]),
        ],
        captions=captions,
        words=chart_words(t),
        height=215,
    )


def _measured(found: PathGradients | None, place: int, name: str) -> Measured:
    if found is None:
        return Measured(uid=f"network{place}", name=name, place=place)
    fitted = found.decay
    shares = found.shares
    return Measured(
        uid=f"network{place}",
        name=name,
        place=place,
        draws=found.draws,
        means=found.means,
        fitted=() if fitted is None else fitted.values(found.units),
        shares=() if any(map(math.isnan, shares)) else shares,
        exact=() if any(map(math.isnan, found.exact)) else found.exact,
    )


def _effective(found: PathGradients | None, t: Translate) -> Range | None:
    """Give the bracket of the lengths that carry most; too few draws have none."""
    if found is None or not found.is_enough or found.effective is None:
        return None
    low, high = found.effective.low, found.effective.high
    label = t("effective here: {low}–{high}", low=low, high=high)
    return Range(uid="effective", low=low, high=high, label=label, hue=HUES[0])


def _published_range(units: int, t: Translate) -> list[Range]:
    if units != PUBLISHED_UNITS:
        return []
    low, high = PUBLISHED_MOST
    return [
        Range(
            uid="published-effective",
            low=PUBLISHED_LOW,
            high=PUBLISHED_HIGH,
            label=t(
                "published as effective, Veit 2016: {low}–{high}",
                low=PUBLISHED_LOW,
                high=PUBLISHED_HIGH,
            ),
            hue="green",
            is_published=True,
        ),
        Range(
            uid="published-most",
            low=low,
            high=high,
            label=t("published as “more than 95 %”: {low}–{high}", low=low, high=high),
            hue="yellow",
            is_published=True,
        ),
    ]
