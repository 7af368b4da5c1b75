"""How does a component of our own get registered, once, whoever asks first?"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager

_mounts: dict[str, Any] = {}


def component(name: str, *, html: str, css: str, js: str) -> Any:
    """Register a component, if this server does not know it yet, and give what mounts it.

    Not at import: a module may be imported before the server's registry exists. The data that it is
    mounted with reach its script as the only item of a list: in a dictionary Streamlit would look
    for tables, for which it imports pandas, more than a second before the first page.
    """
    if name not in _mounts or get_bidi_component_manager().get(name) is None:
        _mounts[name] = st.components.v2.component(
            name, html=html, css=css, js=js, isolate_styles=False
        )
    mount = _mounts[name]
    return lambda *, data, **more: mount(data=[data], **more)
