"""What does a figure call a join, a series of a join, a large number?"""

from __future__ import annotations

from collections.abc import Callable

from pages.ui.theme import Kind


def join_name(join: str, t: Callable[[str], str]) -> str:
    """Name a join in the visitor's language; one without a translation keeps its key."""
    return {"plain": t("plain"), "residual": t("residual")}.get(join, join)


def kind_name(kind: Kind, t: Callable[[str], str]) -> str:
    """Name what was classified."""
    return {
        "train": t("training images"),
        "test": t("test images"),
        "batch": t("each batch"),
    }[kind]


def series_name(join: str, kind: Kind, t: Callable[[str], str]) -> str:
    """Name a series: whole phrases, since languages join words differently."""
    names = {
        ("plain", "train"): t("plain, training"),
        ("plain", "test"): t("plain, test"),
        ("plain", "batch"): t("plain, batches"),
        ("residual", "train"): t("residual, training"),
        ("residual", "test"): t("residual, test"),
        ("residual", "batch"): t("residual, batches"),
    }
    return names.get((join, kind)) or f"{join}, {kind_name(kind, t)}"


def run_series_name(name: str, kind: Kind, t: Callable[..., str]) -> str:
    """Name a series of one run among a few, each of which has its own place in the legend."""
    return {
        "train": t("{name}, training", name=name),
        "test": t("{name}, test", name=name),
        "batch": t("{name}, batches", name=name),
    }[kind]


def short(number: int) -> str:
    """Write a large number with four digits: 1.728 M."""
    for unit, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.4g} {sign}"
    return str(number)
