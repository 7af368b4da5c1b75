"""Surgery while it trains: planned or by hand, crashed or not, the numbers are the same."""

from __future__ import annotations

import math

import pytest
import torch
from safetensors import safe_open

from resnet_core.data import normalise
from resnet_core.errors import RunError, SpecError
from resnet_core.nets import build_network
from resnet_core.specs import Change
from resnet_core.specs.events import ProbesCompleted, RunChanged, RunDiverged, StepsCompleted
from resnet_core.train import Training, train
from resnet_core.train.checkpoint import Checkpoint, read_checkpoint, save_weights, write_checkpoint
from resnet_core.train.optimise import learning_rate
from resnet_core.train.weights import load_trained
from tests.core.train.test_engine import losses, of_kind, state, to_the_end, told

SURGERY = (
    "3:shortcut_scale=0",
    "6:learning_rate=0.03",
    "6:shortcut_scale=1+5",
    "13:shortcut_scale=0.5",
)


@pytest.fixture
def operated(plan):
    """Make a plan with changes."""

    def make(*texts, **settings):
        changes = tuple(map(Change.from_text, texts))
        return plan(**settings).model_copy(update={"changes": changes})

    return make


def by_hand(run, pictures, *texts):
    """Train, and make each change when its step is done."""
    changes = [Change.from_text(text) for text in texts]
    training, events = Training(run, pictures), []
    while not training.ended:
        for change in changes:
            if change.step == training.step:
                events += training.flush()
                events += training.change(change.what, change.value, change.over)
        events += training.advance()
    return training, events


def scales(training):
    """Give λ of each step as the units have it, to the end."""
    found = []
    while not training.ended:
        training.advance()
        found.append([unit.shortcut_scale for unit in training.network.units])
    assert all(len(set(each)) == 1 for each in found)
    return [each[0] for each in found]


# --- what a change does ---------------------------------------------------------------------------


def test_every_unit_has_the_scale_of_the_step(operated, pictures):
    run = operated("2:shortcut_scale=0", "4:shortcut_scale=1+4", steps=10)
    found = scales(Training(run, pictures))
    assert found == [1, 1, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]


def test_a_plain_networks_ramp_begins_at_nothing(operated, pictures):
    run = operated("1:shortcut_scale=1+4", steps=6, network={"join": "plain"})
    assert scales(Training(run, pictures))[1:] == [0.25, 0.5, 0.75, 1, 1]


def test_without_shortcuts_a_network_trains_as_its_plain_twin(plan, operated, pictures):
    off = list(train(operated("0:shortcut_scale=0"), pictures=pictures))
    plain = list(train(plan(network={"join": "plain"}), pictures=pictures))
    residual = list(train(plan(), pictures=pictures))
    assert losses(off) == losses(plain) != losses(residual)


def test_a_plain_network_with_shortcuts_trains_as_its_residual_twin(plan, operated, pictures):
    on = list(train(operated("0:shortcut_scale=1", network={"join": "plain"}), pictures=pictures))
    assert losses(on) == losses(train(plan(), pictures=pictures))


def test_up_to_the_change_nothing_is_changed_and_then_it_is(plan, operated, pictures):
    for text in ("7:shortcut_scale=0.5", "7:learning_rate=0.5"):
        one = losses(train(operated(text), pictures=pictures))
        other = losses(train(plan(), pictures=pictures))
        # The loss of a step is that before it: the rate of step 8 shows in step 9.
        first = 8 if "rate" in text else 7
        assert one[:first] == other[:first]
        assert one[first] != other[first]


def test_an_evaluation_is_made_with_the_scale_as_it_stands(operated, pictures):
    run = operated("5:shortcut_scale=0+10", steps=20, evaluations=2)
    training, events = Training(run, pictures), []
    while training.step < 10:
        events += training.advance()
    mean, std = pictures.mean, pictures.std
    training.network.scale_shortcuts(0.5)  # 5 of 10 steps from 1 to 0
    training.network.eval()
    with torch.no_grad():
        logits = training.network(normalise(pictures.test.images, mean, std))
    wrong = (logits.argmax(1) != pictures.test.labels).float().mean().item()
    loss = torch.nn.functional.cross_entropy(logits, pictures.test.labels).item()
    assert events[-1].test_error == pytest.approx(wrong)
    assert events[-1].test_loss == pytest.approx(loss, rel=1e-5)


def test_a_new_learning_rate_is_the_height_of_the_same_schedule(operated, pictures):
    run = operated("4:learning_rate=0.02", steps=12, learning_rate=0.1)
    training, found = Training(run, pictures), []
    while not training.ended:
        training.advance()
        found.append(training.optimiser.param_groups[0]["lr"])
    before = [learning_rate(run.train, step) for step in range(1, 13)]
    assert found[:4] == before[:4]
    assert found[4:] == pytest.approx([rate / 5 for rate in before[4:]], rel=1e-12)


