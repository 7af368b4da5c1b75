"""Surgery while it trains: λ and the learning rate, changed in a run's hands or planned before it.

A change of a running or paused run is an event of its record. A change planned for a step is part
of the plan, and stands in the link: whoever opens it trains the same. So a run that was operated on
by hand can be repeated: what was done to it becomes the plan of the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.ui import controls, lab
from pages.ui.figures.curves import change_text
from pages.ui.frame import Page, show_error
from pages.ui.known_pair import SIDES, Shown
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import Change, RunSpec, TrainSpec
from resnet_core.specs.changes import in_order

BOTH = "both"
RAMP = 50
"""Steps over which a ramp takes λ to 1."""

LAMBDAS = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
PROBLEM = "_surgery.problem"


def planned(page: Page, side: str) -> tuple[Change, ...]:
    """Give the changes that the link plans for a network."""
    return read_changes(st.session_state[page.link.setting(f"changes{side}", "", _checked)])


def within(changes: Sequence[Change], steps: int) -> tuple[Change, ...]:
    """Give those of some changes that so many steps of training come to."""
    return tuple(change for change in changes if change.step < steps)


def read_changes(text: str) -> tuple[Change, ...]:
    """Read changes with commas between them; a plan says what is wrong with one.

    Raises:
        SpecError: With what would be right.
    """
    return in_order(Change.from_text(part) for part in text.split(",") if part.strip())


def show_changes(changes: Sequence[Change]) -> str:
    """Write changes as a link has them."""
    return ",".join(change.text for change in changes)


def _checked(text: str) -> str:
    # Whether the steps fit is for the plan of the run to say, which knows how many there are.
    most = RunSpec(changes=read_changes(text), train=TrainSpec(steps=1_000_000))
    return show_changes(most.changes)


def panel(page: Page, shown: Shown) -> None:
    """Draw the controls of surgery, for runs that can be changed now or have not begun.

    They stand under the curves: what is done is seen at once.
    """
    if shown.records and not shown.mine:
        return
    live = bool(shown.digests("queued", "running", "paused"))
    t = page.t
    with st.container(border=True):
        _operate(page, shown, live=live)
        if not live and any(made_by_hand(shown).values()):
            _repeat(page, shown)
        _planned_ones(page, shown, live=live)
        if problem := st.session_state.pop(PROBLEM, None):
            show_error(problem, t)


def _operate(page: Page, shown: Shown, *, live: bool) -> None:
    t = page.t
    said = (
        t("Each change takes effect after the step that is being done, and is marked on the curve.")
        if live
        else t(
            "Plan changes for a step, then press Start; while networks train, make them by hand."
        )
    )
    _title(t, said)
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with row:
        where: str = st.segmented_control(
            t("Network"),
            [*SIDES, BOTH],
            default=SIDES[1],
            required=True,
            format_func=lambda side: t("both") if side == BOTH else side,
            key=f"{page.name}.surgery.where",
        )
    step = None
    if not live:
        steps = shown.runs[0].train.steps
        key = f"{page.name}.surgery.at"
        st.session_state[key] = min(st.session_state.get(key, min(100, steps // 2)), steps - 1)
        with row:
            step = st.number_input(t("After step"), 0, steps - 1, key=key, width=130)
    sides = SIDES if where == BOTH else (where,)

    def button(label: str, icon: str, what: str, value: float, over: int = 0) -> None:
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"{page.name}.surgery.{icon}",
            on_click=_operated,
            args=(page, shown, sides, step, what, value, over),
        )

    with row:
        button(t("Shortcuts off"), "link_off", "shortcut_scale", 0.0)
        button(t("Shortcuts on"), "link", "shortcut_scale", 1.0)
        button(
            t("λ to 1 over {steps} steps", steps=RAMP), "trending_up", "shortcut_scale", 1.0, RAMP
        )
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    for label, options, value, what, icon in (
        (t("λ of all shortcuts"), LAMBDAS, 0.5, "shortcut_scale", "tune"),
        (t("Learning rate, at its highest"), controls.RATES, 0.01, "learning_rate", "speed"),
    ):
        with row:
            key = f"{page.name}.surgery.{what}"
            chosen = st.select_slider(label, options, value, key=key, width=260)
            button(t("Set"), icon, what, float(chosen))


def _title(t: Callable[..., str], said: str) -> None:
    st.markdown(f":material/cardiology: **{t('Surgery while it trains.')}** :small[{said}]")


def _planned_ones(page: Page, shown: Shown, *, live: bool) -> None:
    """List what is planned, and let it be dropped while it is a plan."""
    t = page.t
    said = [
        t("Network {side}: {changes}", side=side, changes=_listed(run.changes, t))
        for side, run in zip(SIDES, shown.runs, strict=True)
        if run.changes
    ]
    kept = [page.link.get(f"changes{side}") for side in SIDES]
    late = [c for text in kept for c in read_changes(text) if c.step >= shown.runs[0].train.steps]
    if late:
        said.append(
            t(
                "Left out, since training ends at step {steps}: {changes}",
                steps=shown.runs[0].train.steps,
                changes=_listed(late, t),
            )
        )
    if not said:
        return
    st.markdown("**" + t("Planned") + "**  \n" + "  \n".join(said))
    st.caption(
        t("λ → 1 (50): λ goes to 1 over 50 steps. η: the highest learning rate of the schedule.")
    )
    if not live:
        st.button(
            t("Plan nothing"),
            icon=":material/clear_all:",
            key=f"{page.name}.surgery.clear",
            on_click=page.link.set,
            args=({f"changes{side}": "" for side in SIDES},),
        )


def _listed(changes: Sequence[Change], t: Callable[..., str]) -> str:
    return "; ".join(
        t("after step {step}: {change}", step=change.step, change=change_text(change))
        for change in changes
    )


def _repeat(page: Page, shown: Shown) -> None:
    """Offer to train again with what was done by hand, now as the plan."""
    t = page.t
    done = made_by_hand(shown)
    st.button(
        t("Repeat with the same changes"),
        icon=":material/replay:",
        key=f"{page.name}.surgery.repeat",
        on_click=page.link.set,
        args=({f"changes{side}": show_changes(changes) for side, changes in done.items()},),
        help=t("Plans what was done by hand; the link then has it, too. Press Start after it."),
    )


def made_by_hand(shown: Shown) -> Mapping[str, tuple[Change, ...]]:
    """Give all that was done to each network, planned or not; nothing where it went as planned."""
    said = {history.run.digest: history.changes for history in shown.histories}
    found = {
        side: in_order(said.get(run.digest, ()))
        for side, run in zip(SIDES, shown.runs, strict=True)
    }
    if all(found[side] == run.changes for side, run in zip(SIDES, shown.runs, strict=True)):
        return dict.fromkeys(SIDES, ())
    return found


def _operated(
    page: Page,
    shown: Shown,
    sides: Sequence[str],
    step: int | None,
    what: str,
    value: float,
    over: int,
) -> None:
    """Carry out a button: order the change, or plan it; a refusal is kept for the panel to show."""
    runs = dict(zip(SIDES, shown.runs, strict=True))
    try:
        asked = sides
        sides = [side for side in asked if not _is_in_vain(runs[side], shown, what, value)]
        if not sides:
            raise SpecError(
                "Shortcuts were to be switched off in {name}, but a plain network has none: switch "
                "them on first, or take the other network.",
                name=runs[asked[0]].network.name,
            )
        if step is None:
            me = lab.visitor()
            for digest in dict.fromkeys(runs[side].digest for side in sides):
                lab.keeper.client.change(digest, visitor=me, what=what, value=value, over=over)
            return
        wanted = {}
        for side in sides:
            change = Change.model_validate(
                {"step": step, "what": what, "value": value, "over": over}
            )
            changes = in_order([*runs[side].changes, change])
            RunSpec(train=runs[side].train, changes=changes)  # says what is wrong with them
            wanted[f"changes{side}"] = show_changes(changes)
        page.link.set(wanted)
    except ResNetLabError as error:
        st.session_state[PROBLEM] = error


def _is_in_vain(run: RunSpec, shown: Shown, what: str, value: float) -> bool:
    """Whether a plain network's shortcuts are switched off that nothing has switched on."""
    if run.network.join != "plain" or (what, value) != ("shortcut_scale", 0.0):
        return False
    made = [c.what for h in shown.histories if h.run.digest == run.digest for c in h.changes]
    return what not in (*made, *(change.what for change in run.changes))
