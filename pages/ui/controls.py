"""Which controls do pages share? Each group draws its widgets and returns a plan.

A group takes the page's ``Link``: every setting has a place in the address, and what the address
asks for is checked there, with a sentence for what makes no sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui import lab
from pages.ui.frame import Page, show_error
from pages.ui.link import choice, integer, number, show_switch, switch
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError, SpecError
from resnet_core.specs import (
    DATASETS,
    IMPORTED,
    SCHEDULES,
    SHORTCUTS,
    DataSpec,
    NetworkSpec,
)
from resnet_core.specs.families import MAX_DEPTH, MIN_DEPTH

SHOWN_DEPTHS = (8, 14, 20, 26, 32, 38, 44, 50, 56, 68, 80, 92, 110, 152, 206, 302, 1202)
"""Depths on the sliders; a link may ask for any other 6n+2."""

STEPS = (50, 100, 200, 400, 600, 1000, 2000, 4000, 8000, 16000, 32000, 64000)
WIDTHS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
RATES = (0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
COUNTS = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def read_depth(text: str) -> int:
    """Read a depth from a link; a plan says what is wrong with one that cannot be."""
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return integer("depth", MIN_DEPTH, MAX_DEPTH)(text)  # says what would be right
    return NetworkSpec(depth=int(text)).depth


def read_depths(text: str) -> list[int]:
    """Read depths with commas between them."""
    depths = sorted({read_depth(part) for part in text.split(",")})
    if len(depths) > 12:
        raise SpecError(
            "The link asks for {count} depths, but a figure has room for {most}.",
            count=len(depths),
            most=12,
        )
    return depths


def with_value(options: Sequence[int], *values: int) -> list[int]:
    """Give a slider's options, with the values it must be able to show."""
    return sorted({*options, *values})


def slider(
    page: Page,
    name: str,
    label: str,
    options: Sequence[int],
    default: int,
    low: int,
    high: int,
    *,
    help: str | None = None,
) -> int:
    """Draw a slider over steps that double, and give its value."""
    key = page.link.setting(name, default, integer(name, low, high))
    value: int = st.select_slider(
        label,
        with_value(options, st.session_state[key]),
        key=key,
        help=help,
        format_func=lambda v: f"{v:,}",
    )
    return value


def rate(page: Page, default: float = 0.1) -> float:
    """Draw the learning rate's slider, and give its value."""
    t = page.t
    key = page.link.setting("lr", default, number("lr", 1e-6, 100))
    options = sorted({*RATES, st.session_state[key]})
    value: float = st.select_slider(
        t("Learning rate"),
        options,
        key=key,
        help=t("The highest of the schedule: it rises to this and falls to nearly nothing."),
    )
    return value


def pick(
    page: Page, name: str, label: str, options: Sequence[str], show: Callable[[str], str]
) -> str:
    """Draw a list of keys, the first of them the default, and give the one chosen."""
    key = page.link.setting(name, options[0], choice(name, options))
    value: str = st.selectbox(label, options, key=key, format_func=show)
    return value


def toggle(
    page: Page, name: str, label: str, *, default: bool = False, help: str | None = None
) -> bool:
    """Draw a switch, and give whether it is on."""
    key = page.link.setting(name, default, switch(name), show_switch)
    return bool(st.toggle(label, key=key, help=help))


def dataset(page: Page) -> DataSpec:
    """Draw the choice of data set, and of how much of it; give the plan."""
    t = page.t
    key = page.link.setting("data", "digits", _read_dataset)
    options = [*DATASETS, IMPORTED]
    chosen: str = st.selectbox(
        t("Data set"), options, key=key, format_func=lambda name: _dataset_name(name, t)
    )
    if chosen == "digits":
        return DataSpec()
    if chosen == IMPORTED:
        return _own_images(page)
    row = DATASETS[chosen]
    left, right = st.columns(2)
    with left:
        count = slider(
            page,
            "images",
            t("Training images"),
            [c for c in COUNTS if c <= row.train_images],
            2_000,
            10,
            row.train_images,
            help=t(
                "So many of {total}, the same share of each class.", total=f"{row.train_images:,}"
            ),
        )
    with right:
        sizes = [s for s in (8, 14, 16, 28, 32) if s <= row.size]
        size = slider(
            page,
            "size",
            t("Image size"),
            sizes,
            row.size // 2,
            4,
            row.size,
            help=t("In pixels; smaller ones are averaged from the originals, and train faster."),
        )
    if row.download_bytes:
        st.caption(
            t(
                "Looked for on this machine; else downloaded once, {size} MB.",
                size=round(row.download_bytes / 1e6),
            )
        )
    return DataSpec(
        dataset=chosen,
        train_images=count,
        test_images=min(2_000, row.test_images),
        image_size=None if size == row.size else size,
    )


