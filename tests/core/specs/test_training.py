from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import TrainSpec
from tests.core.specs.strategies import trainings


@given(trainings)
def test_the_last_evaluation_is_after_the_last_step(train):
    assert train.evaluation_steps[-1] == train.steps


@given(trainings)
def test_evaluations_rise_from_the_first_step_on(train):
    steps = train.evaluation_steps
    assert steps[0] >= 1
    assert all(before < after for before, after in pairwise(steps))


@given(st.integers(1, 10_000), st.integers(1, 1000))
def test_there_are_as_many_evaluations_as_asked_for_or_one_a_step(steps, evaluations):
    train = TrainSpec(steps=steps, evaluations=evaluations)
    assert len(train.evaluation_steps) == min(steps, evaluations)


@given(trainings)
def test_evaluations_are_evenly_spaced(train):
    steps = (0, *train.evaluation_steps)
    gaps = {after - before for before, after in pairwise(steps)}
    assert max(gaps) - min(gaps) <= 1


def test_ten_evaluations_of_200_steps_come_every_20():
    assert TrainSpec().evaluation_steps == tuple(range(20, 201, 20))


def test_no_step_is_probed_unless_asked_for():
    assert TrainSpec().probe_steps == ()


@given(st.integers(1, 10_000), st.integers(1, 1000))
def test_there_are_as_many_probes_as_asked_for_or_one_a_step(steps, probes):
    probed = TrainSpec(steps=steps, probes=probes).probe_steps
    assert len(probed) == len(set(probed)) == min(steps, probes)


@given(st.integers(1, 10_000), st.integers(2, 1000))
def test_probes_rise_from_the_first_step_to_the_last(steps, probes):
    probed = TrainSpec(steps=steps, probes=probes).probe_steps
    assert (probed[0], probed[-1]) == (1, steps)
    assert all(before < after for before, after in pairwise(probed))
    gaps = {after - before for before, after in pairwise(probed)} or {0}
    assert max(gaps) - min(gaps) <= 1


def test_one_probe_says_how_the_network_starts():
    assert TrainSpec(probes=1).probe_steps == (1,)


def test_five_probes_of_200_steps():
    assert TrainSpec(probes=5).probe_steps == (1, 51, 101, 150, 200)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": 0}, "Steps 0 was asked for, but it must lie between 1 and 1000000."),
        ({"batch_size": 1}, "Batch size 1 was asked for, but it must lie between 2 and 4096."),
        ({"learning_rate": 0}, "Learning rate 0.0 was asked for, but it must lie between 1e-06 "),
        ({"learning_rate": -0.1}, "Learning rate -0.1 was asked for"),
        ({"momentum": 1}, "Momentum 1.0 was asked for, but it must lie between 0 and 0.999."),
        ({"weight_decay": -1}, "Weight decay -1.0 was asked for"),
        ({"schedule": "cosine"}, "Schedule 'cosine' was asked for, but there is no such choice"),
        ({"warmup_steps": 201}, "Warm-up steps 201 was asked for, but it must lie between 0 and 2"),
        ({"evaluations": 0}, "Evaluations 0 was asked for"),
        ({"probes": -1}, "Probes -1 was asked for, but it must lie between 0 and 1000."),
        ({"probes": 1001}, "Probes 1001 was asked for"),
        ({"seed": -1}, "Seed -1 was asked for, but it must lie between 0 and 2147483647."),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_the_bounds(settings, said):
    with pytest.raises(SpecError) as caught:
        TrainSpec(**settings)
    assert str(caught.value).startswith(said)
