"""Verdicts on lesions, by errors that can be checked in the head."""

import random

import pytest
from scipy.stats import pearsonr

from resnet_core.specs import NetworkSpec
from resnet_core.studies.lesions import (
    Deletions,
    deletion_verdict,
    many_verdict,
    reorder_verdict,
)

RESIDUAL = NetworkSpec(depth=20, width=8)
PLAIN = NetworkSpec(depth=20, width=8, join="plain")


def text(sentences):
    return " ".join(str(sentence) for sentence in sentences)


def deletions(network, errors, intact=0.02):
    return Deletions(network, intact, tuple(errors), images=360)


# --- one unit at a time -----------------------------------------------------------------------


def test_a_residual_network_that_bears_most_deletions_is_as_theory_expects():
    said = text(deletion_verdict(deletions(RESIDUAL, [0.3, 0.2, *[0.03] * 7])))
    assert "7 of the 9 units of residual-20" in said
    assert "less than 5 points lost (intact error 2.0 %): most of them, as theory expects" in said
    assert "The dearest is unit 1 (stage 1, unit 1), which does not change the shape" in said
    assert "30.0 %" in said


def test_a_residual_network_that_bears_few_deletions_is_against_theory():
    said = text(deletion_verdict(deletions(RESIDUAL, [0.3] * 5 + [0.03] * 4)))
    assert "4 of the 9 units" in said
    assert "not most of them, against theory" in said


def test_exactly_half_are_not_most():
    network = NetworkSpec(depth=38)
    said = text(deletion_verdict(deletions(network, [0.3] * 9 + [0.03] * 9)))
    assert "9 of the 18 units" in said
    assert "against theory" in said


def test_five_points_are_not_less_than_five_points():
    # 0.07 - 0.02 is a little more than 0.05, and 0.06 - 0.01 a little less.
    for intact, error in ((0.02, 0.07), (0.01, 0.06)):
        said = text(deletion_verdict(deletions(RESIDUAL, [error] * 9, intact)))
        assert "0 of the 9 units" in said


def test_a_dearest_unit_that_changes_the_shape_is_as_in_the_paper():
    said = text(deletion_verdict(deletions(RESIDUAL, [0.03] * 3 + [0.3] + [0.03] * 5)))
    assert "unit 4 (stage 2, unit 1), which changes the shape, as in the paper: 30.0 %" in said


def test_where_no_deletion_costs_anything_none_is_the_dearest():
    said = text(deletion_verdict(deletions(RESIDUAL, [0.02] * 8 + [0.01])))
    assert "9 of the 9 units" in said
    assert "No deletion raises the error." in said
    assert "dearest" not in said


def test_a_plain_network_that_bears_no_deletion_is_as_theory_expects():
    said = text(deletion_verdict(deletions(PLAIN, [0.9] * 5 + [0.72] + [0.8] * 3)))
    assert "plain-20 bears no deletion, as theory expects of one path" in said
    assert "the lowest error after any is 72.0 % (unit 6), intact 2.0 %" in said


def test_a_plain_network_that_bears_a_deletion_is_against_theory():
    said = text(deletion_verdict(deletions(PLAIN, [0.9] * 7 + [0.59, 0.6])))
    assert "1 of the 9 units of plain-20" in said
    assert "below 60 %, against theory: the lowest is 59.0 % (unit 8), intact 2.0 %" in said


def test_twins_are_compared_by_their_median_deletion():
    residual, plain = deletions(RESIDUAL, [0.05] * 9), deletions(PLAIN, [0.82] * 9)
    said = text(deletion_verdict(residual, plain))
    assert "costs residual-20 3.0 points and plain-20 80.0: with shortcuts, less is lost" in said
    swapped = text(deletion_verdict(deletions(RESIDUAL, [0.82] * 9), deletions(PLAIN, [0.05] * 9)))
    assert "costs residual-20 80.0 points and plain-20 3.0" in swapped
    assert "not less is lost, against theory" in swapped


