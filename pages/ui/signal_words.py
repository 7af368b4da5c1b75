"""What do the figures of *Signal and gradient* say? In sentences, computed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pages.ui.figures.shattering import Correlation
from pages.ui.numbers import number
from pages.ui.probed import Values
from pages.ui.translate import Translate
from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.studies import theory


def reading(found: Sequence[tuple[RunSpec, Values]], quantity: str, t: Translate) -> str:
    """Say what the figure by layer shows: bottom against top, network by network."""
    rows = [(run.network, values[quantity]) for run, values in found if quantity in values]
    return " ".join(_reading(network, row, t) for network, row in rows if len(row) > 2)


def _reading(network: NetworkSpec, row: Sequence[float], t: Translate) -> str:
    last = network.depth - 1  # the classifier is another kind of layer
    bottom, top = row[0], row[last - 1]
    values = {
        "name": network.name,
        "bottom": number(bottom, t),
        "top": number(top, t),
        "last": last,
    }
    if not (math.isfinite(bottom) and math.isfinite(top) and bottom > 0 and top > 0):
        return t("**{name}:** {bottom} at layer 1, {top} at layer {last}.", **values)
    if 0.95 < bottom / top < 1.05:
        return t("**{name}:** {bottom} at layer 1, {top} at layer {last}: as much.", **values)
    if bottom >= top:
        return t(
            "**{name}:** {bottom} at layer 1, {top} at layer {last}: {times} times as much at the "
            "bottom.",
            **values,
            times=number(bottom / top, t),
        )
    return t(
        "**{name}:** {bottom} at layer 1, {top} at layer {last}: {times} times as much at the top.",
        **values,
        times=number(top / bottom, t),
    )


def textbook_words(values: Values, t: Translate) -> str:
    """Say how small the gradient of the textbook case is at the bottom."""
    said = t("The textbook case: sigmoid, Xavier, no BN, no shortcuts.")
    if "gradient" not in values:
        return said
    row = values["gradient"]
    if row[0] == 0:
        return (
            said
            + " "
            + t(
                "At layer 1 the gradient is exactly 0: too small for float32; at the top {top}.",
                top=number(row[-1], t),
            )
        )
    return (
        said
        + " "
        + t(
            "At layer 1 the gradient is {bottom}, at the top {top}.",
            bottom=number(row[0], t),
            top=number(row[-1], t),
        )
    )


def growth(found: Sequence[tuple[RunSpec, Values]], t: Translate) -> str:
    """Say by which factor gradients grow a layer, and how far that is from the formula."""
    said = []
    for run, values in found:
        row = values.get("gradient", ())
        factor = theory.measured_factor(row, theory.stage_layers(run.network)) if row else None
        if factor is None:
            continue
        prediction = theory.predicted_growth(run.network)
        if prediction is None:
            said.append(
                t(
                    "Within a stage of {name}: × {factor} a layer on the way down; no formula is "
                    "known.",
                    name=run.network.name,
                    factor=f"{factor:.2f}",
                )
            )
        else:
            said.append(
                t(
                    "Within a stage of {name}: × {factor} a layer on the way down; theory: × "
                    "{theory}, "
                    "{formula}.",
                    name=run.network.name,
                    factor=f"{factor:.2f}",
                    theory=f"{prediction.factor:.2f}",
                    formula=prediction.row.formula,
                )
            )
    return " ".join(said)


def shattering_words(series: Sequence[Correlation], t: Translate) -> str:
    """Say how alike the gradients of neighbours on the line are."""
    return " ".join(
        t(
            "{name}: mean cosine {cosine} between the gradients of neighbours, {share} of the way "
            "from digit to digit apart.",
            name=one.name,
            share=f"1/{round(1 / one.distances[1])}",
            cosine=f"{one.correlations[1]:.2f}",
        )
        if math.isfinite(one.correlations[1])
        else t("{name}: a gradient that is exactly 0 has no direction.", name=one.name)
        for one in series
        if len(one.distances) > 1 and one.correlations[1] is not None
    )
