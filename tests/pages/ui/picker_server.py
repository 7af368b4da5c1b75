"""A tiny app whose page is an order picker."""

import streamlit as st

app = st.App("picker_page.py")
