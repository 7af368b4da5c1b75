import io

import numpy as np
import pytest
from PIL import Image

from resnet_core.data import decode
from resnet_core.data.decode import open_image
from resnet_core.errors import DataError


def encoded(image, kind="PNG", **options):
    memory = io.BytesIO()
    image.save(memory, kind, **options)
    return memory.getvalue()


def pixels(image, kind="PNG", size=None, **options):
    return open_image(encoded(image, kind, **options), "cat/1.png").pixels(size)


def refusal(data):
    with pytest.raises(DataError) as caught:
        open_image(data, "cat/1.jpg").pixels(None)
    return str(caught.value)


@pytest.fixture
def colours():
    return np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


@pytest.fixture
def smooth():
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    return np.stack(np.broadcast_arrays(ramp, ramp[:, None], np.uint8(90)), axis=-1)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_colours_are_kept_exactly(colours, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(pixels(Image.fromarray(colours), kind, **options), colours)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP"])
def test_colours_are_kept_nearly(smooth, kind):
    difference = pixels(Image.fromarray(smooth), kind).astype(int) - smooth
    assert abs(difference).mean() < 12


def test_width_and_height_are_those_of_the_file(colours):
    image = open_image(encoded(Image.fromarray(colours)), "cat/1.png")
    assert (image.width, image.height) == (16, 12)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "LA", "RGBA"])
def test_an_image_of_greys_is_grey_however_it_is_stored(mode):
    grey = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).convert(mode)
    assert pixels(grey).tolist() == [[0, 255], [255, 0]]


def test_16_bit_grey_keeps_its_range():
    grey = Image.fromarray(np.array([[0, 0x8000], [0x1234, 0xFFFF]], np.uint16))
    assert pixels(grey).tolist() == [[0, 0x80], [0x12, 0xFF]]


def test_transparent_parts_lie_on_white():
    image = Image.new("RGBA", (2, 1), (10, 20, 30, 0))
    image.putpixel((0, 0), (10, 20, 30, 255))
    assert pixels(image).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_a_photograph_is_turned_upright(colours):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned a quarter
    turned = pixels(Image.fromarray(colours), exif=exif)
    assert np.array_equal(turned, np.rot90(colours, -1))


def test_of_an_animation_the_first_image_counts():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    shown = pixels(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert shown[0, 0].tolist() == [255, 0, 0]


def test_the_middle_square_is_cut_and_resized():
    stripes = np.zeros((10, 30, 3), np.uint8)
    stripes[:, 10:20] = (0, 200, 0)
    stripes[:, :10] = stripes[:, 20:] = (200, 0, 0)
    small = pixels(Image.fromarray(stripes), size=5)
    assert small.shape == (5, 5, 3)
    assert abs(small.astype(int) - [0, 200, 0]).max() < 20  # the filter reaches past the edge


def test_a_large_jpeg_is_resized_as_a_png_is(smooth):
    large = Image.fromarray(smooth).resize((512, 512), Image.Resampling.BICUBIC)
    one, other = pixels(large, "JPEG", size=16, quality=95), pixels(large, size=16)
    assert abs(one.astype(int) - other).max() < 8


def test_the_name_does_not_decide_what_a_file_is(colours):
    image = open_image(encoded(Image.fromarray(colours), "PNG"), "cat/1.jpg")
    assert np.array_equal(image.pixels(None), colours)


@pytest.mark.parametrize("data", [b"", b"Dear diary,", b"%PDF-1.7 ..."])
def test_a_text_file_named_jpg_is_refused_by_name(data):
    assert refusal(data) == (
        "cat/1.jpg was brought as an image, but there is no image in it: replace it with a PNG, "
        "JPEG, BMP, GIF or WebP file, or remove it."
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_refused_by_name(colours, kind, keep):
    data = encoded(Image.fromarray(colours).resize((64, 64)), kind)
    assert refusal(data[: int(keep * len(data))]).startswith("cat/1.jpg was brought as an image")


def test_a_png_with_a_wrong_checksum_is_refused(colours):
    data = bytearray(encoded(Image.fromarray(colours)))
    data[data.index(b"IDAT") + 20] ^= 1
    assert "damaged or cut short" in refusal(bytes(data))


def test_another_kind_of_image_is_refused(colours):
    assert "there is no image in it" in refusal(encoded(Image.fromarray(colours), "TIFF"))


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch, colours):
    monkeypatch.setattr(decode, "MAX_PIXELS", 100)
    data = encoded(Image.fromarray(colours))
    with pytest.raises(DataError, match="with 16×12 pixels, but an image may have at most"):
        open_image(data, "cat/1.png")


def test_a_decompression_bomb_is_refused(monkeypatch, colours):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert "decompression bomb" in refusal(encoded(Image.fromarray(colours)))
