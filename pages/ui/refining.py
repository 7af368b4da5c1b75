"""*An ensemble?*, third part, the rival reading: do units refine one representation?"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asking, lab, trained
from pages.ui.chart import chart, chart_words
from pages.ui.figures.refining import cosines_by_unit, errors_by_exit, ratios_by_unit
from pages.ui.frame import Page, literal, show_error
from pages.ui.translate import Translate
from pages.ui.varied import sentence_words
from resnet_core.errors import ResNetLabError
from resnet_core.specs import RunSpec
from resnet_core.studies.refining import Refining, refining_verdict

IMAGES = 360

DEFAULT = "residual-56"


def show(page: Page, bar: DeltaGenerator) -> None:
    """Draw the choice of a network, and what its units do to the signal.

    Args:
        page: Where.
        bar: Room for the choice.
    """
    t = page.t
    with bar:
        subject = trained.choose(page, "network", t("Network"), default=DEFAULT, fits=_has_branches)
    if subject is None:
        return
    if not lab.is_ready():
        st.info(t("Measuring needs the lab, which is warming up …"))
        return
    try:
        with st.spinner(t("Following the signal …")):
            answer = asking.ask("refinement", subject, at_most=IMAGES)
    except ResNetLabError as error:
        show_error(error, t)
        return
    _draw(page, subject, answer)


def _has_branches(run: RunSpec) -> bool:
    return run.network.join != "plain"


def _draw(page: Page, subject: trained.Subject, answer: dict[str, Any]) -> None:
    t = page.t
    stages, exits = answer["stages"], answer["exit_units"]
    found = Refining(
        name=subject.network.name,
        stages=tuple(stages),
        branches=tuple(answer["branches"]),
        exit_units=tuple(exits),
        exit_errors=tuple(answer["exit_errors"]),
    )
    chart(
        [
            ratios_by_unit(stages, answer["branches"], t=t),
            cosines_by_unit(stages, answer["cosines"], t=t),
            errors_by_exit(exits, answer["exit_errors"], t=t, stage=stages[-1]),
        ],
        key=f"{page.name}.refining",
        alt=[
            _alt(t("Norm of the branch over norm of the shortcut"), answer["branches"], t),
            _alt(t("Cosine of input and output"), answer["cosines"], t),
            t(
                "Error if the head reads after unit {first}: {high} %; after unit {last}: {low} %.",
                first=exits[0],
                last=exits[-1],
                high=f"{100 * answer['exit_errors'][0]:.1f}",
                low=f"{100 * answer['exit_errors'][-1]:.1f}",
            ),
        ],
        captions=[
            t(
                "Diamonds: the first unit of each stage; from stage 2 on it changes the shape. "
                "Means over {images} test images.",
                images=answer["images"],
            ),
            t("Units that change the shape have none."),
            t("The units behind are left out; the head is the network's own, not trained for it."),
        ],
        words=chart_words(t),
        height=300,
    )
    said = [sentence_words(one, t) for one in refining_verdict(found)]
    st.markdown("\n".join(f"- {literal(one)}" for one in said))
    st.caption(
        t(
            "Units are not independent, in either reading: F is not linear, and each unit sees "
            "what those before it have done. A small change is not yet a refinement, either: its "
            "direction would have to lower the loss."
        )
    )
    trained.say_where_from(page, [subject], images=answer["images"])


def _alt(what: str, values: list[float | None], t: Translate) -> str:
    numbers = [value for value in values if value is not None]
    if not numbers:
        return t("{what}: no numbers.", what=what)
    return t(
        "{what} by unit: {low} to {high}, {last} at the last.",
        what=what,
        low=f"{min(numbers):.2f}",
        high=f"{max(numbers):.2f}",
        last=f"{numbers[-1]:.2f}",
    )
