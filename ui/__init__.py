"""Everything besides pages that imports streamlit."""
