"""Verdicts on lesions, by errors that can be checked in the head."""

import random

import pytest
from scipy.stats import pearsonr

from resnet_core.specs import DataSpec, NetworkSpec, TrainSpec
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
    assert "an error below 60 %; guessing among ten equal classes is wrong at 90 %" in said


def test_a_plain_network_that_bears_a_deletion_is_against_theory():
    said = text(deletion_verdict(deletions(PLAIN, [0.9] * 7 + [0.59, 0.6])))
    assert "1 of the 9 units of plain-20" in said
    assert "below 60 %, against theory: the lowest is 59.0 % (unit 8), intact 2.0 %" in said


def test_twins_are_compared_by_their_median_deletion():
    residual, plain = deletions(RESIDUAL, [0.05] * 9), deletions(PLAIN, [0.82] * 9)
    said = text(deletion_verdict(residual, plain))
    assert (
        "costs 3.0 points (residual-20) and 80.0 (plain-20): with shortcuts, less is lost" in said
    )
    swapped = text(deletion_verdict(deletions(RESIDUAL, [0.82] * 9), deletions(PLAIN, [0.05] * 9)))
    assert "costs 80.0 points (residual-20) and 3.0 (plain-20)" in swapped
    assert "not less is lost, against theory" in swapped


def test_twins_that_lose_as_much_are_against_theory():
    said = text(deletion_verdict(deletions(RESIDUAL, [0.5] * 9), deletions(PLAIN, [0.5] * 9)))
    assert "not less is lost, against theory" in said


DIGITS = {"train": TrainSpec(), "data": DataSpec()}


def pair(residual=RESIDUAL, plain=PLAIN, **other):
    """What is said of both, the plain one trained in another way."""
    found = [
        Deletions(network, 0.02, (error,) * sum(network.units_per_stage), 360, **known)
        for network, error, known in ((residual, 0.05, DIGITS), (plain, 0.82, DIGITS | other))
    ]
    return text(deletion_verdict(*found))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"residual": NetworkSpec(depth=8, width=8)}, "residual-8 has 8 layers and plain-20 has 2"),
        ({"residual": NetworkSpec(depth=20, width=2)}, "residual-20 has 2 and plain-20 has 8"),
        ({"train": TrainSpec(steps=50)}, "residual-20 for 200 steps and plain-20 for 50"),
        ({"train": TrainSpec(seed=3)}, "training seed: residual-20 has 0 and plain-20 has 3"),
        ({"train": TrainSpec(batch_size=32)}, "how the weights were fitted"),
        ({"data": DataSpec(dataset="fashion-mnist")}, "trained on other images"),
        ({"residual": NetworkSpec(depth=20, width=8, survival=0.5)}, "was left out at random"),
        (
            {"plain": NetworkSpec(family="vgg", block="single", join="plain", depth=14, width=8)},
            "built of other layers",
        ),
    ],
)
def test_what_differs_beside_the_shortcuts_is_named_and_the_shortcuts_get_no_credit(changed, named):
    said = pair(**changed)
    assert "differ in more than their shortcuts" in said
    assert named in said
    assert "with shortcuts" not in said


def test_order_and_how_often_a_training_was_looked_at_leave_a_pair_fair():
    pre = NetworkSpec(depth=20, width=8, order="pre-activation", shortcut="B")
    said = pair(residual=pre, train=TrainSpec(evaluations=3))
    assert "with shortcuts, less is lost" in said


def test_a_label_stands_in_place_of_the_name():
    found = Deletions(RESIDUAL, 0.02, (0.03,) * 9, 360, label="residual-20, dropout")
    assert "of the 9 units of residual-20, dropout can be" in text(deletion_verdict(found))


def test_two_residual_networks_are_no_twins():
    said = text(deletion_verdict(*[deletions(RESIDUAL, [0.05] * 9)] * 2))
    assert "median" not in said


# --- several at once --------------------------------------------------------------------------


def test_a_mean_that_rises_is_as_theory_expects():
    said = text(many_verdict("residual-56", {4: [0.2, 0.2, 0.2], 2: [0.1, 0.1, 0.1]}))
    assert "residual-56 by number of deleted units: 2: 10.0 ± 0.0 %; 4: 20.0 ± 0.0 %" in said
    assert "(draws of each: 3)" in said
    assert "It rises with each number, beyond noise, as theory expects." in said


def test_a_mean_that_falls_beyond_noise_is_against_theory():
    said = text(many_verdict("r", {2: [0.3] * 3, 4: [0.2] * 3, 8: [0.2] * 3, 16: [0.4] * 3}))
    assert "It falls, beyond noise, from 2 → 4: against theory." in said
    assert "as theory expects" not in said


def test_a_mean_that_falls_within_noise_is_not_against_theory():
    said = text(many_verdict("r", {2: [0.1, 0.4, 0.25], 4: [0.1, 0.3, 0.2], 8: [0.9] * 3}))
    assert "against theory" not in said
    assert "From 2 to 8 it rises, as theory expects; but not each step is beyond noise" in said
    assert "from 2 → 4 the 95 % interval" in said


def test_where_no_rise_is_beyond_noise_none_is_shown():
    said = text(many_verdict("r", {1: [0.1, 0.5], 2: [0.2, 0.5], 4: [0.3, 0.5]}))
    assert "a rise is not shown: from 1 to 4 the 95 % interval of the difference holds 0" in said
    assert "theory" not in said


def test_small_steps_that_add_up_to_a_rise_are_said_to_do_so():
    draws = {k: [k / 10 - 0.05, k / 10, k / 10 + 0.05] for k in (1, 2, 3, 4, 5)}
    said = text(many_verdict("r", draws))
    assert "From 1 to 5 it rises, as theory expects" in said
    assert "1 → 2, 2 → 3, 3 → 4, 4 → 5" in said


def test_one_draw_does_not_say_whether_it_rises():
    said = text(many_verdict("r", {2: [0.1], 4: [0.5, 0.6]}))
    assert "2: 10.0 %; 4: 55.0 %" in said
    assert "one draw only" in said
    assert "interval" not in said
    assert "theory" not in said


def test_what_is_lost_already_has_no_rise_to_expect():
    said = text(many_verdict("p", {1: [0.85, 0.87], 2: [0.9, 0.91]}, plain=True))
    assert "With 1 deleted, hardly anything is left to lose" in said
    assert "theory" not in said


def test_a_plain_network_that_still_knows_something_is_not_praised_for_a_rise():
    assert len(many_verdict("p", {1: [0.3] * 3, 2: [0.5] * 3}, plain=True)) == 1


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