@pytest.mark.parametrize(
    "network",
    [
        {"join": "plain"},
        {"shortcut": "shortcut-gate"},
        {"shortcut": "dropout"},
        {"shortcut": "B", "order": "pre-activation"},
        {"initialisation": "rezero"},
        {"depth": 11, "block": "bottleneck", "survival": 0.5},
    ],
    ids=str,
)
def test_every_kind_of_network_can_be_operated_on(operated, pictures, network):
    run = operated(*SURGERY, network=network, probes=20)
    events = list(train(run, pictures=pictures))
    assert len(losses(events)) == 20
    assert len(of_kind(RunChanged, events)) == 4


def test_probes_see_the_additions_from_the_change_on(operated, pictures):
    run = operated("5:shortcut_scale=1", steps=8, probes=8, network={"join": "plain"})
    probes = of_kind(ProbesCompleted, train(run, pictures=pictures))
    assert [event.step for event in probes if "identity" in event.values] == [6, 7, 8]
    assert all(value > 0 for value in probes[-1].values["identity"])
    assert len(probes[-1].values["identity"]) == 3


def test_probes_change_nothing_of_it(operated, pictures):
    network = {"join": "plain"}
    with_probes, without = (
        losses(train(operated(*SURGERY, network=network, probes=probes), pictures=pictures))
        for probes in (20, 0)
    )
    assert with_probes == without


# --- what is said ---------------------------------------------------------------------------------


def test_a_change_is_said_after_the_steps_before_it_and_before_those_after(operated, pictures):
    events = list(train(operated(*SURGERY), pictures=pictures))
    step, done = 0, 0
    for event in events[1:]:
        assert event.step >= step
        if isinstance(event, StepsCompleted):
            assert len(event.losses) == event.step - done
            done = event.step
        if isinstance(event, RunChanged):
            assert event.step == done
        step = event.step
    assert [event.model_dump(exclude={"kind"}) for event in of_kind(RunChanged, events)] == [
        Change.from_text(text).model_dump() for text in SURGERY
    ]


def test_a_change_before_the_first_step_is_the_first_thing_said(operated, pictures):
    started, changed, steps, *_ = train(operated("0:shortcut_scale=0"), pictures=pictures)
    assert (started.kind, changed.kind, steps.kind) == ("started", "changed", "steps")
    assert changed.step == 0


@pytest.mark.parametrize("join", ["residual", "plain"])
def test_by_hand_is_bit_for_bit_as_planned(plan, operated, pictures, join):
    network = {"join": join}
    planned = Training(operated(*SURGERY, network=network), pictures)
    wanted = to_the_end(planned)
    training, events = by_hand(plan(network=network), pictures, *SURGERY)
    assert told(events) == told(wanted)
    assert all(map(torch.equal, state(training), state(planned)))


def test_what_is_done_at_once_and_what_is_planned_for_then_are_both_done(operated, pictures):
    run = operated("5:shortcut_scale=1+4", steps=10)
    training, events = by_hand(run, pictures, "5:shortcut_scale=0")
    assert [event.value for event in of_kind(RunChanged, events)] == [0, 1]
    assert training.changes == of_kind(RunChanged, events)
    both = operated("5:shortcut_scale=0", "5:shortcut_scale=1+4", steps=10)
    assert losses(events) == losses(train(both, pictures=pictures))


def test_a_run_that_has_diverged_is_not_operated_on(operated, pictures):
    training = Training(operated("7:shortcut_scale=0", evaluations=1), pictures)
    while training.step < 6:
        training.advance()
    torch.nn.init.constant_(training.network.head.linear.weight, float("nan"))
    events = to_the_end(training)
    assert [event.kind for event in events] == ["steps", "diverged"]
    assert isinstance(events[-1], RunDiverged)
    assert (events[-1].step, training.step) == (7, 7)
    assert not math.isfinite(events[-1].loss)


def test_what_cannot_be_done_is_refused_and_changes_nothing(plan, pictures):
    training = Training(plan(steps=4), pictures)
    with pytest.raises(SpecError, match="Shortcut scale 3"):
        training.change("shortcut_scale", 3.0)
    with pytest.raises(SpecError, match="only a shortcut scale goes little by little"):
        training.change("learning_rate", 0.1, 5)
    events = to_the_end(training)
    assert losses(events) == losses(train(plan(steps=4), pictures=pictures))
    with pytest.raises(RunError, match="after step 4, but there it has ended"):
        training.change("shortcut_scale", 0.0)
    assert training.changes == []


