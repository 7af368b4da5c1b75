"""Exact numbers of paths, counted one by one where they can be."""

from fractions import Fraction
from itertools import product
from math import sqrt

import pytest

from resnet_core.studies.paths import paths, paths_left, paths_of_length, share_of_lengths


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
