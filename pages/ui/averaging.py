"""*An ensemble?*, second part: several shallow networks, averaged, against a deep one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asking, lab, trained
from pages.ui.chart import chart, chart_words
from pages.ui.figures.ensembles import cost_together, errors_together
from pages.ui.frame import Page, literal, show_error
from pages.ui.trained import Subject
from pages.ui.translate import Translate
from pages.ui.varied import sentence_words
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import RunSpec
from resnet_core.studies.ensembles import Classified, Together, together_verdict

SHALLOW = ("residual-20", "residual-20-seed-1", "residual-20-seed-2", "none", "none")
"""What the lists of networks say until somebody moves them: three seeds of one plan."""

DEEP = "residual-56"


def show(page: Page, bar: DeltaGenerator) -> None:
    """Draw the choice of networks, and what they say alone and together.

    Args:
        page: Where.
        bar: Room beside the choice of part, which stays empty here.
    """
    members, deep = _choose(page)
    if deep is None:
        return
    members = _fit_to_average(page, members, deep)
    if not members:
        return
    if not lab.is_ready():
        st.info(page.t("Measuring needs the lab, which is warming up …"))
        return
    try:
        with st.spinner(page.t("Classifying the test images …")):
            answers = asking.together(members), asking.together([deep])
    except ResNetLabError as error:
        show_error(error, page.t)
        return
    _draw(page, members, deep, read(answers[0]), read(answers[1]).all)


def _choose(page: Page) -> tuple[list[Subject], Subject | None]:
    """Draw a list for each network of the ensemble, and one for the deep one: two rows of three.

    Their names are long. The lists hold what was tested on the same images as the deep one.
    """
    t = page.t
    rows = [*st.columns(3), *st.columns(3)]
    with rows[-1]:
        deep = trained.choose(page, "deep", t("Against"), default=DEEP)
    if deep is None:
        return [], None
    found = []
    for place, (room, default) in enumerate(zip(rows, usual(deep), strict=False), start=1):
        with room:
            one = trained.choose(
                page,
                f"net{place}",
                t("Network {number}", number=place),
                default=default,
                fits=lambda run: images_of(run) == images_of(deep.run),
                none=t("none"),
            )
            found.append(one)
    return [one for one in found if one is not None], deep


def images_of(run: RunSpec) -> tuple[object, ...]:
    """Say which test images a run's network is asked about: equal where they are the same."""
    data = run.data
    return data.dataset, data.imported, data.image_size, data.test_images


def usual(deep: Subject) -> tuple[str, ...]:
    """Give what the lists say until somebody moves them, of networks that fit a deep one."""
    fit = trained.fitting(lambda run: images_of(run) == images_of(deep.run))
    if all(code in fit for code in SHALLOW if code != "none"):
        return SHALLOW
    some = sorted(fit, key=lambda code: code == deep.code)[: sum(one != "none" for one in SHALLOW)]
    return (*some, *["none"] * (len(SHALLOW) - len(some)))


def _fit_to_average(page: Page, members: Sequence[Subject], deep: Subject) -> list[Subject]:
    """Give networks that can be averaged: those asked for, or with a sentence others.

    Where one stands twice it is taken once; where too few are left, those drawn last are drawn
    again, or else the usual ones. Empty if there are none.
    """
    kept = f"{page.name}.together.last"
    try:
        check_members(members, deep)
    except ResNetLabError as error:
        show_error(error, page.t)
    else:
        st.session_state[kept] = [one.code for one in members]
        return list(members)
    once = {one.code: one for one in members}
    for instead in (list(once), st.session_state.get(kept, []), usual(deep)):
        try:
            some = [trained.subject(code) for code in instead if code != "none"]
            check_members(some, deep)
        except ResNetLabError:  # the next may do
            continue
        st.caption(
            page.t(
                "Drawn meanwhile: {names}.",
                names=literal("; ".join(labels(some, page.t))),
            )
        )
        return some
    return []


