"""Probed twins: which plans, what is known of them, and what they said at which step.

Two pages look at the same runs: *Signal and gradient* and *Through the addition*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import streamlit as st

from pages.ui import controls, evidence, lab
from pages.ui.frame import Page, show_error
from pages.ui.history import History
from pages.ui.link import integer
from pages.ui.live import live_url
from pages.ui.runs import known, say_cost
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import (
    ACTIVATIONS,
    INITIALISATIONS,
    NORMALISATIONS,
    ORDERS,
    NetworkSpec,
    RunSpec,
    TrainSpec,
    TwinStudy,
)
from resnet_core.specs.training import PROBED
from resnet_core.store import RunRecord

DEPTHS = (8, 14, 20, 26, 32, 38, 44, 56, 80, 110)
MOST_LAYERS, MOST_WIDTH = 164, 32
"""What can be probed while somebody moves a slider."""

STEPS = (50, 100, 200, 400, 600, 1000, 2000)
STOPPED = "_probing.stopped"
"""Runs that this visitor has stopped: looking at them does not keep them going."""

Values = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Probed:
    """What is known of probed runs.

    Attributes:
        runs: The plain one first, where there is one.
        starts: What each is like at its first step, by digest; without those nobody has measured.
        histories: What each has said, by digest; a recording's where the lab knows nothing.
        records: The lab's, by digest.
        recorded: The histories are a recording's.
    """

    runs: tuple[RunSpec, ...]
    starts: Mapping[str, Mapping[str, Any]]
    histories: Mapping[str, History]
    records: Mapping[str, RunRecord]
    recorded: bool

    @property
    def is_live(self) -> bool:
        """There is more to come."""
        return any(record.active for record in self.records.values())

    @property
    def is_left(self) -> bool:
        """Whether this visitor has stopped these runs, which others may still watch."""
        stopped = st.session_state.get(STOPPED, set())
        return any(digest in stopped for digest in self.records)

    @property
    def missing(self) -> list[RunSpec]:
        """Runs that would have to be trained."""
        if self.recorded:
            return []
        ended = ("stopped", "failed")
        return [
            run
            for run in self.runs
            if run.digest not in self.records or self.records[run.digest].status in ended
        ]

    @property
    def steps(self) -> list[int]:
        """Steps that have been probed so far, in any of the runs; the first always is."""
        found = {probe.step for history in self.histories.values() for probe in history.probes}
        return sorted({1, *found})

    def values(self, run: RunSpec, step: int) -> Values:
        """Give what a run said at a step; nothing where it has not said anything."""
        history = self.histories.get(run.digest)
        for probe in history.probes if history else ():
            if probe.step == step:
                return probe.values
        start = self.starts.get(run.digest)
        found: Values = start["values"] if start is not None and step == 1 else {}
        return found


def ask(page: Page, *, order: bool = False, shortcut: bool = False) -> TwinStudy | None:
    """Draw the controls and give the twins they ask for; None, with a sentence, if none."""
    try:
        return _ask(page, order=order, shortcut=shortcut)
    except ResNetLabError as error:
        show_error(error, page.t)
        return None


def _ask(page: Page, *, order: bool, shortcut: bool) -> TwinStudy:
    t = page.t
    key = page.link.setting("depth", 56, controls.read_depth)
    depth = st.select_slider(
        t("Depth"),
        controls.with_value(DEPTHS, st.session_state[key]),
        key=key,
        help=t("Weighted layers, 6n+2, of the plain network and of its residual twin."),
    )
    width = controls.slider(page, "width", t("Width"), (2, 4, 8, 16), 8, 1, MOST_WIDTH)
    normalisation = controls.pick(
        page, "norm", t("Normalisation"), list(NORMALISATIONS), _label(t, NORMALISATIONS)
    )
    activation = controls.pick(
        page, "activation", t("Activation"), list(ACTIVATIONS), _label(t, ACTIVATIONS)
    )
    initialisation = controls.pick(
        page, "init", t("Initialisation"), list(INITIALISATIONS), _label(t, INITIALISATIONS)
    )
    more: dict[str, str] = {}
    if order:
        more["order"] = controls.pick(
            page, "order", t("Activation order"), list(ORDERS), _label(t, ORDERS)
        )
    if shortcut:
        more["shortcut"] = controls.shortcut(page)
    with st.expander(t("Training")):
        steps = controls.slider(page, "steps", t("Steps"), STEPS, 200, 1, 20_000)
        learning_rate = controls.rate(page)
        key = page.link.setting("seed", 0, integer("seed", 0, 1_000_000))
        seed = st.number_input(t("Seed"), 0, 1_000_000, key=key)
    check_size(depth)
    network = NetworkSpec(
        depth=depth,
        width=width,
        normalisation=normalisation,
        activation=activation,
        initialisation=initialisation,
        **more,
    )
    train = TrainSpec(steps=steps, learning_rate=learning_rate, seed=seed, probes=PROBED)
    return TwinStudy(network=network, train=train)


def _label(t: Translate, table: Mapping[str, Any]) -> Any:
    return lambda key: t(table[key].label)


def check_size(depth: int) -> None:
    """Refuse what cannot be probed while somebody waits.

    Raises:
        SpecError: With what would fit.
    """
    if depth > MOST_LAYERS:
        raise SpecError(
            "Depth {depth} was asked for, but only up to {most} layers can be probed while "
            "somebody waits: take {most} or fewer.",
            depth=depth,
            most=MOST_LAYERS,
        )


@lru_cache(maxsize=256)
def _start(run: str) -> dict[str, Any]:
    return lab.keeper.client.measure("start", run=run)


def start(run: RunSpec) -> dict[str, Any] | None:
    """Give a run's first step, probed by the lab's bench; a recorded one while there is no lab.

    What was asked once is remembered. None when nobody can say yet.

    Raises:
        ResNetLabError: The lab's sentence.
    """
    if lab.is_ready():
        return _start(run.to_json())
    return evidence.recorded_starts().get(run.digest)


def look_up(page: Page, runs: Sequence[RunSpec]) -> Probed:
    """Find what is known of runs: this lab's, else a recording's; and how they start."""
    digests = [run.digest for run in runs]
    records, histories = known(digests)
    starts: dict[str, Mapping[str, Any]] = {}
    recorded = {run.digest: history for run, history in _recording()}
    is_recorded = not records and all(digest in recorded for digest in digests)
    if is_recorded:
        histories = {digest: recorded[digest] for digest in digests}
    probed = {d for d, history in histories.items() if history.probes}
    for run in runs:
        if run.digest not in probed:
            try:
                found = start(run)
            except ResNetLabError as error:
                show_error(error, page.t)
            else:
                starts |= {run.digest: found} if found is not None else {}
    return Probed(tuple(runs), starts, histories, records, is_recorded)


def _recording() -> list[tuple[RunSpec, History]]:
    found = evidence.recorded_histories(evidence.twin_recording)
    return [(history.run, history) for history in found]


def buttons(page: Page, probed: Probed, *, key: str) -> None:
    """Draw what can be done now: train, stop; and what training would take."""
    t = page.t
    if probed.is_live and probed.is_left:
        st.info(t("You have stopped these runs. They go on while others watch them."))
    elif probed.is_live:
        st.button(
            t("Stop"),
            icon=":material/stop:",
            width="stretch",
            on_click=_stop,
            args=(probed.runs,),
            help=t("Leaves these runs; they stop when nobody else watches them."),
        )
    elif probed.missing or probed.recorded:
        st.button(
            t("Train and watch"),
            type="secondary" if probed.recorded else "primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=_train,
            args=(probed.runs,),
            key=key,
            help=t(
                "Trains with {count} probed steps, the first and the last among them.", count=PROBED
            ),
        )
        stopped = [r.step for r in probed.records.values() if r.status == "stopped"]
        if stopped:
            st.caption(t("Stopped at step {step}: training goes on from there.", step=min(stopped)))
        say_cost(page, probed.runs)
    problem = st.session_state.pop("probing.problem", None)
    if problem is not None:
        show_error(problem, t)


def _train(runs: Sequence[RunSpec]) -> None:
    st.session_state.get(STOPPED, set()).difference_update(run.digest for run in runs)
    try:
        lab.submit(runs)
    except ResNetLabError as error:
        st.session_state["probing.problem"] = error


def _stop(runs: Sequence[RunSpec]) -> None:
    digests = [run.digest for run in runs]
    st.session_state.setdefault(STOPPED, set()).update(digests)
    try:
        lab.leave(digests)
    except ResNetLabError as error:
        st.session_state["probing.problem"] = error


def scrubber(page: Page, probed: Probed) -> int:
    """Draw the slider through the probed steps, and give the step that is shown."""
    steps = probed.steps
    key = page.link.setting("step", 1, integer("step", 1, 1_000_000))
    shown = max((step for step in steps if step <= st.session_state[key]), default=1)
    if probed.is_live:
        return steps[-1]  # the figures follow the training
    if len(steps) < 2:
        return shown
    st.session_state[key] = shown
    chosen: int = st.select_slider(
        page.t("Probed step"),
        steps,
        key=key,
        help=page.t("The figures show this step; 1 is before anything was learned."),
    )
    return chosen


def live_address(probed: Probed, view: str, language: str) -> str:
    """Give the address that a chart of these runs asks."""
    url = live_url(view, [run.digest for run in probed.runs], language)
    return f"{url}&left" if probed.is_left else url


def say_where_from(page: Page, probed: Probed) -> None:
    """Say where the numbers come from."""
    t = page.t
    if probed.recorded:
        note = t("Press the button to measure it on this machine.")
        evidence.recorded(evidence.twin_recording(), t, note=note)
    elif any(history.probes for history in probed.histories.values()):
        evidence.measured(list(probed.histories.values()), t)
    elif probed.starts and not probed.records:
        st.caption(
            "**"
            + t("Measured here.")
            + "** "
            + t("The first batch of training, seed {seed}.", seed=probed.runs[0].train.seed)
        )
