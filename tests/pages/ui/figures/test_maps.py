"""Numbers become pixels: one each, hue for the sign, strength for the size."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pages.ui.figures.maps import image_picture, map_picture, signed_colors


def pixels(address: str) -> list[list[list[int]]]:
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    found: list[list[list[int]]] = np.asarray(Image.open(io.BytesIO(content))).tolist()
    return found


def color(share: float) -> Any:
    return signed_colors(np.array([share]))[0].tolist()


def test_a_number_is_a_pixel_and_channels_stand_four_a_row() -> None:
    found = pixels(map_picture([[[1.0, -1.0]]] * 5, strongest=1.0))
    assert (len(found), len(found[0])) == (2 * 2 - 1, 4 * 3 - 1)
    assert found[0][:3] == [color(1.0), color(-1.0), [0, 0, 0, 0]]
    assert found[2][:2] == [color(1.0), color(-1.0)]
    assert found[2][3:] == [[0, 0, 0, 0]] * 8
    assert found[1] == [[0, 0, 0, 0]] * 11


def test_sign_is_hue_and_size_is_strength() -> None:
    assert color(0.0)[3] < color(0.1)[3] < color(1.0)[3] == 255
    assert color(0.5)[1] > color(0.5)[0]
    assert color(-0.5)[0] > color(-0.5)[1]
    assert color(7.0) == color(1.0) == [0, 160, 112, 255]


@pytest.mark.parametrize("strongest", [0.0, 1.0])
def test_maps_that_are_all_zero_are_a_picture(strongest: float) -> None:
    assert pixels(map_picture([[[0.0]]], strongest=strongest)) == [[color(0.0)]]


def test_an_image_is_grey_or_has_colours() -> None:
    assert pixels(image_picture([[[0, 255]]])) == [[[0] * 3, [255] * 3]]
    assert pixels(image_picture([[[1]], [[2]], [[3]]])) == [[[1, 2, 3]]]