def check_members(members: Sequence[Subject], deep: Subject) -> None:
    """Refuse networks that cannot be averaged, or compared.

    Raises:
        SpecError: They are fewer than two, one stands twice, or they were tested on other images.
    """
    if len(members) < 2:
        raise SpecError(
            "An ensemble of {count} network was asked for, but averaging takes two at least: "
            "choose another.",
            count=len(members),
        )
    codes = [one.code for one in members]
    for place, one in enumerate(members):
        if one.code in codes[:place]:
            raise SpecError(
                "{name} was asked for twice in one ensemble, but averaged with itself a network "
                "says what it says alone: choose another seed, or another network.",
                name=one.code,
            )
    shown = {images_of(one.run) for one in (*members, deep)}
    if len(shown) > 1:
        raise SpecError(
            "An ensemble was asked for of networks that were tested on {count} sets of images, but "
            "they must look at the same ones.",
            count=len(shown),
        )


def read(answer: dict[str, Any]) -> Together:
    """Read what the bench says of an ensemble."""
    rows = zip(answer["errors"], answer["parameters"], answer["multiply_adds"], strict=True)
    each = tuple(
        Classified(error, answer["images"], parameters, multiply_adds)
        for error, parameters, multiply_adds in rows
    )
    disagreement = answer["disagreement"]  # None of one network
    return Together(each, answer["together"], disagreement or 0.0)


def _draw(
    page: Page, members: Sequence[Subject], deep: Subject, found: Together, alone: Classified
) -> None:
    t = page.t
    *names, deep_name = labels([*members, deep], t)
    chart(
        [
            errors_together(found, alone, t=t, names=names, deep_name=deep_name),
            cost_together(found, alone, t=t, names=names, deep_name=deep_name),
        ],
        key=f"{page.name}.together",
        alt=[_alt(found, alone, names, deep_name, t), _alt_cost(found, alone, deep_name, t)],
        captions=[
            t("One image is {share} % of {images}.", share=_share(alone), images=alone.images),
            t("The line: what {name} costs.", name=deep_name),
        ],
        words=chart_words(t),
        height=270 + 30 * max(0, len(members) - 3),
    )
    said = [sentence_words(one, t) for one in together_verdict(found, alone, deep_name)]
    st.markdown("\n".join(f"- {literal(one)}" for one in said))
    st.caption(
        t(
            "Averaging shows that networks trained apart make different mistakes. It does not show "
            "that a residual network is an ensemble: its paths are trained together and share "
            "their weights."
        )
    )
    trained.say_where_from(page, [*members, deep], images=alone.images)


def labels(subjects: Sequence[Subject], t: Translate) -> list[str]:
    """Name networks as short as bars need it, each by another name."""
    found: list[str] = []
    for one in subjects:
        title = trained.network_title(one.network, t)
        name = t("{name}, seed {seed}", name=title, seed=one.run.train.seed)
        if name in found:
            name = one.code
        found.append(name)
    return found


def _share(of: Classified) -> str:
    return f"{100 / of.images:.2f}"


def _alt(
    found: Together, deep: Classified, names: Sequence[str], deep_name: str, t: Translate
) -> str:
    rows = [f"{name} {100 * one.error:.2f} %" for name, one in zip(names, found.each, strict=True)]
    return t(
        "Test error: {rows}; together {error} %; {deep} {deep_error} %.",
        rows="; ".join(rows),
        error=f"{100 * found.error:.2f}",
        deep=deep_name,
        deep_error=f"{100 * deep.error:.2f}",
    )


def _alt_cost(found: Together, deep: Classified, deep_name: str, t: Translate) -> str:
    return t(
        "Together {parameters} % of the parameters and {multiply_adds} % of the multiply-adds of "
        "{name}.",
        parameters=f"{100 * found.all.parameters / deep.parameters:.0f}",
        multiply_adds=f"{100 * found.all.multiply_adds / deep.multiply_adds:.0f}",
        name=deep_name,
    )
