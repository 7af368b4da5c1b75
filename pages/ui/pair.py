"""The controls and buttons of *Train two networks*: what is asked for, and what is to be done.

These runs are private: only the visitor whose public name is part of their plan pauses, steps or
stops them. What is known of them stands in ``known_pair``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import controls, lab, reading, surgery
from pages.ui.frame import Page, show_error
from pages.ui.known_pair import REPLAY, SIDES, Shown, look_up
from pages.ui.link import choice, integer
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import SHORTCUTS, DataSpec, NetworkSpec, RunSpec, TrainSpec

NONE = "none"
OBEYED_WITHIN = 0.3
"""Seconds that the page gives runs to obey; later, their chart tells it."""
PROBLEM = "_pair.problem"
DEFAULTS = {"1": (32, NONE), "2": (32, "A")}

Settled = list[Shown | None]
"""What the controls say now, alone in a list: buttons drawn before a slider's step know it, too."""


def settle(page: Page) -> Shown | None:
    """Draw the controls and buttons, and give what the rest of the page is to show.

    None, with a sentence, when there can be no such training.
    """
    above = st.container()
    try:
        data, train = _training(page)
    except ResNetLabError as error:
        show_error(error, page.t)
        return None
    settled: Settled = []
    with above:
        _networks(page, data, train, settled)
    if settled[0] is not None:
        buttons(page, settled)
    return settled[0]


@st.fragment
def _networks(page: Page, data: DataSpec, train: TrainSpec, settled: Settled) -> None:
    """Let a slider's step draw the two networks alone, unless the rest of the page has to follow.

    The browser then has a fifth of the page to look through until the new counts are painted.
    """
    shown = None
    try:
        shown = look_up(page, _plans(page, data, train))
    except ResNetLabError as error:
        show_error(error, page.t)
    before, settled[:] = settled[:], [shown]
    if not before:
        return  # the whole page runs
    if page.link.problems or not _looks_the_same(before[0], shown):
        st.rerun()
    page.link.write()


def _looks_the_same(before: Shown | None, now: Shown | None) -> bool:
    """Whether the figures are those of the same recording, with the same words."""
    if before is None or now is None:
        return False
    return before.recorded and now.recorded and before.is_example == now.is_example


def _plans(page: Page, data: DataSpec, train: TrainSpec) -> tuple[RunSpec, RunSpec]:
    """Draw the networks' controls, and what each costs; give both plans, without an owner."""
    networks = []
    places = []
    for side, column in zip(SIDES, st.columns(2, gap="small"), strict=True):
        with column:
            networks.append(_network(page, side))
            places.append(st.empty())
    first, second = (
        RunSpec(
            network=network,
            data=data,
            train=train,
            changes=surgery.within(surgery.planned(page, side), train.steps),
        )
        for side, network in zip(SIDES, networks, strict=True)
    )
    _say_costs(page, (first, second), places)
    return first, second


def _training(page: Page) -> tuple[DataSpec, TrainSpec]:
    """Draw the controls of what both networks have in common."""
    t = page.t
    data = controls.dataset(page)
    left, right = st.columns(2)
    with left:
        learning_rate = controls.rate(page)
    with right:
        steps = controls.slider(page, "steps", t("Steps"), controls.STEPS, 200, 1, 1_000_000)
    seed_key = page.link.setting("seed", 0, integer("seed", 0, 2**31 - 1))
    with st.expander(t("More settings")):
        shape = controls.schedule(page)
        data = controls.augmented(page, data)
        seed = st.number_input(
            t("Seed"),
            0,
            2**31 - 1,
            key=seed_key,
            help=t("Of the weights and of the order of images: the same for both networks."),
        )
    train = TrainSpec(steps=steps, learning_rate=learning_rate, schedule=shape, seed=seed)
    return data, train


def _network(page: Page, side: str) -> NetworkSpec:
    t = page.t
    depth_default, shortcut_default = DEFAULTS[side]
    st.markdown(f"**{t('Network {side}', side=side)}**")
    options = [NONE, *SHORTCUTS]
    key = page.link.setting(f"shortcut{side}", shortcut_default, choice("shortcut", options))
    shortcut = st.selectbox(
        t("Shortcut of {side}", side=side),
        options,
        key=key,
        format_func=lambda name: t("none: plain") if name == NONE else t(SHORTCUTS[name].label),
        help=t("None makes a plain network. A pads with zeros, B and C project (He 2015 §3.3)."),
    )
    key = page.link.setting(f"depth{side}", depth_default, controls.read_depth)
    depth = st.select_slider(
        t("Depth of {side}", side=side),
        controls.with_value(controls.SHOWN_DEPTHS, st.session_state[key]),
        key=key,
    )
    width = controls.slider(
        page,
        f"width{side}",
        t("Width of {side}", side=side),
        controls.WIDTHS,
        8,
        1,
        64,
    )
    join = "plain" if shortcut == NONE else "residual"
    return NetworkSpec(
        depth=depth, width=width, join=join, shortcut="A" if shortcut == NONE else shortcut
    )


