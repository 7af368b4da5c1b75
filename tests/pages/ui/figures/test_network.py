"""The drawing of a network: every layer of it, readable, solid and dotted as the paper has it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.ui import theme
from pages.ui.figures.network import WIDE, box_width, drawing_file, network_drawings
from pages.ui.figures.network_rows import align, items
from pages.ui.figures.network_words import drawing_words, panel, share
from pages.ui.figures.parts import Network
from pages.ui.figures.stages import legend, ruler, stage_shares
from pages.ui.translate import LANGUAGES, translator
from resnet_core.specs import NetworkSpec
from resnet_core.specs.network import cifar_depths
from tests.pages.ui.figures.networks import SPECS, drawn, network, vgg

SVG = "{http://www.w3.org/2000/svg}"
T = translator("en")
NAMES = ["vgg-19", *SPECS]

every_network = pytest.mark.parametrize("name", NAMES)
closed_and_open = pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open"])


def draw(one: Network, *, is_open: bool, language: str = "en") -> ET.Element:
    codes = one.opening if is_open else frozenset[str]()
    (svg,) = network_drawings([one], [codes], t=translator(language))
    return ET.fromstring(svg)


def boxes(svg: ET.Element) -> list[ET.Element]:
    return [r for r in svg.iter(f"{SVG}rect") if "--tint-" in r.get("style", "")]


def parts(svg: ET.Element) -> list[ET.Element]:
    return [g for g in svg.iter(f"{SVG}g") if g.get("data-part")]


def words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def arcs(svg: ET.Element) -> dict[str, bool]:
    """Parts with a shortcut, and whether it is dotted."""
    return {
        str(g.get("data-part")): "dasharray" in path.get("style", "")
        for g in parts(svg)
        for path in g.iter(f"{SVG}path")
        if "fill:none;stroke:var(--residual)" in path.get("style", "")
    }


@every_network
def test_an_open_drawing_has_a_box_for_every_weighted_layer(name: str) -> None:
    one = drawn()[name]
    svg = draw(one, is_open=True)
    assert len(boxes(svg)) == one.depth
    assert [g.get("data-part") for g in parts(svg)] == [part.code for part in one.parts]


@every_network
def test_a_closed_drawing_and_its_times_have_every_unit(name: str) -> None:
    one = drawn()[name]
    svg = draw(one, is_open=False)
    assert len(parts(svg)) == len(one.groups)
    times = [int(word.removeprefix("×")) for word in words(svg) if re.fullmatch(r"×\d+", word)]
    assert sum(times) + len(parts(svg)) - len(times) == len(one.parts)
    assert len(times) == len(one.opening)


@every_network
@closed_and_open
def test_a_shortcut_is_dotted_exactly_where_shapes_change(name: str, is_open: bool) -> None:
    one = drawn()[name]
    known = {part.code: part for part in one.parts}
    found = arcs(draw(one, is_open=is_open))
    if one.join == "residual":
        rows = items(one, one.opening if is_open else frozenset())
        assert list(found) == [item.first.code for item in rows if item.first.stage]
        assert found == {code: known[code].changes for code in found}
        assert any(found.values())
    else:
        assert found == {}


@every_network
@closed_and_open
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_leaves_the_picture_and_no_words_cross(
    name: str, is_open: bool, language: str
) -> None:
    check_room(draw(drawn()[name], is_open=is_open, language=language))


def check_room(svg: ET.Element) -> None:
    _, _, wide, high = map(float, svg.attrib["viewBox"].split())
    spans = []
    for text in svg.iter(f"{SVG}text"):
        size = float(re.search(r"font-size:([\d.]+)px", text.attrib["style"])[1])  # type: ignore[index]
        # Half a size a letter, a whole one for a Chinese character: a little more than they take.
        length = size * sum(1.0 if ord(c) > 0x2E80 else 0.56 for c in text.text or "")
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = x - length / 2 if text.attrib["text-anchor"] == "middle" else x
        assert left >= 0, text.text
        assert left + length <= wide, text.text
        assert size <= y <= high - 3, text.text
        spans.append((left, y - 0.75 * size, left + length, y + 0.2 * size, text.text))
    spans.sort(key=lambda span: span[1])
    for place, one in enumerate(spans):
        for other in spans[place + 1 : place + 8]:
            beside = one[2] <= other[0] or other[2] <= one[0]
            assert beside or one[3] <= other[1] + 0.5, (one, other)
    for rect in svg.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert x + w <= wide
        assert y + h <= high
    rects = [
        tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        for rect in boxes(svg)
    ]
    for above, below in pairwise(rects):
        assert above[1] + above[3] < below[1], "boxes stand one under the other"
    for _, x, y in re.findall(
        r"(M)([\d.]+) ([\d.]+)", " ".join(p.attrib["d"] for p in svg.iter(f"{SVG}path"))
    ):
        assert float(x) <= wide
        assert float(y) <= high


@every_network
def test_what_a_layer_is_called_stands_inside_its_box(name: str) -> None:
    for group in parts(draw(drawn()[name], is_open=False)):
        own = [r for r in group.iter(f"{SVG}rect") if "--tint-" in r.get("style", "")]
        called = [text for text in group.iter(f"{SVG}text") if "13.5px" in text.get("style", "")]
        assert len(own) == len(called)
        for rect, text in zip(own, called, strict=True):
            assert 0.5 * 13.5 * len(text.text or "") <= float(rect.attrib["width"]) - 4


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(cifar_depths()), st.sampled_from(["plain", "residual"]), st.booleans())
def test_a_cifar_network_of_any_depth_is_drawn(depth: int, join: str, is_open: bool) -> None:
    one = network(NetworkSpec(depth=depth, join=join))
    svg = draw(one, is_open=is_open)
    drawn_layers = depth if is_open else sum(len(group.first.boxes) for group in one.groups)
    assert len(boxes(svg)) == drawn_layers
    if depth < 120 or not is_open:
        check_room(svg)


def test_a_box_is_one_step_wider_for_each_doubling() -> None:
    steps = [box_width(2 * count) - box_width(count) for count in (16, 32, 64, 512, 2048)]
    assert steps == pytest.approx([13.0] * 5)
    svg = draw(drawn()["resnet-50"], is_open=False)
    for group, part in zip(parts(svg), drawn()["resnet-50"].groups, strict=True):
        own = [r for r in group.iter(f"{SVG}rect") if "--tint-" in r.get("style", "")]
        wide = [float(rect.attrib["width"]) for rect in own]
        assert wide == pytest.approx([box_width(b.channels) for b in part.first.boxes], abs=0.06)
    assert box_width(4096) < WIDE - 2 * 84, "room for shapes at the left and shortcuts at the right"


def test_maps_of_one_size_begin_at_one_height() -> None:
    three = [vgg(), drawn()["plain-34"], drawn()["resnet-34"]]
    opened = [frozenset[str](), frozenset({"3.2"}), frozenset[str]()]
    svgs = [ET.fromstring(svg) for svg in network_drawings(three, opened, t=T)]
    assert len({svg.attrib["viewBox"] for svg in svgs}) == 1
    lines = [
        [p.attrib["d"] for p in svg.iter(f"{SVG}path") if "--axis" in p.attrib["style"]]
        for svg in svgs
    ]
    assert lines[0] == lines[1] == lines[2]
    assert len(lines[0]) == 7
    small = drawn()["cifar-residual-20"]
    mixed = network_drawings([small, three[2]], [frozenset(), frozenset()], t=T)
    assert mixed == [network_drawings([one], [frozenset()], t=T)[0] for one in (small, three[2])]


def test_bands_hold_their_rows() -> None:
    rows = [items(one, frozenset()) for one in (vgg(), drawn()["resnet-152"])]
    bands = align(rows)
    sizes = sorted((size for size in bands if size), reverse=True)
    for size, below in zip(sizes, [*sizes[1:], 0], strict=True):
        for one in rows:
            high = sum(item.high for item in one if item.first.size == size)
            assert bands[size] + high < bands[below]


@every_network
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_says_what_it_has(name: str, language: str) -> None:
    one = drawn()[name]
    t = translator(language)
    svg = draw(one, is_open=False, language=language)
    assert svg.get("aria-label") == drawing_words(one, t)
    assert f"{one.depth:,}" in str(svg.get("aria-label"))
    for group, part in zip(one.groups, parts(svg), strict=True):
        said = panel(group.parts, one, t)
        assert part.get("aria-label") == said.sentence
        assert (
            (part.get("role") == "button")
            == group.repeats
            == (part.get("aria-expanded") == "false")
        )
        lines = dict(said.lines)
        total = sum(part.parameters for part in group.parts)
        assert lines[t("parameters")].endswith(f"{total:,}")
        assert lines[t("shapes")].count("→") == 1


def test_shares_are_of_the_whole_network() -> None:
    one = drawn()["resnet-34"]
    said = panel(one.groups[6].parts, one, T)
    assert said.title == "Stage 3, units 2 to 6"
    lines = list(said.lines)
    each = 2 * 3 * 3 * 256 * 256 + 4 * 256
    assert lines[3] == ("parameters", f"5 × {each:,} = {5 * each:,}")
    assert lines[4] == ("share of the whole", f"{500 * each / 21_623_848:.1f} %")
    assert share(1, 10**6) == "< 0.1 %"
    assert share(0, 5) == "0.0 %"
    assert share(0, 0) == "0.0 %"


def test_the_file_stands_by_itself() -> None:
    file = drawing_file(drawn()["resnet-34"], frozenset({"1.1"}), t=T)
    svg = ET.fromstring(file)
    assert "var(" not in file
    assert svg.get("role") == "img"
    (title,) = svg.iter(f"{SVG}title")
    assert title.text == svg.get("aria-label")
    assert len(boxes(draw(drawn()["resnet-34"], is_open=False))) + 4 == sum(
        rect.get("height") == "22" and rect.get("rx") == "4" for rect in svg.iter(f"{SVG}rect")
    )
    (paper,) = [
        r for r in svg.iter(f"{SVG}rect") if r.get("width") == str(WIDE) and not r.get("class")
    ]
    assert theme.PALETTE["light"]["paper"] in paper.attrib["style"]


def test_names_are_only_words() -> None:
    one = replace(drawn()["residual-8"], name='<script>"&</script>')
    for svg in (
        network_drawings([one], [frozenset()], t=T)[0],
        drawing_file(one, frozenset(), t=T),
        ruler([one], t=T),
    ):
        root = ET.fromstring(svg)
        assert not list(root.iter(f"{SVG}script"))
        assert '<script>"&</script>' in "".join(root.itertext())


def test_colours_are_tokens_of_the_palette() -> None:
    for svg in network_drawings([*drawn().values()], [frozenset()] * len(drawn()), t=T):
        tokens = set(re.findall(r"var\(--([a-z0-9-]+)\)", svg))
        assert tokens <= set(theme.PALETTE["light"])
        assert not re.search(r"#[0-9a-f]{3,6}\b", svg)


def test_strips_are_to_one_scale() -> None:
    networks = [drawn()[name] for name in ("resnet-18", "resnet-152", "cifar-residual-1202")]
    svg = ET.fromstring(ruler(networks, t=T))
    for place, one in enumerate(networks):
        strip = [
            rect for rect in svg.iter(f"{SVG}rect")
            if float(rect.attrib["y"]) // 46 == place and rect.attrib["width"] != "1"
        ]  # fmt: skip
        wide = sum(float(rect.attrib["width"].rstrip("%")) for rect in strip)
        assert wide == pytest.approx(100 * one.depth / 1202, abs=0.02)
        assert f"{one.depth:,}" in str(svg.get("aria-label"))


def test_every_layer_is_marked_where_there_is_room() -> None:
    svg = ET.fromstring(ruler([drawn()["resnet-18"], drawn()["resnet-34"]], t=T))
    marks = [rect for rect in svg.iter(f"{SVG}rect") if rect.attrib["width"] == "1"]
    assert len(marks) == 17 + 33


@pytest.mark.parametrize("what", ["parameters", "multiply_adds"])
def test_shares_of_stages_add_up_to_strips_of_one_length(what: str) -> None:
    networks = [vgg(), drawn()["plain-34"], drawn()["cifar-residual-110"]]
    svg = ET.fromstring(stage_shares(networks, what, t=T))
    for place in range(len(networks)):
        end = 0.0
        for rect in svg.iter(f"{SVG}rect"):
            if float(rect.attrib["y"]) // 46 == place:
                assert float(rect.attrib["x"].rstrip("%")) == pytest.approx(end, abs=0.01)
                end += float(rect.attrib["width"].rstrip("%"))
        assert end == pytest.approx(100, abs=0.02)
    said = str(svg.get("aria-label"))
    assert ("VGG-19, classifier: 86.1 %" in said) == (what == "parameters")
    assert ("VGG-19, classifier: 0.6 %" in said) == (what == "multiply_adds")
    titles = [title.text for title in svg.iter(f"{SVG}title")]
    assert said == "; ".join(map(str, titles))


def test_the_legend_names_the_colours_of_the_strips() -> None:
    networks = [vgg(), drawn()["cifar-residual-20"]]
    entries = legend(networks, t=T)
    assert [name for _, name in entries] == [
        "before the stages", "stage 1", "stage 2", "stage 3", "classifier",
    ]  # fmt: skip
    svg = ruler(networks, t=T)
    assert {color for color, _ in entries} == set(
        re.findall(r"fill:var\(--([a-z]+)\)\"/>", svg)
    ) - {"paper"}


def test_networks_differ_in_the_list() -> None:
    for one, other in combinations(drawn().values(), 2):
        assert one.parts != other.parts
