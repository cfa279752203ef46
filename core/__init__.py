"""Pruning Lab's engine room: everything that measures, nothing that draws a page. Never imports streamlit."""
