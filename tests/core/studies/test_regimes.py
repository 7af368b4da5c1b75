"""Which way of training bears lesions better, by errors that can be checked in the head."""

import math
from statistics import stdev

import pytest

from resnet_core.studies.regimes import Cuts, gains, regime_verdict
from resnet_core.studies.spreads import t95


def cuts(regime, intact, one, two, seed=0):
    return Cuts(regime, seed, intact, {1: tuple(one), 2: tuple(two)}, images=200)


USUAL = cuts("usual", 0.02, [0.12, 0.22, 0.32], [0.42, 0.52, 0.62])
STEADY = cuts("usual", 0.02, [0.21, 0.22, 0.23], [0.51, 0.52, 0.53])


def text(found):
    return [" ".join(map(str, paragraph)) for paragraph in regime_verdict(found)]


def test_what_a_lesion_costs_is_the_error_with_it_less_that_without():
    assert USUAL.costs(1) == pytest.approx((0.1, 0.2, 0.3))


def test_networks_are_compared_lesion_by_lesion():
    other = cuts("dropout", 0.05, [0.05, 0.15, 0.26], [0.45, 0.56, 0.64])
    single, double = gains([USUAL, other], "dropout")
    differences = [0.1, 0.1, 0.09]  # of costs 0, 0.1, 0.21 against 0.1, 0.2, 0.3
    assert (single.deleted, double.deleted) == (1, 2)
    assert single.usual - single.cost == pytest.approx(sum(differences) / 3)
    assert single.half == pytest.approx(t95(3) * stdev(differences) / math.sqrt(3))
    assert single.side == 1
    assert double.side == 0  # costs 0.4, 0.51, 0.59 against 0.4, 0.5, 0.6


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


def test_one_lesion_of_one_seed_is_within_noise():
    found = [cuts("usual", 0.0, [0.5], [0.9]), cuts("dropout", 0.0, [0.1], [0.1])]
    assert [one.side for one in gains(found, "dropout")] == [0, 0]


@pytest.mark.parametrize(
    ("one", "two", "sentence"),
    [
        (
            [0.02] * 3,
            [0.02] * 3,
            "It loses less, as in Veit 2016, figure 8: beyond noise with 1, 2",
        ),
        ([0.9] * 3, [0.51, 0.52, 0.53], "It loses more, against Veit 2016, figure 8: beyond noise"),
        ([0.21, 0.22, 0.23], [0.51, 0.52, 0.53], "The differences are within noise."),
        ([0.02] * 3, [0.99] * 3, "less with 1 deleted and more with 2: no clear answer"),
    ],
)
def test_the_verdict_on_stochastic_depth_follows_the_numbers(one, two, sentence):
    usual, stochastic, noise = text([STEADY, cuts("stochastic-depth", 0.02, one, two)])
    assert usual == "as usual: with 1, 2 units deleted it loses 20.0, 50.0 points on average."
    assert sentence in stochastic
    assert "it is one seed" in noise


def test_the_paper_says_nothing_of_the_lesions_of_others():
    _, dropout, _ = text([STEADY, cuts("dropout", 0.04, [0.04] * 3, [0.05] * 3)])
    assert dropout == (
        "dropout in the branches: with as many deleted it loses 0.0, 1.0 points. It loses less: "
        "beyond noise with 1, 2 deleted."
    )
    _, dropout, _ = text([STEADY, cuts("dropout", 0.04, [0.94] * 3, [0.95] * 3)])
    assert "It loses more: beyond noise with 1, 2 deleted." in dropout


def test_intact_errors_of_effective_paths_stand_beside_the_published_ones():
    _, effective, _ = text([STEADY, cuts("effective-paths", 0.05, [0.15] * 3, [0.2] * 3)])
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
    _, dropout, _ = text([STEADY, cuts("dropout", 0.04, [0.0399] * 3, [0.03] * 3)])
    assert "it loses 0.0, −1.0 points" in dropout
