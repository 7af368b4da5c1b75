"""The parts of *Through the addition*: which network, at which step, and what the split says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

import streamlit as st

from pages.ui import probing
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.over_time import over_time, shared_range
from pages.ui.figures.split import alignment, identity_and_branch
from pages.ui.frame import Page
from pages.ui.link import choice
from pages.ui.probed import Values, grid_of, split_of, stage_starts
from pages.ui.probing import Probed
from pages.ui.translate import Translate
from resnet_core.specs import PROBES, RunSpec

PARTS = ("identity", "branch")
FLAT = 0.1
"""A cosine of at most so much is nearly a right angle."""


@dataclass(frozen=True)
class Asked:
    """What the controls ask for.

    Attributes:
        run: None where the controls make no sense, or the network adds nothing.
        probed: What is known of it.
        step: That the figures by unit show.
    """

    run: RunSpec | None
    probed: Probed | None
    step: int


def ask(page: Page) -> Asked:
    """Draw the controls, and give what they ask for."""
    t = page.t
    joins = ["residual", "plain"]
    key = page.link.setting("join", "residual", choice("join", joins))
    names = {"residual": t("residual"), "plain": t("plain")}
    join = st.segmented_control(
        t("Network"), joins, key=key, required=True, format_func=lambda one: names[one]
    )
    study = probing.ask(page, order=True, shortcut=True)
    if study is None:
        return Asked(None, None, 1)
    if join == "plain":
        return Asked(None, None, 1)
    run = study.runs[-1]
    probed = probing.look_up(page, [run])
    probing.buttons(page, probed, key="addition.train")
    return Asked(run, probed, probing.scrubber(page, probed))


def show(page: Page, asked: Asked) -> None:
    """Draw both parts by unit, the angle between them, and both over the training."""
    t = page.t
    if asked.run is None or asked.probed is None:
        if page.link.get("join") == "plain":
            st.info(
                t(
                    "A plain network has no shortcuts, so there is nothing to split: all of the "
                    "gradient comes through the layers. Choose the residual network."
                ),
                icon=":material/call_split:",
            )
        return
    run, probed, step = asked.run, asked.probed, asked.step
    values = probed.values(run, step)
    if not values:
        st.caption(t("Measuring needs the lab, which is warming up …"))
    split = split_of(run, values, t)
    live = None
    if probed.is_live:
        live = Live(probing.live_address(probed, "additions", page.language), 0.5)
    stages = stage_starts(run.network, "identity")
    said, shown = reading(values, t), t("{name} at step {step}.", name=run.network.name, step=step)
    if probed.is_live:
        said = shown = t("The latest probed step, while it trains.")
    st.markdown(said)
    chart(
        [
            identity_and_branch(
                split, t=t, title=t("gradient norm at the unit's input"), stages=stages
            ),
            alignment(split, t=t, stages=stages),
        ],
        key="addition.units",
        alt=[said, t("Cosine between both parts, unit by unit.")],
        captions=[
            shown,
            t("1: both parts agree; 0: at right angles; below 0: they pull against each other."),
        ],
        widths=[1.4, 1],
        words=chart_words(t),
        live=live,
        height=320,
    )
    history = probed.histories.get(run.digest)
    grids = [grid_of(run, history, part) for part in PARTS]
    if probed.is_live or any(grid.values for grid in grids):
        colors = shared_range(grids, log=True)
        chart(
            [
                over_time(
                    grid,
                    t=t,
                    title=t(PROBES[part].label),
                    log=True,
                    steps_total=run.train.steps,
                    colors=colors,
                    at=None if probed.is_live else step,
                    is_live=probed.is_live,
                    y_title=t("unit"),
                )
                for part, grid in zip(PARTS, grids, strict=True)
            ],
            key="addition.training",
            alt=[t("{quantity} by unit and step.", quantity=t(PROBES[p].label)) for p in PARTS],
            captions=[t(PROBES[part].label) for part in PARTS],
            words=chart_words(t),
            live=live,
            height=280,
        )
    probing.say_where_from(page, probed)


def reading(values: Values, t: Translate) -> str:
    """Say how much comes past the branches, and how often both parts agree."""
    pairs = [
        (one, other)
        for one, other in zip(values.get("identity", ()), values.get("branch", ()), strict=True)
        if math.isfinite(one) and math.isfinite(other)
    ]
    if not pairs:
        return ""
    if not any(one or other for one, other in pairs):
        return t("**No gradient arrives at any unit:** what stands above them starts at zero.")
    larger = sum(one > other for one, other in pairs)
    shares = [one / (one + other) for one, other in pairs if one + other > 0]
    said = t(
        "**The shortcut brings the larger part in {larger} of {count} units;** its share of both "
        "norms is {share} % at the median.",
        larger=larger,
        count=len(pairs),
        share=f"{100 * median(shares):.0f}",
    )
    angles = [one for one in values.get("alignment", ()) if math.isfinite(one)]
    if angles:
        said += " " + t(
            "The two parts stand nearly at right angles in {flat} of {count} units, and pull "
            "against each other in {against} (cosine below −0.1).",
            flat=sum(abs(one) <= FLAT for one in angles),
            against=sum(one < -FLAT for one in angles),
            count=len(angles),
        )
    if len(angles) < len(values.get("alignment", ())):
        said += " " + t("Where nothing comes through the branch there is no angle.")
    return said
