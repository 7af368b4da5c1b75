"""Which networks are drawn, and what of them is open? The parts of *Residual networks, drawn*."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Any

import streamlit as st

from pages.ui import controls, counting, lab, opening
from pages.ui.drawing import drawings
from pages.ui.figures.network import drawing_file
from pages.ui.figures.parts import Network, read_parts
from pages.ui.frame import Page
from pages.ui.link import choice
from pages.ui.networks import Asked
from pages.ui.translate import ASSETS, Translate
from resnet_core.specs import NETWORKS, OPTIONS

VGG, NONE, AS_PAPER = "vgg-19", "none", "paper"
IMAGENET: Mapping[str, str] = MappingProxyType(
    {
        "plain-18": "plain-18",
        "plain-34": "plain-34",
        "resnet-18": "ResNet-18",
        "resnet-34": "ResNet-34",
        "resnet-50": "ResNet-50",
        "resnet-101": "ResNet-101",
        "resnet-152": "ResNet-152",
    }
)
"""Keys of ``NETWORKS``, and the papers' names, in every language."""
CIFAR: Mapping[str, str] = MappingProxyType({"cifar-plain": "plain", "cifar-residual": "residual"})
"""Names in a link, and joins; a slider gives the depth."""
PLACES = ("first", "second", "third")
FIGURE_3 = (VGG, "plain-34", "resnet-34")
"""What stands side by side in the paper's figure 3."""


@dataclass(frozen=True)
class Drawn:
    """A network to draw: its place from 1, what to count, and what it is called."""

    place: int
    asked: Asked
    name: str

    @property
    def file(self) -> str:
        """Name its file."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")


def ask_shortcut(page: Page) -> str:
    """Draw the choice of shortcut, of all residual networks on the page, and give it."""
    t = page.t
    options = [AS_PAPER, *OPTIONS]
    key = page.link.setting("shortcut", AS_PAPER, choice("shortcut", options))
    return str(
        st.segmented_control(
            t("Shortcut where shapes change"),
            options,
            key=key,
            required=True,
            format_func=lambda name: t("as in the paper") if name == AS_PAPER else name,
            help=t(
                "The paper pads with zeros (A) in ResNet-18, ResNet-34 and on CIFAR, and projects "
                "(B) in the deeper ImageNet networks. C projects everywhere."
            ),
        )
    )


def ask(page: Page, shortcut: str) -> list[Drawn]:
    """Draw a list for each place, with a slider of depth for a CIFAR network; give the networks."""
    found = []
    for number, (column, default) in enumerate(zip(st.columns(3), FIGURE_3, strict=True), start=1):
        with column:
            one = _one(page, number, default, shortcut)
        found += [one] if one is not None else []
    return found


def _one(page: Page, number: int, default: str, shortcut: str) -> Drawn | None:
    t = page.t
    place = PLACES[number - 1]
    options = [VGG, *IMAGENET, *CIFAR, *([NONE] if number > 1 else [])]
    key = page.link.setting(place, default, choice(place, options))
    titles = {
        VGG: "VGG-19",
        **IMAGENET,
        "cifar-plain": t("plain, on CIFAR"),
        "cifar-residual": t("residual, on CIFAR"),
        NONE: t("none"),
    }
    labels = (t("First network"), t("Second network"), t("Third network"))
    chosen = st.selectbox(
        labels[number - 1],
        options,
        key=key,
        format_func=lambda name: titles[name],
        on_change=opening.close_all,
        args=(page, number),
    )
    if chosen == NONE:
        return None
    if chosen == VGG:
        return Drawn(number, Asked(None, "vgg19"), "VGG-19")
    if chosen in IMAGENET:
        network = NETWORKS[chosen]
        size, classes, name = 224, 1000, IMAGENET[chosen]
    else:
        depth_key = page.link.setting(f"depth{number}", 56, controls.read_depth)
        depth = st.select_slider(
            t("Depth"),
            controls.with_value(controls.SHOWN_DEPTHS, st.session_state[depth_key]),
            key=depth_key,
            on_change=opening.depth_moved,
        )
        network = NETWORKS["cifar-plain-20"].model_copy(
            update={"depth": depth, "join": CIFAR[chosen]}
        )
        kind = "ResNet" if network.join == "residual" else "plain"
        size, classes, name = 32, 10, f"{kind}-{depth}, CIFAR"
    if shortcut != AS_PAPER and network.join == "residual":
        network = network.model_copy(update={"shortcut": shortcut})
        name = f"{name}, {shortcut}"
    return Drawn(number, Asked(network, size=size, classes=classes), name)


def read(one: Drawn) -> Network | None:
    """Read a network's parts off the network itself; None while nobody can.

    Raises:
        ResNetLabError: The lab is not there.
    """
    return _read(one) if is_recorded(one) or lab.is_ready() else None


def is_recorded(one: Drawn) -> bool:
    """Whether the network's layers ship with the app."""
    return one.asked.code in recorded()


@lru_cache(maxsize=128)
def _read(one: Drawn) -> Network:
    asked = one.asked
    layers = recorded().get(asked.code) or counting.count(asked).layers
    join = asked.network.join if asked.network is not None else ""
    image = tuple(layers[0]["input_shape"])
    return Network(one.name, join, image, read_parts(layers, join=join))


@cache
def recorded() -> Mapping[str, list[dict[str, Any]]]:
    """Give the layers of figure 3's networks, as the bench listed them once.

    They are drawn before the lab is warm. A test reads the networks again and compares.
    """
    found = recording()
    return {
        code: [dict(zip(found["columns"], row, strict=True)) for row in rows]
        for code, rows in found["networks"].items()
    }


@cache
def recording() -> dict[str, Any]:
    """Read the file as it is."""
    text = (ASSETS / "networks" / "figure3.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def show(page: Page, asked: Sequence[Drawn]) -> None:
    """Show the drawings and offer their files.

    Raises:
        ResNetLabError: The lab is not there.
    """
    t = page.t
    opening.declare(page)
    read_now = {one.place: read(one) for one in asked}
    open_now = opening.opened(page, read_now)
    if None in read_now.values():
        st.caption(t("Counting needs the lab, which is warming up …"))
    found = {place: network for place, network in read_now.items() if network is not None}
    if not found:
        return
    drawings(
        found,
        open_now,
        key="drawn.drawings",
        t=t,
        on_toggle=lambda code: opening.toggle(page, code),
    )
    _files([one for one in asked if one.place in found], found, open_now, t)
    if any(is_recorded(one) for one in asked):
        _say_recorded(t)


def _files(
    asked: Sequence[Drawn],
    found: Mapping[int, Network],
    open_now: Mapping[int, frozenset[str]],
    t: Translate,
) -> None:
    """Offer each drawing as a file, which is made when it is asked for."""
    with st.container(horizontal=True, gap="small"):
        for one in asked:
            st.download_button(
                t("{name} as SVG", name=one.name),
                partial(drawing_file, found[one.place], open_now[one.place], t=t),
                file_name=f"{one.file}.svg",
                mime="image/svg+xml",
                icon=":material/download:",
                type="tertiary",
                key=f"drawn.file{one.place}",
                on_click="ignore",
            )


def _say_recorded(t: Translate) -> None:
    found = recording()
    st.caption(
        "**"
        + t("Recorded.")
        + "** "
        + t(
            "The layers of VGG-19, plain-34 and ResNet-34 were read off the networks themselves on "
            "{date}, with PyTorch {torch}; those of others are read when you ask.",
            date=found["date"],
            torch=found["torch"],
        )
    )