# --- checkpoints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("join", ["residual", "plain"])
@pytest.mark.parametrize("cut", [0, 3, 4, 6, 8, 10, 11, 12, 13, 14])
def test_a_run_that_goes_on_in_mid_ramp_is_bit_identical(operated, pictures, tmp_path, cut, join):
    run = operated(*SURGERY, network={"join": join}, evaluations=2)
    whole = Training(run, pictures)
    wanted = to_the_end(whole)

    first, events = Training(run, pictures), []
    while first.step < cut:
        events += first.advance()
    events += first.flush()
    first.save(tmp_path / "checkpoint.safetensors")
    second = Training(run, pictures)
    second.restore(tmp_path / "checkpoint.safetensors")
    events += to_the_end(second)

    assert losses(events) == losses(wanted)
    assert of_kind(RunChanged, events) == of_kind(RunChanged, wanted)  # nothing is said twice
    assert all(map(torch.equal, state(second), state(whole)))


@pytest.mark.parametrize("cut", [5, 7])
def test_what_was_done_by_hand_goes_on_too(plan, operated, pictures, tmp_path, cut):
    wanted = losses(train(operated("5:shortcut_scale=0+6", "5:learning_rate=1"), pictures=pictures))
    first = Training(plan(), pictures)
    while first.step < 5:
        first.advance()
    first.flush()
    first.change("shortcut_scale", 0.0, 6)
    first.change("learning_rate", 1.0)
    while first.step < cut:
        first.advance()
    first.flush()
    first.save(tmp_path / "checkpoint.safetensors")
    second = Training(plan(), pictures)
    second.restore(tmp_path / "checkpoint.safetensors")
    assert second.changes == first.changes
    assert losses(to_the_end(second)) == wanted[cut:]


def test_a_checkpoint_from_before_there_were_changes_is_read(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    write_checkpoint(path, Checkpoint({"w": torch.ones(2)}, [], step=1, seconds=0.5, notes={}))
    raw = path.read_bytes().replace(b'"changes"', b'"nothing"')
    path.write_bytes(raw)
    assert b'"nothing"' in raw
    assert read_checkpoint(path).changes == ()


def test_changes_that_are_none_are_a_damaged_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    change = RunChanged(step=1, what="shortcut_scale", value=0.5)
    write_checkpoint(
        path, Checkpoint({"w": torch.ones(2)}, [], step=1, seconds=0.5, notes={}, changes=(change,))
    )
    assert read_checkpoint(path).changes == (change,)
    path.write_bytes(path.read_bytes().replace(b"shortcut_scale", b"shortcut_snail"))
    with pytest.raises(RunError, match="the file is damaged"):
        read_checkpoint(path)


# --- a trained network ----------------------------------------------------------------------------


@pytest.mark.parametrize("join", ["residual", "plain"])
def test_a_trained_network_comes_back_with_the_scale_that_it_had(
    plan, operated, pictures, tmp_path, join
):
    path = tmp_path / "weights.safetensors"
    run = operated("4:shortcut_scale=0.5+100", network={"join": join})  # it ends on the way
    training = Training(run, pictures)
    to_the_end(training)
    save_weights(training.network, path)
    images = normalise(pictures.test.images, pictures.mean, pictures.std)
    found = load_trained(run, path, channels=1, classes=4)
    with torch.no_grad():
        wanted = training.network.eval()(images)
        assert torch.equal(found(images), wanted)
        found.scale_shortcuts(1.0)
        assert not torch.allclose(found(images), wanted)
    assert training.network.units[0].shortcut_scale not in (0.0, 0.5, 1.0)


def test_weights_of_a_network_that_was_not_changed_say_nothing_more(plan, tmp_path):
    path = tmp_path / "weights.safetensors"
    for join in ("residual", "plain"):
        run = plan(network={"join": join})
        save_weights(build_network(run.network, channels=1, classes=4, seed=0), path)
        with safe_open(path, framework="pt") as file:
            assert not file.metadata()
        assert load_trained(run, path, channels=1, classes=4).units[0].join == join


def test_a_scale_that_is_no_number_is_a_damaged_file(plan, tmp_path):
    path = tmp_path / "weights.safetensors"
    network = build_network(plan().network, channels=1, classes=4, seed=0)
    network.scale_shortcuts(0.5)
    save_weights(network, path)
    path.write_bytes(path.read_bytes().replace(b'"0.5"', b'"x.x"'))
    with pytest.raises(RunError, match="train it again"):
        load_trained(plan(), path, channels=1, classes=4)


def test_errors_are_measured_right_before_a_change_and_once_a_step(operated, pictures):
    asked = ("3:shortcut_scale=0", "3:learning_rate=0.01", "5:shortcut_scale=1")
    run = operated(*asked, steps=8, evaluations=2)
    events = [e for e in train(run, pictures=pictures) if e.kind in ("evaluation", "changed")]
    assert [(event.kind, event.step) for event in events] == [
        ("evaluation", 3),
        ("changed", 3),
        ("changed", 3),
        ("evaluation", 4),
        ("evaluation", 5),
        ("changed", 5),
        ("evaluation", 8),
    ]
