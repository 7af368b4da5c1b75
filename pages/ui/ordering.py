"""The parts of *Activation order*: which orders, which network, and what training them shows."""

from __future__ import annotations

import streamlit as st

from pages.ui import controls, evidence, varied, varying
from pages.ui.chart import Live, chart, chart_words
from pages.ui.figures.variants import error_by_variant, height_of
from pages.ui.frame import Page, show_error
from pages.ui.link import choice
from pages.ui.order_picker import pick_orders
from pages.ui.varied import Varied
from pages.ui.varying import Usual
from resnet_core.errors import ResNetLabError
from resnet_core.specs import BLOCKS, ORDERS, NetworkSpec, OrderStudy
from resnet_core.specs.choices import OF_FIGURE_5

USUAL = Usual.of(OrderStudy(), seeds=3)
"""What the controls say until somebody moves them: the differences are small, hence three seeds."""

COLUMNS = {"110": "ResNet-110", "164": "ResNet-164", "none": ""}
"""Of He 2016 table 2, by their key in a link."""


def choose(page: Page) -> tuple[str, ...]:
    """Draw the five diagrams, which are the control, and give the orders chosen."""
    key = page.link.setting(
        "orders", list(ORDERS), varying.read_keys("orders", list(ORDERS)), varying.show_keys
    )
    block = page.link.setting("block", "basic", choice("block", OF_FIGURE_5))
    chosen = pick_orders(
        page,
        st.session_state[key],
        key=f"{page.name}.picker",
        block=st.session_state[block],
    )
    st.caption(page.t("Press a drawing to leave its order out, or to take it in; one stays."))
    st.session_state[key] = list(varying.in_order(chosen, list(ORDERS)))
    return tuple(st.session_state[key])


def ask(page: Page, orders: tuple[str, ...]) -> OrderStudy | None:
    """Draw the controls and give the study they ask for; None, with a sentence, if it is none."""
    t = page.t
    try:
        block = controls.pick(
            page, "block", t("Block"), list(OF_FIGURE_5), lambda key: t(BLOCKS[key].label)
        )
        asked = varying.ask(page, USUAL, block=block)
        return OrderStudy(
            network=NetworkSpec(depth=asked.depth, width=asked.width, block=block),
            data=asked.data,
            train=asked.train.model_copy(update={"seed": 0}),
            orders=orders,
            seeds=asked.seeds,
            first_seed=asked.first_seed,
        )
    except ResNetLabError as error:
        show_error(error, t)
        return None


def show(
    page: Page,
    asked: OrderStudy | None,
    shown: Varied[OrderStudy],
    *,
    column: str,
    shows_test: bool,
) -> None:
    """Draw the errors of each order, beside what is published, and say what they show."""
    t = page.t
    varied.say_example(page, asked, shown)
    varied.say_nothing_yet(page, shown)
    rows = shown.entries(t, _published(column))
    chart(
        [
            error_by_variant(
                rows,
                t=t,
                show_test=shows_test,
                published=f"He 2016, {COLUMNS[column]}" if COLUMNS[column] else "",
            )
        ],
        key="orders.figure",
        alt=[varied.figure_words(rows, t)],
        captions=[varied.seeds_line(shown, t)],
        live=Live(shown.live_url(page.language), 0.5) if shown.is_live else None,
        words=chart_words(t),
        height=height_of(rows),
    )
    varied.say_verdict(page, shown)
    varied.say_where_from(page, shown)
    if COLUMNS[column]:
        varying.say_published(page, "table_2")


def switches(page: Page) -> tuple[str, bool]:
    """Draw the figure's switches: give the published column, and whether test error is shown."""
    t = page.t
    shows_test = controls.toggle(page, "test", t("Test error"), default=True)
    key = page.link.setting("published", "110", choice("published", list(COLUMNS)))
    column = st.radio(
        t("Published: {source}", source="He 2016, table 2"),
        list(COLUMNS),
        key=key,
        format_func=lambda one: COLUMNS[one] or t("none"),
    )
    return str(column), shows_test


def _published(column: str) -> dict[str, float | None]:
    """Give a column of table 2 in [0, 1], by order."""
    if not COLUMNS[column]:
        return {}
    points = evidence.published_2016()["table_2"]["points"]
    return {point["order"]: point[f"resnet{column}"] / 100 for point in points}
