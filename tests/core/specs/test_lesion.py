import itertools
import math

import pytest
from scipy.stats import kendalltau

from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion, kendall_tau, kinds_of, swaps

BASIC = NetworkSpec(depth=20)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"deleted": (2, 1)}, "Units 2, 1 were asked to be deleted"),
        ({"deleted": (1, 1)}, "each may stand once"),
        ({"deleted": (0,)}, "Unit 0 was asked for, but it must lie between 1 and 1202"),
        ({"order": (1, 3)}, "each unit must stand in it once"),
        ({"scales": ((1, 11.0),)}, "Scale 11.0 was asked for, but it must lie between -10"),
        ({"scales": ((1, float("nan")),)}, "a finite number would be right"),
        ({"scales": ((2, 1.0), (1, 1.0))}, "Units 2, 1 were asked to be scaled"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(settings, said):
    with pytest.raises(SpecError, match=said):
        Lesion.model_validate(settings)


def test_the_trained_order_is_no_lesion():
    assert Lesion(order=(1, 2, 3)) == Lesion()
    assert Lesion(order=(1, 2, 3)).digest == Lesion().digest


@pytest.mark.parametrize(
    ("lesion", "first"),
    [
        (Lesion(), 0),
        (Lesion(deleted=(3, 5)), 3),
        (Lesion(order=(1, 3, 2)), 2),
        (Lesion(scales=((4, 0.5),)), 4),
        (Lesion(scales=((1, 1.0),)), 0),
        (Lesion(deleted=(5,), order=(1, 2, 4, 3, 5), scales=((4, 0.5),)), 3),
    ],
)
def test_the_first_changed_place(lesion, first):
    assert lesion.first_changed() == first


def test_units_of_a_stage_can_change_places_but_not_one_that_changes_the_shape():
    pairs = swaps(BASIC)
    assert pairs == ((1, 2), (1, 3), (2, 3), (5, 6), (8, 9))


@pytest.mark.parametrize("order", ["relu-only", "pre-activation"])
def test_the_first_unit_of_all_stays_where_its_activation_has_been_taken_from_it(order):
    assert (1, 2) not in swaps(NetworkSpec(depth=20, order=order))
    assert (2, 3) in swaps(NetworkSpec(depth=20, order=order))


def test_a_bottlenecks_first_unit_widens_and_stays():
    assert swaps(NetworkSpec(depth=29, block="bottleneck"))[0] == (2, 3)


def test_kinds_are_as_many_as_units():
    assert len(kinds_of(NetworkSpec(depth=110))) == 54


def test_every_pair_that_can_be_swapped_fits():
    for one, other in swaps(BASIC):
        order = list(range(1, 10))
        order[one - 1], order[other - 1] = other, one
        Lesion(order=tuple(order)).check_fits(BASIC)


@pytest.mark.parametrize("order", [*itertools.permutations(range(1, 6))])
def test_kendalls_tau_is_scipys(order):
    assert kendall_tau(order) == pytest.approx(kendalltau(range(5), order).statistic)


def test_one_unit_has_no_order():
    assert math.isnan(kendall_tau((1,)))
