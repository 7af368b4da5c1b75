"""The parts of *Train two networks*: two plans, what is known of them, their buttons.

These runs are private: the visitor's public name is part of their plan, and only they pause, step
or stop them. The name stands in the link (``by=…``), so that others can look on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import controls, evidence, lab, reading
from pages.ui.figures.curves import Curve
from pages.ui.frame import Page, show_error
from pages.ui.history import History
from pages.ui.link import choice, integer
from pages.ui.live import live_url
from pages.ui.study import histories_of
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import SHORTCUTS, DataSpec, NetworkSpec, RunSpec, TrainSpec
from resnet_core.store import RunRecord

REPLAY = "_twins.replay"
NONE = "none"
OBEYED_WITHIN = 0.3
"""Seconds that the page gives runs to obey; later, their chart tells it."""
SIDES = ("1", "2")
DEFAULTS = {"1": (32, NONE), "2": (32, "A")}


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        runs: The two plans; the same twice when both sides agree.
        records: The lab's, by digest.
        histories: What the runs said; recorded ones when nothing is known of these.
        by: Whose runs they are when they have been started, for the link.
        mine: Whether the visitor who looks may command them.
        recorded: The histories are a recording's.
        replays: They are being played again.
    """

    runs: tuple[RunSpec, RunSpec]
    records: dict[str, RunRecord]
    histories: Sequence[History]
    by: str | None
    mine: bool
    recorded: bool
    replays: bool

    @property
    def is_live(self) -> bool:
        """There is more to come."""
        return self.replays or any(
            record.active and (not self.mine or record.status != "paused")
            for record in self.records.values()
        )

    @property
    def curves(self) -> list[Curve]:
        """Training over time; empty at the start of a replay."""
        said = {
            history.run.digest: History(history.run) if self.replays else history
            for history in self.histories
        }
        runs = [history.run for history in self.histories] if self.recorded else self.runs
        same = len({run.network.join for run in runs}) == 1
        return [
            replace(
                said.get(run.digest, History(run)).curve(),
                legend=f"{side}: {run.network.name}",
                hue="purple" if same and side == SIDES[1] else None,
            )
            for side, run in zip(SIDES, dict.fromkeys(runs), strict=False)
        ]

    @property
    def steps(self) -> int:
        """Length of the training that the figures show."""
        return (self.histories[0].run if self.recorded else self.runs[0]).train.steps

    @property
    def is_example(self) -> bool:
        """The histories are a recording's, and of other networks than the plans'."""
        return self.recorded and any(
            (run.network.depth, run.network.width, run.data.dataset) != (32, 8, "digits")
            for run in self.runs
        )

    @property
    def watched(self) -> list[str]:
        """Runs that this visitor's looking keeps going."""
        return [digest for digest, record in self.records.items() if record.active]

    def digests(self, *statuses: str) -> list[str]:
        """List the runs in one of some states."""
        return [d for d, record in self.records.items() if record.status in statuses]

    def live_url(self, language: str) -> str:
        """Give the address the chart asks for more."""
        url = live_url("pair", [run.digest for run in self.runs], language)
        if self.replays:
            return f"{url}&replay={st.session_state[REPLAY]}"
        return url if self.mine else f"{url}&looks_on"

    def reading(self, t: Translate) -> str:
        """Say how the two stand."""
        return reading.race(self.histories, t) or t("Error of both networks over their steps.")


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
    first, second = (RunSpec(network=network, data=data, train=train) for network in networks)
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
    shortcut = st.segmented_control(
        t("Shortcut of {side}", side=side),
        options,
        key=key,
        format_func=lambda name: t("none") if name == NONE else name,
        required=True,
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


def look_up(page: Page, plans: tuple[RunSpec, RunSpec]) -> Shown:
    """Find what is known of two plans, in the hands of whoever the link names, or one's own."""
    me = lab.visitor()
    by = page_owner(page) or me
    first, second = (plan.model_copy(update={"owner": by}) for plan in plans)
    runs = (first, second)
    records: dict[str, RunRecord] = {}
    histories: list[History] = []
    try:
        digests = list(dict.fromkeys(run.digest for run in runs))
        records = {record.digest: record for record in lab.store().runs(digests=digests)}
        found = histories_of(list(records))
        histories = [found[digest] for digest in digests if digest in found]
    except ResNetLabError:
        pass  # no lab yet: the frame says so
    if not records:
        mine = tuple(plan.model_copy(update={"owner": me}) for plan in plans)
        wanted = {("plain", 32), ("residual", 32)}
        recorded = [
            history
            for history in evidence.recorded_histories("degradation-digits")
            if (history.run.network.join, history.run.network.depth) in wanted
            and history.run.train.seed == 0
        ]
        return Shown((mine[0], mine[1]), {}, recorded, None, True, True, False)
    live = any(record.active for record in records.values())
    replays = bool(st.session_state.get(REPLAY)) and not live
    return Shown(runs, records, histories, by, by == me, False, replays)


def page_owner(page: Page) -> str | None:
    """Give whose runs the link names, if it names anybody."""
    asked = st.query_params.get("by")
    if asked is None:
        return None
    if re.fullmatch(r"[0-9a-f]{12}", asked):
        return asked
    page.link.problems.append(
        page.t(
            "The link asks for runs by {name}, but a visitor's name has 12 hexadecimal digits: "
            "these are your own.",
            name=repr(asked)[:40],
        )
    )
    return None


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


def buttons(page: Page, settled: Settled) -> None:
    """Draw what can be done now."""
    t = page.t
    shown = settled[0]
    assert shown is not None
    if shown.records and not shown.mine:
        st.info(t("You are watching somebody else's runs."), icon=":material/visibility:")
        st.button(
            t("Start my own"), icon=":material/play_arrow:", on_click=_do, args=("start", settled)
        )
        return
    running = shown.digests("queued", "running")
    waiting = shown.digests("paused", "stopped")
    fresh = not shown.records or len(shown.records) < len({run.digest for run in shown.runs})
    with st.container(horizontal=True, gap="small"):
        if fresh or shown.digests("failed"):
            _button(t("Start"), "play_arrow", "start", settled, primary=True)
            _button(t("One step"), "skip_next", "first_step", settled)
        elif running:
            _button(t("Pause"), "pause", "pause", settled)
            _button(t("Stop"), "stop", "stop", settled)
        elif waiting:
            _button(t("Resume"), "play_arrow", "resume", settled, primary=True)
            _button(t("One step"), "skip_next", "step", settled)
            if shown.digests("paused"):
                _button(t("Stop"), "stop", "stop", settled)
        if not fresh and not running and not waiting:
            _button(t("Replay"), "replay", "replay", settled)
            st.button(
                t("New seed"),
                icon=":material/casino:",
                on_click=page.link.set,
                args=({"seed": shown.runs[0].train.seed + 1},),
            )
    if not fresh and not running and not waiting:
        st.caption(t("Trained already: remembered from before."))
    if problem := st.session_state.pop("twins.problem", None):
        show_error(problem, t)


def _button(label: str, icon: str, verb: str, settled: Settled, *, primary: bool = False) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        on_click=_do,
        args=(verb, settled),
        key=f"twins.{verb}",
    )


