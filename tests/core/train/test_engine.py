import math

import pytest
import torch

import resnet_core
from resnet_core.data import Split
from resnet_core.data.images import to_pictures
from resnet_core.errors import RunError
from resnet_core.specs.events import (
    FINAL,
    REPORT_EVERY,
    EvaluationCompleted,
    RunCompleted,
    RunDiverged,
    RunStarted,
    StepsCompleted,
)
from resnet_core.train import Training, train


def told(events):
    """Give what was told without the seconds: those may differ."""
    evidence = {"seconds", "images_per_second"}
    return [event.model_dump(exclude=evidence) for event in events]


def of_kind(kind, events):
    return [event for event in events if isinstance(event, kind)]


def losses(events):
    return [loss for event in of_kind(StepsCompleted, events) for loss in event.losses]


def state(training):
    momentum = [
        training.optimiser.state[parameter]["momentum_buffer"]
        for parameter in training.network.parameters()
    ]
    return [*training.network.state_dict().values(), *momentum]


def to_the_end(training):
    events = []
    while not training.ended:
        events += training.advance()
    return events


# --- what a run says ------------------------------------------------------------------------


def test_a_run_starts_with_its_evidence_and_ends_with_its_pace(plan, pictures):
    events = list(train(plan(), pictures=pictures))
    first, last = events[0], events[-1]
    assert isinstance(first, RunStarted)
    assert (first.device, first.threads) == ("cpu", 1)
    assert (first.train_images, first.test_images) == (64, 24)
    assert first.versions["torch"] == torch.__version__
    assert first.versions["resnet_core"] == resnet_core.__version__
    assert isinstance(last, RunCompleted)
    assert last.step == 20
    assert last.images_per_second == pytest.approx(20 * 16 / last.seconds)


def test_nothing_follows_a_final_event(plan, pictures):
    kinds = [event.kind for event in train(plan(), pictures=pictures)]
    assert [kind for kind in kinds if kind in FINAL] == [kinds[-1]] == ["completed"]


@pytest.mark.parametrize(("steps", "evaluations"), [(20, 3), (1, 1), (7, 2), (23, 23), (16, 5)])
def test_every_step_is_told_exactly_once(plan, pictures, steps, evaluations):
    events = of_kind(
        StepsCompleted, train(plan(steps=steps, evaluations=evaluations), pictures=pictures)
    )
    done = 0
    for event in events:
        assert len(event.losses) == len(event.errors) == event.step - done <= REPORT_EVERY
        done = event.step
    assert done == steps


@pytest.mark.parametrize(("steps", "evaluations"), [(20, 3), (7, 7), (10, 4)])
def test_both_errors_are_measured_after_the_steps_of_the_plan(plan, pictures, steps, evaluations):
    run = plan(steps=steps, evaluations=evaluations)
    events = list(train(run, pictures=pictures))
    found = of_kind(EvaluationCompleted, events)
    assert tuple(event.step for event in found) == run.train.evaluation_steps
    assert {(event.train_images, event.test_images) for event in found} == {(64, 24)}


def test_the_first_step_is_told_at_once(plan, pictures):
    (event,) = Training(plan(steps=40, evaluations=1), pictures).advance()
    assert (event.step, len(event.losses)) == (1, 1)


def test_an_evaluation_comes_after_the_steps_it_stands_for(plan, pictures):
    step = 0
    for event in train(plan(steps=10, evaluations=4), pictures=pictures):
        if isinstance(event, EvaluationCompleted):
            assert event.step == step
        step = getattr(event, "step", 0)


def test_seconds_never_run_backwards(plan, pictures):
    seconds = [
        event.seconds for event in train(plan(), pictures=pictures) if event.kind != "started"
    ]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_the_iterator_can_be_closed_at_any_event(plan, pictures):
    events = train(plan(steps=1_000_000, evaluations=1), pictures=pictures)
    for _ in range(3):
        next(events)
    events.close()
    assert list(events) == []


def test_nothing_is_trained_before_it_is_asked_for(plan, pictures, monkeypatch):
    monkeypatch.setattr(Training, "advance", lambda _: pytest.fail("a step was done"))
    assert next(train(plan(), pictures=pictures)).kind == "started"


# --- the same again ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [{}, {"crop_padding": 2, "flip": True}], ids=["as is", "augmented"]
)
def test_the_same_plan_says_the_same_to_the_last_bit(plan, pictures, data):
    one, other = (list(train(plan(data=data), pictures=pictures)) for _ in range(2))
    assert told(one) == told(other)


def test_another_seed_says_something_else(plan, pictures):
    one, other = (losses(train(plan(seed=seed), pictures=pictures)) for seed in (0, 1))
    assert one != other


def test_the_global_generator_has_no_say_and_is_left_alone(plan, pictures):
    run = plan(data={"crop_padding": 2, "flip": True}, steps=6)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = told(train(run, pictures=pictures))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert told(train(run, pictures=pictures)) == one


def test_how_often_is_evaluated_changes_no_loss(plan, pictures):
    rare, often = (losses(train(plan(evaluations=n), pictures=pictures)) for n in (1, 20))
    assert rare == often


