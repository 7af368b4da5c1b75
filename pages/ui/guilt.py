"""The parts of *Who is guilty?* around its table: which networks, what can be done, the deed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from pages.ui import controls, evidence, lab
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.curves import training_curves
from pages.ui.frame import Page, show_error
from pages.ui.guilt_case import (
    Case,
    as_csv,
    has_left,
    join,
    leave,
    live_address,
    look_up,
)
from pages.ui.link import integer
from pages.ui.probing import DEPTHS, MOST_WIDTH, STEPS, check_size
from pages.ui.runs import say_cost
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError
from resnet_core.specs import NORMALISATIONS, SUSPECTS, RunSpec, SuspectStudy, TrainSpec
from resnet_core.specs.suspects import EXCESS
from resnet_core.specs.training import PROBED
from resnet_core.studies import Bar

MOST_SEED = 2**31 - 1
PROBLEM = "guilty.problem"
"""In the session: what a button was answered, and at which suspect it stands; None for the left."""

PARTIES = ("purple", "plain")
"""Colours of the shallow and of the deep network where both have a line: both are plain."""

_ROUNDING = 1e-9


def ask(page: Page) -> Case | None:
    """Draw the controls and buttons, and give what is known of the case.

    None, with a sentence, when there can be no such case.
    """
    try:
        study = _study(page)
    except ResNetLabError as error:
        show_error(error, page.t)
        return None
    case = look_up(study)
    _buttons(page, case)
    return case


def _study(page: Page) -> SuspectStudy:
    t = page.t
    left, right = st.columns(2)
    with left:
        deep = _depth(page, "deep", t("Deep"), 56)
    with right:
        shallow = _depth(page, "shallow", t("Shallow"), 20)
    left, right = st.columns(2)
    with left:
        width = controls.slider(page, "width", t("Width"), (2, 4, 8, 16), 8, 1, MOST_WIDTH)
    with right:
        steps = controls.slider(page, "steps", t("Steps"), STEPS, 200, 1, 20_000)
    learning_rate = controls.rate(page)
    normalisation = controls.pick(
        page,
        "norm",
        t("Normalisation"),
        list(NORMALISATIONS),
        lambda key: t(NORMALISATIONS[key].label),
    )
    with st.expander(t("More settings")):
        data = controls.dataset(page)
        key = page.link.setting("seed", 0, integer("seed", 0, MOST_SEED))
        seed = st.number_input(t("Seed"), 0, MOST_SEED, key=key)
    check_size(max(deep, shallow))
    return SuspectStudy(
        shallow=shallow,
        deep=deep,
        width=width,
        normalisation=normalisation,
        data=data,
        train=TrainSpec(steps=steps, learning_rate=learning_rate, seed=seed, probes=PROBED),
    )


def _depth(page: Page, name: str, label: str, default: int) -> int:
    key = page.link.setting(name, default, controls.read_depth)
    chosen: int = st.select_slider(
        label,
        controls.with_value(DEPTHS, st.session_state[key]),
        key=key,
        help=page.t("Weighted layers, 6n+2, of a plain network."),
    )
    return chosen


# --- what can be done -----------------------------------------------------------------------------


def _buttons(page: Page, case: Case) -> None:
    t = page.t
    runs = case.study.runs
    base = case.missing(case.study.base)
    missing = case.missing(runs)
    live = [run for run in runs if case.is_live([run])]
    mine = [run for run in live if not has_left([run])]
    if mine:
        st.button(
            t("Stop all"),
            icon=":material/stop:",
            width="stretch",
            on_click=attempt,
            args=(None, leave, mine),
            help=t("Leaves these runs; they stop when nobody else watches them."),
            key="guilty.stop",
        )
    elif live:
        st.info(t("You have stopped these runs. They go on while others watch them."))
    if base:
        st.button(
            t("Train both networks"),
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=attempt,
            args=(None, start, case.study.base),
            key="guilty.train",
        )
        say_cost(page, base)
    if missing:
        st.button(
            t("Test all suspects"),
            type="secondary" if base or live else "primary",
            icon=":material/checklist:",
            width="stretch",
            on_click=attempt,
            args=(None, start, runs),
            key="guilty.test-all",
        )
        say_cost(page, missing)
    elif not live:
        st.success(t("Measured on this machine, and remembered."), icon=":material/history:")
        st.button(
            t("New seed"),
            icon=":material/casino:",
            width="stretch",
            on_click=page.link.set,
            args=({"seed": case.study.train.seed + 1},),
            help=t("Trains the same networks from other weights."),
        )
    say_problem(page, None)


def start(runs: Sequence[RunSpec]) -> None:
    """Ask the lab for runs; those that are known already are attached to."""
    join(runs)
    lab.submit(runs)


def attempt(
    where: str | None, do: Callable[[Sequence[RunSpec]], None], runs: Sequence[RunSpec]
) -> None:
    """Do what a button says; a refusal is kept for where the button stands."""
    try:
        do(runs)
    except ResNetLabError as error:
        st.session_state[PROBLEM] = (where, error)


def say_problem(page: Page, where: str | None) -> None:
    """Show the refusal of a button that stands here."""
    problem = st.session_state.get(PROBLEM)
    if problem is not None and problem[0] == where:
        del st.session_state[PROBLEM]
        show_error(problem[1], page.t)


def show_deed(page: Page, case: Case | None) -> None:
    """Say whether there is anything to explain; while both networks train, show how they do."""
    if case is None:
        return
    t = page.t
    base = case.study.base
    bars = case.judgements["overfitting"].bars[:2]
    if len(bars) == 2:
        recorded = f"**{t('Recorded.')}** " if case.recording is not None else ""
        one_seed = t("One seed, {seed}: another may say otherwise.", seed=case.study.train.seed)
        st.markdown(
            f"{deed(bars, case.study.train.steps, t)}  \n{recorded}{_count(case, t)} {one_seed}"
        )
        return
    failed = case.failed(base)
    if failed is not None:
        show_error(failed, t)
    if not case.is_live(base):
        st.markdown(
            t(
                "**Is there a deed at all?** Train both networks: {shallow} and {deep}, {steps} "
                "steps each. Every threshold stands there already.",
                shallow=base[0].network.name,
                deep=base[1].network.name,
                steps=f"{case.study.train.steps:,}",
            )
        )
        return
    curves = [
        replace(case.histories[run.digest].curve(), legend=run.network.name, hue=hue)
        for run, hue in zip(base, PARTIES, strict=True)
        if run.digest in case.histories
    ]
    chart(
        [
            training_curves(
                curves,
                t=t,
                show_test=False,
                steps=case.study.train.steps,
            )
        ],
        key="guilty.base",
        alt=[t("Training error of each run over its steps.")],
        captions=[t("Both networks see the same images in the same order.")],
        live=Live(live_address(base, page.language), 0.5),
        words=chart_words(t),
        height=230,
    )


def deed(bars: Sequence[Bar], steps: int, t: Translate) -> str:
    """Say what is to be explained: the deep network's training error, and the shallow one's."""
    shallow, deep = bars
    excess = deep.train_error - shallow.train_error
    values = {
        "deep": deep.name,
        "shallow": shallow.name,
        "deep_error": _error(deep, t),
        "shallow_error": _error(shallow, t),
        "steps": f"{steps:,}",
        "excess": f"{100 * excess:.1f}",
    }
    if excess < EXCESS - _ROUNDING:
        return t(
            "**No degradation here, nothing to explain.** After {steps} steps the training error "
            "of {deep} is {deep_error}, that of {shallow} {shallow_error}.",
            **values,
        )
    return t(
        "**The deed: {deep} is {excess} percentage points worse on its own training images.** "
        "After {steps} steps its training error is {deep_error}, that of {shallow} "
        "{shallow_error}.",
        **values,
    )


def _error(bar: Bar, t: Translate) -> str:
    said = f"{100 * bar.train_error:.1f}\u00a0%"
    return t("{error} (it diverged)", error=said) if bar.diverged else said


def _count(case: Case, t: Translate) -> str:
    found = Counter(judgement.finding for judgement in case.judgements.values())
    return t(
        "Of {count} suspects: {cleared} cleared, {guilty} guilty, {undecided} not decided, {open} "
        "not tested.",
        count=len(SUSPECTS),
        cleared=found["cleared"],
        guilty=found["guilty"],
        undecided=found["not decided"],
        open=found["unfinished"],
    )


def say_where_from(page: Page, case: Case | None) -> None:
    """Say where the numbers come from, and offer the verdicts as a table."""
    if case is None:
        return
    t = page.t
    if case.recording is not None:
        note = t("Press a button to measure it on this machine.")
        evidence.recorded(case.recording, t, note=note)
    else:
        evidence.measured(list(case.histories.values()), t)
    if any(found.finding != "unfinished" for found in case.judgements.values()):
        study = case.study
        st.download_button(
            t("Verdicts as CSV"),
            as_csv(case, t),
            file_name=(
                f"guilty_{study.data.dataset}_plain{study.shallow}_plain{study.deep}"
                f"_width{study.width}_{study.train.steps}steps_seed{study.train.seed}.csv"
            ),
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
        )