def _do(verb: str, settled: Settled) -> None:
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
                st.query_params["by"] = me
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
                st.session_state[REPLAY] = st.session_state.get("twins.replays", 0) + 1
                st.session_state["twins.replays"] = st.session_state[REPLAY]
            case _:
                raise SpecError("The button {verb} was pressed, which does nothing.", verb=verb)
    except ResNetLabError as error:
        st.session_state["twins.problem"] = error


def _wait_until_they_stand(shown: Shown) -> None:
    """Runs obey within a step or two: with a moment's patience the page shows it at once."""
    deadline = time.monotonic() + OBEYED_WITHIN
    ordered = shown.digests("queued", "running")
    while time.monotonic() < deadline:
        records = lab.store().runs(digests=ordered)
        if not any(record.status in ("queued", "running") for record in records):
            return
        time.sleep(0.01)


def replay_over() -> None:
    """Called when the chart's stream has ended."""
    st.session_state.pop(REPLAY, None)


def say_where_from(page: Page, shown: Shown) -> None:
    """Say where the numbers come from."""
    if shown.recorded:
        if shown.is_example:
            st.info(
                page.t(
                    "Your two networks have not been trained yet. This is a recorded example: "
                    "{names}, width {width}, on digits.",
                    names=" / ".join(h.run.network.name for h in shown.histories),
                    width=shown.histories[0].run.network.width,
                ),
                icon=":material/inventory_2:",
            )
        note = page.t("Press Start to train the networks of your settings.")
        evidence.recorded(evidence.recording("degradation-digits"), page.t, note=note)
    else:
        evidence.measured(shown.histories, page.t)


def downloads(page: Page, shown: Shown) -> None:
    """Offer what finished runs leave: their metrics as a table, their weights."""
    t = page.t
    over = set(shown.digests("completed", "diverged", "stopped"))
    with st.container(horizontal=True, gap="small"):
        for run in dict.fromkeys(shown.runs):
            if run.digest not in over:
                continue
            name = run.network.name
            st.link_button(
                t("{name}: metrics (CSV)", name=name),
                f"api/runs/{run.digest}/metrics.csv",
                icon=":material/download:",
            )
            if shown.records[run.digest].status != "stopped":
                st.link_button(
                    t("{name}: weights (safetensors)", name=name),
                    f"api/runs/{run.digest}/weights.safetensors",
                    icon=":material/download:",
                )
