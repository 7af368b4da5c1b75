"""Feature maps as small pictures: numbers in, PNG out, one pixel a number.

A map's colour is its sign, its strength is its size; zero is nearly transparent, so that a picture
is readable on light and on dark.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

Grid = Sequence[Sequence[float]]
Pixel = tuple[int, int, int, int]

POSITIVE, NEGATIVE, ZERO = (0, 160, 112), (205, 62, 158), (128, 136, 148)
"""Green and purple: blue and vermilion mean residual and plain, everywhere."""
EMPTY: Pixel = (0, 0, 0, 0)
COLUMNS = 4


def map_picture(channels: Sequence[Grid], *, strongest: float) -> str:
    """Draw the channels of a tensor side by side, four a row, and give the picture's address.

    Args:
        channels: Each a grid of numbers, all of one size.
        strongest: The size of a number that gets the full colour; the same for all pictures that
            are to be compared.
    """
    high, wide = len(channels[0]), len(channels[0][0])
    columns = min(COLUMNS, len(channels))
    rows = -(-len(channels) // columns)
    pixels = [
        [EMPTY] * (columns * (wide + 1) - 1) for _ in range(rows * (high + 1) - 1)
    ]  # one empty pixel between neighbours
    for number, channel in enumerate(channels):
        top, left = (number // columns) * (high + 1), (number % columns) * (wide + 1)
        for y, row in enumerate(channel):
            for x, value in enumerate(row):
                pixels[top + y][left + x] = signed_color(value / strongest if strongest else 0.0)
    return _address(pixels)


def image_picture(image: Sequence[Grid]) -> str:
    """Draw an image, one channel (grey) or three (red, green, blue), 0 to 255."""
    colors = [image[0]] * 3 if len(image) == 1 else image
    high, wide = len(image[0]), len(image[0][0])
    return _address(
        [
            [(*(round(c[y][x]) for c in colors[:3]), 255) for x in range(wide)]  # type: ignore[misc]
            for y in range(high)
        ]
    )


def signed_color(share: float) -> Pixel:
    """Give the colour of a number, as a share of the strongest, in [-1, 1]."""
    size = min(1.0, abs(share)) ** 0.5  # small numbers stay visible
    hue = POSITIVE if share > 0 else NEGATIVE
    red, green, blue = (
        round(zero + size * (full - zero)) for zero, full in zip(ZERO, hue, strict=True)
    )
    return red, green, blue, round(36 + 219 * size)


def _address(pixels: Sequence[Sequence[Pixel]]) -> str:
    high, wide = len(pixels), len(pixels[0])
    lines = b"".join(b"\0" + bytes(part for pixel in row for part in pixel) for row in pixels)
    header = struct.pack(">IIBBBBB", wide, high, 8, 6, 0, 0, 0)  # 8 bits each of RGBA
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
