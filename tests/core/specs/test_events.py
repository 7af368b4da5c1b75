import math

import pytest
from pydantic import ValidationError

from resnet_core.errors import LimitError
from resnet_core.specs.events import (
    FINAL,
    EvaluationCompleted,
    ProbesCompleted,
    RunChanged,
    RunCompleted,
    RunDiverged,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStopped,
    StepsCompleted,
    event_from_json,
)
from tests.saying import started

EVENTS = [
    started(),
    StepsCompleted(step=2, losses=(2.3, 2.2), errors=(0.9, 0.8), seconds=0.1),
    EvaluationCompleted(
        step=2, train_error=0.5, train_loss=1.0, test_error=0.6, test_loss=1.1, seconds=0.2
    ),
    ProbesCompleted(step=2, values={"gradient": (0.1, 1e-30), "dead": (0.5,)}),
    RunPaused(step=2),
    RunResumed(step=2, until=3),
    RunChanged(step=2, what="shortcut_scale", value=0.5, over=3),
    RunCompleted(step=4, seconds=1.0, images_per_second=100.0),
    RunDiverged(step=4, loss=1.5, seconds=1.0),
    RunStopped(step=4),
    RunFailed(template="{depth} was asked for.", values={"depth": 9}),
]
every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)


@every_event
def test_every_event_goes_to_json_and_back(event):
    assert event_from_json(event.model_dump_json()) == event


@every_event
def test_an_event_cannot_be_changed(event):
    with pytest.raises(ValidationError, match="frozen"):
        event.kind = "other"


def test_no_two_events_are_of_one_kind():
    assert len({event.kind for event in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_survives_json(loss):
    back = event_from_json(RunDiverged(step=4, loss=loss, seconds=1.0).model_dump_json())
    assert back.loss == loss or (math.isnan(back.loss) and math.isnan(loss))


def test_a_probed_value_that_is_no_number_survives_json():
    event = ProbesCompleted(step=1, values={"alignment": (math.nan, math.inf, 1.0)})
    none, endless, one = event_from_json(event.model_dump_json()).values["alignment"]
    assert math.isnan(none)
    assert (endless, one) == (math.inf, 1.0)


def test_a_last_event_is_of_a_final_kind():
    last = [event for event in EVENTS if isinstance(event, RunCompleted | RunDiverged)]
    last += [event for event in EVENTS if isinstance(event, RunStopped | RunFailed)]
    assert {event.kind for event in last} == set(FINAL)


def test_why_a_run_failed_reads_as_the_error_did():
    error = LimitError("{n} runs were asked for.", n=3)
    assert RunFailed(template=error.template, values=error.values).sentence == str(error)


def test_an_event_of_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError):
        event_from_json('{"kind":"exploded","step":3}')
