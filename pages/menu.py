"""The main script: which pages there are, in which order, and the frame around them."""

import streamlit as st

from pages.ui import translate, words

st.set_page_config(
    page_title="ResNet Lab", page_icon=str(translate.ASSETS / "icon.png"), layout="wide"
)

language = words.language()


def _page(name: str, icon: str, *, default: bool = False) -> st.Page:
    return st.Page(
        f"{name}.py",
        title=translate.title(name, language),
        icon=icon,
        url_path="" if default else name,
        default=default,
    )


st.navigation(
    [
        _page("home", ":material/home:", default=True),
        _page("degradation", ":material/show_chart:"),
        _page("twins", ":material/call_split:"),
    ],
    position="top",
).run()
