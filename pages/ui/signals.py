"""The parts of *Signal and gradient*: which twins, which quantity, its figures in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pages.ui import controls, probing
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.layers import TheoryLine, by_layer
from pages.ui.figures.over_time import over_time, shared_range
from pages.ui.figures.shattering import Correlation, shattering
from pages.ui.frame import Page, show_error
from pages.ui.probed import Values, grid_of, series_of, stage_starts
from pages.ui.probing import Probed
from pages.ui.signal_words import growth, reading, shattering_words, textbook_words
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError
from resnet_core.specs import PROBES, NetworkSpec, RunSpec, TwinStudy
from resnet_core.studies import theory

QUANTITIES = tuple(key for key, probe in PROBES.items() if probe.of == "layer")


@dataclass(frozen=True)
class Asked:
    """What the controls ask for.

    Attributes:
        study: None where the controls make no sense.
        probed: What is known of its runs.
        quantity: A key of ``PROBES``.
        step: That the figure by layer shows.
        theory: Lay the formula's line over it.
    """

    study: TwinStudy | None
    probed: Probed | None
    quantity: str
    step: int
    theory: bool = False


def ask(page: Page) -> Asked:
    """Draw the controls, and give what they ask for."""
    t = page.t
    quantity = controls.pick(
        page, "show", t("Quantity"), QUANTITIES, lambda key: t(PROBES[key].label)
    )
    study = probing.ask(page)
    if study is None:
        return Asked(None, None, quantity, 1)
    if study.plain is None:
        st.info(
            t(
                "This initialisation starts every branch at zero. Of a plain network nothing would "
                "be left, so only the residual one is shown."
            )
        )
    probed = probing.look_up(page, study.runs)
    probing.buttons(page, probed, key="gradient.train")
    step = probing.scrubber(page, probed)
    shows_theory = controls.toggle(
        page,
        "theory",
        t("Theory"),
        default=True,
        help=t(
            "A dotted line through the last convolution, for gradient norms before training. "
            "Formulas hold for wide, fully connected networks."
        ),
    )
    return Asked(study, probed, quantity, step, shows_theory)


def show(page: Page, asked: Asked) -> None:
    """Draw the figures: by layer at one step, the textbook case, and over the training."""
    t = page.t
    if asked.study is None or asked.probed is None:
        return
    probed, quantity, step = asked.probed, asked.quantity, asked.step
    probe = PROBES[quantity]
    title = t(probe.label)
    found = [(run, probed.values(run, step)) for run in probed.runs]
    if not any(values for _, values in found):
        st.caption(t("Measuring needs the lab, which is warming up …"))
    elif not any(quantity in values for _, values in found):
        st.info(t("These networks have no such quantity: {quantity}.", quantity=title))
    series = [series_of(run, values, quantity, t) for run, values in found]
    live = None
    if probed.is_live:
        live = Live(probing.live_address(probed, f"probes.{quantity}", page.language), 0.5)
    grids = [grid_of(run, probed.histories.get(run.digest), quantity) for run in probed.runs]
    colors = shared_range(grids, log=probe.log)
    steps = asked.study.train.steps
    over_training = [
        over_time(
            grid,
            t=t,
            title=title,
            log=probe.log,
            steps_total=steps,
            colors=colors,
            at=None if probed.is_live else step,
            is_live=probed.is_live,
        )
        for grid in grids
        if probed.is_live or grid.values
    ]
    # While it trains the figure shows the latest step, whatever the slider says.
    at_start = (quantity, step) == ("gradient", 1) and not probed.is_live
    lines = _theory(found, t) if asked.theory and at_start else []
    textbook, textbook_values = _textbook(page, asked.study.network.depth)
    said = reading(found, quantity, t)
    if at_start:
        said += " " + growth(found, t)
    shown = t("At step {step}.", step=step)
    if probed.is_live:
        said = shown = t("The latest probed step, while both train.")
    st.markdown(said)
    chart(
        [
            by_layer(
                series,
                t=t,
                title=title,
                log=probe.log,
                theory=lines,
                include=(0, 1) if quantity == "dead" else (),
                stages=stage_starts(asked.study.network, quantity),
            ),
            by_layer(
                [
                    replace(
                        series_of(textbook, textbook_values, "gradient", t),
                        name=t("{name}, sigmoid", name=textbook.network.name),
                    )
                ],
                t=t,
                title=t(PROBES["gradient"].label),
                log=True,
                stages=stage_starts(textbook.network, "gradient"),
            ),
        ],
        key="gradient.layers",
        alt=[said, textbook_words(textbook_values, t)],
        captions=[shown, textbook_words(textbook_values, t)],
        widths=[1.5, 1],
        words=chart_words(t),
        live=live,
        height=300,
    )
    if over_training:
        chart(
            over_training,
            key="gradient.training",
            alt=[t("{quantity} by layer and step.", quantity=title)] * len(over_training),
            captions=[grid.name for grid in grids if probed.is_live or grid.values],
            words=chart_words(t),
            live=live,
            height=300,
        )
    probing.say_where_from(page, probed)


def _textbook(page: Page, depth: int) -> tuple[RunSpec, Values]:
    """Give the textbook case: sigmoid without BN, at the same depth; and how it starts."""
    network = NetworkSpec(
        depth=depth,
        width=8,
        join="plain",
        activation="sigmoid",
        normalisation="none",
        initialisation="xavier",
    )
    run = RunSpec(network=network)
    try:
        found = probing.start(run)
    except ResNetLabError as error:
        show_error(error, page.t)
        return run, {}
    return run, found["values"] if found is not None else {}


def _theory(found: Sequence[tuple[RunSpec, Values]], t: Translate) -> list[TheoryLine]:
    """Give the formulas' lines, each through its network's last convolution."""
    lines = []
    for run, values in found:
        prediction = theory.predicted_growth(run.network)
        row = values.get("gradient", ())
        top = row[-2] if len(row) > 2 else 0.0
        if prediction is None or not 0 < top < math.inf:
            continue
        logs = [None if one is None else math.log10(top) + one for one in prediction.log10]
        name = t(
            "theory for {name}: {formula}", name=run.network.name, formula=prediction.row.formula
        )
        values_of_line = [None if one is None or abs(one) > 300 else 10.0**one for one in logs]
        lines.append(TheoryLine(name=name, values=values_of_line))
    return lines


def shattered(page: Page, asked: Asked) -> None:
    """Draw how alike the gradients of nearby inputs are, before anything is learned."""
    t = page.t
    if asked.probed is None:
        return
    st.markdown(f"#### {t('Do nearby inputs agree on the gradient?')}")
    series = []
    for run in asked.probed.runs:
        try:
            start = probing.start(run)
        except ResNetLabError as error:
            show_error(error, t)
            return
        if start is None:
            st.caption(t("Measuring needs the lab, which is warming up …"))
            return
        series.append(
            Correlation(
                uid=f"{run.digest}:shattered",
                join=run.network.join,
                name=run.network.name,
                distances=start["distances"],
                correlations=start["cosines"],
            )
        )
    said = shattering_words(series, t)
    chart(
        [shattering(series, t=t)],
        key="gradient.shattered",
        alt=[said],
        captions=[said],
        words=chart_words(t),
        height=270,
    )
