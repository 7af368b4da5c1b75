"""The parts of the *Shortcut laboratory*: one λ, a sweep over λ, and what else may stand there.

Each part is a row of ``PARTS``; all of them share the controls at the left. To add a part, write
its function and add its row, and what its controls say at first to ``USUAL``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from pages.ui import controls, operating, probing, shortcut_kinds, varied, varying
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.variants import (
    error_against_scale,
)
from pages.ui.frame import Page, show_error
from pages.ui.link import choice, integer, number, show_switch, switch
from pages.ui.scaled import show_scaled
from pages.ui.varied import SCALE_KIND
from pages.ui.varying import Asked, Room, Usual
from resnet_core.errors import ResNetLabError
from resnet_core.specs import SHORTCUT_CASES, TABLE_1, NetworkSpec, ScaleStudy, ShortcutStudy
from resnet_core.specs.network import MAX_SCALE, MIN_SCALE

USUAL: Mapping[str, Usual] = MappingProxyType(
    {
        "lambda": Usual.of(ScaleStudy()),
        "sweep": Usual.of(ScaleStudy()),
        "kinds": Usual.of(ShortcutStudy()),
        "surgery": Usual(depth=32, width=8, steps=400, rate=0.1, seeds=1),
    }
)
"""What each part's controls say until somebody moves them."""

SCALES = tuple(round(MIN_SCALE + 0.05 * i, 2) for i in range(61))
SWEPT = tuple(sorted({*(round(MIN_SCALE + 0.25 * i, 2) for i in range(13)), 0.9, 0.95, 1.05, 1.1}))
USUAL_SCALE = 1.0
"""The identity: its start is recorded, and from there the slider goes both ways."""


def choose(page: Page) -> str:
    """Draw the choice of part, and give it; every setting of every part has its place in a link."""
    t = page.t
    key = page.link.setting("part", "lambda", choice("part", list(PARTS)))
    page.link.setting("lambda", USUAL_SCALE, number("lambda", MIN_SCALE, MAX_SCALE), _show_scale)
    page.link.setting(
        "scales", list(ScaleStudy().scales), _read_scales, lambda s: ",".join(map(_show_scale, s))
    )
    page.link.setting(
        "cases", list(TABLE_1), varying.read_keys("cases", list(SHORTCUT_CASES)), varying.show_keys
    )
    page.link.setting(
        "gate", shortcut_kinds.GATED_CASES[0], choice("gate", shortcut_kinds.GATED_CASES)
    )
    page.link.setting("seeds", 1, integer("seeds", 1, 20))
    for name in ("test", "published"):
        page.link.setting(name, True, switch(name), show_switch)
    operating.declare(page)
    names = {
        "lambda": t("One λ"),
        "sweep": t("Every λ"),
        "kinds": t("Kinds"),
        "surgery": t("Surgery"),
    }
    part = st.segmented_control(
        t("What is looked at"),
        list(PARTS),
        key=key,
        required=True,
        format_func=lambda one: names[one],
        label_visibility="collapsed",
        on_change=_go_on_with_usual,
        args=(page,),
    )
    st.session_state[_before(page)] = part
    return str(part)


def _before(page: Page) -> str:
    return f"_{page.name}.part before"


def _go_on_with_usual(page: Page) -> None:
    """What nobody has moved stands where the new part has it."""
    before, now = USUAL[st.session_state[_before(page)]], USUAL[page.link.get("part")]
    for name in ("depth", "steps"):
        if page.link.get(name) == getattr(before, name):
            page.link.set({name: getattr(now, name)})


def show(page: Page, part: str, room: Room) -> None:
    """Draw a part: its controls at the left, what they ask for at the right."""
    with room.left:
        try:
            asked = varying.ask(
                page,
                USUAL[part],
                folds_training=part == "lambda",
                has_seeds=part in ("sweep", "kinds"),
            )
        except ResNetLabError as error:
            show_error(error, page.t)
            return
    PARTS[part](page, asked, room)


def _show_scale(scale: float) -> str:
    return f"{scale:g}"


def _read_scales(text: str) -> list[float]:
    read = number("scales", MIN_SCALE, MAX_SCALE)
    return sorted({read(part) + 0.0 for part in text.split(",")})


# --- one λ ----------------------------------------------------------------------------------------


def _one_scale(page: Page, asked: Asked, room: Room) -> None:
    with room.right:
        try:
            probing.check_size(asked.depth)
            show_scaled(page, asked, SCALES)
        except ResNetLabError as error:
            show_error(error, page.t)


# --- a sweep over λ -------------------------------------------------------------------------------


def _sweep(page: Page, asked: Asked, room: Room) -> None:
    t = page.t
    with room.left:
        study = _scale_study(page, asked)
        shown = varied.look_up(SCALE_KIND, study)
        varying.buttons(page, study, shown)
    if shown is None:
        return
    with room.bar:
        controls.toggle(page, "test", t("Test error"), default=True)
    with room.right:
        varied.say_example(page, study, shown)
        varied.say_nothing_yet(page, shown)
        rows = shown.entries(t)
        chart(
            [error_against_scale(rows, t=t, show_test=page.link.get("test"))],
            key="shortcuts.sweep",
            alt=[varied.figure_words(rows, t)],
            captions=[varied.seeds_line(shown, t)],
            live=Live(shown.live_url(page.language), 0.5) if shown.is_live else None,
            words=chart_words(t),
            height=380,
        )
        varied.say_verdict(page, shown)
        varied.say_where_from(page, shown)
    with room.left:
        varied.downloads(page, shown)


def _scale_study(page: Page, asked: Asked) -> ScaleStudy | None:
    t = page.t
    key = page.link.key("scales")
    with st.expander(t("λ: {count} values", count=len(st.session_state[key]))):
        scales = st.multiselect(
            "λ",
            sorted({*SWEPT, *st.session_state[key]}),
            key=key,
            format_func=_show_scale,
            label_visibility="collapsed",
        )
    try:
        return ScaleStudy(
            network=NetworkSpec(depth=asked.depth, width=asked.width),
            data=asked.data,
            train=asked.train.model_copy(update={"seed": 0}),
            scales=tuple(sorted(scales)),
            seeds=asked.seeds,
            first_seed=asked.first_seed,
        )
    except ResNetLabError as error:
        show_error(error, t)
        return None


# --- surgery --------------------------------------------------------------------------------------


def _surgery(page: Page, asked: Asked, room: Room) -> None:
    with room.left:
        shown = operating.ask(page, asked)
    if shown is not None:
        with room.right:
            operating.show(page, shown)


PARTS: Mapping[str, Callable[[Page, Asked, Room], None]] = MappingProxyType(
    {"lambda": _one_scale, "sweep": _sweep, "kinds": shortcut_kinds.show, "surgery": _surgery}
)
"""Part → what draws it. The first one is shown first."""