def test_twins_that_lose_as_much_are_against_theory():
    said = text(deletion_verdict(deletions(RESIDUAL, [0.5] * 9), deletions(PLAIN, [0.5] * 9)))
    assert "not less is lost, against theory" in said


def test_two_residual_networks_are_no_twins():
    said = text(deletion_verdict(*[deletions(RESIDUAL, [0.05] * 9)] * 2))
    assert "median" not in said


# --- several at once --------------------------------------------------------------------------


def test_a_mean_that_rises_is_as_theory_expects():
    said = text(many_verdict("residual-56", {4: [0.2, 0.2, 0.2], 2: [0.1, 0.1, 0.1]}))
    assert "residual-56 by number of deleted units: 2: 10.0 ± 0.0 %; 4: 20.0 ± 0.0 %" in said
    assert "(draws of each: 3)" in said
    assert "It rises with each number, as theory expects." in said
    assert "noise" not in said


def test_a_mean_that_falls_or_stays_is_against_theory():
    said = text(many_verdict("r", {2: [0.3] * 3, 4: [0.2] * 3, 8: [0.2] * 3, 16: [0.4] * 3}))
    assert "It does not rise everywhere, against theory: not from 2 → 4, 4 → 8." in said
    assert "as theory expects" not in said


def test_a_rise_within_noise_is_said_to_be_so():
    said = text(many_verdict("r", {2: [0.1, 0.5, 0.3], 4: [0.2, 0.6, 0.31], 8: [0.9, 0.9, 0.9]}))
    assert "It rises with each number" in said
    assert "But from 2 → 4 the rise is within noise" in said


def test_one_draw_says_nothing_about_noise():
    said = text(many_verdict("r", {2: [0.1], 4: [0.9]}))
    assert "2: 10.0 %; 4: 90.0 %" in said
    assert "But from 2 → 4 the rise is within noise" in said


def test_one_number_is_compared_with_nothing():
    (only,) = many_verdict("r", {2: [0.1] * 4})
    assert "2: 10.0" in str(only)
    assert many_verdict("r", {}) == ()


# --- another order ----------------------------------------------------------------------------


def test_errors_that_rise_as_tau_falls_are_as_theory_expects():
    points = [(1 - i / 20, i / 20) for i in range(10)]
    said = text(reorder_verdict("residual-56", points))
    assert "Over 10 orders of residual-56" in said
    assert "is −1.00: the farther from the trained order, the higher the error" in said
    assert "as theory expects" in said


def test_errors_that_fall_as_tau_falls_are_against_theory():
    said = text(reorder_verdict("r", [(1 - i / 20, 0.5 - i / 20) for i in range(10)]))
    assert "is 1.00: the farther from the trained order, the lower the error, against" in said


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("slope", [0.0, -0.3, -1.0, 0.5])
def test_what_is_within_noise_is_what_a_test_of_the_correlation_finds(slope, seed):
    chance = random.Random(seed)
    taus = [chance.random() for _ in range(14)]
    points = [(tau, 0.5 + slope * tau / 4 + chance.gauss(0, 0.1)) for tau in taus]
    right = pearsonr(*zip(*points, strict=True))
    said = text(reorder_verdict("r", points))
    assert f"tau is {right.statistic:.2f}".replace("-", "−") in said
    assert ("within noise" in said) == (right.pvalue >= 0.05)


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(1.0, 0.1), (0.5, 0.2)],
        [(0.9, 0.1), (0.9, 0.2), (0.9, 0.3)],
        [(0.9, 0.1), (0.8, 0.1), (0.7, 0.1)],
        [(float("nan"), 0.1), (0.8, 0.2), (0.7, 0.3)],
    ],
)
def test_a_correlation_that_does_not_exist_is_said_to_need_more(points):
    (only,) = reorder_verdict("r", points)
    assert "needs three, with different values of both" in str(only)
