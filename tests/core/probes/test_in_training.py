"""Probes among the events of a run: at the right steps, the same again, fit for the store."""

import json
import math

import pytest

from resnet_core.data import load_pictures
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import (
    ProbesCompleted,
    RunDiverged,
    StepsCompleted,
    event_from_json,
)
from resnet_core.train import Training, train


def probes_of(events):
    return [event for event in events if isinstance(event, ProbesCompleted)]


def to_the_end(training):
    events = []
    while not training.ended:
        events += training.advance()
    return events


@pytest.mark.parametrize(
    ("steps", "probes"), [(20, 0), (20, 1), (20, 2), (20, 5), (20, 20), (20, 25), (1, 3), (7, 3)]
)
def test_exactly_the_steps_of_the_plan_are_probed(plan, pictures, steps, probes):
    run = plan(steps=steps, probes=probes)
    events = probes_of(train(run, pictures=pictures))
    assert tuple(event.step for event in events) == run.train.probe_steps
    assert len(events) == min(steps, probes)


def test_a_probe_comes_with_its_own_step_before_that_step_is_told(plan, pictures):
    training = Training(plan(probes=20), pictures)
    told = 0
    while not training.ended:
        events = training.advance()
        (probe,) = probes_of(events)
        assert probe is events[0]
        assert probe.step == training.step
        assert told < probe.step
        told = max([told, *(e.step for e in events if isinstance(e, StepsCompleted))])


def test_the_first_probe_is_of_the_network_as_it_starts(plan, pictures):
    once, often = (probes_of(train(plan(probes=n), pictures=pictures)) for n in (1, 20))
    assert once == often[:1]


@pytest.mark.parametrize("network", [{}, {"join": "plain"}, {"normalisation": "none"}], ids=str)
@pytest.mark.parametrize("cut", [1, 3, 4, 10, 13])
@pytest.mark.parametrize("momentum", [0, 0.9])
def test_a_run_that_goes_on_probes_the_same(plan, pictures, tmp_path, network, cut, momentum):
    run = plan(network=network, probes=20, momentum=momentum)
    wanted = probes_of(train(run, pictures=pictures))
    first = Training(run, pictures)
    while first.step < cut:
        first.advance()
    first.flush()
    first.save(tmp_path / "checkpoint.safetensors")
    second = Training(run, pictures)
    second.restore(tmp_path / "checkpoint.safetensors")
    assert said(probes_of(to_the_end(second))) == said(wanted[cut:])


def said(events):
    return [event.model_dump_json() for event in events]


@pytest.fixture
def diverging():
    """Residual-56 without BN at a large rate: too much from the first steps on."""
    return RunSpec(
        network=NetworkSpec(depth=56, width=4, normalisation="none"),
        train=TrainSpec(
            steps=12, batch_size=32, learning_rate=10, schedule="constant", probes=12, evaluations=1
        ),
    )


def test_what_diverges_is_told_as_it_is(diverging):
    events = list(train(diverging, pictures=load_pictures(diverging.data)))
    assert isinstance(events[-1], RunDiverged)
    found = probes_of(events)
    numbers = [value for event in found for row in event.values.values() for value in row]
    assert any(math.isnan(number) for number in numbers)
    at_end = next(event for event in found if event.step == events[-1].step)
    # The step whose loss was no number has no gradient that is one.
    assert not any(map(math.isfinite, at_end.values["gradient"]))
    start = found[0].values
    assert all(map(math.isfinite, start["gradient"]))


def test_what_is_no_number_comes_through_the_store(diverging):
    for event in probes_of(train(diverging, pictures=load_pictures(diverging.data))):
        text = event.model_dump_json()
        json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        again = event_from_json(text)
        assert isinstance(again, ProbesCompleted)
        assert repr(again) == repr(event)


def test_infinity_is_told_apart_from_no_number():
    event = ProbesCompleted(step=3, values={"gradient": (math.inf, math.nan, 1e-300, 0.0)})
    again = event_from_json(event.model_dump_json())
    assert again.values["gradient"] == pytest.approx((math.inf, math.nan, 1e-300, 0.0), nan_ok=True)
