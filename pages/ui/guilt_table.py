"""The table of suspects: what is measured, what would convict, and what the test has found."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.guilt import Compared, Threshold, error_bars
from pages.ui.figures.layers import LayerSeries, by_layer
from pages.ui.frame import Page, show_error
from pages.ui.guilt import PARTIES, attempt, say_problem, start
from pages.ui.guilt_case import Case, has_left, leave, live_address
from pages.ui.link import choice
from pages.ui.probed import labels_of, stage_starts
from pages.ui.translate import Translate, translate_error
from resnet_core.specs import PROBES, SUSPECTS
from resnet_core.specs.suspects import AS_GOOD, CLEARED_SHARE, EXCESS, GUILTY_SHARE
from resnet_core.studies import Bar, Judgement

COLUMNS = [0.2, 0.4, 0.4]


def show(page: Page, case: Case | None) -> None:
    """Draw a row for each suspect; the chosen one's has its figure."""
    t = page.t
    chosen = _chosen(page, case)
    st.html(_LOOK)
    with st.container(key="guilty-table", gap=None):
        head = st.columns(COLUMNS, gap="medium")
        for place, title in zip(
            head, (t("Suspect"), t("Test and threshold"), t("Verdict")), strict=True
        ):
            place.caption(f"**{title}**")
        for key in SUSPECTS:
            with st.container(key=f"guilty-row-{key}", gap="small"):
                _row(page, case, key, is_chosen=key == chosen)


_LOOK = """<style>
[class*="st-key-guilty-row-"] {
  border-top: 1px solid color-mix(in srgb, currentcolor 18%, transparent);
  padding: 0.7rem 0 0.8rem;
}
.st-key-guilty-table h4 { padding: 0; }
.st-key-guilty-table .stMarkdownBadge { font-size: 1.05rem; padding: 0.2rem 0.65rem; }
@media (max-width: 640px) { .st-key-guilty-table > div:first-child { display: none; } }
</style>"""


def _chosen(page: Page, case: Case | None) -> str | None:
    """Give the suspect whose figure is shown: the one asked for, else the first with a verdict."""
    key = page.link.setting("suspect", "", choice("suspect", list(SUSPECTS)))
    asked: str = st.session_state[key]
    if asked or case is None:
        return asked or None
    found = (one for one, said in case.judgements.items() if said.finding != "unfinished")
    return next(found, None)


def _row(page: Page, case: Case | None, key: str, *, is_chosen: bool) -> None:
    t = page.t
    suspect = SUSPECTS[key]
    who, test, verdict = st.columns(COLUMNS, gap="medium")
    with who:
        name = t(suspect.label.template)
        st.markdown(f"#### {name[:1].upper()}{name[1:]}")
        st.caption(suspect.source)
    with test, st.container(gap="xxsmall"):
        st.markdown(translate_error(suspect.test, t))
        st.caption(translate_error(suspect.threshold, t))
        if suspect.shows == "presence":
            st.caption(
                ":material/visibility: "
                + t("This test only looks: presence is no proof of a cause.")
            )
    if case is None:
        return
    with verdict:
        _verdict(page, case, key, is_chosen=is_chosen)
    if is_chosen:
        _figure(page, case, case.judgements[key])


# --- the verdict ----------------------------------------------------------------------------------


