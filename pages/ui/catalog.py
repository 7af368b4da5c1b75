"""Which pages are there, in which order, under which heading? What menu, home cards and tests read.

To add a page, write ``pages/<name>.py`` and its lessons, and add its row and its place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.translate import Translate

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "home": ":material/home:",
        "degradation": ":material/show_chart:",
        "twins": ":material/call_split:",
        "gradient": ":material/network_ping:",
        "addition": ":material/alt_route:",
        "guilty": ":material/gavel:",
        "shortcuts": ":material/shortcut:",
        "orders": ":material/reorder:",
        "lesion": ":material/content_cut:",
        "unraveled": ":material/family_history:",
        "ensemble": ":material/groups:",
        "unit": ":material/add_circle:",
        "drawn": ":material/account_tree:",
        "count": ":material/calculate:",
    }
)
"""Page → icon. Titles and questions stand in the lessons; the first page is the default."""


def sections(t: Translate) -> Mapping[str, tuple[str, ...]]:
    """Give the pages by heading, in the order of the table; the first page stands under none."""
    return {
        "": ("home",),
        t("Degradation"): ("degradation", "twins"),
        t("Gradients"): ("gradient", "addition", "guilty"),
        t("Shortcuts"): ("shortcuts", "orders"),
        t("Paths"): ("lesion", "unraveled", "ensemble"),
        t("Networks"): ("unit", "drawn", "count"),
    }
