"""The drawing of a unit, the bars of its weights, its feature maps: data in, picture out."""

from __future__ import annotations

import base64
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from itertools import pairwise

import pytest

from pages.ui import theme
from pages.ui.figures.maps import EMPTY, image_picture, map_picture, signed_color
from pages.ui.figures.unit import drawing_file, formula, unit_drawing, weight_bars
from pages.ui.translate import translator
from resnet_core.specs import UnitSpec

SVG = "{http://www.w3.org/2000/svg}"
T = translator("en")

UNITS = [
    UnitSpec(),
    UnitSpec(in_channels=64, out_channels=128, stride=2),
    UnitSpec(in_channels=64, out_channels=64, stride=2),
    UnitSpec(in_channels=64, out_channels=4096, stride=2, shortcut="B"),
    UnitSpec(shortcut="C"),
    UnitSpec(block="bottleneck", in_channels=4096, out_channels=4096),
    UnitSpec(
        block="bottleneck", in_channels=4096, out_channels=4096, stride=2, ratio=1, shortcut="C"
    ),
]


def texts(drawing: ET.Element) -> list[str]:
    return [element.text or "" for element in drawing.iter(f"{SVG}text")]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_drawing_is_svg_and_says_what_it_shows(unit: UnitSpec, language: str) -> None:
    drawing = ET.fromstring(unit_drawing(unit, t=translator(language)))
    assert drawing.tag == f"{SVG}svg"
    assert drawing.attrib["role"] == "img"
    assert drawing.findtext(f"{SVG}title") == drawing.attrib["aria-label"]
    assert formula(unit) in drawing.attrib["aria-label"]
    assert formula(unit) in texts(drawing)


@pytest.mark.parametrize("unit", UNITS)
def test_every_layer_stands_in_the_drawing(unit: UnitSpec) -> None:
    words = texts(ET.fromstring(unit_drawing(unit, t=T)))
    for kernel, before, after, _ in unit.convolutions:
        assert f"{kernel}×{kernel}, {before} → {after}" in words
    assert words.count("stride 2") == (unit.stride == 2) * (1 + unit.projects)
    assert f"{unit.in_channels} × H × W" in words


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_words_leave_the_picture_or_cross_each_other(unit: UnitSpec, language: str) -> None:
    drawing = ET.fromstring(unit_drawing(unit, t=translator(language)))
    _, _, wide, high = map(float, drawing.attrib["viewBox"].split())
    spans = []
    for text in drawing.iter(f"{SVG}text"):
        if "transform" in text.attrib:
            continue
        size = float(re.search(r"font-size:(\d+)px", text.attrib["style"])[1])  # type: ignore[index]
        # Half a size a letter, a whole one for a Chinese character: a little more than they take.
        width = size * sum(1.0 if ord(c) > 0x2E80 else 0.56 for c in text.text or "")
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = x - width / 2 if text.attrib["text-anchor"] == "middle" else x
        assert left >= 0
        assert left + width <= wide, text.text
        assert size <= y <= high - 4
        spans.append((y, left, left + width))
    for (y, left, right), (below, other_left, other_right) in pairwise(sorted(spans)):
        assert below - y >= 14 or right <= other_left or other_right <= left


@pytest.mark.parametrize("unit", UNITS)
def test_the_shortcut_is_blue_and_dotted_only_where_shapes_differ(unit: UnitSpec) -> None:
    drawing = ET.fromstring(unit_drawing(unit, t=T))
    (shortcut,) = [
        path
        for path in drawing.iter(f"{SVG}path")
        if "stroke:var(--residual);stroke-width:3" in path.attrib["style"]
    ]
    assert ("stroke-dasharray" in shortcut.attrib["style"]) == unit.changes
    assert "--plain" not in ET.tostring(drawing, encoding="unicode")


def test_what_a_unit_computes() -> None:
    assert [formula(unit) for unit in UNITS] == [
        "H(x) = F(x) + x",
        "H(x) = F(x) + Wx",
        "H(x) = F(x) + Wx",
        "H(x) = F(x) + Wx",
        "H(x) = F(x) + Wx",
        "H(x) = F(x) + x",
        "H(x) = F(x) + Wx",
    ]


def test_the_file_stands_by_itself() -> None:
    file = drawing_file(UNITS[1], t=T)
    assert "var(" not in file
    assert theme.PALETTE["light"]["residual"] in file
    (paper,) = [r for r in ET.fromstring(file).iter(f"{SVG}rect") if r.get("width") == "100%"]
    assert theme.PALETTE["light"]["paper"] in paper.attrib["fill"]


def test_bars_stand_one_after_another() -> None:
    figure = weight_bars(
        {"one": [("3×3", 9), ("3×3", 9)], "two": [("1×1", 1), ("shortcut", 4)]}, t=T
    )
    amounts = {trace.uid: list(trace.x) for trace in figure.data}
    assert amounts == {"3×3": [18, 0], "1×1": [0, 1], "shortcut": [0, 4]}
    assert list(figure.layout.yaxis.ticktext) == ["one<br><b>18</b>", "two<br><b>5</b>"]
    assert figure.layout.barmode == "stack"
    assert figure.layout.xaxis.title.text == "weights"


def pixels(address: str) -> tuple[int, int, bytes]:
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    wide, high = struct.unpack(">II", content[16:24])
    begin = content.index(b"IDAT") + 4
    (size,) = struct.unpack(">I", content[begin - 8 : begin - 4])
    return wide, high, zlib.decompress(content[begin : begin + size])


def test_a_number_is_a_pixel_and_channels_stand_four_a_row() -> None:
    wide, high, data = pixels(map_picture([[[1.0, -1.0]]] * 5, strongest=1.0))
    assert (wide, high) == (4 * 3 - 1, 2 * 2 - 1)
    first = data[1 : 1 + 3 * 4]
    assert tuple(first[:4]) == signed_color(1.0)
    assert tuple(first[4:8]) == signed_color(-1.0)
    assert tuple(first[8:]) == EMPTY


def test_sign_is_hue_and_size_is_strength() -> None:
    assert signed_color(0.0)[3] < signed_color(0.1)[3] < signed_color(1.0)[3] == 255
    assert signed_color(0.5)[1] > signed_color(0.5)[0]
    assert signed_color(-0.5)[0] > signed_color(-0.5)[1]
    assert signed_color(7.0) == signed_color(1.0)


def test_maps_that_are_all_zero_are_a_picture() -> None:
    _, _, data = pixels(map_picture([[[0.0]]], strongest=0.0))
    assert tuple(data[1:5]) == signed_color(0.0)


def test_an_image_is_grey_or_has_colours() -> None:
    assert pixels(image_picture([[[0, 255]]]))[2] == b"\0" + bytes([0, 0, 0, 255] + [255] * 4)
    assert pixels(image_picture([[[1]], [[2]], [[3]]]))[2] == b"\0" + bytes([1, 2, 3, 255])
