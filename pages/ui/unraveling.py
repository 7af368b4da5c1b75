"""The parts of *The unraveled view*: a network's tree of paths, what a deletion leaves of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import streamlit as st

from pages.ui import controls
from pages.ui.figures.paths import power
from pages.ui.figures.unraveled import MOST_DRAWN, drawing_file
from pages.ui.frame import Page
from pages.ui.link import choice, integer
from pages.ui.unraveled_tree import pick_deleted
from resnet_core.errors import SpecError
from resnet_core.studies.paths import paths, paths_left

UNITS = (*range(1, MOST_DRAWN + 1), 9, 18, 27, 54, 600)
"""On the slider; a link may ask for any other. 27, 54 and 600: ResNet-56, -110 and -1202."""

MOST_UNITS = 1200
"""That can be counted; ResNet-1202 has half as many."""

MOST_WRITTEN = 3
"""Units of the longest equation that is written out."""

NOTHING: tuple[int, ...] = ()
JOINS = ("residual", "plain")


def tree(page: Page) -> None:
    """Draw the network, its tree, and what is to be counted in it."""
    drawing, words = st.columns([0.47, 0.53], gap="large")
    with words:
        left, right, last = st.columns([0.5, 0.31, 0.19], vertical_alignment="bottom")
        with left:
            units = _units(page)
        with right:
            is_plain = _join(page) == "plain"
        key = page.link.setting("cut", NOTHING, _reader(units), lambda cut: ",".join(map(str, cut)))
    deleted: tuple[int, ...] = ()
    with drawing:
        if units <= MOST_DRAWN:
            deleted = pick_deleted(
                page,
                st.session_state[key],
                units=units,
                is_plain=is_plain,
                key=f"{page.name}.tree",
            )
            st.session_state[key] = deleted
        else:
            _numbers(page, units, is_plain)
    if units <= MOST_DRAWN:
        with last:
            _download(page, units, deleted, is_plain)
    with words:
        _counts(page, units, deleted, is_plain)
        if units <= MOST_WRITTEN:
            st.latex(equation(units, deleted, is_plain=is_plain))


def _units(page: Page) -> int:
    t = page.t
    key = page.link.setting("n", 3, integer("n", 1, MOST_UNITS))
    value: int = st.select_slider(
        t("Units n"),
        controls.with_value(UNITS, st.session_state[key]),
        key=key,
        help=t(
            "Up to {most} units the tree is drawn; beyond, the numbers are given. ResNet-56 has 27 "
            "units, ResNet-110 has 54, ResNet-1202 has 600.",
            most=MOST_DRAWN,
        ),
    )
    return value


def _join(page: Page) -> str:
    t = page.t
    key = page.link.setting("join", "residual", choice("join", JOINS))
    names = {"residual": t("residual"), "plain": t("plain")}
    return str(
        st.segmented_control(
            t("Network"),
            list(JOINS),
            key=key,
            required=True,
            format_func=lambda join: names.get(join, join),
        )
    )


def _reader(units: int) -> Callable[[str], tuple[int, ...]]:
    """Read deleted units from a link: numbers with commas between them."""

    def read(text: str) -> tuple[int, ...]:
        most = min(units, MOST_DRAWN)
        found = [int(part) if re.fullmatch("[0-9]{1,4}", part) else 0 for part in text.split(",")]
        if not all(1 <= unit <= most for unit in found):
            raise SpecError(
                "The link asks for {name} {value}, but units to delete are numbers from 1 to "
                "{high}, with commas between them.",
                name="cut",
                value=repr(text)[:40],
                high=most,
            )
        return tuple(sorted({*found}))

    return read


def _download(page: Page, units: int, deleted: Collection[int], is_plain: bool) -> None:
    st.download_button(
        "SVG",
        drawing_file(units, t=page.t, is_plain=is_plain, deleted=deleted),
        file_name=f"unraveled_{units}_units.svg",
        mime="image/svg+xml",
        icon=":material/download:",
        type="tertiary",
        help=page.t("Drawing as SVG"),
    )


# --- what is counted ------------------------------------------------------------------------------


def _counts(page: Page, units: int, deleted: Collection[int], is_plain: bool) -> None:
    """Say how many paths there are and are left, and how the nodes of the tree are counted."""
    t = page.t
    before = 1 if is_plain else paths(units)
    left = before if is_plain else paths_left(units, len(deleted))
    heading = t("1 path") if is_plain else _all_paths(units, t)
    if deleted and is_plain:
        heading = t("1 → 0 trained paths")
    elif deleted and left == 1:
        heading = t("{before} → 1 path", before=power(before))
    elif deleted:
        heading = t("{before} → {left} paths", before=power(before), left=power(left))
    st.markdown(f"#### {heading}")
    st.markdown(_said(units, deleted, is_plain, t))
    if is_plain:
        return
    if units <= MOST_DRAWN:
        levels = " + ".join(f"{1 << (units - level)}" for level in range(units + 1))
        st.markdown(
            t(
                "The whole tree has {levels} = {nodes} nodes: the {paths} ends are copies of the "
                "input $x$, one a path; the other {inner} are additions.",
                levels=levels,
                nodes=(2 << units) - 1,
                paths=1 << units,
                inner=(1 << units) - 1,
            )
            if units > 1
            else t(
                "The whole tree has 2 + 1 = 3 nodes: two copies of the input $x$, and one addition."
            )
        )


def _all_paths(units: int, t: Callable[..., str]) -> str:
    if units == 1:
        return t("2 paths")
    return t("{count} paths", count=f"$2^{{{units}}}$ = {power(paths(units))}")


def _said(units: int, deleted: Collection[int], is_plain: bool, t: Callable[..., str]) -> str:
    if is_plain and deleted:
        return _said_of_a_gap(units, deleted, t)
    if is_plain:
        return t("Without shortcuts there is one way from $x$ to the output, through every unit.")
    if not deleted:
        return t(
            "At each unit there are two ways, through $f$ or around it. Each unit more doubles the "
            "paths."
        )
    if len(deleted) == units:
        return t("All units are deleted. One path is left: around every unit.")
    left, gone = units - len(deleted), _units_words(deleted)
    if len(deleted) == 1:
        return t(
            "$2^{{{units}}}$ → $2^{{{left}}}$: without {gone}, all paths through it are gone, half "
            "of them.",
            units=units,
            left=left,
            gone=gone,
        )
    return t(
        "$2^{{{units}}}$ → $2^{{{left}}}$: without {gone}, all paths through any of them are gone. "
        "Each deleted unit takes half of those that are left.",
        units=units,
        left=left,
        gone=gone,
    )


def _said_of_a_gap(units: int, deleted: Collection[int], t: Callable[..., str]) -> str:
    """Say what becomes of a plain network: its path is gone, and the bench closes the gap."""
    behind = [unit + 1 for unit in deleted if unit < units and unit + 1 not in deleted]
    gone = _units_words(deleted)
    if not behind:
        return t(
            "The one path that was trained is gone: it led through {gone}. On the Lesion bench the "
            "signal passes by (dashed), and the classifier is given what it never saw.",
            gone=gone,
        )
    return t(
        "The one path that was trained is gone: it led through {gone}. On the Lesion bench the "
        "signal passes by (dashed), and what comes next ({behind}) is given an input that it never "
        "saw.",
        gone=gone,
        behind=_units_words(behind),
    )


def _units_words(deleted: Collection[int]) -> str:
    return ", ".join(f"$f_{unit}$" for unit in sorted(deleted))


def _numbers(page: Page, units: int, is_plain: bool) -> None:
    """Give the numbers of a tree that is too large to be drawn."""
    t = page.t
    if is_plain:
        st.info(
            t(
                "{units} units, one path. Deleting any unit takes the path that was trained.",
                units=units,
            ),
            icon=":material/account_tree:",
        )
        return
    rows = [
        f"| {t('units')} | {t('paths')} | {t('nodes of the tree')} |",
        "|--:|--:|--:|",
    ]
    for gone in (0, 1, 2, 10):
        if gone >= units:
            continue
        rest = units - gone
        who = f"**{units}**" if not gone else t("{units}, {gone} deleted", units=units, gone=gone)
        nodes = power(2 * paths(units) - 1) if not gone else ""
        rows.append(f"| {who} | $2^{{{rest}}}$ = {power(paths(rest))} | {nodes} |")
    st.info(
        t(
            "A tree of {units} units is too large to be drawn: trees are drawn up to {most}.",
            units=units,
            most=MOST_DRAWN,
        ),
        icon=":material/account_tree:",
    )
    st.markdown("\n".join(rows))


# --- the equation ---------------------------------------------------------------------------------


def equation(units: int, deleted: Collection[int], *, is_plain: bool = False) -> str:
    """Write out what the output is, in LaTeX, with what a deletion takes struck out.

    Veit et al. 2016, equation 6: y_3 = y_2 + f_3(y_2), each y in the place of its name. A plain
    network is written again behind an arrow, as it computes with the gap closed.
    """
    if is_plain:
        trained, closed = "x", "x"
        for unit in range(1, units + 1):
            is_gone = unit in deleted
            trained = f"\\cancel{{f_{unit}}}({trained})" if is_gone else f"f_{unit}({trained})"
            closed = closed if is_gone else f"f_{unit}({closed})"
        return f"y_{units} = {trained}" + (f" \\;\\to\\; {closed}" if deleted else "")
    lines = [f"y_{units} &= x"]
    for unit in range(1, units + 1):
        lines.append(f"&+ {_term(unit, _signal(unit - 1, deleted), deleted)}")
    # The first two terms stand in one line.
    first, *rest = [f"{lines[0]} {lines[1].removeprefix('&')}", *lines[2:]]
    return "\\begin{aligned}" + " \\\\ ".join([first, *rest]) + "\\end{aligned}"


def _signal(units: int, deleted: Collection[int]) -> str:
    terms = [_term(unit, _signal(unit - 1, deleted), deleted) for unit in range(1, units + 1)]
    return " + ".join(["x", *terms])


def _term(unit: int, inside: str, deleted: Collection[int]) -> str:
    term = f"f_{unit}({inside})"
    return f"\\cancel{{{term}}}" if unit in deleted else term
