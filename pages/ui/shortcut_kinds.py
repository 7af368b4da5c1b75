"""Kinds of shortcut, in the *Shortcut laboratory*: their errors, and their gates as they open."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import streamlit as st

from pages.ui import controls, evidence, varied, varying
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.variants import error_by_variant, gates_over_time, height_of
from pages.ui.frame import Page, show_error
from pages.ui.probed import unit_labels
from pages.ui.translate import Translate
from pages.ui.variant_entries import is_gated, openings
from pages.ui.varied import SHORTCUT_KIND, Varied
from pages.ui.varying import Asked, Room
from resnet_core.errors import ResNetLabError
from resnet_core.specs import SHORTCUT_CASES, NetworkSpec, ShortcutStudy

GATED_CASES = tuple(key for key in SHORTCUT_CASES if is_gated(key))


def show(page: Page, asked: Asked, room: Room) -> None:
    """Draw the choice of cases, their errors, and how gates open."""
    t = page.t
    with room.left:
        study = _shortcut_study(page, asked)
        shown = varied.look_up(SHORTCUT_KIND, study)
        varying.buttons(page, study, shown)
    if shown is None:
        return
    with room.bar:
        controls.toggle(page, "test", t("Test error"), default=True)
        lays_over = controls.toggle(
            page, "published", t("Published: {source}", source="He 2016, table 1"), default=True
        )
    with room.right:
        varied.say_example(page, study, shown)
        varied.say_nothing_yet(page, shown)
        rows = shown.entries(t, _published() if lays_over else None)
        chart(
            [
                error_by_variant(
                    rows,
                    t=t,
                    show_test=page.link.get("test"),
                    published="He 2016, table 1" if lays_over else "",
                )
            ],
            key="shortcuts.kinds",
            alt=[varied.figure_words(rows, t)],
            captions=[varied.seeds_line(shown, t)],
            live=Live(shown.live_url(page.language), 0.5) if shown.is_live else None,
            words=chart_words(t),
            height=height_of(rows),
        )
        varied.say_verdict(page, shown)
        varied.say_where_from(page, shown)
        if lays_over:
            varying.say_published(page, "table_1")
        _gates(page, shown)
    with room.left:
        varied.downloads(page, shown)


def _shortcut_study(page: Page, asked: Asked) -> ShortcutStudy | None:
    t = page.t
    key = page.link.key("cases")
    with st.expander(t("What stands on the shortcut: {count}", count=len(st.session_state[key]))):
        cases = st.multiselect(
            t("What stands on the shortcut"),
            list(SHORTCUT_CASES),
            key=key,
            format_func=lambda case: t(SHORTCUT_CASES[case].label),
            label_visibility="collapsed",
        )
    try:
        return ShortcutStudy(
            network=NetworkSpec(depth=asked.depth, width=asked.width),
            data=asked.data,
            train=asked.train.model_copy(update={"seed": 0}),
            cases=varying.in_order(cases, list(SHORTCUT_CASES)),
            seeds=asked.seeds,
            first_seed=asked.first_seed,
        )
    except ResNetLabError as error:
        show_error(error, t)
        return None


def _published() -> dict[str, float | None]:
    """Give table 1's errors in [0, 1], by case; None for what failed there."""
    points = evidence.published_2016()["table_1"]["points"]
    return {
        point["case"]: None if point["error"] is None else point["error"] / 100 for point in points
    }


def _gates(page: Page, shown: Varied[ShortcutStudy]) -> None:
    """Draw how far one case's gates open while it trains."""
    t = page.t
    there = [key for key in shown.study.cases if is_gated(key)]
    if not there or shown.is_empty:
        return
    st.markdown(f"#### {t('Watch the gates')}")
    key = page.link.key("gate")
    # What a link asks for stays, though a recording that is shown for it may have no such case.
    if st.session_state[key] not in (*there, *page.link.get("cases")):
        st.session_state[key] = there[0]
    there = [case for case in GATED_CASES if case in (*there, st.session_state[key])]
    case: str = st.selectbox(
        t("Gates of"),
        there,
        key=key,
        format_func=lambda one: t(SHORTCUT_CASES[one].label),
        label_visibility="collapsed",
        width=320,
    )
    history = shown.history(case)
    steps, found = openings(history)
    record = shown.records.get(history.run.digest) if history is not None else None
    is_live = record is not None and record.active
    if history is None or (not found and not is_live):
        st.caption(t("The gates of this run have not been looked at."))
        return
    said = gate_words(found, t)
    labels = unit_labels(history.run.network, t)
    total = history.run.train.steps
    chart(
        [gates_over_time(steps, found, t=t, labels=labels, steps_total=total)],
        key="shortcuts.gates",
        alt=[said],
        captions=[said],
        live=Live(shown.gates_url(history.run.digest, page.language), 0.5) if is_live else None,
        words=chart_words(t),
        height=360,
    )


def gate_words(found: Sequence[Sequence[float]], t: Translate) -> str:
    """Say how far gates were open at the first probed step and at the last."""
    if not found:
        return t("How far each unit's gate is open, step by step.")
    first, last = found[0], found[-1]
    return t(
        "Mean opening of the gates: {first} at the start, {last} at the last probed step "
        "({low} to {high} among the units).",
        first=f"{fmean(first):.3g}",
        last=f"{fmean(last):.3g}",
        low=f"{min(last):.3g}",
        high=f"{max(last):.3g}",
    )