def augmented(page: Page, data: DataSpec) -> DataSpec:
    """Draw the switches of augmentation; give the plan with them."""
    t = page.t
    crop = toggle(
        page,
        "crop",
        t("Crop at random"),
        help=t("Pad by an eighth and cut out at random, as He 2015."),
    )
    flip = toggle(
        page, "flip", t("Mirror at random"), help=t("Not for digits: a mirrored 2 is no 2.")
    )
    size = data.image_size or (DATASETS[data.dataset].size if data.dataset in DATASETS else 32)
    return data.model_copy(update={"crop_padding": max(1, size // 8) if crop else 0, "flip": flip})


def schedule(page: Page) -> str:
    """Draw the choice of schedule."""
    t = page.t
    return pick(
        page, "schedule", t("Schedule"), list(SCHEDULES), lambda key: t(SCHEDULES[key].label)
    )


def shortcut(page: Page) -> str:
    """Draw the choice of shortcut."""
    t = page.t
    return pick(
        page, "shortcut", t("Shortcut"), list(SHORTCUTS), lambda key: t(SHORTCUTS[key].label)
    )


def _read_dataset(text: str) -> str:
    return choice("data", [*DATASETS, IMPORTED])(text)


def _dataset_name(name: str, t: Translate) -> str:
    return t("My own images …") if name == IMPORTED else t(DATASETS[name].label)


def _own_images(page: Page) -> DataSpec:
    """Let the visitor bring a zip of images in class folders; until then, digits are meant."""
    t = page.t
    key = page.link.setting(
        "own", "", lambda text: DataSpec(dataset=IMPORTED, imported=text).imported or ""
    )
    file = st.file_uploader(
        t("A zip of images in class folders, up to 50 MB"), type=["zip"], key=f"{page.name}.zip"
    )
    size_key = page.link.setting("own_size", 0, integer("own_size", 0, 224))
    size = st.select_slider(
        t("Scale to"),
        with_value((0, 16, 28, 32, 48, 64), st.session_state[size_key]),
        key=size_key,
        format_func=lambda v: t("as they are") if v == 0 else f"{v} × {v}",
    )
    if file is not None:
        _bring(page, file.name, file.getvalue(), file.file_id, size or None, key)
    digest = st.session_state[key]
    if not digest:
        st.info(t("One folder a class: cats/1.jpg, dogs/1.jpg. Until then, digits are used."))
        return DataSpec()
    return _described(digest, t)


def _bring(page: Page, name: str, content: bytes, file_id: str, size: int | None, key: str) -> None:
    done = f"{key}.done"
    if st.session_state.get(done) == (file_id, size):
        return
    st.session_state[done] = (file_id, size)
    with st.spinner(page.t("Reading the images …")):
        try:
            st.session_state[f"{key}.new"] = lab.bring_images(name, content, size)
        except ResNetLabError as error:
            show_error(error, page.t)
            return
    st.session_state[f"_{key}"] = st.session_state.pop(f"{key}.new")
    del st.session_state[key]
    st.rerun()


def _described(digest: str, t: Translate) -> DataSpec:
    try:
        found = lab.imported(digest)
    except ResNetLabError as error:
        show_error(error, t)
        return DataSpec()
    st.caption(
        t(
            "{train} training and {test} test images of {size} × {size} in {classes} classes",
            train=f"{found['train_images']:,}",
            test=f"{found['test_images']:,}",
            size=found["size"],
            classes=len(found["classes"]),
        )
    )
    return DataSpec(dataset=IMPORTED, imported=digest)