def _say_costs(page: Page, runs: tuple[RunSpec, RunSpec], places: Sequence[DeltaGenerator]) -> None:
    """Say under its sliders what each network has and costs; answers every move."""
    t = page.t
    if not lab.is_ready():
        places[0].caption(t("Counting needs the lab, which is warming up …"))
        return
    try:
        costs = lab.estimate(runs)
    except ResNetLabError as error:
        show_error(error, t)
        return
    for place, cost in zip(places, costs, strict=True):
        said = reading.costs(cost, t)
        place.markdown(said if cost.allowed else f":red[{said}]")


def buttons(page: Page, settled: Settled, *, seed: str = "seed") -> None:
    """Draw what can be done now; ``seed`` is the name of the setting that a new seed goes to."""
    t = page.t
    shown = settled[0]
    assert shown is not None
    if shown.records and not shown.mine:
        st.info(t("You are watching somebody else's runs."), icon=":material/visibility:")
        st.button(
            t("Start my own"),
            icon=":material/play_arrow:",
            on_click=_do,
            args=(page, "start", settled),
        )
        return
    running = shown.digests("queued", "running")
    waiting = shown.digests("paused", "stopped")
    fresh = not shown.records or len(shown.records) < len({run.digest for run in shown.runs})
    with st.container(horizontal=True, gap="small"):
        if fresh or shown.digests("failed"):
            _button(page, t("Start"), "play_arrow", "start", settled, primary=True)
            _button(page, t("One step"), "skip_next", "first_step", settled)
        elif running:
            _button(page, t("Pause"), "pause", "pause", settled)
            _button(page, t("Stop"), "stop", "stop", settled)
        elif waiting:
            _button(page, t("Resume"), "play_arrow", "resume", settled, primary=True)
            _button(page, t("One step"), "skip_next", "step", settled)
            if shown.digests("paused"):
                _button(page, t("Stop"), "stop", "stop", settled)
        if not fresh and not running and not waiting:
            _button(page, t("Replay"), "replay", "replay", settled)
            st.button(
                t("New seed"),
                icon=":material/casino:",
                on_click=page.link.set,
                args=({seed: shown.runs[0].train.seed + 1},),
            )
    if not fresh and not running and not waiting:
        st.caption(t("Trained already: remembered from before."))
    if problem := st.session_state.pop(PROBLEM, None):
        show_error(problem, t)


def _button(
    page: Page, label: str, icon: str, verb: str, settled: Settled, *, primary: bool = False
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        on_click=_do,
        args=(page, verb, settled),
        key=f"pair.{verb}",
    )


def _do(page: Page, verb: str, settled: Settled) -> None:
    """Carry out a button; a refusal is kept for the page to show."""
    (shown,) = settled
    if shown is None:  # between a refusal and the page without buttons
        return
    client, me = lab.keeper.client, lab.visitor()
    try:
        match verb:
            case "start" | "first_step":
                runs = [run.model_copy(update={"owner": me}) for run in shown.runs]
                st.session_state.pop(REPLAY, None)
                client.submit(runs, visitor=me, steps=1 if verb == "first_step" else None)
                page.link.set({"by": me})
            case "pause":
                for digest in shown.digests("queued", "running"):
                    client.pause(digest, visitor=me)
                _wait_until_they_stand(shown)
            case "resume" | "step":
                for digest in shown.digests("paused", "stopped"):
                    client.resume(digest, visitor=me, steps=1 if verb == "step" else None)
            case "stop":
                client.stop(shown.digests("queued", "running", "paused"), visitor=me)
                _wait_until_they_stand(shown)
            case "replay":
                st.session_state[REPLAY] = st.session_state.get("pair.replays", 0) + 1
                st.session_state["pair.replays"] = st.session_state[REPLAY]
            case _:
                raise SpecError("The button {verb} was pressed, which does nothing.", verb=verb)
    except ResNetLabError as error:
        st.session_state[PROBLEM] = error


def _wait_until_they_stand(shown: Shown) -> None:
    """Runs obey within a step or two: with a moment's patience the page shows it at once."""
    deadline = time.monotonic() + OBEYED_WITHIN
    ordered = shown.digests("queued", "running")
    while time.monotonic() < deadline:
        records = lab.store().runs(digests=ordered)
        if not any(record.status in ("queued", "running") for record in records):
            return
        time.sleep(0.01)
