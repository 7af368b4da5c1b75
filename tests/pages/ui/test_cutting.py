"""What goes with a cut in the network beside it, and what is cut next?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.cutting import mirrored, one_more, partner, partners
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion
from resnet_core.specs.places import unit_places

LONG, SHORT = NetworkSpec(depth=56, width=8), NetworkSpec(depth=20, width=8, join="plain")


@given(st.integers(1, 60), st.integers(1, 60))
def test_places_go_together_from_the_first_unit_to_the_last(of: int, to: int) -> None:
    places = [partner(place, of, to) for place in range(1, of + 1)]
    assert places == sorted(places)
    assert places[-1] == to
    assert places[0] == max(1, -(-to // of))
    if of == to:
        assert places == list(range(1, of + 1))


DEPTHS = st.sampled_from([8, 14, 20, 32, 56, 110])


@given(DEPTHS, DEPTHS)
def test_partners_are_of_the_same_stage_and_change_the_shape_alike(one: int, other: int) -> None:
    of, to = NetworkSpec(depth=one), NetworkSpec(depth=other)
    beside = partners(of, to)
    assert list(beside) == sorted(beside)
    here, there = unit_places(of), unit_places(to)
    for place, other_place in enumerate(beside, start=1):
        (stage, unit), (its_stage, its_unit) = here[place - 1], there[other_place - 1]
        assert stage == its_stage
        if min(one, other) > 8:  # else a stage is its first unit alone
            assert (unit == 1) == (its_unit == 1)
    if one == other:
        assert beside == tuple(range(1, len(here) + 1))


def test_networks_of_other_stages_go_together_by_the_share_of_the_whole() -> None:
    four = NetworkSpec(family="imagenet", depth=18, width=64)  # 8 units in four stages
    assert partners(four, SHORT) == (2, 3, 4, 5, 6, 7, 8, 9)


def test_twins_have_the_same_lesion() -> None:
    order = (*range(1, 10), 10, 12, 11, *range(13, 28))
    lesion = Lesion(deleted=(3, 14), order=order, scales=((5, 0.5),))
    assert mirrored(lesion, LONG, LONG.twin()) == lesion


@pytest.mark.parametrize(
    ("deleted", "others"), [((1,), (1,)), ((4, 27), (2, 9)), ((3, 6, 9), (2, 3))]
)
def test_a_shorter_network_loses_the_unit_that_is_as_far_on(
    deleted: tuple[int, ...], others: tuple[int, ...]
) -> None:
    assert mirrored(Lesion(deleted=deleted), LONG, SHORT).deleted == others


def test_one_unit_of_a_shorter_network_stays() -> None:
    lesion = Lesion(deleted=tuple(range(1, 27)))
    assert 9 in partners(LONG, SHORT)
    assert mirrored(lesion, LONG, SHORT).deleted == tuple(range(1, 9))


def test_units_of_networks_that_differ_do_not_change_places_along() -> None:
    lesion = Lesion(order=(2, 1, *range(3, 28)), scales=((6, 0.5),))
    assert mirrored(lesion, LONG, SHORT) == Lesion(scales=((3, 0.5),))
    # The first unit of a pre-activation network stays where it is.
    assert not mirrored(lesion, LONG, NetworkSpec(depth=56, order="pre-activation")).order


def test_one_more_is_deleted_until_one_is_left_and_everybody_gets_the_same() -> None:
    lesion = Lesion()
    for gone in range(1, 27):
        before, lesion = lesion, one_more(lesion, 27)
        assert len(lesion.deleted) == gone
        assert set(before.deleted) < set(lesion.deleted)
        assert one_more(before, 27) == lesion
    lesion.check_fits(LONG)


def test_what_is_moved_or_scaled_stays_so_when_one_more_is_deleted() -> None:
    lesion = Lesion(order=(2, 1, *range(3, 28)), scales=((5, 0.5),))
    more = one_more(lesion, 27)
    assert (more.order, more.scales) == (lesion.order, lesion.scales)
