"""What does each network lose without one of its units? The first figure below the lesion bench.

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, figure 3. It is measured without being
asked for: it takes a second or two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import zip_longest
from statistics import median

import streamlit as st

from pages.ui import controls, cut_live, cut_plans, cut_seeds, cut_words, lab, trained
from pages.ui.chart import chart, chart_words
from pages.ui.cut_measuring import Task
from pages.ui.cut_plans import Dice
from pages.ui.cut_seeds import Seeds
from pages.ui.figures.lesions import Single, error_by_unit
from pages.ui.frame import Page, literal
from pages.ui.trained import Subject
from pages.ui.translate import Translate
from pages.ui.varied import sentence_words
from resnet_core.specs import RunSpec
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.deletions import Deletions
from resnet_core.studies.lesions import BROKEN, LITTLE, deletion_verdict
from resnet_core.studies.trained import load_trained_network, trained_names


def show(page: Page, pair: Sequence[Subject]) -> Callable[[], list[Subject]]:
    """Draw the figure with its controls; give what says which networks it shows, every seed.

    Args:
        page: Where.
        pair: The networks that are cut above, one or two.
    """
    t = page.t
    st.subheader(t("One unit at a time"), anchor=False)
    st.markdown(
        t(
            "Each unit is deleted by itself, and the test images are classified without it "
            "(Veit 2016, figure 3). In the paper VGG then only guesses, whichever layer is gone; "
            "ResNet-110 hardly notices, except for the units that change the shape, a little."
        )
    )
    left, right = st.columns([0.4, 0.6], gap="medium", vertical_alignment="bottom")
    with left:
        third = _third(page, pair)
    with right:
        all_seeds = controls.toggle(
            page,
            "seeds",
            t("All seeds trained here"),
            help=t("Networks that differ from these in their training seed alone, 0 to 4."),
        )
    subjects = [*pair] if third is None else [*pair, third]

    def seeds() -> Seeds:
        if all_seeds:
            return cut_seeds.look_up(subjects)
        return Seeds(tuple((of,) for of in subjects), (), ())

    def is_busy() -> bool:
        found = seeds()
        is_measured = lab.is_ready() and cut_live.want("each", _tasks(found))
        return is_measured or bool(found.training)

    def draw() -> None:
        _draw(page, subjects, seeds(), all_seeds=all_seeds)

    cut_live.live(page, "each", is_busy, draw)
    return lambda: [of for some in seeds().trained for of in some]


def _tasks(seeds: Seeds) -> list[Task]:
    """Say what is to be measured: the first seed of every network, then the second, …."""
    return [
        cut_plans.task("each", of, Dice(1, 0))
        for some in zip_longest(*seeds.trained)
        for of in some
        if of is not None
    ]


def _draw(page: Page, subjects: Sequence[Subject], seeds: Seeds, *, all_seeds: bool) -> None:
    if all_seeds:
        cut_seeds.show(page, seeds)
    _figure(page, subjects, seeds)
    if lab.is_ready():
        cut_words.progress(page, _tasks(seeds))
    else:
        st.caption(page.t("This is measured as soon as the lab has warmed up."))
    cut_words.problems(page, [of for some in seeds.trained for of in some])
    _verdict(page, subjects, seeds)


def _figure(page: Page, subjects: Sequence[Subject], seeds: Seeds) -> None:
    t = page.t
    rows = tuple(
        cut_plans.single(look, some)
        for look, some in zip(cut_plans.looks(subjects, t), seeds.trained, strict=True)
    )
    chart(
        [error_by_unit(rows, t=t, guessing=cut_words.guessing(subjects[0]))],
        key=f"{page.name}.each_figure",
        alt=[_alt(rows, t)],
        captions=[_caption(subjects, seeds, rows, t)],
        words=chart_words(t),
        height=360,
    )


def _caption(
    subjects: Sequence[Subject], seeds: Seeds, rows: Sequence[Single], t: Translate
) -> str:
    said = [cut_words.images(subjects[0], t), cut_words.training_seeds(rows, t)]
    if any(len(some) > 1 for some in seeds.trained):
        said.append(t("A point is a seed, a line the mean of the seeds."))
    if len({row.units for row in rows}) > 1:
        said.append(t("Networks of other depths are drawn to the same stages."))
    if any(of.network.join == "plain" for of in subjects):
        said.append(
            t(
                "◆: the unit changes the shape; a plain network's is replaced by subsampling and "
                "zero padding, since something must."
            )
        )
    else:
        said.append(t("◆: the unit changes the shape."))
    return " ".join(filter(None, said))


def _alt(rows: Sequence[Single], t: Translate) -> str:
    said = []
    for row in rows:
        errors = [error for some in row.errors for error in some if error is not None]
        if errors:
            said.append(f"{row.look.label} {100 * median(errors):.1f} %")
    if not said:
        return t("Error after each deletion: nothing is measured yet.")
    return t("Error after each deletion, the median: {rows}.", rows=", ".join(said))


# --- the third network ----------------------------------------------------------------------------


def _third(page: Page, pair: Sequence[Subject]) -> Subject | None:
    """Draw the choice of a third network, a plain one of the same data."""
    t = page.t
    shown = {of.run.digest for of in pair}

    def fits(run: RunSpec) -> bool:
        return (
            run.network.join == "plain" and run.data == pair[0].run.data and run.digest not in shown
        )

    default = next((name for name, run in _plain() if fits(run)), "none")
    return trained.choose(
        page, "third", t("A plain network beside them"), default=default, fits=fits, none=t("none")
    )


@cache
def _plain() -> tuple[tuple[str, RunSpec], ...]:
    """List the plain networks that ship, the best known of them first."""
    runs = [(name, load_trained_network(name).run) for name in trained_names()]
    plain = [(name, run) for name, run in runs if run.network.join == "plain"]
    return tuple(
        sorted(plain, key=lambda one: (one[1].network.family != "cifar", one[1].network.depth))
    )


# --- what it shows --------------------------------------------------------------------------------


def _verdict(page: Page, subjects: Sequence[Subject], seeds: Seeds) -> None:
    """Say what was measured: of one seed in the core's sentences, of several by counting them."""
    t = page.t
    names = cut_plans.labels(subjects, t)
    found = [
        [cut_plans.deletions(of, name) for of in some]
        for name, some in zip(names, seeds.trained, strict=True)
    ]
    measured = [[one for one in some if one is not None] for some in found]
    if measured != found:
        return
    if any(len(some) > 1 for some in measured):
        said = [_of_seeds(name, some, t) for name, some in zip(names, measured, strict=True)]
    else:
        known = [one for (one,) in measured]  # the two above are compared; the third is beside them
        said = [sentence_words(one, t) for one in _each_verdict(known[:2], known[2:])]
    st.markdown("\n".join(f"- {literal(one)}" for one in said))


def _each_verdict(*groups: Sequence[Deletions]) -> list[Sentence]:
    return [sentence for group in groups for sentence in deletion_verdict(*group)]


def _of_seeds(name: str, found: Sequence[Deletions], t: Translate) -> str:
    """Count the seeds of which it holds."""
    if found[0].network.join == "plain":
        broken = sum(min(one.errors) >= BROKEN for one in found)
        return t(
            "{name}: with {holds} of {count} seeds the error is {error} or more whichever unit is "
            "deleted; the lowest of all is {lowest}.",
            name=name,
            error=f"{100 * BROKEN:g} %",
            holds=broken,
            count=len(found),
            lowest=f"{100 * min(min(one.errors) for one in found):.1f} %",
        )
    shares = [sum(cost < LITTLE - 1e-9 for cost in one.costs) / len(one.costs) for one in found]
    return t(
        "{name}: with {holds} of {count} seeds most of the units can be deleted one at a time with "
        "less than {points} points lost; with the worst seed {lowest} of them can.",
        name=name,
        points=f"{100 * LITTLE:g}",
        holds=sum(share > 0.5 for share in shares),
        count=len(found),
        lowest=f"{100 * min(shares):.0f} %",
    )
