"""The calculator of *Signal and gradient*: the chain rule is a product. What does it come to?"""

from __future__ import annotations

import streamlit as st

from pages.ui.frame import Page
from pages.ui.link import integer, number
from pages.ui.numbers import power_of_ten
from resnet_core.specs.families import MAX_DEPTH
from resnet_core.studies import theory


def show(page: Page) -> None:
    """Draw the factors and their products."""
    t = page.t
    st.markdown(f"#### {t('Calculator: one factor a layer')}")
    left, middle, right = st.columns(3)
    with left:
        key = page.link.setting("L", 56, integer("L", 1, MAX_DEPTH))
        layers = st.number_input(t("Layers L"), 1, MAX_DEPTH, key=key)
    with middle:
        key = page.link.setting("w", 1.0, number("w", 0, 100))
        weight = st.number_input(
            t("Weights' factor w"),
            0.0,
            100.0,
            key=key,
            step=0.1,
            help=t("What the weights of a layer multiply a gradient by; 4 would undo the sigmoid."),
        )
    with right:
        key = page.link.setting("lambda", 0.9, number("lambda", 0, 10))
        scale = st.number_input(t("Shortcut's factor λ"), 0.0, 10.0, key=key, step=0.05)
    slope, growth = theory.SIGMOID_SLOPE, theory.bn_relu_factor()
    factors = (
        (t("sigmoid: its slope is at most"), "σ′ ≤ 1/4", slope),
        (t("the weights beside it"), f"w = {weight:g}", weight),
        (t("both together, at most"), f"w·σ′ ≤ {weight * slope:g}", weight * slope),
        (t("shortcuts with λ, without F"), f"λ = {scale:g}", scale),
        (t("BN and ReLU without shortcuts"), f"√(π/(π−1)) = {growth:.3f}", growth),
    )
    rows = [
        f"| {t('what multiplies the gradient')} | {t('one layer')} | "
        f"{t('{layers} layers', layers=layers)} |",
        "|:--|:--|--:|",
        *(f"| {what} | {one} | {power_of_ten(factor, layers)} |" for what, one, factor in factors),
    ]
    st.markdown("\n".join(rows))
    st.caption(
        t(
            "**Theory**, no measurement. The last row holds for wide, fully connected networks "
            "before training (Yang et al. 2019)."
        )
    )
