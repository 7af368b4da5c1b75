"""What is known of runs, and what would they cost? The same for every page that has runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import lab, reading, routes
from pages.ui.frame import Page, show_error
from pages.ui.history import History
from resnet_core.errors import ResNetLabError
from resnet_core.specs import RunSpec
from resnet_core.store import RunRecord


def known(digests: Sequence[str]) -> tuple[dict[str, RunRecord], dict[str, History]]:
    """Give the lab's records of runs, and what these have said; nothing while there is no lab.

    The frame says that there is none yet, and a recording can be looked at meanwhile.
    """
    try:
        records = {record.digest: record for record in lab.store().runs(digests=digests)}
        return records, histories_of(list(records))
    except ResNetLabError:
        return {}, {}


def histories_of(digests: Sequence[str]) -> dict[str, History]:
    """Give what runs have said so far, as the server has read it for their charts, too."""
    return routes.answers().histories.of(digests)[0]


def say_cost(page: Page, runs: Sequence[RunSpec]) -> None:
    """Say how long runs would take here, and whether any is too large."""
    t = page.t
    if not lab.is_ready():
        return
    try:
        costs = lab.estimate(runs)
    except ResNetLabError as error:
        show_error(error, t)
        return
    now = lab.status()
    side_by_side = min(len(costs), now.slots if now else 1)
    seconds = sum(cost.seconds for cost in costs) / max(1, side_by_side)
    if not all(cost.allowed for cost in costs):
        st.caption(":red[" + t("Some of these runs are too large for this machine.") + "]")
    said = {
        "runs": len(costs),
        "time": reading.duration(seconds, t),
        "parameters": f"{max(cost.parameters for cost in costs):,}",
    }
    if len(costs) == 1:
        st.caption(t("About {time}; {parameters} parameters.", **said))
    else:
        st.caption(
            t("{runs} runs, about {time} in all; the largest has {parameters} parameters.", **said)
        )
