"""The degradation page's parts: its plan, what is known of it, its buttons and notes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import controls, evidence, lab, reading
from pages.ui.figures.curves import Curve
from pages.ui.figures.degradation import Point
from pages.ui.frame import Page, show_error
from pages.ui.history import Histories, History
from pages.ui.link import integer
from pages.ui.live import live_url, study_points
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError
from resnet_core.specs import DATASETS, DegradationStudy, TrainSpec
from resnet_core.store import RunRecord
from resnet_core.studies import Outcome, Recording, outcomes

REPLAY = "_degradation.replay"
LEFT = "_degradation.left"
"""Studies that this visitor has stopped: looking at them does not keep them going."""
DEFAULT_DEPTHS = [8, 20, 32, 56]


@dataclass(frozen=True)
class Shown:
    """What the page's figures show.

    Attributes:
        plan: Whose runs are shown: the study asked for, or that of the recording.
        histories: What its runs said.
        records: The lab's, by digest; empty for a recording.
        missing: How many runs of the study asked for have never been started.
        recording: When nothing of the study asked for is known.
        is_live: There is more to come.
        replays: It is being played again.
    """

    plan: DegradationStudy
    histories: Sequence[History]
    records: dict[str, RunRecord]
    missing: int
    recording: Recording | None
    is_live: bool
    replays: bool

    @property
    def points(self) -> list[Point]:
        """One a depth and join, the empty ones too: their depths stand on the axis at once."""
        found = {(p.depth, p.join): p for p in study_points([] if self.replays else self.histories)}
        return [
            found.get((depth, join)) or Point(depth=depth, join=join)
            for depth in self.plan.depths
            for join in ("plain", "residual")
        ]

    @property
    def curves(self) -> list[Curve]:
        """Training over time, of the first seed only: forty lines would be a thicket."""
        seed = self.plan.first_seed
        histories = [h for h in self.histories if h.run.train.seed == seed]
        if self.replays:
            histories = [History(history.run) for history in histories]
        return [history.curve() for history in histories]

    @property
    def watched(self) -> list[str]:
        """Runs that this visitor's looking keeps going."""
        return [digest for digest, record in self.records.items() if record.active]

    def live_url(self, language: str) -> str:
        """Give the address the chart asks for more."""
        url = live_url("study", [run.digest for run in self.plan.runs], language)
        if self.replays:
            return f"{url}&replay={st.session_state[REPLAY]}"
        return f"{url}&left" if has_left(self.plan) else url


def has_left(plan: DegradationStudy) -> bool:
    """Whether this visitor has stopped a study, which others may still watch."""
    return plan.digest in st.session_state.get(LEFT, set())


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


def look_up(plan: DegradationStudy | None) -> Shown:
    """Find what is known of a study: runs of this lab, else a recording."""
    digests = [run.digest for run in plan.runs] if plan else []
    records: dict[str, RunRecord] = {}
    histories: dict[str, History] = {}
    try:
        records = {record.digest: record for record in lab.store().runs(digests=digests)}
        histories = histories_of(list(records))
    except ResNetLabError:
        pass  # no lab yet: the frame says so, and a recording can be looked at meanwhile
    missing = sum(d not in records or records[d].status in ("stopped", "failed") for d in digests)
    replays = bool(st.session_state.get(REPLAY))
    if plan is not None and records:
        live = any(record.active for record in records.values())
        return Shown(
            plan,
            [histories[digest] for digest in digests if digest in histories],
            records,
            missing,
            None,
            live or replays,
            replays and not live,
        )
    recording = evidence.recording("degradation-digits")
    return Shown(
        recording.study,
        evidence.recorded_histories("degradation-digits"),
        {},
        missing,
        recording,
        False,
        False,
    )


def histories_of(digests: Sequence[str]) -> dict[str, History]:
    """Give what runs have said so far."""
    return _histories().of(digests)[0]


@st.cache_resource(show_spinner=False)
def _histories() -> Histories:
    return Histories(lab.store())


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
        _say_cost(page, plan, shown)
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
    lab.keeper.looks_away(lab.visitor(), digests)
    try:
        lab.keeper.client.stop(digests, visitor=lab.visitor())
    except ResNetLabError as error:
        st.session_state["degradation.problem"] = error


