"""One network in four ways of training: which settings, which are the same, which cannot be."""

import pytest

from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec
from resnet_core.specs.regimes import (
    REGIMES,
    RegimeStudy,
    active_units,
    regime_of,
    regime_settings,
)


@pytest.mark.parametrize(
    ("depth", "active"),
    [
        (110, 23),  # of 54, Veit 2016 section 5
        (56, 12),  # of 27: 11.5, half-way
        (32, 6),  # of 15: 6.4
        (20, 4),  # of 9: 3.8
        (8, 1),  # of 3: 1.3
    ],
)
def test_the_active_units_are_the_whole_number_nearest_to_the_papers_share(depth, active):
    assert active_units(NetworkSpec(depth=depth)) == active


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("depth", [8, 20, 56, 110])
def test_a_way_of_training_is_told_from_its_network(regime, depth):
    study = RegimeStudy(network=NetworkSpec(depth=depth, width=8))
    assert regime_of(study.variant(regime)) == regime


def test_a_network_trained_in_none_of_the_ways_is_told():
    assert regime_of(NetworkSpec(depth=20, survival=0.7)) is None
    assert regime_of(NetworkSpec(depth=20, active=3)) is None


def test_nothing_else_differs_and_nothing_of_the_base_is_left_over():
    base = NetworkSpec(depth=20, width=8, survival=0.8, order="pre-activation")
    study = RegimeStudy(network=base)
    usual = study.variant("usual")
    assert usual == NetworkSpec(depth=20, width=8, order="pre-activation")
    for regime in REGIMES:
        changed = regime_settings(base, regime)
        assert study.variant(regime) == usual.model_copy(update=changed)


def test_runs_are_all_four_ways_with_the_first_seed_then_with_the_next():
    study = RegimeStudy(network=NetworkSpec(depth=8), seeds=2, first_seed=3)
    assert [run.train.seed for run in study.runs] == [3] * 4 + [4] * 4
    assert [study.key_of(run) for run in study.runs] == [*REGIMES] * 2
    assert len({run.digest for run in study.runs}) == 8


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"regimes": ("usual", "magic")}, "magic"),
        ({"regimes": ("usual", "usual")}, "asked for twice"),
        ({"regimes": ()}, "at least one"),
        ({"network": NetworkSpec(depth=20, join="plain")}, "a residual network would be right"),
    ],
)
def test_what_cannot_be_compared_is_refused(wrong, sentence):
    with pytest.raises(SpecError, match=sentence):
        RegimeStudy(**wrong)
