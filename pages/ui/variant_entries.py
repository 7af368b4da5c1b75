"""What did the variants of a network give, as the figures want it? For a page and its live chart.

A live chart's question names runs and no study, so a variant is told from its network: by λ, by
what stands on its shortcuts, by its activation order, or by what is left out in training. The view
says which of them is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pages.ui.figures.orders import order_name
from pages.ui.figures.variants import (
    Entry,
    error_against_scale_updates,
    error_by_variant_updates,
    gates_over_time_updates,
)
from pages.ui.history import History
from pages.ui.translate import Translate
from resnet_core.specs import SHORTCUT_CASES, NetworkSpec, RunSpec
from resnet_core.specs.choices import GATED
from resnet_core.specs.events import RunCompleted, RunDiverged
from resnet_core.specs.regimes import REGIMES, regime_of

SCALES, CASES, ORDERINGS = "scales", "variants.cases", "variants.orders"
TRAININGS = "variants.regimes"
VARIANT_VIEWS = (SCALES, CASES, ORDERINGS, TRAININGS)
"""What is compared: λ, what stands on the shortcut, activation orders, ways of training."""

GATES = "gates"
"""The view of one run's gates."""

_SETTINGS = sorted({name for case in SHORTCUT_CASES.values() for name in case.settings})
"""What the cases of He 2016 table 1, and those beside them, differ in."""


def key_of(view: str, network: NetworkSpec) -> str:
    """Name the variant that a network is: ``0.5``, ``dropout``, ``relu-only``; else its name."""
    if view == SCALES:
        return f"{network.shortcut_scale:g}"
    if view == ORDERINGS:
        return network.order
    if view == TRAININGS:
        return regime_of(network) or network.name
    return next((key for key in SHORTCUT_CASES if _is_case(network, key)), network.name)


def _is_case(network: NetworkSpec, key: str) -> bool:
    settings = SHORTCUT_CASES[key].settings
    return all(
        getattr(network, name) == settings.get(name, NetworkSpec.model_fields[name].default)
        for name in _SETTINGS
    )


def label_of(view: str, key: str, t: Translate) -> str:
    """Say which variant a key is, as short as an axis needs it."""
    if view == SCALES:
        return f"λ = {key.replace('-', '−')}"
    if view == ORDERINGS:
        return order_name(key, t)
    if view == TRAININGS:
        return t(REGIMES[key].label) if key in REGIMES else key
    return t(SHORTCUT_CASES[key].label) if key in SHORTCUT_CASES else key


def variant_name(view: str, run: RunSpec, t: Translate) -> str:
    """Say which variant a run is; one whose gates are watched is a shortcut case."""
    view = CASES if view == GATES else view
    return label_of(view, key_of(view, run.network), t)


def is_gated(key: str) -> bool:
    """Whether a shortcut case has gates, which can be watched."""
    return SHORTCUT_CASES[key].settings.get("shortcut") in GATED


def entries(
    view: str,
    histories: Sequence[History],
    t: Translate,
    *,
    keys: Sequence[str] = (),
    published: Mapping[str, float | None] | None = None,
) -> list[Entry]:
    """Gather the results of finished runs, one entry a variant.

    Args:
        view: What is compared.
        histories: Of the runs.
        t: Translates.
        keys: Variants that are there, in their order, even while none of their runs is.
        published: Errors in [0, 1] by variant; None for one that is published as failed.
    """
    found: dict[str, dict[str, list[Any]]] = {
        key: {"train": [], "test": [], "diverged": []}
        for key in [*keys, *(key_of(view, history.run.network) for history in histories)]
    }
    for history in histories:
        row = found[key_of(view, history.run.network)]
        if isinstance(history.ended, RunCompleted) and history.evaluations:
            row["train"].append(history.evaluations[-1].train_error)
            row["test"].append(history.evaluations[-1].test_error)
        elif isinstance(history.ended, RunDiverged):
            seed, step = history.run.train.seed, history.ended.step
            row["diverged"].append(t("seed {seed}, step {step}", seed=seed, step=step))
    errors = published or {}
    return [
        Entry(
            key=key,
            label=label_of(view, key, t),
            scale=float(key) if view == SCALES else None,
            errors_train=row["train"],
            errors_test=row["test"],
            diverged=row["diverged"],
            published=errors.get(key),
            published_fail=key in errors and errors[key] is None,
        )
        for key, row in found.items()
    ]


def openings(history: History | None) -> tuple[list[int], list[Sequence[float]]]:
    """Give how far the gates of a run's units are open: probed steps, and a row for each."""
    probes = [one for one in (history.probes if history else ()) if "gate" in one.values]
    return [one.step for one in probes], [one.values["gate"] for one in probes]


def variant_updates(view: str, histories: Sequence[History], t: Translate) -> dict[str, Any]:
    """Give what a figure of variants shows live; published values stay as the page drew them."""
    found = entries(view, histories, t)
    if view == SCALES:
        return dict(error_against_scale_updates(found))
    updates = error_by_variant_updates(found)
    return {uid: update for uid, update in updates.items() if "published" not in uid}


def gate_updates(histories: Sequence[History]) -> dict[str, Any]:
    """Give what the figure of gates shows live, of the one run it shows."""
    return dict(gates_over_time_updates(*openings(histories[0] if histories else None)))
