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
    try:
        check_members(members, deep)
        if not lab.is_ready():
            st.info(page.t("Measuring needs the lab, which is warming up …"))
            return
        with st.spinner(page.t("Classifying the test images …")):
            answers = asking.together(members), asking.together([deep])
    except ResNetLabError as error:
        show_error(error, page.t)
        return
    _draw(page, members, deep, read(answers[0]), read(answers[1]).all)


def _choose(page: Page) -> tuple[list[Subject], Subject | None]:
    """Draw a list for each network of the ensemble, and one for the deep one: two rows of three.

    Their names are long, and the seed stands at the end.
    """
    rows = [*st.columns(3), *st.columns(3)]
    found = []
    for place, (room, default) in enumerate(zip(rows, SHALLOW, strict=False), start=1):
        with room:
            found.append(_choose_one(page, place, default))
    with rows[-1]:
        deep = trained.choose(page, "deep", page.t("Against"), default=DEEP)
    return [one for one in found if one is not None], deep


def _choose_one(page: Page, place: int, default: str) -> Subject | None:
    label = page.t("Network {number}", number=place)
    return trained.choose(page, f"net{place}", label, default=default, none=page.t("none"))


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
    shown = {
        (data.dataset, data.imported, data.image_size, data.test_images)
        for data in (one.run.data for one in (*members, deep))
    }
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
        height=270,
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
        seed = one.run.train.seed
        name = t("{name}, seed {seed}", name=one.network.name, seed=seed)
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
