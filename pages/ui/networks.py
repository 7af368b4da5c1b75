"""Which networks does a visitor want to count? Controls that give one, and codes for a link."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import controls, lab
from pages.ui.frame import Page
from pages.ui.link import choice, integer
from pages.ui.translate import Translate
from resnet_core.errors import SpecError
from resnet_core.specs import FAMILIES, ORDERS, SHORTCUTS, NetworkSpec
from resnet_core.specs.choices import OF_FIGURE_5
from resnet_core.specs.families import IMAGENET_UNITS

TORCHVISION = "torchvision"
PLAIN = "plain"
NAMES = {
    "cifar": "CIFAR",
    "wide": "wide",
    "imagenet": "ImageNet",
    "vgg": "VGG",
    TORCHVISION: TORCHVISION,
}
MOST = 4
"""Networks side by side."""

WIDE_DEPTHS = (10, 16, 22, 28, 34, 40)
VGG_DEPTHS = (8, 11, 14, 17, 20, 32, 56, 110)
BOTTLENECK_DEPTHS = (11, 20, 29, 56, 110, 164, 407, 803, 1199)
NUMBER = re.compile(r"[0-9]{1,9}")
SIZES, CLASSES = (4, 224), (1, 10_000)
"""From, to."""


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
        parts += [_block_name(n.block, t)] if n.block != "basic" and n.family == "cifar" else []
        parts += [n.shortcut] if n.join != PLAIN else []
        return ", ".join(parts)

    @property
    def depth(self) -> int | None:
        """Weighted layers, where the family counts them."""
        return None if self.network is None else self.network.depth


def read_code(text: str) -> Asked:
    """Read a network's code from a link.

    Raises:
        SpecError: It is no code, or there is no such network.
    """
    family, _, rest = text.partition(".")
    if family == TORCHVISION:
        return Asked(None, _read_model(rest))
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
    codes = list(dict.fromkeys(read_code(code).code for code in text.split(",")))
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
    # Pills wrap in a narrow column; what a segmented control wraps lacks its left border.
    family = st.pills(
        t("Family"),
        options,
        key=key,
        format_func=lambda name: NAMES[name],
        required=True,
        wrap=True,
    )
    if family == TORCHVISION:
        names = list(lab.torchvision_models()) if lab.is_ready() else ["resnet50"]
        key = page.link.setting("model", "resnet50", _read_model)
        names = names if st.session_state[key] in names else [*names, st.session_state[key]]
        return Asked(None, str(st.selectbox(t("Model"), names, key=key)))
    if family == "imagenet":
        return Asked(_imagenet(page), size=224, classes=1000)
    network = {"cifar": _cifar, "wide": _wide, "vgg": _vgg}[str(family)](page)
    size = controls.slider(page, "size", t("Image size"), (8, 14, 16, 28, 32, 64), 32, *SIZES)
    classes = controls.slider(page, "classes", t("Classes"), (2, 10, 100, 1000), 10, *CLASSES)
    return Asked(network, size=size, classes=classes)


def _read_model(text: str) -> str:
    return choice("model", lab.torchvision_models())(text) if lab.is_ready() else text[:40]


def _cifar(page: Page) -> NetworkSpec:
    t = page.t
    key = page.link.setting("block", "basic", choice("block", OF_FIGURE_5))
    block = str(
        st.segmented_control(
            t("Block"), OF_FIGURE_5, key=key, format_func=lambda k: _block_name(k, t), required=True
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


def _vgg(page: Page) -> NetworkSpec:
    t = page.t
    depth = _depth(page, "vgg_depth", 14, VGG_DEPTHS, family="vgg")
    width = controls.slider(page, "width", t("Width"), controls.WIDTHS, 16, 1, 64)
    st.caption(
        t(
            "A small VGG: a plain network of single 3×3 layers in three stages, with 2×2 max "
            "pooling where stages 2 and 3 begin. VGG-16 and VGG-19 are torchvision's."
        )
    )
    return NetworkSpec(family="vgg", depth=depth, width=width)


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
    chosen = st.selectbox(
        t("Shortcut"),
        options,
        key=key,
        format_func=lambda k: t("none: plain") if k == PLAIN else t(SHORTCUTS[k].label),
    )
    return {"join": PLAIN} if chosen == PLAIN else {"join": "residual", "shortcut": str(chosen)}


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
