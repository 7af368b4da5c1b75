"""One λ on every shortcut: what theory multiplies, and what signal and gradient do at the start.

Source: He et al. 2016, arXiv:1603.05027, equations 6 to 8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from pages.ui import evidence, lab, probing
from pages.ui.chart import chart, chart_words
from pages.ui.figures.scales import products
from pages.ui.figures.signal import signal_and_gradient
from pages.ui.frame import Page
from pages.ui.numbers import number
from pages.ui.probed import Values, stage_starts, unit_labels
from pages.ui.translate import Translate
from pages.ui.varying import Asked
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.places import layer_places

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def show_scaled(page: Page, asked: Asked, scales: Sequence[float]) -> None:
    """Draw λ's slider, the product written out, and signal and gradient by unit.

    Raises:
        ResNetLabError: The lab's sentence, or why there can be no such network.
    """
    t = page.t
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    key = page.link.key("lambda")
    with left:
        scale = st.select_slider(
            t("λ, factor on every shortcut"),
            sorted({*scales, st.session_state[key]}),
            key=key,
            format_func=lambda one: f"{one:g}",
            help=t("Every unit gives λ·x + F(x). The exact value of a link is kept."),
        )
    network = NetworkSpec(depth=asked.depth, width=asked.width, shortcut_scale=scale)
    units = sum(network.units_per_stage)
    with right:
        st.markdown(product_words(scale, units, t))
    run = RunSpec(network=network, data=asked.data, train=TrainSpec(seed=asked.first_seed))
    found = probing.start(run)
    values: Values = found["values"] if found is not None else {}
    stds, gradients = spreads(network, values), whole_gradients(values)
    said = reading(scale, gradients, t)
    st.markdown(said or t("Measuring needs the lab, which is warming up …"))
    chart(
        [
            signal_and_gradient(
                products(scale, units),
                stds,
                gradients,
                places=unit_labels(network, t),
                t=t,
                stages=stage_starts(network, "identity"),
            )
        ],
        key="shortcuts.scaled",
        alt=[said or t("Signal and gradient by unit: nothing is measured yet.")],
        captions=[
            t(
                "Before anything is learned: the activations after each unit, and the gradient "
                "at each unit's input."
            )
        ],
        words=chart_words(t),
        height=380,
    )
    _say_where_from(page, run, is_known=found is not None)


def spreads(network: NetworkSpec, values: Values) -> list[float]:
    """Give the standard deviation of the activations after each unit."""
    found = values.get("activation-std", ())
    ends: dict[tuple[int, int], int] = {
        (place.stage, place.unit): place.number for place in layer_places(network) if place.stage
    }
    return [found[number - 1] for number in ends.values()] if found else []


def whole_gradients(values: Values) -> list[float]:
    """Give the norm of the gradient at each unit's input: of both its parts, added up.

    The parts come with the cosine between them; where one is 0 there is no angle.
    """
    return [
        math.sqrt(max(0.0, one * one + other * other + 2 * one * other * _angle(cosine)))
        if math.isfinite(one) and math.isfinite(other)
        else math.nan
        for one, other, cosine in zip(
            values.get("identity", ()),
            values.get("branch", ()),
            values.get("alignment", ()),
            strict=True,
        )
    ]


def _angle(cosine: float) -> float:
    return cosine if math.isfinite(cosine) else 0.0


def product_words(scale: float, units: int, t: Translate) -> str:
    """Write the product out: ``0.9¹⁵ = 0.206``."""
    return t(
        "**{power} = {value}**: so much of x would be left on the shortcuts after all {units} "
        "units.",
        power=power(scale, units),
        value=value_of(scale, units, t),
        units=units,
    )


def power(scale: float, times: int) -> str:
    """Write a power as people do."""
    base = f"{scale:g}".replace("-", "−")
    above = str(times).translate(_SUPERSCRIPT)
    return f"({base}){above}" if scale < 0 else f"{base}{above}"


def value_of(scale: float, times: int, t: Translate) -> str:
    """Write what a power is, with three digits where that can be read."""
    value = scale**times
    if value == 0 or not 1e-3 <= abs(value) < 1e5:
        return number(value, t) if scale else "0"
    return f"{value:.3g}".replace("-", "−") if abs(value) < 1000 else f"{value:,.0f}"


def reading(scale: float, gradients: Sequence[float], t: Translate) -> str:
    """Say what the gradient does from the last unit to the first, in theory and measured."""
    if not gradients:
        return ""
    first, last = gradients[0], gradients[-1]
    formula = f"{power(scale, len(gradients) - 1)} = {value_of(scale, len(gradients) - 1, t)}"
    if not math.isfinite(first) or not math.isfinite(last) or last == 0:
        return t(
            "From the last unit to the first the shortcuts multiply the gradient by {formula}. "
            "Measured: {first} at the first unit, {last} at the last.",
            formula=formula,
            first=number(first, t),
            last=number(last, t),
        )
    return t(
        "From the last unit to the first the shortcuts multiply the gradient by {formula}. "
        "**Measured, branches and all: by {ratio}.**",
        formula=formula,
        ratio=number(first / last, t),
    )


def _say_where_from(page: Page, run: RunSpec, *, is_known: bool) -> None:
    t = page.t
    if not is_known:
        return
    if lab.is_ready():
        said = t("The first batch of training, seed {seed}.", seed=run.train.seed)
        st.caption(f"**{t('Measured here.')}** {said}")
        return
    date, command = evidence.start_commands()[run.digest]
    said = t("{date}; made by", date=date)
    st.caption(f"**{t('Recorded.')}** {said} `{command}`.")
