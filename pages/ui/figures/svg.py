"""How are shapes and words written as SVG? Styles stand on each element.

Word and Inkscape read no style sheet in a picture. Colours are tokens of the palette: a page gives
them values for light and dark, ``theme.resolve`` puts them in for a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from pages.ui import theme

FONT = theme.FONT.replace('"', "'")


def text(x: float, y: float, words: str, style: str, anchor: str = "start") -> str:
    """Write words whose baseline begins, ends or is centred at a point."""
    return (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" style="{style}">'
        f"{escape(words)}</text>"
    )


def rect(x: float, y: float, wide: float, high: float, style: str, *, radius: float = 4) -> str:
    """Draw a box with round corners."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}" '
        f'rx="{number(radius)}" style="{style}"/>'
    )


def path(d: str, style: str) -> str:
    """Draw a path."""
    return f'<path d="{d}" style="{style}"/>'


def attributes(values: Mapping[str, object]) -> str:
    """Write attributes, whatever stands in them."""
    return "".join(f' {name}="{escape(str(value), quote=True)}"' for name, value in values.items())


def number(value: float) -> str:
    """Write a coordinate without a tail of zeros."""
    return f"{value:.1f}".removesuffix(".0")
