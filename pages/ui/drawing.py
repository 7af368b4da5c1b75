"""How are drawings of networks shown? Side by side, each part with a panel of what it has.

The browser shows the panel without asking anybody. A click on ×N is said to the page, which draws
again: so what is open stands in the address, like every other setting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.component import component
from pages.ui.figures.network import network_drawings
from pages.ui.figures.network_rows import items
from pages.ui.figures.network_words import most_words, panel
from pages.ui.figures.parts import Network
from pages.ui.figures.stages import legend, ruler, stage_shares
from pages.ui.theme import PALETTE
from pages.ui.translate import Translate

NAME = "resnet_lab_drawing"

_HERE = Path(__file__).parent
_JS = (_HERE / "drawing.js").read_text(encoding="utf-8")
_CSS = (_HERE / "drawing.css").read_text(encoding="utf-8")


def drawings(
    networks: Mapping[int, Network],
    opened: Mapping[int, frozenset[str]],
    *,
    key: str,
    t: Translate,
    on_toggle: Callable[[str], None],
) -> None:
    """Show networks side by side, or one under the other where it is narrow.

    Args:
        networks: By place, from left to right.
        opened: Codes of the groups that are open, by place.
        key: The drawings' identity in the page.
        t: Translates.
        on_toggle: Called with place and group, such as ``2:3.2``, before the page runs again.
    """

    def toggled() -> None:
        asked = getattr(st.session_state[key], "toggle", None)
        if asked:
            on_toggle(str(asked))

    shown = list(networks.values())
    svgs = network_drawings(shown, [opened[place] for place in networks], t=t)
    mount = component(NAME, html='<div class="rl-drawings"></div>', css=_CSS, js=_JS)
    mount(
        key=key,
        data={
            "drawings": [
                {"place": place, "svg": svg, "panels": _panels(network, opened[place], t)}
                for svg, (place, network) in zip(svgs, networks.items(), strict=True)
            ],
            "legend": legend(shown, t=t),
            "strips": [
                {
                    "svg": ruler(shown, t=t),
                    "words": t("To one scale: a strip is as long as its network is deep."),
                },
                *(
                    {"svg": stage_shares(shown, what, t=t), "words": words}
                    for what, words in (
                        ("parameters", most_words(shown, "parameters", t)),
                        ("multiply_adds", most_words(shown, "multiply_adds", t)),
                    )
                ),
            ],
            "palette": {scheme: dict(colors) for scheme, colors in PALETTE.items()},
            "open": t("Click ×{count}, or press Enter, to draw all of these units.", count="%"),
            "close": t("Click ×{count}, or press Enter, to draw one unit for all.", count="%"),
        },
        on_toggle_change=toggled,
    )


def _panels(network: Network, opened: frozenset[str], t: Translate) -> dict[str, Any]:
    """Give what is said of each part that is drawn, by its code."""
    found = {}
    for item in items(network, opened):
        said = panel(item.parts, network, t)
        found[item.first.code] = {
            "title": said.title,
            "lines": said.lines,
            "count": len(item.group.parts),
        }
    return found
