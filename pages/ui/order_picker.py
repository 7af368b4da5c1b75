"""Which activation orders are compared? The drawings of He 2016, figure 4, are the control.

Each drawing is a button that is pressed or not. The browser shows a click at once and says the
whole choice to the page, which draws again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import streamlit as st

from pages.ui.component import component
from pages.ui.figures.orders import ROWS, order_diagram, order_title, order_words
from pages.ui.frame import Page
from pages.ui.theme import PALETTE
from resnet_core.specs import ORDERS

NAME = "resnet_lab_order_picker"

_HERE = Path(__file__).parent
_JS = (_HERE / "order_picker.js").read_text(encoding="utf-8")
_CSS = (_HERE / "order_picker.css").read_text(encoding="utf-8")


def pick_orders(page: Page, chosen: Sequence[str], *, key: str, block: str = "basic") -> list[str]:
    """Show the five orders, and give those that are chosen now, in the order of the table.

    The page keeps the choice, in its link or its session: what this gives is what it must be given
    the next time. A click changes the choice before the page runs again.

    Args:
        page: Whose words it speaks.
        chosen: Keys of ``ORDERS``. Nothing known in it means all: at least one is chosen always.
        key: The picker's identity in the page; nothing is kept in the session under it.
        block: Whose branches are drawn: ``basic`` or ``bottleneck``.
    """
    t = page.t
    mounted, picked = f"{key}.drawings", f"_{key}.picked"

    def clicked() -> None:
        said = getattr(st.session_state[mounted], "picked", None)
        if said and (known := _in_order(str(said).split())):
            st.session_state[picked] = known

    now = st.session_state.pop(picked, None) or _in_order(chosen) or list(ORDERS)
    mount = component(NAME, html='<div class="rl-orders"></div>', css=_CSS, js=_JS)
    mount(
        key=mounted,
        data={
            "orders": [
                {
                    "order": order,
                    "name": order_title(order, t),
                    "said": order_words(order, t, block=block),
                    "svg": order_diagram(order, t=t, block=block),
                }
                for order in ROWS
            ],
            "chosen": now,
            "label": t("Activation orders to compare"),
            "last": t("At least one order stays chosen."),
            "palette": {scheme: dict(colors) for scheme, colors in PALETTE.items()},
        },
        on_picked_change=clicked,
    )
    return list(now)


def _in_order(orders: Collection[str]) -> list[str]:
    """Give the known ones among some keys, in the order of the table."""
    return [order for order in ORDERS if order in orders]
