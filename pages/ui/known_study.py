"""What is known of a study of degradation: its runs' or a recording's, its verdict, where from."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import evidence, lab, reading, runs
from pages.ui.figures.curves import Curve
from pages.ui.figures.degradation import Point
from pages.ui.frame import Page
from pages.ui.history import History
from pages.ui.live import live_url, study_points
from pages.ui.translate import Translate
from resnet_core.specs import DATASETS, DegradationStudy
from resnet_core.store import RunRecord
from resnet_core.studies import Outcome, Recording, outcomes

REPLAY = "_degradation.replay"
LEFT = "_degradation.left"
"""Studies that this visitor has stopped: looking at them does not keep them going."""


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
    recording: Recording[DegradationStudy] | None
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


def look_up(plan: DegradationStudy | None) -> Shown:
    """Find what is known of a study: runs of this lab, else a recording."""
    digests = [run.digest for run in plan.runs] if plan else []
    records, histories = runs.known(digests)
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
    recording = evidence.degradation_recording()
    return Shown(
        recording.study,
        evidence.recorded_histories(evidence.degradation_recording),
        {},
        missing,
        recording,
        False,
        False,
    )


def replay_over() -> None:
    """Called when a chart's stream has ended."""
    st.session_state.pop(REPLAY, None)


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
