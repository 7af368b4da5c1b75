"""Which way of training bears lesions better, by errors that can be checked in the head."""

import math
from statistics import stdev

import pytest

from resnet_core.studies.regimes import Cuts, gains, regime_verdict
from resnet_core.studies.spreads import t95


def cuts(regime, intact, one, two, seed=0):
    return Cuts(regime, seed, intact, {1: tuple(one), 2: tuple(two)}, images=200)


USUAL = cuts("usual", 0.02, [0.12, 0.22, 0.32], [0.42, 0.52, 0.62])
STEADY = cuts("usual", 0.02, [0.21, 0.22, 0.23], [0.52, 0.52])
"""Of three pairs that can be deleted two are drawn, but each unit by itself is there."""


def text(found):
    return [" ".join(map(str, paragraph)) for paragraph in regime_verdict(found)]


def test_what_a_lesion_costs_is_the_error_with_it_less_that_without():
    assert USUAL.costs(1) == pytest.approx((0.1, 0.2, 0.3))


def drawn(regime, intact, two):
    """Give a network of four units, of whose six pairs three are drawn."""
    return Cuts(regime, 0, intact, {1: (0.1,) * 4, 2: tuple(two)}, images=200)


@pytest.mark.parametrize(
    ("other", "side"),
    [
        ([0.15, 0.25, 0.36], 1),  # costs 0.1, 0.2, 0.31 against 0.2, 0.3, 0.4
        ([0.25, 0.36, 0.44], 0),  # costs 0.2, 0.31, 0.39
    ],
)
def test_networks_are_compared_lesion_by_lesion(other, side):
    usual = drawn("usual", 0.02, [0.22, 0.32, 0.42])
    single, double = gains([usual, drawn("dropout", 0.05, other)], "dropout")
    differences = [u - 0.02 - (o - 0.05) for u, o in zip(usual.lesions[2], other, strict=True)]
    assert (single.deleted, double.deleted) == (1, 2)
    assert double.usual - double.cost == pytest.approx(sum(differences) / 3)
    assert double.half == pytest.approx(t95(3) * stdev(differences) / math.sqrt(3))
    assert double.side == side


def test_where_each_possible_lesion_was_made_there_is_no_interval():
    other = cuts("dropout", 0.02, [0.02, 0.22, 0.41], [0.42, 0.52, 0.62])
    single, double = gains([USUAL, other], "dropout")
    assert (single.half, single.counted, double.counted) == (0.0, True, True)
    assert (single.side, double.side) == (1, 0)  # 0.1 less, the same, 0.09 more: 0.01 less in sum
    assert [STEADY.is_complete(number) for number in (0, 1, 2)] == [True, True, False]


@pytest.mark.parametrize(
    ("one", "two", "sentence"),
    [
        (
            [0.02] * 3,
            [0.02] * 3,
            "With 1, 2 deleted each possible lesion was made, once: on "
            "average this network loses less.",
        ),
        (
            [0.92] * 3,
            [0.92] * 3,
            "With 1, 2 deleted each possible lesion was made, once: on "
            "average this network loses more.",
        ),
        ([0.02] * 3, [0.92] * 3, "on average this network loses less with 1, more with 2."),
        ([0.22] * 3, [0.52] * 3, "on average this network loses as much."),
    ],
)
def test_a_complete_count_is_no_evidence_beyond_noise(one, two, sentence):
    _, stochastic, noise = text([USUAL, cuts("stochastic-depth", 0.02, one, two)])
    assert sentence in stochastic
    assert "noise" not in stochastic
    assert "Veit" not in stochastic
    assert noise.startswith("Nothing was drawn")


def test_seeds_are_compared_seed_by_seed():
    found = [
        USUAL,
        cuts("usual", 0.0, [0.1] * 3, [0.2] * 3, seed=1),
        cuts("dropout", 0.02, [0.02] * 3, [0.02] * 3),
        cuts("dropout", 0.0, [0.0] * 3, [0.2] * 3, seed=1),
        cuts("dropout", 0.0, [0.0] * 3, [0.0] * 3, seed=7),  # nothing to compare it with
    ]
    single, double = gains(found, "dropout")
    assert single.usual - single.cost == pytest.approx((0.2 + 0.1) / 2)
    assert single.half == pytest.approx(t95(2) * stdev([0.2, 0.1]) / math.sqrt(2))
    assert single.side == double.side == 0  # two seeds: the interval is wide


