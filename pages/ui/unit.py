"""The parts of *The residual unit*: which unit, its drawing, every term of its count."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import streamlit as st

from pages.ui import controls, lab
from pages.ui.figures.unit import drawing_file, drawing_words, formula, unit_drawing
from pages.ui.frame import Page, show_error
from pages.ui.link import choice, integer
from pages.ui.theme import PALETTE
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError
from resnet_core.specs import OPTIONS, UnitSpec
from resnet_core.specs.choices import OF_FIGURE_5
from resnet_core.specs.unit import MAX_CHANNELS, MAX_RATIO

CHANNELS = (16, 32, 64, 128, 256, 512, 1024, 2048)
RATIOS = (1, 2, 4, 8, 16)
SIZE = 32
"""Of the input whose unit is read; weights do not depend on it."""

WIDE_BASIC = UnitSpec(block="basic", in_channels=256, out_channels=256)
BOTTLENECK = UnitSpec(block="bottleneck", in_channels=256, out_channels=256)
BASIC = UnitSpec(block="basic", in_channels=64, out_channels=64)
"""Figure 5 of He 2015 is ``BASIC`` beside ``BOTTLENECK``."""

Bar = Sequence[tuple[str, int]]


def ask(page: Page) -> UnitSpec | None:
    """Draw the controls and give the unit they ask for; None, with a sentence, if it is none."""
    t = page.t
    key = page.link.setting("block", "basic", choice("block", OF_FIGURE_5))
    names = {"basic": t("basic"), "bottleneck": t("bottleneck")}
    block = st.segmented_control(
        t("Block"),
        OF_FIGURE_5,
        key=key,
        required=True,
        format_func=lambda block: names.get(block, block),
    )
    before = controls.slider(page, "in", t("Channels in"), CHANNELS, 256, 1, MAX_CHANNELS)
    after = controls.slider(page, "out", t("Channels out"), CHANNELS, 256, 1, MAX_CHANNELS)
    key = page.link.setting("ratio", 4, integer("ratio", 1, MAX_RATIO))
    ratio = st.select_slider(
        t("Bottleneck ratio"),
        controls.with_value(RATIOS, st.session_state[key]),
        key=key,
        disabled=block == "basic",
        help=t("Channels out, over those of the 3×3 layer in the middle; the paper's is 4."),
    )
    left, right = st.columns(2)
    with left:
        key = page.link.setting("stride", 1, integer("stride", 1, 2))
        stride = st.segmented_control(t("Stride"), [1, 2], key=key, required=True)
    with right:
        key = page.link.setting("shortcut", "A", choice("shortcut", list(OPTIONS)))
        shortcut = st.segmented_control(
            t("Shortcut"),
            list(OPTIONS),
            key=key,
            required=True,
            help=t("A pads with zeros, B projects where shapes change, C projects always."),
        )
    try:
        return UnitSpec(
            block=block,
            in_channels=before,
            out_channels=after,
            stride=stride,
            ratio=ratio if block == "bottleneck" else 4,
            shortcut=shortcut,
        )
    except ResNetLabError as error:
        show_error(error, t)
        return None


def presets(page: Page) -> None:
    """Draw the buttons that set the controls to the units of the comparison."""
    st.caption(page.t("Set the controls to:"))
    for unit in (WIDE_BASIC, BOTTLENECK, BASIC):
        st.button(
            name(unit, page.t),
            on_click=page.link.set,
            args=(settings(unit),),
            key=f"unit.preset.{unit.digest}",
            width="stretch",
        )


def settings(unit: UnitSpec) -> dict[str, Any]:
    """Give a unit as values of the page's settings."""
    return {
        "block": unit.block,
        "in": unit.in_channels,
        "out": unit.out_channels,
        "stride": unit.stride,
        "ratio": unit.ratio,
        "shortcut": unit.shortcut,
    }


def name(unit: UnitSpec, t: Translate) -> str:
    """Name a unit of the comparison."""
    if unit.block == "basic":
        return t("two 3×3, {channels} channels", channels=unit.out_channels)
    return t("bottleneck, {channels} channels", channels=unit.out_channels)


def drawing(page: Page, unit: UnitSpec) -> None:
    """Show the unit's drawing, what it says in a sentence, and the drawing as a file."""
    t = page.t
    colors = ";".join(
        f"--{token}:light-dark({light},{PALETTE['dark'][token]})"
        for token, light in PALETTE["light"].items()
        if token in ("paper", "text", "muted", "residual")
    )
    st.markdown(
        f'<div style="{colors};max-width:33rem;margin:auto">{unit_drawing(unit, t=t)}</div>',
        unsafe_allow_html=True,
    )
    st.markdown(sentence(unit, t))
    st.download_button(
        t("Drawing as SVG"),
        drawing_file(unit, t=t),
        file_name=f"unit_{unit.block}_{unit.in_channels}_{unit.out_channels}_{unit.shortcut}.svg",
        mime="image/svg+xml",
        icon=":material/download:",
        type="tertiary",
        help=drawing_words(unit, t),
    )


