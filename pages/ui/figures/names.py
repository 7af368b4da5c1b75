"""What does a figure call a join, and a series of a join?"""

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
        ("plain", "train"): t("plain, training images"),
        ("plain", "test"): t("plain, test images"),
        ("plain", "batch"): t("plain, each batch"),
        ("residual", "train"): t("residual, training images"),
        ("residual", "test"): t("residual, test images"),
        ("residual", "batch"): t("residual, each batch"),
    }
    return names.get((join, kind)) or f"{join}, {kind_name(kind, t)}"