def _verdict(page: Page, case: Case, key: str, *, is_chosen: bool) -> None:
    t = page.t
    found = case.judgements[key]
    tests = case.study.tests(key)
    waits = case.is_live(tests)
    said = " ".join(translate_error(sentence, t) for sentence in found.said)
    if found.finding != "unfinished":
        with st.container(gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
                st.markdown(badge(found, t), width="content")
                if not is_chosen:
                    _figure_button(page, key)
            st.markdown(said)
            if note := _published(key, t):
                st.caption(f"**{t('Published.')}** {note}")
    elif key == "capacity" and case.trouble is not None:
        show_error(case.trouble, t)
    elif not waits and case.is_live(case.own(key)) and not has_left(case.own(key)):
        st.caption(f":material/hourglass_top: {t('Waiting for both networks.')}")
    elif not waits and len(case.missing(tests)) < len(tests):
        st.caption(said)
    if waits:
        _progress(page, case, key)
    failed = case.failed(tests)
    if failed is not None:
        show_error(failed, t)
    _row_buttons(page, case, key)
    say_problem(page, key)


def badge(found: Judgement, t: Translate) -> str:
    """Write a finding as a badge."""
    return {
        "cleared": f":green-badge[:material/check: **{t('cleared')}**]",
        "guilty": f":red-badge[:material/gavel: **{t('guilty')}**]",
        "not decided": f":gray-badge[:material/help: **{t('not decided')}**]",
    }.get(found.finding, "")


def _published(key: str, t: Translate) -> str:
    """Set beside a verdict what the paper found at its size."""
    match key:
        case "overfitting":
            return t("He 2015 §1, figure 1: higher training error, on CIFAR-10, too.")
        case "vanishing":
            return t("He 2015 §4.1: unlikely; with BN its gradients had healthy norms (no values).")
        case "exploding":
            return t(
                "He 2015 §4.1: healthy norms (no values). Yang et al. 2019: with BN and without "
                "shortcuts gradients explode, before anything is learned."
            )
        case "steps":
            return t("He 2015 §4.1, footnote: 3 times the iterations did not remove degradation.")
    return ""


def _progress(page: Page, case: Case, key: str) -> None:
    """Follow a test's runs; when they are over, its row is drawn once more."""
    chart(
        [],
        key=f"guilty.runs.{key}",
        alt=[],
        live=Live(live_address(case.study.tests(key), page.language), 1),
        words=chart_words(page.t),
    )


def _row_buttons(page: Page, case: Case, key: str) -> None:
    t = page.t
    runs = (*case.study.base, *case.study.tests(key))
    live = [run for run in case.study.tests(key) if case.is_live([run])]
    if live and not has_left(live):
        st.button(
            t("Stop"),
            icon=":material/stop:",
            on_click=attempt,
            args=(key, leave, live),
            help=t("Leaves these runs; they stop when nobody else watches them."),
            key=f"guilty.stop.{key}",
        )
    elif case.missing(runs) or (case.is_live(case.own(key)) and has_left(case.own(key))):
        st.button(
            t("Test"),
            icon=":material/science:",
            on_click=_test,
            args=(page, case, key),
            key=f"guilty.test.{key}",
        )


def _figure_button(page: Page, key: str) -> None:
    st.button(
        page.t("Figure"),
        icon=":material/bar_chart:",
        type="tertiary",
        on_click=page.link.set,
        args=({"suspect": key},),
        key=f"guilty.figure.{key}",
    )


def _test(page: Page, case: Case, key: str) -> None:
    page.link.set({"suspect": key})
    runs = (*case.study.base, *case.study.tests(key))
    # The longest first: it decides when the verdict comes.
    attempt(key, start, sorted(runs, key=lambda run: -run.network.depth * run.train.steps))


# --- the figure -----------------------------------------------------------------------------------


def _figure(page: Page, case: Case, found: Judgement) -> None:
    t = page.t
    if found.curves:
        figure, alt, caption = _gradients(case, found, t)
    elif found.bars:
        figure, alt, caption = _errors(found, t)
    else:
        return
    chart(
        [figure],
        key="guilty.figure",
        alt=[alt],
        captions=[caption],
        words=chart_words(t),
        height=270,
    )


def _gradients(case: Case, found: Judgement, t: Translate) -> tuple[go.Figure, str, str]:
    networks = {run.network.name: run.network for run in case.study.base}
    deep = case.study.base[1].network
    title = t(PROBES["gradient"].label)
    series = [
        LayerSeries(
            uid=f"gradient:{curve.name}",
            join="plain",
            name=curve.name,
            values=curve.y,
            labels=labels_of(networks[curve.name], "gradient", t),
            hue=PARTIES[curve.name == deep.name],
        )
        for curve in found.curves
    ]
    step = found.curves[0].step
    figure = by_layer(series, t=t, title=title, log=True, stages=stage_starts(deep, "gradient"))
    said = " ".join(translate_error(sentence, t) for sentence in found.said)
    caption = t("{quantity} by layer at step {step}, the first one probed.",
                quantity=title, step=step)  # fmt: skip
    return figure, said, caption


def _errors(found: Judgement, t: Translate) -> tuple[go.Figure, str, str]:
    networks = [
        Compared(
            name=bar.name,
            change=_change(found.suspect, bar, t),
            train=bar.train_error,
            test=bar.test_error,
            diverged=bar.diverged,
        )
        for bar in found.bars
    ]
    rows = ", ".join(f"{one.place} {100 * one.train:.1f} %" for one in networks)
    return (
        error_bars(networks, t=t, thresholds=thresholds(found, t)),
        t("Training error of the networks compared: {rows}.", rows=rows),
        t("Wide: training error, which the verdict is about. Narrow: test error."),
    )


def _change(key: str, bar: Bar, t: Translate) -> str:
    """Say what was changed, as short as an axis needs it."""
    if not bar.setting:
        return ""
    match key, bar.setting:
        case "normalisation", "none":
            return t("without BN")
        case "normalisation", _:
            return t("with BN")
        case "initialisation", "small":
            return t("too small")
        case "initialisation", "large":
            return t("too large")
        case "initialisation", _:
            return bar.setting.title()
        case "learning-rate", _:
            return t("rate {rate}", rate=bar.setting)
        case "steps", _:
            return t("{steps} steps", steps=bar.setting)
        case "capacity", _:
            return t("constructed")
    return bar.setting


def thresholds(found: Judgement, t: Translate) -> list[Threshold]:
    """Give the training errors on which the verdict hangs, as lines for the figure."""
    shallow, deep = found.bars[0].train_error, found.bars[1].train_error
    excess = deep - shallow
    if excess < EXCESS:
        return []
    match found.suspect:
        case "overfitting":
            return [Threshold(name=t("cleared at or above"), error=shallow + EXCESS, hue="green")]
        case "capacity":
            return [Threshold(name=t("cleared at or below"), error=shallow + AS_GOOD, hue="green")]
        case "steps" if len(found.bars) < 4:
            return []
        case "steps":
            shallow = found.bars[2].train_error  # what is left is measured from there
    return [
        Threshold(
            name=t("guilty at or below"), error=shallow + (1 - GUILTY_SHARE) * excess, hue="purple"
        ),
        Threshold(
            name=t("cleared at or above"), error=shallow + (1 - CLEARED_SHARE) * excess, hue="green"
        ),
    ]