def _replay() -> None:
    st.session_state[REPLAY] = st.session_state.get("degradation.replays", 0) + 1
    st.session_state["degradation.replays"] = st.session_state[REPLAY]


def replay_over() -> None:
    """Called when a chart's stream has ended."""
    st.session_state.pop(REPLAY, None)


def _new_seeds(page: Page, plan: DegradationStudy) -> None:
    page.link.set({"first": plan.first_seed + plan.seeds})


def _say_cost(page: Page, plan: DegradationStudy, shown: Shown) -> None:
    t = page.t
    over = ("completed", "diverged")
    known = {digest for digest, record in shown.records.items() if record.status in over}
    if not lab.is_ready():
        return
    try:
        costs = lab.estimate([run for run in plan.runs if run.digest not in known])
    except ResNetLabError as error:
        show_error(error, t)
        return
    now = lab.status()
    seconds = sum(cost.seconds for cost in costs) / max(1, now.slots if now else 1)
    deepest = max(costs, key=lambda cost: cost.parameters)
    if not all(cost.allowed for cost in costs):
        st.caption(":red[" + t("Some of these runs are too large for this machine.") + "]")
    st.caption(
        t(
            "{runs} runs, about {time} in all; the largest has {parameters} parameters.",
            runs=len(costs),
            time=reading.duration(seconds, t),
            parameters=f"{deepest.parameters:,}",
        )
    )


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


def results(shown: Shown) -> list[Outcome]:
    """Give what came out of each run."""
    if shown.recording is not None:
        return shown.recording.outcomes()
    return outcomes(shown.plan, lab.store())


def say_verdict(page: Page, shown: Shown) -> None:
    """Say in a computed sentence whether deeper was worse; not before a replay has shown it."""
    if shown.replays:
        return
    started = [history.started for history in shown.histories if history.started]
    if started:
        st.markdown(reading.degradation_verdict(results(shown), started[0].train_images, page.t))


def seeds_line(shown: Shown, t: Translate) -> str:
    """Say how many seeds are behind the figure."""
    count = len({h.run.train.seed for h in shown.histories if h.ended is not None})
    if count <= 1:
        return t("One seed: a single measurement of each network.")
    return t("Mean of {count} seeds; the band reaches from lowest to highest.", count=count)


def say_example(page: Page, plan: DegradationStudy | None, shown: Shown) -> None:
    """Say plainly when the figures show an example and not the settings on screen."""
    if shown.recording is None:
        return
    example = shown.recording.study
    same = {"seeds": example.seeds, "first_seed": example.first_seed}
    if plan is not None and plan.model_copy(update=same) == example:
        return
    t = page.t
    st.info(
        t(
            "Your settings have not been measured yet. This is a recorded example: {data}, "
            "width {width}, {steps} steps, {seeds} seeds.",
            data=t(DATASETS[example.data.dataset].label),
            width=example.width,
            steps=example.train.steps,
            seeds=example.seeds,
        ),
        icon=":material/inventory_2:",
    )


def say_where_from(page: Page, shown: Shown) -> None:
    """Say where the numbers come from."""
    if shown.recording is not None:
        note = page.t("Press the button to measure it on this machine.")
        evidence.recorded(shown.recording, page.t, note=note)
    else:
        evidence.measured(shown.histories, page.t)


def downloads(page: Page, shown: Shown) -> None:
    """Offer the study's results as a table."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(
        ["depth", "join", "seed", "status", "step", "train_error", "test_error", "digest"]
    )
    for o in results(shown):
        rows.writerow(
            [o.depth, o.join, o.seed, o.status, o.step, o.train_error, o.test_error, o.digest]
        )
    st.download_button(
        page.t("Results as CSV"),
        text.getvalue(),
        file_name=_file_name(shown.plan),
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
    )


def _file_name(plan: DegradationStudy) -> str:
    """Name a download so that two groups can tell theirs apart."""
    return f"degradation_{plan.data.dataset}_width{plan.width}_{plan.train.steps}steps.csv"
