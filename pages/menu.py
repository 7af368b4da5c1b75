"""The main script: which pages there are, in which order, and the frame around them."""

import streamlit as st

from pages.ui import translate, words
from pages.ui.catalog import PAGES, sections
from pages.ui.warming import warming

st.set_page_config(
    page_title="ResNet Lab", page_icon=str(translate.ASSETS / "icon.png"), layout="wide"
)

warming.wait()
language = words.language()

page = st.navigation(
    {
        section: [
            st.Page(
                f"{name}.py",
                title=translate.title(name, language),
                icon=PAGES[name],
                url_path="" if name == "home" else name,
                default=name == "home",
            )
            for name in names
        ]
        for section, names in sections(words.t()).items()
    },
    position="top",
)
with warming.page(needs_all=bool(page.url_path)):
    page.run()
