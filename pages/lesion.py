"""Does a trained network miss a unit? Cut, swap and scale its units, and see what is lost.

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, section 4; figures 3 and 5.
"""

import streamlit as st

from pages.ui import cut_bench, cut_studies, frame

page = frame.open_page("lesion")

words, networks = st.columns([0.42, 0.58], gap="medium", vertical_alignment="center")
with words:
    st.markdown(page.lesson("intro"))
with networks:
    subject, beside = cut_bench.choose(page)

if subject is not None:
    # The lists stand outside: another network runs the whole page, a click on a unit the bench.
    cut_bench.apart(page, subject, beside)
    st.divider()
    cut_studies.section(page, subject, beside)

st.divider()
page.fold("predict", "notice", "theory", "how", "not-shown", "try-this", "teacher", "sources")
frame.close_page(page)
