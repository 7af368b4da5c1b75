"""How is a trained network shown that is being cut? As a row of units, each a button.

The browser marks a unit at once and says the whole lesion of both networks to the page, which
checks it, measures, and draws again: the numbers follow. The best score of the game stays in the
browser, under the checksum of the weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.asking import Cut
from pages.ui.component import component
from pages.ui.theme import PALETTE, STAGES
from pages.ui.translate import Translate
from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion, kendall_tau, kinds_of
from resnet_core.specs.places import unit_places

NAME = "resnet_lab_unit_row"

LIMIT = 10
"""Points that may be lost in the game: percent of the test images."""

_HERE = Path(__file__).parent
_JS = "\n".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("unit_row.js", "unit_row_parts.js")
)
_CSS = "\n".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("unit_row.css", "unit_row_numbers.css")
)


@dataclass(frozen=True)
class Row:
    """One network with its lesion, and what it says.

    Attributes:
        network: Its plan.
        sha256: Of its weights.
        name: What it is called.
        more: On what it was trained.
        lesion: What is cut.
        partners: For each place, from 1, the other network's place that is cut with it; empty where
            nothing is.
        moves_along: Whether the other network's units can change places with this one's.
        intact: The error before, in [0, 1], where it is known.
        before: All that the intact network says, where that was measured.
        now: What it says with the lesion, where that was measured.
    """

    network: NetworkSpec
    sha256: str
    name: str
    more: str
    lesion: Lesion
    partners: tuple[int, ...] = ()
    moves_along: bool = False
    intact: float | None = None
    before: Cut | None = None
    now: Cut | None = None


@dataclass(frozen=True)
class Said:
    """What the browser said: the number of its message, and what is cut, a plan a row."""

    number: int
    plans: tuple[Any, ...]

    @classmethod
    def read(cls, text: str) -> Said:
        """Read a message.

        Raises:
            SpecError: It is none.
        """
        try:
            found = json.loads(text)
            return cls(int(found["number"]), tuple(found["rows"]))
        except (ValueError, KeyError, TypeError):
            raise SpecError(
                "A lesion was asked for, but it cannot be read: click a unit again."
            ) from None

    def lesions(self) -> list[Lesion]:
        """Give what is cut in each row.

        Raises:
            SpecError: There is no such lesion.
        """
        return [Lesion.model_validate(plan) for plan in self.plans]


def unit_rows(
    rows: Sequence[Row],
    *,
    key: str,
    mode: str,
    heard: int,
    t: Translate,
    on_said: Callable[[str], None],
) -> None:
    """Show networks one under the other, each unit a button.

    Args:
        rows: One or two.
        key: The identity of the rows in the page.
        mode: What a click does: ``delete``, ``swap`` or ``scale``.
        heard: Number of the message that the rows answer; 0 before the first.
        t: Translates.
        on_said: Called with a message (``Said.read``) before the page runs again.
    """

    def clicked() -> None:
        said = getattr(st.session_state[key], "said", None)
        if said:
            on_said(str(said))

    mount = component(NAME, html='<div class="rl-cut"></div>', css=_CSS, js=_JS)
    mount(
        key=key,
        data={
            "mode": mode,
            "heard": heard,
            "limit": LIMIT,
            "rows": [_row(row, t) for row in rows],
            "game": _game(rows[0], len(rows), t),
            "words": _words(rows, t),
            "palette": {scheme: dict(colors) for scheme, colors in PALETTE.items()},
        },
        on_said_change=clicked,
    )


def _row(row: Row, t: Translate) -> dict[str, Any]:
    kinds = kinds_of(row.network)
    named = list(dict.fromkeys(kinds))
    places = unit_places(row.network)
    return {
        "sha256": row.sha256,
        "name": row.name,
        "more": row.more,
        "plain": row.network.join == "plain",
        "units": [
            {
                "stage": stage,
                "unit": unit,
                "kind": named.index(kind),
                "changes": unit == 1 and stage > 1,
            }
            for (stage, unit), kind in zip(places, kinds, strict=True)
        ],
        "stages": [
            {
                "name": t("stage {stage}", stage=stage),
                "units": count,
                "color": STAGES[min(stage, len(STAGES) - 1)],
            }
            for stage, count in enumerate(row.network.units_per_stage, start=1)
        ],
        "lesion": row.lesion.model_dump(mode="json"),
        "partners": list(row.partners),
        "movesAlong": row.moves_along,
        "numbers": _numbers(row, t),
    }


def _numbers(row: Row, t: Translate) -> dict[str, Any]:
    """Give what stands at the end of a row, as people read it."""
    now, before = row.now, row.before
    tau = kendall_tau(row.lesion.order) if row.lesion.order else None
    return {
        "intact": "…" if row.intact is None else percent(row.intact),
        "now": None if now is None else percent(now.error),
        "isIntact": row.lesion == Lesion(),
        "loss": None if now is None else _loss(before, now, t),
        "tau": None if tau is None else t("Kendall's τ {tau}", tau=f"{tau:.3f}".replace("-", "−")),
        "classes": [] if now is None else _classes(before, now, t),
    }


def _loss(before: Cut | None, now: Cut, t: Translate) -> str:
    said = _nats(now.loss, t)
    if before is None or before == now:
        return t("loss {loss}", loss=said)
    return t("loss {before} → {now}", before=_nats(before.loss, t), now=said)


def _nats(loss: float | None, t: Translate) -> str:
    return t("no number") if loss is None else f"{loss:.2f}" if loss < 100 else f"{loss:,.0f}"


def _classes(before: Cut | None, now: Cut, t: Translate) -> list[dict[str, Any]]:
    """Give the error of each class, now and intact; those without images are left out."""
    intact = before.class_errors if before is not None else now.class_errors
    return [
        {
            "name": str(number),
            "now": error,
            "intact": was,
            "said": t(
                "class {name}: error {now}, intact {intact}",
                name=number,
                now=percent(error),
                intact=percent(was),
            ),
        }
        for number, (error, was) in enumerate(zip(now.class_errors, intact, strict=True))
        if error is not None and was is not None
    ]


def _game(row: Row, count: int, t: Translate) -> dict[str, Any]:
    """Say how the game stands; the browser knows the best, and puts it in."""
    gone = len(row.lesion.deleted)
    lost = None
    if row.now is not None and row.before is not None:
        lost = 100 * (row.now.error - row.before.error)
    only_cut = not row.lesion.order and not row.lesion.scales
    return {
        "gone": gone,
        # 0.05 is 0.07 - 0.02, but not to the last bit: ten points lost are ten.
        "counts": only_cut and lost is not None and lost < LIMIT - 1e-9,
        "question": (
            t("How many can you cut before it loses {limit} points?", limit=LIMIT)
            if count == 1
            else t(
                "How many can you cut before the upper network loses {limit} points?", limit=LIMIT
            )
        ),
        "said": t(
            "Cut: {gone} of {units} units. Points lost: {lost}.",
            gone=gone,
            units=sum(row.network.units_per_stage),
            lost="–" if lost is None else f"{lost:.1f}".replace("-", "−").replace("−0.0", "0.0"),
        ),
        "best": t("Your best with this network: {best}.", best="{best}"),
        "aside": "" if only_cut else t("Swapped or scaled units do not count."),
    }


def _words(rows: Sequence[Row], t: Translate) -> dict[str, str]:
    """Give what the browser says by itself; it fills in the names that are left."""
    return {
        "stem": t("stem"),
        "classifier": t("classifier"),
        "units": t("Units of {name}", name="{name}"),
        "classes": t("Error by class"),
        "error": t("test error"),
        "classErrors": t("error of each class"),
        "unit": t(
            "Unit {place} of {count}: stage {stage}, unit {unit}",
            place="{place}",
            count="{count}",
            stage="{stage}",
            unit="{unit}",
        ),
        "changes": t("changes the shape"),
        "deleted": t("deleted: only its shortcut is left"),
        "passed": t("deleted: a gap, the signal passes it by"),
        "subsampled": t("deleted: subsampling and zero padding stand in its place"),
        "scaled": t("its branch × {scale}", scale="{scale}"),
        "scaledPlain": t("the whole unit × {scale}", scale="{scale}"),
        "silenced": t("the whole unit × 0: nothing gets through, unlike a deleted one"),
        "moved": t("unit {unit} stands here", unit="{unit}"),
        "alone": t("deleted by itself: error {error}", error="{error}"),
        "delete": t("Click a unit to delete it, again to restore it."),
        "swap": t("Click a unit, then another one of equal shape; or drag one onto the other."),
        "swapWith": t("Unit {place} with which one?", place="{place}"),
        "scale": t("Click a unit, then move the slider."),
        "scaling": t("Branch of unit {place}", place="{place}"),
        "scalingPlain": t("All of unit {place}", place="{place}"),
        "scalingBoth": t(
            "Branch of unit {place} with shortcuts, all of unit {other} without",
            place="{place}",
            other="{other}",
        ),
        "differ": _differ(rows, t),
        "last": t("The bench keeps one unit at least: without any, there is none to study."),
        "otherRow": t("Only units of the same network can change places."),
        "legendUnit": t("a unit"),
        "legendDeleted": t("deleted"),
        "legendReplaced": t("deleted and replaced"),
        "legendScaled": t("scaled"),
        "legendMoved": t("swapped"),
        "legendChanges": t("changes the shape"),
    }


def _differ(rows: Sequence[Row], t: Translate) -> str:
    names = {"one": "{one}", "other": "{other}"}
    if any(row.network.order in ("relu-only", "pre-activation") for row in rows):
        return t(
            "Units {one} and {other} differ in shape: only units of one stage can change places, "
            "and not one that changes the shape, nor the first of a pre-activation network.",
            **names,
        )
    return t(
        "Units {one} and {other} differ in shape: only units of one stage can change places, and "
        "not one that changes the shape.",
        **names,
    )


def percent(share: float) -> str:
    """Write a share for people: ``2.2 %``."""
    return f"{100 * share:.1f} %"
