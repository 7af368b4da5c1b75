"""*An ensemble?*, first part: one network trained in four ways, then cut.

Which runs are asked for, which of them there are already (some ship with the app), and the training
of the others. What cutting them shows stands in ``regime_cuts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import controls, regime_cuts, runs, trained, varied, varying
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.variants import error_by_variant, height_of
from pages.ui.frame import Page, show_error
from pages.ui.regime_cuts import Member
from pages.ui.variant_entries import TRAININGS
from pages.ui.varied import AGAIN, Kind, Varied
from pages.ui.varying import Room, Usual
from resnet_core.errors import ResNetLabError, StoreError
from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.specs.regimes import RegimeStudy
from resnet_core.specs.sentence import Sentence
from resnet_core.studies import Recording, Variant
from resnet_core.studies.trained import load_trained_network, trained_names

USUAL = Usual.of(RegimeStudy())
"""What the controls say until somebody moves them: all four of these networks ship."""

MOST_SEEDS = 5
"""Each seed is four networks to cut, about sixty times each."""


def show(page: Page, bar: DeltaGenerator) -> None:
    """Draw the controls, and what is known of the networks that they ask for.

    Args:
        page: Where.
        bar: Room beside the choice of part, which stays empty here.
    """
    left, right = st.columns([0.25, 0.75], gap="medium")
    room = Room(left, right, bar)
    with room.left:
        study = _ask(page)
        if study is None:
            return
        shown = look_up(study)
        _buttons(page, study, shown)
    with room.right:
        if shown.is_live:
            _training(page, shown)
        else:
            _trained(page, study, shown)
    with room.left:
        if all(run.digest in shown.records for run in study.runs):  # not of those that ship
            varied.downloads(page, shown)


def _ask(page: Page) -> RegimeStudy | None:
    """Draw the controls and give the study they ask for; None, with a sentence, if it is none."""
    t = page.t
    try:
        asked = varying.ask(page, USUAL, has_seeds=False)
        seeds = controls.slider(
            page,
            "seeds",
            t("Seeds"),
            range(1, MOST_SEEDS + 1),
            1,
            1,
            MOST_SEEDS,
            help=t("Each seed draws other weights and another order of images."),
        )
        return RegimeStudy(
            network=NetworkSpec(depth=asked.depth, width=asked.width),
            data=asked.data,
            train=asked.train.model_copy(update={"seed": 0}),
            seeds=seeds,
            first_seed=asked.first_seed,
        )
    except ResNetLabError as error:
        show_error(error, t)
        return None


# --- which of them are there ----------------------------------------------------------------------


def _no_recording() -> Recording[RegimeStudy]:
    raise StoreError("A recording was looked for, but there is none: networks ship instead.")


def _no_verdict(study: RegimeStudy, found: Sequence[Variant]) -> tuple[Sentence, ...]:
    """Say nothing of errors alone: these networks are judged when they are cut."""
    return ()


KIND = Kind[RegimeStudy](TRAININGS, "regimes", _no_recording, _no_verdict)


def look_up(study: RegimeStudy) -> Varied[RegimeStudy]:
    """Find what the lab knows of a study's runs; missing are those that do not ship, either."""
    digests = [run.digest for run in study.runs]
    records, histories = runs.known(digests)
    missing = [
        run
        for run in study.runs
        if run.digest not in _shipped()
        and (run.digest not in records or records[run.digest].status in AGAIN)
    ]
    known = [histories[digest] for digest in digests if digest in histories]
    return Varied(KIND, study, known, records, missing, None)


@cache
def _shipped() -> dict[str, str]:
    """Give the networks that ship: digest of the run → code."""
    found = {}
    for name in trained_names():
        try:
            found[load_trained_network(name).run.digest] = name
        except ResNetLabError:  # a damaged file of one is no reason to do without the others
            continue
    return found


@dataclass(frozen=True)
class _Found:
    """Which networks of a study can be cut, and why others cannot."""

    members: list[Member]
    problems: list[ResNetLabError]


def _members(study: RegimeStudy) -> _Found:
    members, problems = [], []
    for run in study.runs:
        try:
            code = _shipped().get(run.digest, run.digest)
            if code == run.digest and not _has_completed(run):
                continue
            members.append(Member(study.key_of(run), run.train.seed, trained.subject(code)))
        except ResNetLabError as error:  # its weights have gone, say
            problems.append(error)
    return _Found(members, problems)


def _has_completed(run: RunSpec) -> bool:
    records, _ = runs.known([run.digest])
    return run.digest in records and records[run.digest].status == "completed"


# --- what is drawn --------------------------------------------------------------------------------


def _buttons(page: Page, study: RegimeStudy, shown: Varied[RegimeStudy]) -> None:
    if shown.missing or shown.records:
        varying.buttons(page, study, shown)
        return
    t = page.t
    st.success(
        t("These networks ship with the app, trained. Other settings can be trained here."),
        icon=":material/inventory_2:",
    )
    st.button(
        t("New seeds"),
        icon=":material/casino:",
        width="stretch",
        on_click=page.link.set,
        args=({"first": study.first_seed + study.seeds},),
        help=t("Trains the same networks from other weights."),
        key=f"{page.name}.new",
    )


def _training(page: Page, shown: Varied[RegimeStudy]) -> None:
    """Draw the errors of the networks while they are trained; what ships is not among them."""
    t = page.t
    rows = shown.entries(t)
    chart(
        [error_by_variant(rows, t=t)],
        key=f"{page.name}.training",
        alt=[varied.figure_words(rows, t)],
        captions=[t("Errors when trained. What cutting costs follows as soon as they are done.")],
        live=Live(shown.live_url(page.language), 0.5),
        words=chart_words(t),
        height=height_of(rows),
    )


def _trained(page: Page, study: RegimeStudy, shown: Varied[RegimeStudy]) -> None:
    """Cut the networks that are there; an example, and a sentence, where too few are."""
    t = page.t
    found = _members(study)
    for problem in found.problems:
        show_error(problem, t)
    if not regime_cuts.can_compare(found.members):
        found = _members(RegimeStudy())
        st.info(
            t(
                "Your settings have not been trained yet. This is an example of networks that ship "
                "with the app: depth 56, width 8, 200 steps, seed 0, on digits."
            ),
            icon=":material/inventory_2:",
        )
    elif shown.missing:
        st.caption(t("Some of these networks are not trained yet: the others are compared."))
    if not regime_cuts.can_compare(found.members):
        st.warning(t("No trained networks to compare: press the button at the left."))
        return
    regime_cuts.show(page, found.members)
