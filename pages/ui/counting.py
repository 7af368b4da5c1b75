"""The parts of *Count anything*: which networks are asked for, and what each has and costs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import streamlit as st

from pages.ui import controls, lab
from pages.ui.chart import chart, chart_words
from pages.ui.figures.cost import Cost, cost_against_depth
from pages.ui.frame import Page
from pages.ui.link import choice, integer
from pages.ui.translate import Translate
from resnet_core.errors import SpecError
from resnet_core.specs import BLOCKS, FAMILIES, ORDERS, SHORTCUTS, NetworkSpec
from resnet_core.specs.network import IMAGENET_UNITS

TORCHVISION = "torchvision"
MOST = 4
"""Networks side by side."""

NUMBER = re.compile(r"[0-9]{1,9}")
SIZES, CLASSES = (4, 224), (1, 10_000)
"""From, to."""

PLAIN = "plain"
NAMES = {"cifar": "CIFAR", "wide": "wide", "imagenet": "ImageNet", TORCHVISION: TORCHVISION}
WIDE_DEPTHS = (10, 16, 22, 28, 34, 40)
CURVE_DEPTHS = (8, 14, 20, 32, 56, 110, 206, 398, 800, 1202)
BOTTLENECK_DEPTHS = (11, 20, 29, 56, 110, 164, 407, 803, 1199)
BYTES_A_NUMBER = 4


@dataclass(frozen=True)
class Asked:
    """What to count: a plan with its images, or one of torchvision's models by name.

    Its code stands in the link: ``cifar.110.16.basic.residual.A.original.32.10`` (the last two are
    the images' size and classes), ``torchvision.vgg19``.
    """

    network: NetworkSpec | None
    model: str = ""
    size: int = 32
    classes: int = 10

    @property
    def code(self) -> str:
        """Short enough for a link, and read back by ``read_code``."""
        n = self.network
        if n is None:
            return f"{TORCHVISION}.{self.model}"
        plan = (n.family, n.depth, n.width, n.block, n.join, n.shortcut, n.order)
        return ".".join(map(str, (*plan, self.size, self.classes)))

    def name(self, t: Translate) -> str:
        """Name it so that two of them can be told apart."""
        n = self.network
        if n is None:
            return f"torchvision {self.model}"
        if n.family == "wide":
            return f"WRN-{n.depth}-{n.width}"
        if n.family == "imagenet":
            kind = "ResNet" if n.join == "residual" else t("plain")
            return f"{kind}-{n.depth}" + ("" if n.join == PLAIN else f", {n.shortcut}")
        parts = [n.name, t("width {width}", width=n.width)]
        parts += [_block_name(n.block, t)] if n.block != "basic" else []
        parts += [n.shortcut] if n.join != PLAIN else []
        return ", ".join(parts)

    @property
    def depth(self) -> int | None:
        """Weighted layers, where the family counts them."""
        return None if self.network is None else self.network.depth


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


def read_code(text: str) -> Asked:
    """Read a network's code from a link.

    Raises:
        SpecError: It is no code, or there is no such network.
    """
    family, _, rest = text.partition(".")
    if family == TORCHVISION:
        return Asked(None, rest)
    parts = rest.split(".")
    numbers = [*parts[:2], *parts[6:]]
    if family not in FAMILIES or len(parts) != 8 or not all(map(NUMBER.fullmatch, numbers)):
        raise SpecError(
            "The link asks to compare {code}, but a code such as {example} would be right.",
            code=repr(text)[:60],
            example="cifar.110.16.basic.residual.A.original.32.10",
        )
    depth, width, block, join, shortcut, order, size, classes = parts
    network = NetworkSpec(
        family=family,
        depth=int(depth),
        width=int(width),
        block=block,
        join=join,
        shortcut=shortcut,
        order=order,
    )
    return Asked(
        network,
        size=integer("size", *SIZES)(size),
        classes=integer("classes", *CLASSES)(classes),
    )


def read_codes(text: str) -> list[str]:
    """Read the codes of networks to compare."""
    codes = [read_code(code).code for code in text.split(",")]
    if len(codes) >= MOST:
        raise SpecError(
            "The link asks to compare with {count} networks, but there is room for {most}.",
            count=len(codes),
            most=MOST - 1,
        )
    return codes


def ask(page: Page) -> Asked:
    """Draw the controls of one network and of its images, and give both.

    ImageNet networks and torchvision's models are counted as they are published.
    """
    t = page.t
    options = [*FAMILIES, TORCHVISION]
    key = page.link.setting("family", "cifar", choice("family", options))
    family = st.segmented_control(
        t("Family"), options, key=key, format_func=lambda name: NAMES[name], required=True
    )
    if family == TORCHVISION:
        names = list(lab.torchvision_models()) if lab.is_ready() else ["resnet50"]
        key = page.link.setting("model", "resnet50", _read_model)
        names = names if st.session_state[key] in names else [*names, st.session_state[key]]
        return Asked(None, str(st.selectbox(t("Model"), names, key=key)))
    if family == "imagenet":
        return Asked(_imagenet(page), size=224, classes=1000)
    network = _wide(page) if family == "wide" else _cifar(page)
    size = controls.slider(page, "size", t("Image size"), (8, 14, 16, 28, 32, 64), 32, *SIZES)
    classes = controls.slider(page, "classes", t("Classes"), (2, 10, 100, 1000), 10, *CLASSES)
    return Asked(network, size=size, classes=classes)


def _read_model(text: str) -> str:
    return choice("model", lab.torchvision_models())(text) if lab.is_ready() else text[:40]


def _cifar(page: Page) -> NetworkSpec:
    t = page.t
    key = page.link.setting("block", "basic", choice("block", [*BLOCKS]))
    block = str(
        st.segmented_control(
            t("Block"), [*BLOCKS], key=key, format_func=lambda k: _block_name(k, t), required=True
        )
    )
    depth = (
        _depth(page, "depth", 56, controls.SHOWN_DEPTHS)
        if block == "basic"
        else _depth(page, "depth9", 164, BOTTLENECK_DEPTHS, block=block)
    )
    width = controls.slider(page, "width", t("Width"), controls.WIDTHS, 16, 1, 64)
    joined = _shortcut(page, "shortcut", "A")
    order = controls.pick(
        page, "order", t("Activation order"), list(ORDERS), lambda k: t(ORDERS[k].label)
    )
    return NetworkSpec(depth=depth, width=width, block=block, order=order, **joined)


def _block_name(block: str, t: Translate) -> str:
    return {"basic": t("basic"), "bottleneck": t("bottleneck")}.get(block, block)


def _wide(page: Page) -> NetworkSpec:
    t = page.t
    depth = _depth(page, "wide_depth", 28, WIDE_DEPTHS, family="wide")
    factor = controls.slider(
        page, "k", t("Widening factor k"), (1, 2, 4, 6, 8, 10, 12), 10, 1, 64,
        help=t("The stages have 16k, 32k and 64k channels."),
    )  # fmt: skip
    return NetworkSpec(family="wide", depth=depth, width=factor)


def _imagenet(page: Page) -> NetworkSpec:
    depth = _depth(page, "imagenet_depth", 50, [*IMAGENET_UNITS], family="imagenet")
    joined = _shortcut(page, "imagenet_shortcut", "B")
    return NetworkSpec(family="imagenet", depth=depth, **joined)


def _depth(page: Page, name: str, default: int, options: Sequence[int], **kind: str) -> int:
    """Draw a slider over the depths that networks of a kind have, and give the one chosen."""

    def read(text: str) -> int:
        if not NUMBER.fullmatch(text):
            return integer("depth", min(options), max(options))(text)  # says what would be right
        return NetworkSpec.model_validate({"depth": int(text), **kind}).depth

    key = page.link.setting(name, default, read)
    value: int = st.select_slider(
        page.t("Depth"), controls.with_value(options, st.session_state[key]), key=key
    )
    return value


def _shortcut(page: Page, name: str, default: str) -> dict[str, str]:
    """Draw the choice of shortcut, or of none, and give what a plan says of it."""
    t = page.t
    options = [PLAIN, *SHORTCUTS]
    key = page.link.setting(name, default, choice("shortcut", options))
    chosen = st.segmented_control(
        t("Shortcut"),
        options,
        key=key,
        format_func=lambda k: t("none") if k == PLAIN else k,
        required=True,
    )
    return {"join": PLAIN} if chosen == PLAIN else {"join": "residual", "shortcut": str(chosen)}


def count(asked: Asked) -> Counted:
    """Count a network; what was counted once is answered at once.

    Raises:
        ResNetLabError: The lab is not there, or there is no such network.
    """
    return _count(asked.code)


@lru_cache(maxsize=256)
def _count(code: str) -> Counted:
    asked = read_code(code)
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


def compared(page: Page, asked: Asked) -> list[Asked]:
    """Draw the buttons that choose what to compare with; give this network and the others."""
    t = page.t
    none: list[str] = []
    codes: list[str] = st.session_state[page.link.setting("with", none, read_codes, ",".join)]
    left, right = st.columns(2)
    left.button(
        t("Compare"),
        icon=":material/add:",
        width="stretch",
        disabled=len(codes) >= MOST - 1 or asked.code in codes,
        on_click=lambda: page.link.set({"with": [*codes, asked.code]}),
        help=t("This network stays in the table while you move on to another: up to four."),
    )
    right.button(
        t("Clear"),
        icon=":material/close:",
        width="stretch",
        disabled=not codes,
        on_click=lambda: page.link.set({"with": []}),
    )
    return [asked, *(read_code(code) for code in codes if code != asked.code)]


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
    if like is None or like.family != "cifar":
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


def short(number: int) -> str:
    """Write a large number with four digits: 1.728 M."""
    for unit, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.4g} {sign}"
    return str(number)
