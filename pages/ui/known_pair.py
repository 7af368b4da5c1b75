"""What is known of the two runs of *Train two networks*: theirs, or a recording's; where from.

The visitor's public name is part of their plan, and stands in the link (``by=…``), so that others
can look on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pages.ui import evidence, lab, reading
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.curves import Curve, training_curves
from pages.ui.frame import Page
from pages.ui.history import History
from pages.ui.live import live_url
from pages.ui.runs import known
from pages.ui.translate import Translate
from resnet_core.errors import SpecError
from resnet_core.specs import RunSpec
from resnet_core.store import RunRecord

REPLAY = "_pair.replay"
SIDES = ("1", "2")


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        runs: The two plans; the same twice when both sides agree.
        records: The lab's, by digest.
        histories: What the runs said; recorded ones when nothing is known of these.
        mine: Whether the visitor who looks may command them.
        recorded: The histories are a recording's.
        replays: They are being played again.
    """

    runs: tuple[RunSpec, RunSpec]
    records: dict[str, RunRecord]
    histories: Sequence[History]
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


def look_up(page: Page, plans: tuple[RunSpec, RunSpec]) -> Shown:
    """Find what is known of two plans, in the hands of whoever the link names, or one's own."""
    me = lab.visitor()
    by = owner(page) or me
    first, second = (plan.model_copy(update={"owner": by}) for plan in plans)
    runs = (first, second)
    digests = list(dict.fromkeys(run.digest for run in runs))
    records, found = known(digests)
    histories = [found[digest] for digest in digests if digest in found]
    if records or lab.is_ready():  # before, nothing is known of anybody's
        page.link.set({"by": by if records else ""})
    if not records:
        mine = tuple(plan.model_copy(update={"owner": me}) for plan in plans)
        wanted = {("plain", 32), ("residual", 32)}
        recorded = [
            history
            for history in evidence.recorded_histories(evidence.degradation_recording)
            if (history.run.network.join, history.run.network.depth) in wanted
            and history.run.train.seed == 0
        ]
        return Shown((mine[0], mine[1]), {}, recorded, True, True, False)
    live = any(record.active for record in records.values())
    replays = bool(st.session_state.get(REPLAY)) and not live
    return Shown(runs, records, histories, by == me, False, replays)


def owner(page: Page) -> str | None:
    """Give whose runs the link names, if it names anybody."""
    asked: str = st.session_state[page.link.setting("by", "", _read_name)]
    return asked or None


def _read_name(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{12}", text):
        raise SpecError(
            "The link asks for runs by {name}, but a visitor's name has 12 hexadecimal digits: "
            "these are your own.",
            name=repr(text)[:40],
        )
    return text


def show_curves(page: Page, shown: Shown) -> None:
    """Draw error and loss of both runs."""
    t = page.t
    chart(
        [
            training_curves(shown.curves, t=t, quantity="error", steps=shown.steps),
            training_curves(shown.curves, t=t, quantity="loss", steps=shown.steps),
        ],
        key=f"{page.name}.figures",
        alt=[shown.reading(t), t("Loss of both networks over their steps.")],
        captions=[shown.reading(t), ""],
        live=Live(shown.live_url(page.language), 0.3) if shown.is_live else None,
        words=chart_words(t),
        height=350,
        on_done=replay_over,
    )


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
        evidence.recorded(evidence.degradation_recording(), page.t, note=note)
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
