"""What do the five ImageNet networks cost: by our count, in the paper, in torchvision, and why?

Every sentence below the table is computed from the numbers in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import streamlit as st

from pages.ui import counting, lab
from pages.ui.frame import Page
from pages.ui.networks import Asked
from pages.ui.translate import ASSETS, Translate
from resnet_core.specs import NetworkSpec
from resnet_core.specs.families import IMAGENET_UNITS


@dataclass(frozen=True)
class Cost:
    """Parameters and multiply-adds of one network."""

    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Architecture:
    """One of the five: as we build it with shortcuts A and B, as torchvision does, as printed.

    Attributes:
        depth: Weighted layers.
        padded: With option A.
        projected: With option B.
        torchvision: torchvision's model of the same depth.
        printed: Multiply-adds in table 1 of the paper.
    """

    depth: int
    padded: Cost
    projected: Cost
    torchvision: Cost
    printed: float


@cache
def published() -> dict[str, Any]:
    """Read what the paper prints of them."""
    text = (ASSETS / "published" / "he2015.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["architectures"]
    return found


@lru_cache(maxsize=1)
def architectures() -> tuple[Architecture, ...]:
    """Count the five networks, ours and torchvision's; what was counted once is remembered.

    Raises:
        ResNetLabError: The lab is not there.
    """
    plans = [
        NetworkSpec(family="imagenet", depth=depth, shortcut=shortcut)
        for depth in IMAGENET_UNITS
        for shortcut in ("A", "B")
    ]
    answer = lab.keeper.client.measure(
        "count_many",
        networks=[plan.model_dump() for plan in plans],
        channels=3,
        classes=1000,
        size=224,
    )
    ours = [_cost(counts) for counts in answer["counts"]]
    printed = {point["depth"]: point["multiply_adds"] for point in published()["points"]}
    return tuple(
        Architecture(
            depth=depth,
            padded=ours[2 * place],
            projected=ours[2 * place + 1],
            torchvision=_cost(counting.count(Asked(None, f"resnet{depth}")).counts),
            printed=printed[depth],
        )
        for place, depth in enumerate(IMAGENET_UNITS)
    )


def _cost(counts: dict[str, int]) -> Cost:
    return Cost(counts["parameters"], counts["multiply_adds"])


def table(page: Page) -> None:
    """Show the five networks beside each other's counts, and say what makes the differences.

    Raises:
        ResNetLabError: The lab is not there.
    """
    t = page.t
    rows = architectures()
    # Of text, not on a canvas: it can be read out and copied, and scrolls in its own box.
    st.table(
        [
            {
                t("network"): f"ResNet-{row.depth}",
                t("parameters, A"): f"{row.padded.parameters:,}",
                t("parameters, B"): f"{row.projected.parameters:,}",
                t("parameters, torchvision"): f"{row.torchvision.parameters:,}",
                t("10⁹ multiply-adds, A"): f"{row.padded.multiply_adds / 1e9:.3f}",
                t("10⁹ multiply-adds, B"): f"{row.projected.multiply_adds / 1e9:.3f}",
                t("10⁹, torchvision"): f"{row.torchvision.multiply_adds / 1e9:.3f}",
                t("10⁹, printed"): f"{row.printed / 1e9:.1f}",
            }
            for row in rows
        ],
        border="horizontal",
        hide_index=True,
    )
    st.caption(
        t(
            "Multiply-adds of convolution and linear layers, one image of 3×224×224; BN, ReLU, "
            "additions and pooling count nothing. Ours have the stride in the first 1×1, as in "
            "the paper. Printed: {source}.",
            source=published()["source"],
        )
        + " "
        + published()["note"][page.language]
    )
    st.markdown("\n".join(f"- {sentence}" for sentence in differences(rows, t)))


def differences(rows: Sequence[Architecture], t: Translate) -> list[str]:
    """Explain every difference between two columns, a sentence each."""
    return [*_stride(rows, t), *_shortcuts(rows, t), *_printed(rows, t)]


def _stride(rows: Sequence[Architecture], t: Translate) -> list[str]:
    """Compare torchvision's models with ours with B."""
    more = {row: row.torchvision.multiply_adds - row.projected.multiply_adds for row in rows}
    moved = [
        row
        for row in rows
        if more[row] > 0 and row.torchvision.parameters == row.projected.parameters
    ]
    alike = [row for row in rows if not more[row] and row.torchvision == row.projected]
    said = []
    if alike:
        said.append(
            t(
                "**{names}: torchvision's are ours with B**, to the last parameter and "
                "multiply-add.",
                names=_names(alike),
            )
        )
    if moved:
        said.append(
            t(
                "**{names}: torchvision's have the same parameters, but {products} multiply-adds "
                "more.** Its stride is in the 3×3 layer, ours in the first 1×1, as in the paper: "
                "in the first unit of stages 2, 3 and 4 the 1×1 then works on four times as many "
                "pixels. Only these three units differ, so the difference does not grow with "
                "depth: {first} becomes {second} · 10⁹ for {name}.",
                names=_names(moved),
                products=_range([more[row] for row in moved]),
                first=f"{moved[0].projected.multiply_adds / 1e9:.2f}",
                second=f"{moved[0].torchvision.multiply_adds / 1e9:.2f}",
                name=f"ResNet-{moved[0].depth}",
            )
        )
    return said


