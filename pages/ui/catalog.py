"""Which pages are there, in which order? The table that menu, home cards and tests read.

To add a page, write ``pages/<name>.py`` and its lessons, and add a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
        "unit": ":material/add_circle:",
        "drawn": ":material/account_tree:",
        "count": ":material/calculate:",
    }
)
"""Page → icon. Titles and questions stand in the lessons; the first page is the default."""
