"""The main script: which pages there are, in which order, and the frame around them."""

import streamlit as st

from pages.ui import translate, words
from pages.ui.catalog import PAGES
from pages.ui.warming import warming

st.set_page_config(
    page_title="ResNet Lab", page_icon=str(translate.ASSETS / "icon.png"), layout="wide"
)

warming.wait()
language = words.language()

page = st.navigation(
    [
        st.Page(
            f"{name}.py",
            title=translate.title(name, language),
            icon=icon,
            url_path="" if name == "home" else name,
            default=name == "home",
        )
        for name, icon in PAGES.items()
    ],
    position="top",
)
with warming.page(needs_all=bool(page.url_path)):
    page.run()
