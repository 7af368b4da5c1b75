"""The controls and buttons of the pages that compare variants: what is asked for, what to do.

What is known of a study of variants stands in ``varied``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import controls, evidence, lab
from pages.ui.frame import Page, show_error
from pages.ui.link import choice, integer
from pages.ui.runs import say_cost
from pages.ui.translate import Translate
from pages.ui.varied import LEFT, S, Varied
from resnet_core.errors import ResNetLabError
from resnet_core.specs import (
    DataSpec,
    NetworkSpec,
    RunSpec,
    TrainSpec,
    VariantStudy,
    cifar_depths,
)

DEPTHS = {"basic": (8, 14, 20, 32, 44, 56, 80, 110), "bottleneck": (11, 20, 38, 56, 83, 110, 164)}
WIDTHS = (2, 4, 8, 16, 32)
STEPS = (50, 100, 120, 200, 400, 600, 1000, 2000)
MOST_STEPS = 20_000


@dataclass(frozen=True)
class Room:
    """Where a part can stand.

    Attributes:
        left: For controls and buttons.
        right: For figures.
        bar: A row above the figures, behind the choice of part: for their switches.
    """

    left: DeltaGenerator
    right: DeltaGenerator
    bar: DeltaGenerator


@dataclass(frozen=True)
class Usual:
    """What the controls say until somebody moves them."""

    depth: int
    width: int
    steps: int
    rate: float
    seeds: int

    @classmethod
    def of(cls, study: VariantStudy, *, seeds: int | None = None) -> Usual:
        """Take them from a study."""
        return cls(
            study.network.depth,
            study.network.width,
            study.train.steps,
            study.train.learning_rate,
            study.seeds if seeds is None else seeds,
        )


@dataclass(frozen=True)
class Asked:
    """What the controls ask for, whatever is compared.

    Attributes:
        depth: Weighted layers.
        width: Channels of the first stage.
        data: The images.
        train: With the first seed.
        seeds: How many.
    """

    depth: int
    width: int
    data: DataSpec
    train: TrainSpec
    seeds: int

    @property
    def first_seed(self) -> int:
        """The first of the seeds."""
        return self.train.seed


def ask(
    page: Page,
    usual: Usual,
    *,
    block: str = "basic",
    folds_training: bool = False,
    has_seeds: bool = True,
) -> Asked:
    """Draw the controls that every study of variants has, and give what they ask for.

    Args:
        page: Where.
        usual: The defaults.
        block: Whose depths there are.
        folds_training: Nothing is trained here, so those controls are out of the way.
        has_seeds: Whether a number of seeds means anything here.

    Raises:
        SpecError: With what is wrong.
    """
    t = page.t
    left, right = st.columns(2)
    with left:
        deep = depth(page, usual.depth, block)
    with right:
        width = controls.slider(
            page,
            "width",
            t("Width"),
            WIDTHS,
            usual.width,
            1,
            64,
            help=t(
                "Channels of the first stage; the second has twice, the third four times as many."
            ),
        )
    data = controls.dataset(page)
    with st.expander(t("Training")) if folds_training else st.container():
        left, right = st.columns(2)
        with left:
            steps = controls.slider(page, "steps", t("Steps"), STEPS, usual.steps, 1, MOST_STEPS)
        with right:
            seeds = _seeds(page, usual) if has_seeds else 1
        rate = controls.rate(page, usual.rate)
    first = page.link.setting("first", 0, integer("first", 0, 1_000_000))
    train = TrainSpec(steps=steps, learning_rate=rate, seed=st.session_state[first])
    return Asked(deep, width, data, train, seeds)


def _seeds(page: Page, usual: Usual) -> int:
    t = page.t
    return controls.slider(
        page,
        "seeds",
        t("Seeds"),
        range(1, 11),
        usual.seeds,
        1,
        20,
        help=t("Each seed draws other weights and another order of images."),
    )


def depth(page: Page, usual: int, block: str) -> int:
    """Draw the choice of depth, and give it; that of another block goes to the nearest."""
    t = page.t
    key = page.link.setting("depth", usual, lambda text: _read_depth(text, block))
    there = cifar_depths(block)
    if st.session_state[key] not in there:
        st.session_state[key] = min(there, key=lambda one: abs(one - st.session_state[key]))
    chosen: int = st.select_slider(
        t("Depth"),
        controls.with_value(DEPTHS[block], st.session_state[key]),
        key=key,
        help=t("Weighted layers: 6n+2 with basic units, 9n+2 with bottleneck units."),
    )
    return chosen


def _read_depth(text: str, block: str) -> int:
    return NetworkSpec(depth=integer("depth", 8, 1202)(text), block=block).depth


def read_keys(name: str, options: Sequence[str]) -> Callable[[str], list[str]]:
    """Read keys with commas between them, each once, in the order of the options."""

    def read(text: str) -> list[str]:
        asked = {choice(name, options)(part) for part in text.split(",")}
        return [key for key in options if key in asked]

    return read


def show_keys(keys: Sequence[str]) -> str:
    """Write keys with commas between them."""
    return ",".join(keys)


def in_order(keys: Sequence[str], options: Sequence[str]) -> tuple[str, ...]:
    """Give what was chosen in the order of the options, however it was clicked together."""
    return tuple(key for key in options if key in keys)


# --- what can be done -----------------------------------------------------------------------------


def buttons(page: Page, asked: S | None, shown: Varied[S] | None) -> None:
    """Draw what can be done now: train, stop, take new seeds."""
    if asked is None or shown is None:
        return
    t = page.t
    live = [digest for digest, record in shown.records.items() if record.active]
    if live and shown.is_left:
        st.info(t("You have stopped these runs. They go on while others watch them."))
    elif live:
        st.button(
            t("Stop"),
            icon=":material/stop:",
            width="stretch",
            on_click=_stop,
            args=(page, asked, live),
            help=t("Leaves these runs; they stop when nobody else watches them."),
            key=f"{page.name}.stop",
        )
    if shown.missing:  # some of its runs may be going for another study
        _train_button(page, asked, shown)
    elif not live:
        st.success(t("Measured on this machine, and remembered."), icon=":material/history:")
        st.button(
            t("New seeds"),
            icon=":material/casino:",
            width="stretch",
            on_click=page.link.set,
            args=({"first": asked.first_seed + asked.seeds},),
            help=t("Trains the same networks from other weights."),
            key=f"{page.name}.new",
        )
    failed = shown.failed()
    if failed is not None:
        show_error(failed, t)
    if problem := st.session_state.pop(_problem(page), None):
        show_error(problem, t)


def _train_button(page: Page, asked: S, shown: Varied[S]) -> None:
    missing = {run.digest for run in shown.missing}
    # What is neither missing nor known to the lab ships with the app, trained.
    wanted = [run for run in asked.runs if run.digest in missing or run.digest in shown.records]
    st.button(
        _label(len(missing), len(asked.runs), page.t),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=_start,
        args=(page, asked, wanted),
        key=f"{page.name}.start",
    )
    say_cost(page, shown.missing)


def _label(missing: int, count: int, t: Translate) -> str:
    if missing == count:
        return t("Train these {count} runs", count=count)
    return t("Train the {count} missing runs", count=missing)


def _problem(page: Page) -> str:
    return f"_{page.name}.problem"


def _start(page: Page, study: VariantStudy, runs: Sequence[RunSpec]) -> None:
    st.session_state.get(LEFT, set()).discard(study.digest)
    try:
        lab.submit(runs)
    except ResNetLabError as error:
        st.session_state[_problem(page)] = error


def _stop(page: Page, study: VariantStudy, live: Sequence[str]) -> None:
    st.session_state.setdefault(LEFT, set()).add(study.digest)
    try:
        lab.leave(live)
    except ResNetLabError as error:
        st.session_state[_problem(page)] = error


def say_published(page: Page, table: str) -> None:
    """Say what the published values of a table of He 2016 are, and how far they can be compared."""
    found = evidence.published_2016()[table]
    st.caption(
        f"**{page.t('Published.')}** {found['source']}: {found['what'][page.language]}. "
        f"{found['note'][page.language]}"
    )
