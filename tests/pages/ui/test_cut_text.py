"""Is a lesion read back from a link as it was written, and nonsense refused with a sentence?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.cut_text import lesion_of, read_part, swaps_to, texts_of
from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion, kinds_of

NETWORK = NetworkSpec(depth=32, width=2)  # 15 units, 5 a stage
COUNT = 15
KINDS = kinds_of(NETWORK)


@st.composite
def lesions(draw: st.DrawFn) -> Lesion:
    order = list(range(1, COUNT + 1))
    for kind in set(KINDS):
        places = [place for place in range(1, COUNT + 1) if KINDS[place - 1] == kind]
        for place, unit in zip(places, draw(st.permutations(places)), strict=True):
            order[place - 1] = unit
    deleted = draw(st.sets(st.integers(1, COUNT), max_size=COUNT - 1))
    tenths = st.integers(-10, 20).filter(lambda tenth: tenth != 10)
    scales = draw(st.dictionaries(st.integers(1, COUNT), tenths))
    return Lesion(
        deleted=tuple(sorted(deleted)),
        order=tuple(order),
        scales=tuple((place, tenth / 10) for place, tenth in sorted(scales.items())),
    )


@given(lesions())
def test_a_lesion_is_read_back_as_it_was_written(lesion: Lesion) -> None:
    texts = texts_of(lesion)
    assert lesion_of(texts, NETWORK) == lesion
    assert {part: read_part(part, text, NETWORK) for part, text in texts.items()} == texts


@given(st.permutations(range(1, 9)))
def test_the_fewest_swaps_lead_to_an_order(order: list[int]) -> None:
    standing = list(range(1, 9))
    swaps = swaps_to(order)
    for one, other in swaps:
        standing[one - 1], standing[other - 1] = standing[other - 1], standing[one - 1]
    assert standing == list(order)
    rounds, seen = 0, set[int]()
    for place in range(1, 9):  # a permutation of n places in r rounds needs n - r swaps
        rounds += place not in seen
        while place not in seen:
            seen.add(place)
            place = order[place - 1]
    assert len(swaps) == 8 - rounds


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("cut", "14,3,14", "3,14"),
        ("cut2", " 7 ", "7"),
        ("cut", "", ""),
        ("swap", "7-8,8-7", ""),
        ("swap", "8-7", "7-8"),
        ("scale", "9:0.50,2:-1", "2:-1,9:0.5"),
        ("scale2", "9:1", ""),
        ("scale", "9:-0", "9:0"),
    ],
)
def test_what_means_the_same_is_written_the_same(name: str, text: str, written: str) -> None:
    assert read_part(name, text, NETWORK) == written


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("cut", "99", "Unit 99 of residual-32 was asked for, but it has 15 units"),
        ("cut", "0", "Unit 0 was asked for"),
        ("cut", "all", "cut 'all', but units written such as cut=3,14 would be right"),
        ("cut", ",".join(map(str, range(1, 16))), "leave one at least"),
        ("cut", "9" * 30_000, "units written such as cut=3,14"),
        ("cut", "٣", "units written such as cut=3,14"),
        ("swap", "3-99", "Unit 99 of residual-32 was asked for, but it has 15 units"),
        ("swap", "2-6", "they differ in shape"),
        ("swap", "2,3", "units written such as swap=5-7,6-8"),
        ("swap2", "2", "units written such as swap2=5-7,6-8"),
        ("scale", "9:7", "Scale 7"),
        ("scale", "9:nan", "units written such as scale=9:0.5"),
        ("scale", "16:0.5", "Unit 16 of residual-32 was asked for, but it has 15 units"),
    ],
)
def test_nonsense_is_refused_with_what_would_be_right(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_part(name, text, NETWORK)
    assert sentence in str(refused.value)


def test_only_the_part_that_does_not_fit_is_left_out() -> None:
    texts = {"cut": "15", "swap": "2-3", "scale": "4:0.5"}
    shorter = NetworkSpec(depth=26, width=2)  # 12 units
    assert lesion_of(texts, shorter) == Lesion(order=(1, 3, 2, *range(4, 13)), scales=((4, 0.5),))