def test_without_a_network_trained_as_usual_nothing_is_said():
    assert gains([cuts("dropout", 0.1, [0.2], [0.3])], "dropout") == []
    assert regime_verdict([cuts("dropout", 0.1, [0.2], [0.3])]) == ()
    assert regime_verdict([USUAL]) == ()
    assert regime_verdict([]) == ()


def test_one_drawn_lesion_of_one_seed_is_within_noise():
    found = [cuts("usual", 0.0, [0.5] * 3, [0.9]), cuts("dropout", 0.0, [0.1] * 3, [0.1])]
    assert [one.side for one in gains(found, "dropout")] == [1, 0]


@pytest.mark.parametrize(
    ("one", "two", "sentence"),
    [
        (
            [0.9] * 3,
            [0.02] * 2,
            "It loses less, as in Veit 2016, figure 8: beyond noise with 2 deleted.",
        ),
        ([0.02] * 3, [0.9] * 2, "It loses more, against Veit 2016, figure 8: beyond noise with 2"),
        ([0.02] * 3, [0.51, 0.53], "With 2 deleted the differences are within noise."),
    ],
)
def test_the_verdict_on_stochastic_depth_follows_the_numbers(one, two, sentence):
    usual, stochastic, noise = text([STEADY, cuts("stochastic-depth", 0.02, one, two)])
    assert usual == "as usual: with 1, 2 units deleted it loses 20.0, 50.0 points on average."
    assert sentence in stochastic
    assert "it is one seed" in noise


def test_the_paper_says_nothing_of_the_lesions_of_others():
    _, dropout, _ = text([STEADY, cuts("dropout", 0.04, [0.04] * 3, [0.05] * 2)])
    assert dropout == (
        "dropout in the branches: with as many deleted it loses 0.0, 1.0 points. With 1 deleted "
        "each possible lesion was made, once: on average this network loses less. It loses less: "
        "beyond noise with 2 deleted."
    )
    _, dropout, _ = text([STEADY, cuts("dropout", 0.04, [0.94] * 3, [0.95] * 2)])
    assert "It loses more: beyond noise with 2 deleted." in dropout


def test_less_with_some_and_more_with_others_is_no_clear_answer():
    usual = Cuts("usual", 0, 0.0, {1: (0.1,) * 6, 2: (0.5, 0.5), 4: (0.5, 0.5)}, images=200)
    other = Cuts("dropout", 0, 0.0, {1: (0.1,) * 6, 2: (0.2, 0.2), 4: (0.9, 0.9)}, images=200)
    _, dropout, _ = text([usual, other])
    assert "less with 2 deleted and more with 4: no clear answer" in dropout


def test_intact_errors_of_effective_paths_stand_beside_the_published_ones():
    _, effective, _ = text([STEADY, cuts("effective-paths", 0.05, [0.15] * 3, [0.2] * 2)])
    assert "Intact it errs in 5.0 %, as usual in 2.0 %: 6 of 200 images apart." in effective
    assert "Published: 5.96 % and 6.10 %, no significant difference." in effective


@pytest.mark.parametrize(
    ("errors", "sentence"),
    [((0.021, 0.019), "within noise, as published"), ((0.12, 0.12), "beyond noise, unlike the")],
)
def test_with_seeds_intact_errors_are_told_from_noise(errors, sentence):
    found = [cuts("usual", 0.02, [0.1] * 3, [0.1] * 3, seed) for seed in (0, 1)]
    found += [
        cuts("effective-paths", error, [0.1] * 3, [0.1] * 3, seed)
        for seed, error in enumerate(errors)
    ]
    *_, effective, noise = text(found)
    assert sentence in effective
    assert noise == "Noise is that of 2 seeds: 95 % intervals of mean differences."


def test_a_loss_of_nearly_nothing_is_no_negative_zero():
    _, dropout, _ = text([STEADY, cuts("dropout", 0.04, [0.0399] * 3, [0.03] * 2)])
    assert "it loses 0.0, −1.0 points" in dropout
