"""What do networks have and cost? Numbers, a comparison, curves, layers: *Count anything*."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import streamlit as st

from pages.ui import controls, lab
from pages.ui.chart import chart, chart_words
from pages.ui.figures.cost import Cost, cost_against_depth
from pages.ui.figures.names import short
from pages.ui.frame import Page
from pages.ui.networks import BOTTLENECK_DEPTHS, Asked
from resnet_core.specs import NetworkSpec

CURVE_DEPTHS = (8, 14, 20, 32, 56, 110, 206, 398, 800, 1202)
BYTES_A_NUMBER = 4


@dataclass(frozen=True)
class Counted:
    """What a network has and costs for one image of three channels."""

    asked: Asked
    counts: dict[str, int]
    layers: list[dict[str, Any]]
    said: dict[str, Any]

    def total(self, key: str) -> int:
        """Add up a column of the layers."""
        return sum(layer[key] for layer in self.layers)

    @property
    def receptive_field(self) -> tuple[int, int] | None:
        """Of the last layer that sees less than the whole image; None after attention."""
        seen = [layer["receptive_field"] for layer in self.layers if layer["output_shape"]]
        known = [field for field in seen if field is not None]
        return (known[-1][0], known[-1][1]) if known and not self.counts["attention"] else None


def count(asked: Asked) -> Counted:
    """Count a network; what was counted once is answered at once.

    Raises:
        ResNetLabError: The lab is not there, or there is no such network.
    """
    return _count(asked)


@lru_cache(maxsize=256)
def _count(asked: Asked) -> Counted:
    if asked.network is None:
        answer = lab.keeper.client.measure("torchvision_layers", name=asked.model)
        asked = replace(asked, size=answer["size"], classes=1000)
    else:
        answer = lab.keeper.client.measure(
            "layers",
            network=asked.network.model_dump(),
            channels=3,
            classes=asked.classes,
            size=asked.size,
        )
    return Counted(asked, answer["counts"], answer["layers"], answer)


@lru_cache(maxsize=64)
def curves(
    width: int, shortcut: str, order: str, size: int, classes: int
) -> dict[str, list[dict[str, int]]]:
    """Count CIFAR networks of rising depth: plain, basic and bottleneck, all else equal."""
    kinds = {
        "plain": [
            NetworkSpec(depth=d, width=width, join="plain", order=order) for d in CURVE_DEPTHS
        ],
        "basic": [
            NetworkSpec(depth=d, width=width, shortcut=shortcut, order=order) for d in CURVE_DEPTHS
        ],
        "bottleneck": [
            NetworkSpec(depth=d, width=width, shortcut=shortcut, order=order, block="bottleneck")
            for d in BOTTLENECK_DEPTHS
        ],
    }
    found = {}
    for kind, networks in kinds.items():
        answer = lab.keeper.client.measure(
            "count_many",
            networks=[network.model_dump() for network in networks],
            channels=3,
            classes=classes,
            size=size,
        )
        found[kind] = [
            {"depth": network.depth, **counts}
            for network, counts in zip(networks, answer["counts"], strict=True)
        ]
    return found


def costs(rows: Sequence[dict[str, int]], key: str) -> list[Cost]:
    """Give the points of one curve."""
    return [Cost(name=str(row["depth"]), depth=row["depth"], amount=row[key]) for row in rows]


def say_totals(page: Page, counted: Counted) -> None:
    """Show what the network has and costs, in four numbers, and each spelled out below."""
    t = page.t
    counts = counted.counts
    field = counted.receptive_field
    products = counts["multiply_adds"] + counts["attention"]
    columns = st.columns(4)
    columns[0].metric(t("Parameters"), short(counts["parameters"]))
    columns[1].metric(t("Multiply-adds, one image"), short(products))
    columns[2].metric(
        t("Activations, one image"),
        f"{BYTES_A_NUMBER * counts['activations'] / 1e6:,.1f} MB",
        help=t("All numbers that layers give, 4 bytes each: what training keeps for going back."),
    )
    columns[3].metric(
        t("Receptive field"),
        "×".join(map(str, field)) if field else t("whole image"),
        help=t(
            "The part of the image, in pixels, that one number before the last pooling depends "
            "on, through the shortcuts too; the image may be smaller."
        ),
    )
    parts = t(
        "{parameters} parameters: {weights} weights, {biases} biases, {normalisation} of "
        "normalisation. {products} multiply-adds of convolution and linear layers.",
        parameters=f"{counts['parameters']:,}",
        weights=f"{counted.total('weights'):,}",
        biases=f"{counted.total('biases'):,}",
        normalisation=f"{counted.total('normalisation'):,}",
        products=f"{counts['multiply_adds']:,}",
    )
    if counts["attention"]:
        parts += " " + t(
            "{products} more of attention's matrix products.", products=f"{counts['attention']:,}"
        )
    st.caption(parts)
    if "published_parameters" in counted.said:
        st.caption(
            "**"
            + t("Published.")
            + "** "
            + t(
                "torchvision's own metadata: {parameters} parameters, {giga} · 10⁹ multiply-adds "
                "at {size}×{size} pixels.",
                parameters=f"{counted.said['published_parameters']:,}",
                giga=counted.said["published_giga"],
                size=counted.asked.size,
            )
        )


def comparison(page: Page, found: Sequence[Counted]) -> None:
    """Show the networks side by side, as multiples of the first."""
    t = page.t
    first = found[0].counts
    st.dataframe(
        [
            {
                t("network"): one.asked.name(t),
                t("image"): f"3×{one.asked.size}×{one.asked.size}",
                t("classes"): one.asked.classes,
                t("parameters"): one.counts["parameters"],
                t("× the first"): one.counts["parameters"] / first["parameters"],
                t("multiply-adds"): one.counts["multiply_adds"] + one.counts["attention"],
                f"{t('× the first')} ": (one.counts["multiply_adds"] + one.counts["attention"])
                / (first["multiply_adds"] + first["attention"]),
                t("activations, MB"): BYTES_A_NUMBER * one.counts["activations"] / 1e6,
            }
            for one in found
        ],
        hide_index=True,
        column_config={
            t("parameters"): st.column_config.NumberColumn(format="localized"),
            t("multiply-adds"): st.column_config.NumberColumn(format="localized"),
            t("× the first"): st.column_config.NumberColumn(format="%.2f"),
            f"{t('× the first')} ": st.column_config.NumberColumn(format="%.2f"),
            t("activations, MB"): st.column_config.NumberColumn(format="%.1f"),
        },
    )


def figures(page: Page, found: Sequence[Counted]) -> None:
    """Draw cost against depth, as CIFAR networks like the first have it, with all of them in it."""
    t = page.t
    like = found[0].asked.network
    if like is None or like.family not in ("cifar", "vgg"):
        like = NetworkSpec()
        size, classes = 32, 10
    else:
        size, classes = found[0].asked.size, found[0].asked.classes
    rows = curves(like.width, like.shortcut, like.order, size, classes)
    chart(
        [
            cost_against_depth(
                {kind: costs(row, key) for kind, row in rows.items()},
                [
                    Cost(name=one.asked.name(t), depth=one.asked.depth, amount=one.counts[key])
                    for one in found
                ],
                title=title,
                t=t,
            )
            for key, title in (
                ("parameters", t("parameters")),
                ("multiply_adds", t("multiply-adds, one image")),
            )
        ],
        key="count.figures",
        alt=[
            t("Parameters of CIFAR networks against their depth."),
            t("Multiply-adds of CIFAR networks against their depth."),
        ],
        captions=[
            t(
                "CIFAR networks of width {width}, images of {size}×{size} pixels. Both axes are "
                "logarithmic; a ring is a network of this page.",
                width=like.width,
                size=size,
            ),
            "",
        ],
        words=chart_words(t),
        height=330,
    )


def layers(page: Page, counted: Counted) -> None:
    """Show the table of layers when it is asked for, and offer it as CSV."""
    t = page.t
    if not controls.toggle(page, "layers", t("Layer by layer")):
        return
    rows = [
        {
            t("layer"): layer["name"],
            t("kind"): layer["kind"],
            t("output"): "×".join(map(str, layer["output_shape"])) or "–",
            t("weights"): layer["weights"],
            t("biases"): layer["biases"],
            t("normalisation"): layer["normalisation"],
            t("multiply-adds"): layer["multiply_adds"] + layer["attention"],
            t("sees"): "×".join(map(str, layer["receptive_field"] or ())) or t("all"),
        }
        for layer in counted.layers
    ]
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        rows,
        hide_index=True,
        height=420,
        column_config=dict.fromkeys(
            (t("weights"), t("biases"), t("normalisation"), t("multiply-adds")), number
        ),
    )
    text = io.StringIO()
    writer = csv.writer(text)
    fields = list(counted.layers[0])
    writer.writerow(fields)
    for layer in counted.layers:
        writer.writerow(
            "x".join(map(str, value)) if isinstance(value, list) else value
            for value in layer.values()
        )
    st.download_button(
        t("Layers as CSV"),
        text.getvalue(),
        file_name=f"layers_{counted.asked.code}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
    )