def sentence(unit: UnitSpec, t: Translate) -> str:
    """Say what the shortcut does, and so what the unit computes."""
    said = f"**{formula(unit)}.** "
    values = {"before": unit.in_channels, "after": unit.out_channels, "stride": unit.stride}
    if unit.projects:
        if not unit.changes:
            return said + t(
                "The shapes agree, and x could pass as it is. Option C projects all the same: W is "
                "a 1×1 convolution, {before} → {after} channels.",
                **values,
            )
        return said + t(
            "The shapes differ, so x cannot simply be added: W is a 1×1 convolution with stride "
            "{stride}, {before} → {after} channels.",
            **values,
        )
    if not unit.changes:
        return said + t("The shapes agree: x is added as it is. The shortcut has no parameters.")
    extra = unit.out_channels - unit.in_channels
    if unit.stride == 1:
        return said + t(
            "The shapes differ. Here W learns nothing: it adds {extra} channels of zeros to x, "
            "without parameters.",
            extra=extra,
        )
    if not extra:
        return said + t(
            "The shapes differ. Here W learns nothing: it takes every second pixel of x in both "
            "directions, without parameters."
        )
    return said + t(
        "The shapes differ. Here W learns nothing: it takes every second pixel of x in both "
        "directions and adds {extra} channels of zeros, without parameters.",
        extra=extra,
    )


@lru_cache(maxsize=1024)
def _read(unit: UnitSpec) -> tuple[dict[str, Any], ...]:
    answer = lab.keeper.client.measure("unit", unit=unit.model_dump(), size=SIZE)
    return tuple(answer["layers"])


def count(page: Page, unit: UnitSpec) -> Bar | None:
    """Write out every term, read off the unit itself; give its convolutions for the figure."""
    t = page.t
    if not lab.is_ready():
        st.caption(t("Counting needs the lab, which is warming up …"))
        return None
    try:
        layers = _read(unit)
    except ResNetLabError as error:
        show_error(error, t)
        return None
    rows = [f"| {t('layer')} | {t('weights')} | {t('BN: scale and shift')} |", "|:--|--:|--:|"]
    bar = []
    # Each BN follows its convolution. F comes first, as in the formula.
    pairs = [(one, next_one) for one, next_one in pairwise(layers) if one["kernel"]]
    pairs.sort(key=lambda pair: pair[0]["name"])
    for layer, bn in pairs:
        kernel, before, after = layer["kernel"], layer["input_shape"][0], layer["output_shape"][0]
        norm = bn["normalisation"]
        is_shortcut = layer["name"].startswith("shortcut")
        number = layer["name"][-1]
        place = t("shortcut") if is_shortcut else t("F, layer {number}", number=number)
        term = f"{kernel}·{kernel}·{before}·{after} = {layer['weights']:,}"
        rows.append(f"| {place} ({kernel}×{kernel}) | {term} | 2·{after} = {norm:,} |")
        bar.append(("shortcut" if is_shortcut else f"{kernel}×{kernel}", layer["weights"]))
    weights = sum(layer["weights"] for layer in layers)
    norms = sum(layer["normalisation"] for layer in layers)
    rows.append(f"| **{t('sum')}** | **{weights:,}** | **{norms:,}** |")
    st.markdown("\n".join(rows))
    return bar


def bars(unit: UnitSpec | None, counted: Bar | None, t: Translate) -> dict[str, Bar]:
    """Gather the rows of the figure: the units of the comparison, and the one of the controls."""
    fixed = {name(one, t): formula_bar(one) for one in (WIDE_BASIC, BOTTLENECK, BASIC)}
    if unit is None or counted is None:
        return fixed
    return {t("your unit"): counted, **fixed}


def formula_bar(unit: UnitSpec) -> Bar:
    """Compute the weights of F from the paper's formula: k·k·channels in·channels out."""
    return [(f"{k}×{k}", k * k * before * after) for k, before, after, _ in unit.convolutions]


def comparison(t: Translate) -> str:
    """Say what figure 5 compares, and what it does not."""
    wide, narrow, paper = (
        sum(weights for _, weights in formula_bar(one)) for one in (WIDE_BASIC, BOTTLENECK, BASIC)
    )
    return t(
        "At 256 channels two 3×3 layers have {wide} weights and a bottleneck {narrow}: {times} "
        "times fewer. The paper sets the bottleneck beside two 3×3 at 64 channels, {paper}: about "
        "the same cost, for four times the channels.",
        wide=f"{wide:,}",
        narrow=f"{narrow:,}",
        times=f"{wide / narrow:.2f}",
        paper=f"{paper:,}",
    )
