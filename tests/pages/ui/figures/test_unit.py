"""The drawing of a unit, the bars of its weights, its feature maps: data in, picture out."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from pages.ui import theme
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
