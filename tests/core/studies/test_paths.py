"""Exact numbers of paths, counted one by one where they can be."""

from fractions import Fraction
from itertools import product
from math import comb, inf, isnan, nan, sqrt

import pytest

from resnet_core.studies.paths import (
    decay,
    effective_paths,
    gradient_shares,
    paths,
    paths_left,
    paths_of_length,
    share_of_lengths,
)


@pytest.mark.parametrize("units", range(9))
def test_paths_are_as_many_as_ways_to_choose(units):
    ways = list(product((0, 1), repeat=units))
    assert paths(units) == len(ways)
    for length in range(-1, units + 2):
        assert paths_of_length(units, length) == sum(sum(way) == length for way in ways)


def test_three_units_have_eight_paths_and_a_tree_of_fifteen_nodes():
    lengths = [paths_of_length(3, length) for length in range(4)]
    assert lengths == [1, 3, 3, 1]
    assert paths(3) == 8
    assert sum(paths(level) for level in range(4)) == 15


def test_the_papers_shares_of_54_units():
    assert float(share_of_lengths(54, 5, 17)) == pytest.approx(0.00453667, abs=5e-9)
    assert float(share_of_lengths(54, 19, 35)) == pytest.approx(0.98017, abs=5e-6)
    assert float(share_of_lengths(54, 20, 34)) == pytest.approx(0.95978, abs=5e-6)
    assert share_of_lengths(54, 19, 35) > Fraction(95, 100), "more than 95 %, not 95 %"


def test_mean_and_spread_of_54_units():
    mean = sum(k * paths_of_length(54, k) for k in range(55)) / paths(54)
    variance = sum((k - mean) ** 2 * paths_of_length(54, k) for k in range(55)) / paths(54)
    assert mean == 27
    assert sqrt(variance) == pytest.approx(3.674, abs=5e-4)


def test_all_lengths_together_are_all_paths():
    assert share_of_lengths(54, 0, 54) == 1
    assert share_of_lengths(1201, 0, 1201) == 1


def test_each_deletion_takes_half_of_the_paths():
    assert [paths_left(3, deleted) for deleted in range(4)] == [8, 4, 2, 1]
    assert paths_left(54, 10) == 2**44


def geometric(units, factor):
    return [factor**length for length in range(units + 1)]


def test_what_a_length_carries_is_norm_times_number_of_paths():
    norms = [5.0, 1.0, 0.5, 2.0]
    found = gradient_shares(norms)
    products = [1 * 5.0, 3 * 1.0, 3 * 0.5, 1 * 2.0]
    assert found == pytest.approx([value / sum(products) for value in products])


@pytest.mark.parametrize("units", [1, 27, 54, 600, 1201])
def test_paths_that_carry_equally_carry_what_they_are_shares_of(units):
    found = gradient_shares([1e-30] * (units + 1))
    for length in range(units + 1):
        share = float(share_of_lengths(units, length, length))
        assert found[length] == pytest.approx(share, rel=1e-9)


@pytest.mark.parametrize("factor", [0.241, 1.0, 3.0])
def test_a_geometric_decay_gives_a_binomial(factor):
    # Σ C(n,k)·r^k = (1 + r)^n: as if each unit were passed through with the chance r / (1 + r).
    found = gradient_shares(geometric(54, factor))
    chance = factor / (1 + factor)
    for length in (0, 10, 27, 54):
        binomial = comb(54, length) * chance**length * (1 - chance) ** (54 - length)
        assert found[length] == pytest.approx(binomial)
    effective = effective_paths(geometric(54, factor))
    assert effective.mean == pytest.approx(54 * chance)


def test_the_papers_effective_lengths_are_those_of_such_a_decay():
    # Lengths 5 to 17, "almost all of the gradient": of such a decay more than 95 %, with 0.45 %
    # of the paths, and so the fewest lengths with 95 % lie among them.
    shares = gradient_shares(geometric(54, 0.241))
    assert sum(shares[5:18]) == pytest.approx(0.976, abs=5e-4)
    found = effective_paths(geometric(54, 0.241))
    assert 5 <= found.low < found.high <= 17
    assert found.gradient >= 0.95
    assert found.paths == share_of_lengths(54, found.low, found.high) < Fraction(45, 10_000)


@pytest.mark.parametrize("carried", [0.01, 0.5, 0.95, 1.0])
@pytest.mark.parametrize(
    "norms", [[3.0, 0.1, 0.7, 0.0, 2.0, 0.3], geometric(9, 0.3), [1.0], [0, 1]]
)
def test_no_fewer_neighbouring_lengths_carry_as_much(norms, carried):
    shares = gradient_shares(norms)
    found = effective_paths(norms, carried=carried)
    assert found.gradient == pytest.approx(sum(shares[found.low : found.high + 1]))
    assert found.gradient >= carried - 1e-12
    count = found.high - found.low + 1
    for low in range(len(norms)):
        if low + count <= len(norms):
            assert sum(shares[low : low + count]) <= found.gradient + 1e-12
        if low + count - 1 <= len(norms):
            assert sum(shares[low : low + count - 1]) < carried
    assert found.paths == share_of_lengths(len(norms) - 1, found.low, found.high)


@pytest.mark.parametrize(
    "norms", [[nan, 1.0, 1.0], [1.0, inf, 1.0], [0.0, 0.0], [1.0, -1.0]], ids=str
)
def test_of_gradients_that_are_no_numbers_there_are_no_shares(norms):
    assert all(isnan(share) for share in gradient_shares(norms))
    assert effective_paths(norms) is None


def test_a_length_whose_gradient_is_zero_carries_nothing():
    assert gradient_shares([1.0, 0.0, 1.0]) == (0.5, 0.0, 0.5)


def test_a_geometric_decay_is_found_again():
    found = decay([7 * norm for norm in geometric(54, 0.25)])
    assert found.factor == pytest.approx(0.25)
    assert found.fit == pytest.approx(1)
    gone = geometric(54, 0.25)
    gone[3], gone[9] = 0.0, nan
    assert decay(gone).factor == pytest.approx(0.25)


def test_a_decay_that_is_not_geometric_fits_worse():
    found = decay([1.0, 1.0, 1e-3, 1.0, 1.0])
    assert found.factor == pytest.approx(1)
    assert found.fit == pytest.approx(0, abs=1e-9)
    assert decay([1.0] * 4).fit == 1


def test_two_lengths_are_no_decay():
    assert decay([1.0, 0.5]) is None
    assert decay([1.0, 0.0, 0.5, inf]) is None
