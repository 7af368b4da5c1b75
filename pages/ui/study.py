"""The controls and buttons of the degradation page: the study asked for, and what is to be done.

What is known of the study stands in ``known_study``.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import controls, evidence, lab
from pages.ui.frame import Page, show_error
from pages.ui.known_study import LEFT, REPLAY, Shown, has_left
from pages.ui.link import integer
from pages.ui.runs import say_cost
from resnet_core.errors import ResNetLabError
from resnet_core.specs import DegradationStudy, TrainSpec

DEFAULT_DEPTHS = [8, 20, 32, 56]


def plan(page: Page) -> DegradationStudy | None:
    """Draw the controls and give the study they ask for; None, with a sentence, if it is none."""
    try:
        return _plan(page)
    except ResNetLabError as error:
        show_error(error, page.t)
        return None


def _plan(page: Page) -> DegradationStudy:
    t = page.t
    data = controls.dataset(page)
    key = page.link.setting(
        "depths",
        DEFAULT_DEPTHS,
        controls.read_depths,
        lambda depths: ",".join(str(depth) for depth in sorted(depths)),
    )
    depths = st.multiselect(
        t("Depths"),
        controls.with_value(controls.SHOWN_DEPTHS, *st.session_state[key]),
        key=key,
        help=t("Weighted layers, 6n+2. Each depth is trained twice: plain and residual."),
        max_selections=12,
    )
    left, right = st.columns(2)
    with left:
        width = controls.slider(
            page,
            "width",
            t("Width"),
            controls.WIDTHS,
            8,
            1,
            64,
            help=t(
                "Channels of the first stage; the second has twice, the third four times as many."
            ),
        )
    with right:
        steps = controls.slider(
            page,
            "steps",
            t("Steps"),
            controls.STEPS,
            200,
            1,
            1_000_000,
            help=t("Optimiser updates; more steps answer whether plain networks are only slow."),
        )
    seeds = controls.slider(
        page,
        "seeds",
        t("Seeds"),
        range(1, 11),
        1,
        1,
        20,
        help=t("Each seed draws other weights and another order of images. Several give a band."),
    )
    first = page.link.setting("first", 0, integer("first", 0, 1_000_000))
    st.session_state.setdefault(first, 0)
    with st.expander(t("More settings")):
        learning_rate = controls.rate(page)
        shape = controls.schedule(page)
        shortcut = controls.shortcut(page)
        data = controls.augmented(page, data)
    return DegradationStudy(
        depths=tuple(sorted(depths)),
        width=width,
        shortcut=shortcut,
        seeds=seeds,
        first_seed=st.session_state[first],
        data=data,
        train=TrainSpec(steps=steps, learning_rate=learning_rate, schedule=shape),
    )


def buttons(page: Page, plan: DegradationStudy | None, shown: Shown) -> None:
    """Draw what can be done now: train, stop, look again, take new seeds."""
    if plan is None:
        return
    t = page.t
    if shown.recording is None and any(record.active for record in shown.records.values()):
        if has_left(plan):
            st.info(t("You have stopped these runs. They go on while others watch them."))
            return
        st.button(
            t("Stop"),
            icon=":material/stop:",
            width="stretch",
            on_click=_stop,
            args=(page, plan),
            help=t("Leaves these runs; they stop when nobody else watches them."),
        )
        return
    if shown.missing:
        count = len(plan.runs)
        label = (
            t("Train these {count} runs", count=count)
            if shown.missing == count
            else t("Train the {count} missing runs", count=shown.missing)
        )
        st.button(
            label,
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=_start,
            args=(page, plan),
            key="degradation.start",
        )
        over = ("completed", "diverged")
        done = {digest for digest, record in shown.records.items() if record.status in over}
        say_cost(page, [run for run in plan.runs if run.digest not in done])
    else:
        st.success(t("Measured on this machine, and remembered."), icon=":material/history:")
        left, right = st.columns(2)
        left.button(
            t("Replay"), icon=":material/replay:", width="stretch", on_click=_replay,
            help=t("Plays the runs again as they were recorded."),
        )  # fmt: skip
        right.button(
            t("New seeds"), icon=":material/casino:", width="stretch", on_click=_new_seeds,
            args=(page, plan), help=t("Trains the same networks from other weights."),
        )  # fmt: skip
    if problem := st.session_state.pop("degradation.problem", None):
        show_error(problem, t)


def _start(page: Page, plan: DegradationStudy) -> None:
    st.session_state.pop(REPLAY, None)
    st.session_state.get(LEFT, set()).discard(plan.digest)
    try:
        lab.submit(plan.runs)
    except ResNetLabError as error:
        st.session_state["degradation.problem"] = error


def _stop(page: Page, plan: DegradationStudy) -> None:
    digests = [run.digest for run in plan.runs]
    st.session_state.setdefault(LEFT, set()).add(plan.digest)
    try:
        lab.leave(digests)
    except ResNetLabError as error:
        st.session_state["degradation.problem"] = error


def _replay() -> None:
    st.session_state[REPLAY] = st.session_state.get("degradation.replays", 0) + 1
    st.session_state["degradation.replays"] = st.session_state[REPLAY]


def _new_seeds(page: Page, plan: DegradationStudy) -> None:
    page.link.set({"first": plan.first_seed + plan.seeds})


def show_test(page: Page) -> bool:
    """Draw the figures' switches, and give whether test error is shown."""
    return bool(st.session_state.get(page.link.key("test"), True))


def published_keys(page: Page) -> list[str]:
    """Draw the figures' switches; give which published tables are laid over."""
    t = page.t
    with st.container(horizontal=True, gap="medium"):
        controls.toggle(page, "test", t("Test error"), default=True)
        keys = [
            table["key"]
            for table in evidence.published_tables()
            if controls.toggle(
                page,
                table["key"],
                t("Published: {source}", source=f"He 2015, {table['source'].split(', ')[-1]}"),
                help=f"{table['what'][page.language]}. {table['note'][page.language]}",
            )
        ]
    return keys


def say_published(page: Page, keys: Sequence[str]) -> None:
    """Say what the published values are, and how far they can be compared."""
    for table in evidence.published_tables():
        if table["key"] in keys:
            st.caption(
                "**"
                + page.t("Published.")
                + f"** {table['source']}: {table['what'][page.language]}. "
                + str(table["note"][page.language])
            )
