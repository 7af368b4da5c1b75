"""Feature maps as small pictures: numbers in, PNG out, one pixel a number.

A map's colour is its sign, its strength is its size; zero is nearly transparent, so that a picture
is readable on light and on dark.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

Grid = Sequence[Sequence[float]]

POSITIVE, NEGATIVE, ZERO = (0, 160, 112), (205, 62, 158), (128, 136, 148)
"""Green and purple: blue and vermilion mean residual and plain, everywhere."""
FAINTEST, FULL = 36, 255
"""How opaque zero is, and the strongest number."""
COLUMNS = 4


def map_picture(channels: Sequence[Grid], *, strongest: float) -> str:
    """Draw the channels of a tensor side by side, four a row, and give the picture's address.

    Args:
        channels: Each a grid of numbers, all of one size.
        strongest: The size of a number that gets the full colour; the same for all pictures that
            are to be compared.
    """
    values = np.asarray(channels, dtype=float)  # (C, H, W)
    count, high, wide = values.shape
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    # One empty pixel between neighbours.
    picture = np.zeros((rows * (high + 1) - 1, columns * (wide + 1) - 1, 4), dtype=np.uint8)
    colors = signed_colors(values / strongest if strongest else values)
    for number, color in enumerate(colors):
        top, left = (number // columns) * (high + 1), (number % columns) * (wide + 1)
        picture[top : top + high, left : left + wide] = color
    return _address(picture)


def image_picture(image: Sequence[Grid]) -> str:
    """Draw an image, one channel (grey) or three (red, green, blue), 0 to 255."""
    colors = np.asarray(image, dtype=float).round().astype(np.uint8)  # (C, H, W)
    grey = len(colors) == 1
    return _address(np.moveaxis(np.repeat(colors, 3, axis=0) if grey else colors[:3], 0, -1))


def signed_colors(shares: np.ndarray) -> np.ndarray:
    """Give the colours (…, RGBA) of numbers, as shares of the strongest, in [-1, 1]."""
    size = np.minimum(1.0, np.abs(shares))[..., None] ** 0.5  # small numbers stay visible
    hue = np.where((shares > 0)[..., None], POSITIVE, NEGATIVE)
    color = ZERO + size * (hue - np.asarray(ZERO))
    alpha = FAINTEST + (FULL - FAINTEST) * size
    return np.concatenate([color, alpha], axis=-1).round().astype(np.uint8)


def _address(pixels: np.ndarray) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
