from __future__ import annotations

import math

import pytest
from scipy import stats

from resnet_core.studies import spread_of, summaries
from resnet_core.studies.spreads import t95


@pytest.mark.parametrize("n", range(2, 32))
def test_the_t_table_is_scipy_s(n):
    assert math.isclose(t95(n), stats.t.ppf(0.975, n - 1), abs_tol=6e-4)


def test_beyond_the_table_the_interval_is_a_little_too_wide():
    assert 0 < t95(200) - stats.t.ppf(0.975, 199) < 0.1


def test_nothing_has_no_spread():
    assert spread_of([]) is None


def test_two_seeds_have_a_range_but_no_interval():
    spread = spread_of([0.1, 0.3])
    assert (spread.n, spread.low, spread.high, spread.interval) == (2, 0.1, 0.3, None)
    assert math.isclose(spread.mean, 0.2)


def test_three_seeds_have_an_interval_by_student_s_t():
    spread = spread_of([0.4, 0.5, 0.6])  # s = 0.1, t = 4.303
    low, high = spread.interval
    assert math.isclose(high - 0.5, 4.303 * 0.1 / math.sqrt(3))
    assert math.isclose(0.5 - low, 4.303 * 0.1 / math.sqrt(3))


def test_an_interval_stays_within_what_an_error_can_be():
    assert spread_of([0.0, 0.0, 0.3]).interval[0] == 0.0


def test_a_summary_counts_what_has_no_result(outcome):
    (plain, residual) = summaries(
        [
            outcome(8, 0.1, seed=0),
            outcome(8, 0.2, seed=1),
            outcome(8, None, seed=2, status="diverged"),
            outcome(8, 0.9, seed=3, status="running"),
            outcome(8, 0.0, join="residual"),
        ]
    )
    assert (plain.join, plain.depth, plain.train.n) == ("plain", 8, 2)
    assert (plain.train.low, plain.train.high) == (0.1, 0.2)
    assert (plain.diverged, plain.unfinished) == (1, 1)
    assert (residual.join, residual.test.mean) == ("residual", 0.5)
