"""What is said beside every figure of lesions: how far it is, on which images, with which seeds."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import cut_live, cut_plans, reading
from pages.ui.cut_measuring import Task, measuring
from pages.ui.figures.lesions import Single
from pages.ui.frame import Page, show_error
from pages.ui.trained import Subject
from pages.ui.translate import Translate
from resnet_core.specs import DATASETS


def progress(page: Page, tasks: Sequence[Task], *, asked: int | None = None) -> None:
    """Say how far a measurement is; nothing when it is over, or cannot go on.

    Args:
        page: Where.
        tasks: What is measured.
        asked: How many were missing when it was asked for; None to count all.
    """
    t = page.t
    tasks = [task for task in tasks if measuring.problem(task.subject) is None]
    missing = sum(measuring.missing(task) for task in tasks)
    total = sum(len(task.lesions) for task in tasks)
    if asked is not None:  # of those that were known before, nothing was asked
        total = max(missing, min(total, asked))
    if not missing:
        return
    said = t("Measuring: {done} of {total} lesions", done=total - missing, total=total)
    seconds = measuring.seconds(tasks)
    if seconds is not None:
        said += " · " + t("about {time} left", time=reading.duration(max(1.0, seconds), t))
    st.progress((total - missing) / total, said)


def problems(page: Page, subjects: Sequence[Subject]) -> None:
    """Say which networks could not be measured, and why; and offer to try again."""
    found = [of for of in subjects if measuring.problem(of) is not None]
    for said in {str(measuring.problem(of)): measuring.problem(of) for of in found}.values():
        if said is not None:
            show_error(said, page.t)
    if found:
        st.button(
            page.t("Try again"),
            icon=":material/refresh:",
            key=f"{page.name}.lesions_again",
            on_click=_forgive,
            args=(page, found),
        )


def _forgive(page: Page, subjects: Sequence[Subject]) -> None:
    for of in subjects:
        measuring.forgive(of)
    cut_live.again(page)


def images(of: Subject, t: Translate) -> str:
    """Say on how many test images; nothing before the first answer."""
    cut = cut_plans.intact(of)
    return "" if cut is None else t("{images} test images.", images=f"{cut.images:,}")


def training_seeds(rows: Sequence[Single], t: Translate) -> str:
    """Say which seeds the networks were trained with."""
    return seeds_of([(row.look.label, row.seeds) for row in rows], t)


def seeds_of(rows: Sequence[tuple[str, Sequence[int]]], t: Translate) -> str:
    """Say which seeds networks were trained with, by their names; all at once where it is one."""
    seeds = {tuple(some) for _, some in rows}
    if len(seeds) == 1:
        (same,) = seeds
        if len(same) == 1:
            return t("Training seed {seed}.", seed=same[0])
        return t("Training seeds: {seeds}.", seeds=_listed(same))
    said = "; ".join(f"{name}: {_listed(some)}" for name, some in rows)
    return t("Training seeds: {seeds}.", seeds=said)


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def guessing(of: Subject) -> float | None:
    """Give the error of who guesses among the classes; of one's own images once they are known."""
    if of.run.data.dataset in DATASETS:
        return 1 - 1 / DATASETS[of.run.data.dataset].classes
    cut = cut_plans.intact(of)
    return None if cut is None else 1 - 1 / len(cut.class_errors)
