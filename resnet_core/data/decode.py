"""What does one image file show? Its grey levels or colours, decoded with Pillow.

A file is judged by what is in it, not by its name's ending. Colours are red, green, blue in
0..255; transparent parts lie on white; 16-bit grey is cut to 8; of an animation, the first image
counts; a photograph is turned upright as its camera noted (EXIF).
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from resnet_core.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MAX_PIXELS = 50_000_000
"""Of one image, before it is resized: more than a camera's, and 150 MB in memory."""

# What Pillow's readers raise on damaged files.
_DAMAGED = (
    Image.DecompressionBombError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class OpenImage:
    """An image file whose header is read and whose pixels are not.

    Attributes:
        name: Path, for sentences.
        width: In pixels, as stored.
        height: Likewise.
    """

    name: str
    width: int
    height: int
    _image: Image.Image

    def pixels(self, size: int | None) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """Decode the image.

        Args:
            size: Cut the largest square from the middle and resize it to ``size`` × ``size``;
                None leaves the image as it is.

        Returns:
            (H, W) when every pixel is grey, else (H, W, 3).

        Raises:
            DataError: The file is damaged or cut short.
        """
        image = self._image
        try:
            if size is not None:
                # JPEG can decode at a half, a quarter or an eighth, much faster. Twice the size
                # asked for leaves enough to resize from.
                image.draft(image.mode, (2 * size, 2 * size))
            upright = ImageOps.exif_transpose(image)
            plain = _to_grey_or_rgb(upright)
            if size is not None:
                plain = ImageOps.fit(plain, (size, size), method=Image.Resampling.LANCZOS)
            pixels = np.asarray(plain)
        except _DAMAGED as error:
            raise _damaged(self.name, error) from error
        if pixels.ndim == 3 and bool((pixels == pixels[..., :1]).all()):
            return pixels[..., 0]
        return pixels


def open_image(data: bytes, name: str) -> OpenImage:
    """Read the header of an image file.

    Raises:
        DataError: It is no image of a known format, it is damaged, or it is too large.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        width, height = image.size
        if image.format == "PNG":
            image.verify()  # checksums; the image must be opened anew after it
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise DataError(
            "{file} was brought as an image, but there is no image in it: replace it with a PNG, "
            "JPEG, BMP, GIF or WebP file, or remove it.",
            file=name,
        ) from None
    except _DAMAGED as error:
        raise _damaged(name, error) from error
    if width * height > MAX_PIXELS:
        raise DataError(
            "{file} was brought with {width}×{height} pixels, but an image may have at most "
            "{most} million: make it smaller.",
            file=name,
            width=width,
            height=height,
            most=MAX_PIXELS // 1_000_000,
        )
    return OpenImage(name, width, height, image)


def _to_grey_or_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion would cut off at 255
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _damaged(name: str, error: BaseException) -> DataError:
    return DataError(
        "{file} was brought as an image, but it is damaged or cut short ({reason}): replace or "
        "remove it.",
        file=name,
        reason=str(error) or type(error).__name__,
    )
