"""A page with an order picker, which keeps the choice as the real one does: in its link."""

from __future__ import annotations

import streamlit as st

from pages.ui.frame import Page
from pages.ui.link import Link
from pages.ui.order_picker import pick_orders
from pages.ui.translate import translator
from resnet_core.specs import ORDERS

DEFAULT = "original,pre-activation"

st.set_page_config(layout="wide")
t = translator("en")
page = Page("orders", t, "en", Link("orders", t), st.container())
key = page.link.setting("orders", DEFAULT, str)
chosen = pick_orders(
    page,
    st.session_state[key].split(","),
    key="picker",
    block=st.query_params.get("block", "basic"),
)
st.session_state[key] = ",".join(chosen)
st.text(f"Chosen: {', '.join(chosen)}")
st.button("Run again")
st.button("All", on_click=page.link.set, args=({"orders": ",".join(ORDERS)},))
page.link.write(block=st.query_params.get("block"))
