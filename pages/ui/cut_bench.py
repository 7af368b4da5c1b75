"""The lesion bench: which networks, what a click does, and what both say of test images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asking, cut_plans, cut_studies, frame, lab, trained
from pages.ui.asking import Cut
from pages.ui.cutting import Lesions, one_more, partners
from pages.ui.frame import Page, show_error
from pages.ui.link import choice, show_switch, switch
from pages.ui.trained import Subject
from pages.ui.unit_row import Row, Said, unit_rows
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import RunSpec
from resnet_core.specs.lesion import Lesion, kinds_of
from resnet_core.studies.trained import trained_names

DEFAULT = "residual-56"
MODES = ("delete", "swap", "scale")

# --- which networks -------------------------------------------------------------------------------


def choose(page: Page) -> tuple[Subject | None, Subject | None]:
    """Draw the lists of networks: the one that is cut, and the one beside it, if any."""
    t = page.t
    first, second = st.columns(2, gap="small")
    with first:
        subject = trained.choose(page, "network", t("Network"), default=DEFAULT)
    if subject is None:
        return None, None
    usual = counterpart(subject)
    _follow(page, usual)
    with second:
        beside = trained.choose(
            page,
            "beside",
            t("Beside it"),
            default=usual,
            fits=lambda run: run.data == subject.run.data and run.digest != subject.run.digest,
            none=t("no other network"),
        )
    return subject, beside


def counterpart(subject: Subject) -> str:
    """Give the code of the network that usually stands beside another: its twin, if it is there.

    Else, of those that ship, one of the other join and the same data, as near in depth as there is:
    where it differs in more than shortcuts, the verdict below says so. ``none`` where none is.
    """
    twin = trained.plain_twin(subject.run)
    if twin is not None:
        return twin
    plain = subject.network.join == "plain"
    shipped = {name: trained.subject(name).run for name in trained_names()}
    others = {
        name: run
        for name, run in shipped.items()
        if run.data == subject.run.data and (run.network.join == "plain") != plain
    }

    def farness(name: str) -> tuple[bool, int, int, str]:
        away = abs(others[name].network.depth - subject.network.depth)
        # Among equals the usual one: what was trained otherwise has the longer name.
        return (not _is_twin(others[name], subject.run), away, len(name), name)

    return min(others, key=farness, default="none")


def _is_twin(run: RunSpec, of: RunSpec) -> bool:
    try:
        return run.network.twin() == of.network and run.train == of.train
    except ResNetLabError:
        return False


def _follow(page: Page, usual: str) -> None:
    """Let the list of the network beside follow the first one, unless another was taken."""
    key = page.link.key("beside")
    before = st.session_state.get(f"_{key}.usual", usual)
    if before != usual and st.session_state.get(key) == before:
        st.session_state[key] = usual
    st.session_state[f"_{key}.usual"] = usual


# --- the bench ------------------------------------------------------------------------------------


def apart(page: Page, subject: Subject, beside: Subject | None) -> None:
    """Draw the bench, so that a click runs it alone."""
    frame.apart(page, lambda: bench(page, subject, beside))


def bench(page: Page, subject: Subject, beside: Subject | None) -> None:
    """Draw the controls and the networks, each unit a button, with what they say of test images."""
    t = page.t
    cut_studies.make_way()  # what is measured below waits for whoever clicks here
    subjects = [subject] if beside is None else [subject, beside]
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        key = page.link.setting("mode", MODES[0], choice("mode", MODES))
        names = {"delete": t("Delete a unit"), "swap": t("Swap two"), "scale": t("Scale one")}
        mode = st.segmented_control(
            t("What a click does"),
            MODES,
            key=key,
            required=True,
            format_func=lambda one: names[one],
            label_visibility="collapsed",
        )
        together = _together(page, subjects)
        lesions = Lesions(page, subjects, together=together)
        _buttons(page, lesions)
        waiting = st.empty()
    rows, errors = _rows(page, lesions, waiting)
    unit_rows(
        rows,
        key=f"{page.name}.rows",
        mode=str(mode),
        heard=st.session_state.get(_heard(page), 0),
        t=t,
        on_said=lambda text: _said(page, lesions, text),
    )
    problem = st.session_state.pop(_problem(page), None)
    for error in [problem, *errors]:
        if error is not None:
            show_error(error, t)
    _say_what_is_shown(page, lesions, rows)


def _together(page: Page, subjects: Sequence[Subject]) -> bool:
    t = page.t
    key = page.link.setting("together", True, switch("together"), show_switch)

    def switched() -> None:
        if st.session_state[key] and len(subjects) > 1:
            both = Lesions(page, subjects, together=True)
            both.change_first(both.lesions()[0])

    return st.toggle(
        t("Cut both together"),
        key=key,
        on_change=switched,
        disabled=len(subjects) < 2,
        help=t(
            "What is done to one network is done to the other at the same place: the unit of the "
            "same number, or as far on in the same stage, where they have not as many units."
        ),
    )


def _buttons(page: Page, lesions: Lesions) -> None:
    t = page.t
    now = lesions.lesions()
    count = sum(lesions.subjects[0].network.units_per_stage)

    def button(label: str, icon: str, press: Callable[[], None], *, works: bool) -> None:
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"{page.name}.{icon}",
            on_click=lambda: _tried(page, press),
            disabled=not works,
        )

    button(
        t("Delete a random one"),
        "casino",
        lambda: lesions.change_first(one_more(lesions.lesions()[0], count)),
        works=len(now[0].deleted) < count - 1,
    )
    button(t("Undo"), "undo", lesions.undo, works=lesions.can_undo)
    button(
        t("Restore all"),
        "restart_alt",
        lambda: lesions.change([Lesion()] * len(now)),
        works=any(one != Lesion() for one in now),
    )


def _said(page: Page, lesions: Lesions, text: str) -> None:
    """Take what the browser said; what cannot be is refused with a sentence."""

    def take() -> None:
        said = Said.read(text)
        st.session_state[_heard(page)] = said.number
        if len(said.plans) == len(lesions.subjects):  # else of a network that has gone meanwhile
            lesions.change(said.lesions())

    _tried(page, take)


def _tried(page: Page, do: Callable[[], None]) -> None:
    try:
        do()
    except SpecError as error:
        st.session_state[_problem(page)] = error


def _heard(page: Page) -> str:
    return f"_{page.name}.heard"


def _problem(page: Page) -> str:
    return f"_{page.name}.problem"


# --- what they say --------------------------------------------------------------------------------


def _rows(
    page: Page, lesions: Lesions, waiting: DeltaGenerator
) -> tuple[list[Row], list[ResNetLabError]]:
    """Measure each network with its lesion, and give what is drawn of it, and what went wrong."""
    rows, errors = [], []
    networks = [one.network for one in lesions.subjects]
    for number, (subject, lesion) in enumerate(
        zip(lesions.subjects, lesions.lesions(), strict=True)
    ):
        before = now = None
        try:
            before, now = _measured(page, subject, lesion, waiting)
        except ResNetLabError as error:
            errors.append(error)
        recorded = subject.recorded.test_error if subject.recorded else None
        rows.append(
            Row(
                network=subject.network,
                sha256=subject.sha256,
                name=trained.network_title(subject.network, page.t),
                more=trained.title(subject.run, page.t).partition(" · ")[2],
                lesion=lesion,
                partners=partners(networks[number], networks[1 - number])
                if lesions.together
                else (),
                moves_along=len({kinds_of(one) for one in networks}) == 1,
                intact=recorded if before is None else before.error,
                before=before,
                now=now,
            )
        )
    return rows, errors


def _measured(
    page: Page, subject: Subject, lesion: Lesion, waiting: DeltaGenerator
) -> tuple[Cut | None, Cut | None]:
    """Give what a network says intact, and with a lesion; nothing while the lab warms up."""
    known = st.session_state.setdefault(f"_{page.name}.known", set())
    if subject.sha256 not in known:  # reading weights and images takes a second, once
        if not lab.is_ready():
            return None, None
        with waiting, st.spinner(page.t("Measuring …")):
            asking.cut(subject, [Lesion()])
        known.add(subject.sha256)
    return asking.cut(subject, [Lesion()])[0], asking.cut(subject, [lesion])[0]


def _say_what_is_shown(page: Page, lesions: Lesions, rows: Sequence[Row]) -> None:
    t = page.t
    counts = [sum(one.network.units_per_stage) for one in lesions.subjects]
    if lesions.together and len(set(counts)) > 1:
        first, second = cut_plans.labels(lesions.subjects, t)
        place = min(2, counts[0])
        st.caption(
            t(
                "Cut together: a unit goes with the one that is as far on in the same stage, and "
                "one that changes the shape with one that does. So unit {one} of {n} of {first} "
                "goes with unit {other} of {m} of {second}. Units change places in one of them "
                "only.",
                one=place,
                n=counts[0],
                first=first,
                other=rows[0].partners[place - 1],
                m=counts[1],
                second=second,
            )
        )
    images = [row.before.images for row in rows if row.before is not None]
    if images:
        trained.say_where_from(page, lesions.subjects, images=images[0])
    elif not lab.is_ready():
        st.caption(
            t("Measuring needs the lab, which is warming up …")
            + " "
            + t("Until then, the test errors that were recorded after training stand there.")
        )