def test_twins_see_the_same_batches_and_start_from_the_same_weights(plan, pictures):
    augmented = {"crop_padding": 2, "flip": True}
    plain, residual = (
        Training(plan(network={"join": join}, data=augmented), pictures)
        for join in ("plain", "residual")
    )
    for step in (1, 2, 5, 17):
        for one, other in zip(plain.batches.batch(step), residual.batches.batch(step), strict=True):
            assert torch.equal(one, other)
    weights = plain.network.state_dict(), residual.network.state_dict()
    assert list(weights[0]) == list(weights[1])
    assert all(map(torch.equal, weights[0].values(), weights[1].values()))


# --- learning ---------------------------------------------------------------------------------


@pytest.mark.parametrize("join", ["plain", "residual"])
def test_the_first_loss_is_about_the_logarithm_of_the_number_of_classes(plan, pictures, join):
    first = losses(train(plan(network={"join": join}, steps=1), pictures=pictures))[0]
    assert math.log(4) / 2 < first < 2 * math.log(4)


def test_a_loss_is_that_of_the_batch_before_the_step(plan, pictures):
    training = Training(plan(steps=1), pictures)
    images, labels = training.batches.batch(1)
    logits = training.network(images)
    steps = of_kind(StepsCompleted, to_the_end(Training(plan(steps=1), pictures)))
    assert steps[0].losses[0] == pytest.approx(
        torch.nn.functional.cross_entropy(logits, labels).item()
    )
    assert steps[0].errors[0] == pytest.approx((logits.argmax(1) != labels).float().mean().item())


@pytest.mark.parametrize("join", ["plain", "residual"])
@pytest.mark.parametrize("order", ["original", "pre-activation"])
def test_a_tiny_network_learns_eight_images_by_heart(plan, pictures, join, order):
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (8, 1, 8, 8), generator=generator, dtype=torch.uint8)
    eight = Split(noise, torch.arange(8) % 4)
    run = plan(network={"join": join, "order": order, "width": 8}, steps=60, batch_size=8)
    events = list(train(run, pictures=to_pictures(eight, pictures.test, pictures.classes)))
    last = of_kind(EvaluationCompleted, events)[-1]
    assert last.train_error == 0
    assert losses(events)[-1] < 0.3


def test_pictures_that_can_be_told_apart_are(plan, pictures):
    last = of_kind(EvaluationCompleted, train(plan(steps=60), pictures=pictures))[-1]
    assert last.train_error < 0.1
    assert last.test_error < 0.3


def test_the_learning_rate_of_a_step_is_the_schedules(plan, pictures):
    still = plan(steps=2, learning_rate=1e-6, momentum=0, weight_decay=0, schedule="constant")
    training = Training(still, pictures)
    before = training.network.head.linear.bias.detach().clone()
    training.advance()
    moved = (training.network.head.linear.bias - before).abs().max().item()
    assert 0 < moved < 2e-6


# --- divergence -------------------------------------------------------------------------------


@pytest.fixture
def too_fast(plan):
    """A run whose loss is soon no longer a number."""
    network = {"join": "residual", "depth": 20, "order": "pre-activation"}
    return plan(network=network, learning_rate=100, steps=400, schedule="constant", evaluations=2)


def test_a_run_that_diverges_ends_with_that_as_its_result(too_fast, pictures):
    events = list(train(too_fast, pictures=pictures))
    last = events[-1]
    assert isinstance(last, RunDiverged)
    assert not math.isfinite(last.loss)
    assert all(math.isfinite(loss) for loss in losses(events))
    assert len(losses(events)) == last.step - 1


def test_a_run_that_diverges_says_the_same_again(too_fast, pictures):
    def dumps():
        return [
            event.model_dump_json(exclude={"seconds"})
            for event in train(too_fast, pictures=pictures)
        ]

    assert dumps() == dumps()


@pytest.mark.parametrize("bad", [1, 2, 4, 5, 8, 11, 12])
def test_the_step_that_diverged_is_named_wherever_it_falls(plan, pictures, bad):
    training = Training(plan(steps=12, evaluations=3), pictures)
    events = []
    while not training.ended:
        if training.step == bad - 1:
            torch.nn.init.constant_(training.network.head.linear.weight, float("nan"))
        events += training.advance()
    assert isinstance(events[-1], RunDiverged)
    assert events[-1].step == bad
    assert len(losses(events)) == bad - 1
    assert all(event.step < bad for event in of_kind(EvaluationCompleted, events))


# --- checkpoints ------------------------------------------------------------------------------


