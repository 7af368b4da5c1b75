"""Data in, Plotly figure out: pure functions, no Streamlit, usable in a notebook."""
