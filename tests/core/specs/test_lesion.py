import itertools
import math

import pytest
from scipy.stats import kendalltau

from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import (
    Lesion,
    each_deletion,
    kendall_tau,
    kinds_of,
    random_deletions,
    random_swaps,
    swaps,
)

BASIC = NetworkSpec(depth=20)

DELETIONS = [(3, 4), (5, 8), (2, 3)]
ORDERS = [(3, 1, 2, 4, 5, 6, 7, 8, 9), (3, 2, 1, 4, 5, 6, 7, 9, 8)]


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


# --- draws ------------------------------------------------------------------------------------


def test_not_every_unit_can_be_deleted():
    Lesion(deleted=tuple(range(2, 10))).check_fits(BASIC)
    with pytest.raises(SpecError, match=r"All 9 units of residual-20 .* leave one at least"):
        Lesion(deleted=tuple(range(1, 10))).check_fits(BASIC)


def test_each_unit_is_deleted_by_itself():
    assert [lesion.deleted for lesion in each_deletion(BASIC)] == [(n,) for n in range(1, 10)]


@pytest.mark.parametrize("k", [1, 4, 8])
def test_random_deletions_are_so_many_different_units_that_fit(k):
    drawn = random_deletions(BASIC, k, 30, seed=0)
    assert len(drawn) == 30
    for lesion in drawn:
        assert len(set(lesion.deleted)) == k
        lesion.check_fits(BASIC)


def test_random_deletions_meet_every_unit_about_as_often():
    drawn = random_deletions(BASIC, 3, 600, seed=1)
    counts = [sum(unit in lesion.deleted for lesion in drawn) for unit in range(1, 10)]
    assert sum(counts) == 1800
    assert all(150 < count < 250 for count in counts)  # 200 expected, standard deviation 11.5


def test_draws_are_fixed_by_their_seed_in_every_python():
    assert [lesion.deleted for lesion in random_deletions(BASIC, 2, 3, seed=0)] == DELETIONS
    assert [lesion.order for lesion in random_swaps(BASIC, 2, 2, seed=0)] == ORDERS
    assert random_deletions(BASIC, 2, 3, seed=0) != random_deletions(BASIC, 2, 3, seed=1)
    assert random_swaps(BASIC, 2, 9, seed=0) != random_swaps(BASIC, 2, 9, seed=1)


def test_more_draws_begin_with_the_same_ones():
    assert random_deletions(BASIC, 4, 20, seed=3)[:5] == random_deletions(BASIC, 4, 5, seed=3)
    assert random_swaps(BASIC, 4, 20, seed=3)[:5] == random_swaps(BASIC, 4, 5, seed=3)


def test_twins_lose_the_same_units():
    plain = BASIC.model_copy(update={"join": "plain", "width": 8})
    assert random_deletions(BASIC, 4, 9, seed=2) == random_deletions(plain, 4, 9, seed=2)


@pytest.mark.parametrize("network", [BASIC, NetworkSpec(depth=56, order="pre-activation")])
@pytest.mark.parametrize("k", [1, 5, 40])
def test_random_swaps_fit(network, k):
    for lesion in random_swaps(network, k, 20, seed=0):
        lesion.check_fits(network)


def test_one_swap_exchanges_one_pair():
    for lesion in random_swaps(BASIC, 1, 50, seed=0):
        moved = [place for place, unit in enumerate(lesion.order, start=1) if place != unit]
        assert tuple(moved) in swaps(BASIC)


def test_more_swaps_are_farther_from_the_trained_order():
    network = NetworkSpec(depth=110)
    taus = [
        sum(kendall_tau(lesion.order) for lesion in random_swaps(network, k, 20, seed=0)) / 20
        for k in (1, 4, 16)
    ]
    assert 1 > taus[0] > taus[1] > taus[2] > 0.3  # stages stay apart


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: random_deletions(BASIC, 9, 1, 0), "Number of deleted units 9 .* between 1 and 8"),
        (lambda: random_deletions(BASIC, 0, 1, 0), "Number of deleted units 0"),
        (lambda: random_deletions(BASIC, 2, 0, 0), "Draws 0 was asked for"),
        (lambda: random_deletions(BASIC, 2, 10**6, 0), "between 1 and 1000"),
        (lambda: random_swaps(BASIC, 0, 1, 0), "Number of swaps 0"),
        (lambda: random_swaps(BASIC, 1, 0, 0), "Draws 0"),
        (
            lambda: random_swaps(NetworkSpec(depth=8), 1, 1, 0),
            "no two of them have the same shape: take a deeper network",
        ),
    ],
)
def test_draws_that_cannot_be_are_refused(call, said):
    with pytest.raises(SpecError, match=said):
        call()