NETWORKS = {
    "plain": {"join": "plain"},
    "residual B": {"shortcut": "B"},
    "bottleneck": {"depth": 11, "block": "bottleneck", "order": "pre-activation"},
    "vgg": {"family": "vgg", "depth": 8},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("cut", [1, 3, 4, 9, 10, 11, 19])
def test_a_run_that_goes_on_is_bit_identical_to_one_never_interrupted(
    plan, pictures, tmp_path, network, cut
):
    # Evaluations at 10 and 20: cuts right before, at and after one, within and between reports.
    run = plan(network=network, data={"crop_padding": 1, "flip": True}, evaluations=2)
    whole = Training(run, pictures)
    wanted = to_the_end(whole)

    first, events = Training(run, pictures), []
    while first.step < cut:
        events += first.advance()
    events += first.flush()
    first.save(tmp_path / "checkpoint.safetensors")
    second = Training(run, pictures)
    second.restore(tmp_path / "checkpoint.safetensors")
    assert second.step == cut
    events += to_the_end(second)

    assert losses(events) == losses(wanted)
    assert told(of_kind(EvaluationCompleted, events)) == told(of_kind(EvaluationCompleted, wanted))
    assert all(map(torch.equal, state(second), state(whole)))


def test_momentum_is_laid_out_as_its_weight_is(plan, pictures, tmp_path):
    # The fused optimiser walks through both in the order of their memory.
    training = Training(plan(), pictures)
    training.advance()
    training.flush()
    training.save(tmp_path / "checkpoint.safetensors")
    again = Training(plan(), pictures)
    again.restore(tmp_path / "checkpoint.safetensors")
    for parameter in again.network.parameters():
        momentum = again.optimiser.state[parameter]["momentum_buffer"]
        assert momentum.stride() == parameter.stride()
        assert not momentum.requires_grad


def test_a_run_may_be_saved_before_its_first_step(plan, pictures, tmp_path):
    Training(plan(), pictures).save(tmp_path / "checkpoint.safetensors")
    again = Training(plan(), pictures)
    again.restore(tmp_path / "checkpoint.safetensors")
    assert losses(to_the_end(again)) == losses(train(plan(), pictures=pictures))


def test_a_run_without_momentum_goes_on_too(plan, pictures, tmp_path):
    run = plan(momentum=0)
    training = Training(run, pictures)
    events = [event for _ in range(8) for event in training.advance()]
    training.save(tmp_path / "checkpoint.safetensors")
    again = Training(run, pictures)
    again.restore(tmp_path / "checkpoint.safetensors")
    assert losses(events + to_the_end(again)) == losses(train(run, pictures=pictures))


def test_notes_and_seconds_are_found_again(plan, pictures, tmp_path):
    training = Training(plan(), pictures)
    for _ in range(4):
        training.advance()
    training.save(tmp_path / "checkpoint.safetensors", sequence="12", left="pause")
    again = Training(plan(), pictures)
    assert again.restore(tmp_path / "checkpoint.safetensors") == {"sequence": "12", "left": "pause"}
    assert again.seconds == training.seconds


def test_a_run_restored_after_its_last_step_has_ended(plan, pictures, tmp_path):
    training = Training(plan(), pictures)
    to_the_end(training)
    training.save(tmp_path / "checkpoint.safetensors")
    again = Training(plan(), pictures)
    again.restore(tmp_path / "checkpoint.safetensors")
    assert again.ended


def test_saving_changes_nothing(plan, pictures, tmp_path):
    training = Training(plan(), pictures)
    events = []
    while not training.ended:
        events += training.advance()
        if not training.has_untold_steps:
            training.save(tmp_path / "checkpoint.safetensors")
    assert told(events) == told(to_the_end(Training(plan(), pictures)))


@pytest.mark.parametrize(
    "other", [{"width": 5}, {"depth": 14}, {"shortcut": "B"}, {"order": "pre-activation"}], ids=str
)
def test_a_checkpoint_of_another_network_is_refused_and_changes_nothing(
    plan, pictures, tmp_path, other
):
    saved = Training(plan(network=other), pictures)
    saved.save(tmp_path / "checkpoint.safetensors")
    training = Training(plan(), pictures)
    before = [tensor.clone() for tensor in training.network.state_dict().values()]
    with pytest.raises(RunError, match="is of another network"):
        training.restore(tmp_path / "checkpoint.safetensors")
    assert training.step == 0
    assert all(map(torch.equal, training.network.state_dict().values(), before))


def test_steps_not_yet_told_are_told_by_a_flush_once(plan, pictures):
    training = Training(plan(evaluations=1), pictures)
    for _ in range(REPORT_EVERY + 2):
        training.advance()
    assert training.has_untold_steps
    (event,) = training.flush()
    assert (event.step, len(event.losses)) == (REPORT_EVERY + 2, 2)
    assert not training.has_untold_steps
    assert training.flush() == []


# --- the real thing ---------------------------------------------------------------------------


def test_digits_are_learned_within_a_few_steps(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_CACHE", str(tmp_path))
    events = list(train(plan(network={"width": 8}, steps=60, batch_size=128, evaluations=2)))
    half, end = of_kind(EvaluationCompleted, events)
    assert end.train_error < half.train_error
    assert end.train_error < 0.1
    assert (end.train_images, end.test_images) == (1437, 360)


@pytest.mark.gpu
def test_a_gpu_trains_to_the_same_result_within_its_arithmetic(plan, pictures):
    here, there = (
        losses(train(plan(steps=8), device=device, pictures=pictures)) for device in ("cpu", "cuda")
    )
    assert there == pytest.approx(here, rel=1e-2)
