"""What follows from gradients by path length: means, shares, cancelling, fewest lengths."""

from fractions import Fraction
from math import comb, isnan, nan

import pytest

from resnet_core.studies.path_gradients import PathGradients, fewest_lengths, most_lengths
from resnet_core.studies.paths import decay, share_of_lengths


def measured(*draws, whole=1.0, exact=()):
    return PathGradients(name="residual-8", draws=draws, whole=whole, images=32, exact=exact)


def test_draws_are_averaged_by_length():
    found = measured((1.0, 0.5, 0.1), (3.0, 0.1, 0.3))
    assert found.units == 2
    assert found.means == pytest.approx((2.0, 0.3, 0.2))
    assert found.shares == pytest.approx((2 / 2.8, 0.6 / 2.8, 0.2 / 2.8))


def test_norms_of_all_paths_are_compared_with_the_whole_gradient():
    found = measured((1.0, 0.5, 0.25), whole=0.5)
    assert found.cancelling == pytest.approx((1 + 2 * 0.5 + 0.25) / 0.5)
    assert isnan(measured((1.0, 0.5), whole=0.0).cancelling)


def test_a_length_without_a_number_leaves_no_shares():
    found = measured((1.0, nan, 0.1))
    assert all(isnan(share) for share in found.shares)
    assert found.effective is None


def test_three_draws_are_enough_for_a_verdict():
    row = (1.0, 0.5)
    assert not measured(row, row).is_enough
    assert measured(row, row, row).is_enough


def test_the_fitted_line_goes_through_what_decays_geometrically():
    norms = [7 * 0.25**length for length in range(10)]
    assert decay(norms).values(9) == pytest.approx(norms)
    assert len(decay(norms).values(9)) == 10


@pytest.mark.parametrize(
    ("shares", "ends"),
    [
        ((1.0,), (0, 0)),
        ((0.0, 0.96, 0.04), (1, 1)),
        ((0.02, 0.5, 0.46, 0.02), (1, 2)),
        ((-0.5, 0.8, 0.7, 0.0), (1, 2)),  # a length may go against the whole
        ((0.25, 0.25, 0.25, 0.25), (0, 3)),
        ((0.9, -0.4, 0.5), (0, 2)),  # only all of them reach it
    ],
)
def test_the_fewest_lengths_that_carry_enough(shares, ends):
    assert fewest_lengths(shares) == ends


def test_there_are_no_fewest_lengths_of_what_is_no_number():
    assert fewest_lengths(()) is None
    assert fewest_lengths((0.5, nan, 0.5)) is None


def test_the_tightest_range_around_27_of_54_that_holds_more_than_95_percent():
    assert most_lengths(54) == (20, 34)
    assert float(share_of_lengths(54, 20, 34)) == pytest.approx(0.95978, abs=5e-6)
    assert share_of_lengths(54, 21, 33) <= Fraction(95, 100)


@pytest.mark.parametrize("units", [1, 2, 3, 9, 27, 54, 101, 600])
def test_such_a_range_is_symmetric_and_holds_more_than_95_percent(units):
    low, high = most_lengths(units)
    assert low + high == units
    assert share_of_lengths(units, low, high) > Fraction(95, 100)
    if high - low > 2:
        inside = sum(comb(units, k) for k in range(low + 1, high))
        assert Fraction(inside, 2**units) <= Fraction(95, 100)
