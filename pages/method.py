"""The method page."""

from core.text import t
from ui.components import page_header

page_header(t("Method"), "")