def _shortcuts(rows: Sequence[Architecture], t: Translate) -> list[str]:
    """Compare options A and B."""
    groups: dict[tuple[int, int], list[Architecture]] = {}
    for row in rows:
        more = (
            row.projected.parameters - row.padded.parameters,
            row.projected.multiply_adds - row.padded.multiply_adds,
        )
        groups.setdefault(more, []).append(row)
    return [
        t(
            "**{names}: B has {parameters} parameters and {products} multiply-adds more than A**, "
            "for the 1×1 projections where shapes change; A pads with zeros, which costs nothing.",
            names=_names(same),
            parameters=f"{parameters:,}",
            products=f"{products:,}",
        )
        for (parameters, products), same in groups.items()
    ]


def _printed(rows: Sequence[Architecture], t: Translate) -> list[str]:
    """Compare the paper's table with our counts."""
    agree, cut, other = [], [], []
    for row in rows:
        ours = [row.padded.multiply_adds / 1e8, row.projected.multiply_adds / 1e8]
        printed = round(row.printed / 1e8)
        if printed in map(round, ours):
            agree.append(row)
        elif printed in map(int, ours):
            cut.append(row)
        else:
            other.append(row)
    said = []
    if agree:
        said.append(
            t(
                "**{names}: what the paper prints is our count, rounded**, with A or with B.",
                names=_names(agree),
            )
        )
    for row in cut:
        said.append(
            t(
                "**{name}: the paper prints {printed}, we count {ours} · 10⁹ with B.** Rounded "
                "that is {rounded}; cut off after one digit it is what is printed. The paper does "
                "not say how it counted.",
                name=f"ResNet-{row.depth}",
                printed=f"{row.printed / 1e9:.1f}",
                ours=f"{row.projected.multiply_adds / 1e9:.3f}",
                rounded=f"{row.projected.multiply_adds / 1e9:.1f}",
            )
        )
    for row in other:
        said.append(
            t(
                "**{name}: the paper prints {printed}, we count {ours} · 10⁹ with B.** We cannot "
                "explain the difference.",
                name=f"ResNet-{row.depth}",
                printed=f"{row.printed / 1e9:.1f}",
                ours=f"{row.projected.multiply_adds / 1e9:.3f}",
            )
        )
    return said


def _names(rows: Sequence[Architecture]) -> str:
    return ", ".join(f"ResNet-{row.depth}" for row in rows)


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
