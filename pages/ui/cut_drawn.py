"""What does a network lose without several units, or in another order? The figures with draws.

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, figures 5a and 5b. They take a while, so
they are measured when a visitor asks for them; what is known already is there at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from pages.ui import cut_live, cut_plans, cut_words, lab, reading
from pages.ui.chart import chart, chart_words
from pages.ui.cut_measuring import Task, measuring
from pages.ui.cut_plans import Dice, Kind
from pages.ui.figures.lesion_draws import error_by_count, error_by_order
from pages.ui.figures.lesion_parts import Look
from pages.ui.frame import Page, literal
from pages.ui.trained import Subject
from pages.ui.translate import Translate
from pages.ui.varied import sentence_words
from resnet_core.specs.lesion import swaps
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.lesions import many_verdict, reorder_verdict


def show(page: Page, kind: Kind, pair: Sequence[Subject], dice: Dice) -> None:
    """Draw a figure with its button.

    Args:
        page: Where.
        kind: ``many`` or ``order``.
        pair: The networks that are cut above, one or two.
        dice: How it is drawn.
    """
    st.markdown(_question(kind, page.t))
    pair = [of for of in pair if kind == "many" or _can_swap(page, of)]
    tasks = [cut_plans.task(kind, of, dice) for of in pair]

    def is_busy() -> bool:
        return cut_live.want(kind, tasks if _asked(page, kind, tasks) else [])

    cut_live.live(page, kind, is_busy, lambda: _draw(page, kind, pair, dice, tasks))


def _draw(
    page: Page, kind: Kind, pair: Sequence[Subject], dice: Dice, tasks: Sequence[Task]
) -> None:
    asked = _asked(page, kind, tasks)
    if asked or _has_begun(tasks):
        _figure(page, kind, pair, dice)
    if asked:
        cut_words.progress(page, tasks, asked=st.session_state.get(_count(page, kind)))
    if any(measuring.missing(task) for task in tasks):
        _button(page, kind, tasks, asked=asked)
    elif tasks:
        _verdict(page, kind, pair, dice)


def _has_begun(tasks: Sequence[Task]) -> bool:
    """Whether anything is known that is not known of single deletions, from the figure above."""
    return any(
        cut is not None and (lesion.order or len(lesion.deleted) > 1)
        for task in tasks
        for lesion, cut in zip(
            task.lesions, measuring.known(task.subject, task.lesions), strict=True
        )
    )


def _question(kind: Kind, t: Translate) -> str:
    if kind == "many":
        return t(
            "**Several at once.** Units drawn at random are deleted together (Veit 2016, figure "
            "5a). In the paper the error rises smoothly with their number."
        )
    return t(
        "**Another order.** Random pairs of units of equal shape change places (figure 5b). In "
        "the paper the error rises smoothly as Kendall's τ falls, the likeness of the orders."
    )


def _can_swap(page: Page, of: Subject) -> bool:
    if not swaps(of.network):
        st.caption(
            page.t(
                "No two units of {name} have the same shape: none can change places.",
                name=cut_plans.labels([of], page.t)[0],
            )
        )
        return False
    return True


# --- the button -----------------------------------------------------------------------------------


def _asked(page: Page, kind: Kind, tasks: Sequence[Task]) -> bool:
    """Whether the visitor has asked for these very lesions."""
    return bool(tasks) and st.session_state.get(_key(page, kind)) == _signature(tasks)


def _button(page: Page, kind: Kind, tasks: Sequence[Task], *, asked: bool) -> None:
    t = page.t
    if asked and all(measuring.problem(task.subject) is None for task in tasks):
        st.button(
            t("Stop"),
            icon=":material/stop:",
            key=f"{page.name}.stop_{kind}",
            on_click=st.session_state.pop,  # the figure sees that nothing is to come, and ends
            args=(_key(page, kind), None),
        )
        return
    missing = sum(measuring.missing(task) for task in tasks)
    st.button(
        t("Measure these {lesions} lesions", lesions=missing),
        icon=":material/play_arrow:",
        key=f"{page.name}.measure_{kind}",
        on_click=_ask,
        args=(page, kind, tuple(tasks)),
        disabled=not lab.is_ready(),
    )
    passes = t(
        "A lesion needs only the units from the first that it changes: together as much as "
        "{passes} passes of the test images through a whole network.",
        passes=f"{sum(map(measuring.passes, tasks)):.0f}",
    )
    seconds = measuring.seconds(tasks)
    if seconds is not None:
        passes += " " + t("Here that takes about {time}.", time=reading.duration(seconds, t))
    st.caption(passes)


def _ask(page: Page, kind: Kind, tasks: Sequence[Task]) -> None:
    st.session_state[_key(page, kind)] = _signature(tasks)
    st.session_state[_count(page, kind)] = sum(measuring.missing(task) for task in tasks)
    for task in tasks:
        measuring.forgive(task.subject)
    cut_live.again(page)


def _key(page: Page, kind: Kind) -> str:
    return f"_{page.name}.asked_{kind}"


def _count(page: Page, kind: Kind) -> str:
    return f"_{page.name}.asked_count_{kind}"


def _signature(tasks: Sequence[Task]) -> object:
    return [(task.subject.code, len(task.lesions), hash(task.lesions)) for task in tasks]


# --- the figure -----------------------------------------------------------------------------------


def _figure(page: Page, kind: Kind, pair: Sequence[Subject], dice: Dice) -> None:
    t = page.t
    looks = cut_plans.looks(pair, t)
    chart(
        [_drawn(kind, looks, pair, dice, t)],
        key=f"{page.name}.{kind}_figure",
        alt=[_alt(kind, looks, pair, dice, t)],
        captions=[_caption(kind, looks, pair, dice, t)],
        words=chart_words(t),
        height=320,
    )


def _drawn(
    kind: Kind, looks: Sequence[Look], pair: Sequence[Subject], dice: Dice, t: Translate
) -> go.Figure:
    guess = cut_words.guessing(pair[0])
    rows = list(zip(looks, pair, strict=True))
    if kind == "many":
        found = tuple(cut_plans.many(look, of, dice) for look, of in rows)
        return error_by_count(found, t=t, guessing=guess)
    moved = tuple(cut_plans.orders(look, of, dice) for look, of in rows)
    return error_by_order(moved, t=t, guessing=guess)


def _caption(
    kind: Kind, looks: Sequence[Look], pair: Sequence[Subject], dice: Dice, t: Translate
) -> str:
    seeds = [(look.label, (of.run.train.seed,)) for look, of in zip(looks, pair, strict=True)]
    said = [
        cut_words.images(pair[0], t),
        _draws(kind, pair, dice, t),
        cut_words.seeds_of(seeds, t),
    ]
    if kind == "many":
        said.append(t("Bars: 95 % interval of the mean (Student's t)."))
        counts = {sum(of.network.units_per_stage) for of in pair}
        if len(pair) > 1 and len(counts) == 1:
            said.append(t("Both networks lose the same units."))
    return " ".join(filter(None, said))


def _draws(kind: Kind, pair: Sequence[Subject], dice: Dice, t: Translate) -> str:
    """Say how many draws there are by now: it may have been stopped halfway."""
    counts = [len(errors) for of in pair for errors in _errors_by_number(kind, of, dice).values()]
    few, many = min(counts, default=0), max(counts, default=0)
    if few == many:
        return t("Draws of each number: {draws}, with seed {seed}.", draws=few, seed=dice.seed)
    return t(
        "Draws of each number, so far: {few} to {many} of {draws}, with seed {seed}.",
        few=few,
        many=many,
        draws=dice.draws,
        seed=dice.seed,
    )


def _alt(
    kind: Kind, looks: Sequence[Look], pair: Sequence[Subject], dice: Dice, t: Translate
) -> str:
    said = []
    for look, of in zip(looks, pair, strict=True):
        means = [
            f"{k}: {100 * sum(errors) / len(errors):.1f} %"
            for k, errors in _errors_by_number(kind, of, dice).items()
            if errors
        ]
        if means:
            said.append(f"{look.label} {', '.join(means)}")
    rows = "; ".join(said) or t("nothing is measured yet")
    if kind == "many":
        return t("Mean error by number of deleted units: {rows}.", rows=rows)
    return t("Mean error by number of swaps: {rows}.", rows=rows)


# --- what it shows --------------------------------------------------------------------------------


def _verdict(page: Page, kind: Kind, pair: Sequence[Subject], dice: Dice) -> None:
    said: list[Sentence] = []
    for look, of in zip(cut_plans.looks(pair, page.t), pair, strict=True):
        if kind == "many":
            errors = _errors_by_number(kind, of, dice)
            said += many_verdict(look.label, errors, plain=look.join == "plain")
        else:
            said += reorder_verdict(look.label, _points(look, of, dice))
    st.markdown("\n".join(f"- {literal(sentence_words(one, page.t))}" for one in said))


def _errors_by_number(kind: Kind, of: Subject, dice: Dice) -> dict[int, list[float]]:
    return {
        k: [error for error in cut_plans.errors(of, lesions) if error is not None]
        for k, lesions in cut_plans.drawn(kind, of.network, dice)
    }


def _points(look: Look, of: Subject, dice: Dice) -> list[tuple[float, float]]:
    return [
        (tau, error)
        for _, draws in cut_plans.orders(look, of, dice).draws
        for tau, error in draws
        if error is not None
    ]
