"""The training loop: ``Training`` is one run, one step at a time; ``train`` runs all of it.

Nothing happens between two steps, so its owner may pause, change or stop a run there; what the plan
changes is changed there, too. Losses stay on the device until an event is due: reading one each
step would make a GPU wait.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

import resnet_core
from resnet_core.arithmetic.estimate import EVALUATED_AT_THE_END, EVALUATED_ON_THE_WAY
from resnet_core.data import Batches, Pictures, load_pictures
from resnet_core.errors import RunError
from resnet_core.nets import ResidualNetwork, build_network
from resnet_core.probes import Watch
from resnet_core.specs import Change, RunSpec
from resnet_core.specs.changes import What, shortcut_scale_at
from resnet_core.specs.events import (
    REPORT_EVERY,
    EvaluationCompleted,
    Event,
    ProbesCompleted,
    RunChanged,
    RunCompleted,
    RunDiverged,
    RunStarted,
    StepsCompleted,
)
from resnet_core.train.chance import chance, has_chance
from resnet_core.train.checkpoint import (
    Checkpoint,
    check_fits,
    read_checkpoint,
    write_checkpoint,
)
from resnet_core.train.devices import device_name
from resnet_core.train.evaluate import evaluate
from resnet_core.train.optimise import build_optimiser, learning_rate


class Training:
    """One run in the hands of its owner.

    Attributes:
        run: The plan.
        network: Being trained; its weights change with every ``advance``.
        step: Steps done.
        seconds: Spent in steps and evaluations; pauses are not counted.
        changes: What was changed so far, in that order, as planned or by its owner.
        ended: Nothing follows: completed or diverged.
        diverged: It ended because its loss was no longer a number.
    """

    def __init__(self, run: RunSpec, pictures: Pictures, *, device: str = "cpu") -> None:
        self.run = run
        self.device = device
        self.pictures = pictures.to(device)
        self.network: ResidualNetwork = build_network(
            run.network,
            channels=pictures.train.images.shape[1],
            classes=len(pictures.classes),
            seed=run.train.seed,
            device=device,
        )
        self.network.train()
        self.optimiser = build_optimiser(run.train, self.network)
        self.batches = Batches(
            self.pictures.train,
            self.pictures.mean,
            self.pictures.std,
            batch_size=run.train.batch_size,
            seed=run.train.seed,
            crop_padding=run.data.crop_padding,
            flip=run.data.flip,
        )
        self.step = 0
        self.seconds = 0.0
        self.changes: list[RunChanged] = []
        self.ended = False
        self.diverged = False
        self._evaluation_steps = frozenset(run.train.evaluation_steps)
        self._probe_steps = frozenset(run.train.probe_steps)
        self._has_chance = has_chance(self.network)
        self._pace = run.train  # with the learning rate as it stands
        self._losses: list[Tensor] = []
        self._errors: list[Tensor] = []

    def start(self) -> RunStarted:
        """Say on what the run trains, before its first step."""
        return RunStarted(
            device=self.device,
            device_name=device_name(self.device),
            threads=torch.get_num_threads(),
            parameters=sum(parameter.numel() for parameter in self.network.parameters()),
            train_images=len(self.pictures.train.labels),
            test_images=len(self.pictures.test.labels),
            versions={
                "python": platform.python_version(),
                "torch": torch.__version__,
                "resnet_core": resnet_core.__version__,
            },
        )

    @property
    def has_untold_steps(self) -> bool:
        """Whether steps were done that no event has told of yet."""
        return bool(self._losses)

    def advance(self) -> list[Event]:
        """Do one step and give the events that are due; most steps give none.

        What is planned before the step is changed first; should it turn out that the steps before
        have diverged, the run ends there.
        """
        began = time.perf_counter()
        events: list[Event] = []
        if planned := [change for change in self.run.changes if change.step == self.step]:
            events += self.flush(since=began)  # events come in the order of steps
            if self.ended:
                return events
            for plan in planned:
                events += self.change(plan.what, plan.value, plan.over)
            began = time.perf_counter()
        self.step += 1
        self._set_shortcut_scale()
        images, labels = self.batches.batch(self.step)  # (B, C, H, W), (B,)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self._pace, self.step)
        if self.step in self._probe_steps:
            with Watch(self.network, self.optimiser) as watch:
                self._update(images, labels, watch)
            events.append(ProbesCompleted(step=self.step, values=watch.values()))
        else:
            self._update(images, labels)

        last = self.step == self.run.train.steps
        evaluates = self.step in self._evaluation_steps
        # The first is told at once: whoever pressed the button waits for it.
        if evaluates or self.step == 1 or self.step % REPORT_EVERY == 0:
            events += self.flush(since=began)
        else:
            self.seconds += time.perf_counter() - began
        if evaluates and not self.ended:
            events.append(self._evaluate(last=last))
        if last and not self.ended:
            self.ended = True
            seen = self.step * self.batches.batch_size
            events.append(
                RunCompleted(
                    step=self.step, seconds=self.seconds, images_per_second=seen / self.seconds
                )
            )
        return events

    def change(self, what: What, value: float, over: int = 0) -> list[Event]:
        """Change λ of every shortcut, or the learning rate, from the next step on.

        Errors are measured just before, unless that has been done at this step: a curve from one
        measurement to the next would else bend before the change that bends it.

        Args:
            what: See ``Change``.
            value: What it is changed to.
            over: In so many steps, evenly; 0 for at once.

        Raises:
            SpecError: It cannot be changed to that.
            RunError: The run has ended.
        """
        assert not self._losses, "flush before changing"
        if self.ended:
            raise RunError(
                "{name} was to be changed after step {step}, but there it has ended: start another "
                "run.",
                name=self.run.network.name,
                step=self.step,
            )
        change = Change(step=self.step, what=what, value=value, over=over)
        measured = self.step in (0, *self._evaluation_steps) or any(
            made.step == self.step for made in self.changes
        )
        events: list[Event] = [] if measured else [self._evaluate(last=False)]
        made = RunChanged(**change.model_dump())
        self._take_up([*self.changes, made])
        return [*events, made]

    def _take_up(self, changes: list[RunChanged]) -> None:
        """Let rate and λ be what changes have made of them."""
        self.changes = changes
        rates = [change.value for change in changes if change.what == "learning_rate"]
        if rates:
            self._pace = self.run.train.model_copy(update={"learning_rate": rates[-1]})
        self._set_shortcut_scale()

    def _set_shortcut_scale(self) -> None:
        # Where nothing was changed, a plain network has no shortcuts at all, rather than λ = 0.
        if any(change.what == "shortcut_scale" for change in self.changes):
            scale = shortcut_scale_at(self.run.network, self.changes, self.step)
            self.network.scale_shortcuts(scale)

    def _update(self, images: Tensor, labels: Tensor, watch: Watch | None = None) -> None:
        """Do what a step is for; ``watch`` measures on the way, and changes nothing."""
        by_chance = chance(self.run.train.seed, self.step, self.device)
        with by_chance if self._has_chance else nullcontext():
            logits = self.network(images)  # (B, K)
        loss = nn.functional.cross_entropy(logits, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if watch is not None:
            watch.gradients()
        self.optimiser.step()
        if watch is not None:
            watch.updates()
        self._losses.append(loss.detach())
        self._errors.append((logits.detach().argmax(1) != labels).float().mean())

    def flush(self, *, since: float | None = None) -> list[Event]:
        """Give the steps not yet told; the run ends here if their loss is no longer a number."""
        if not self._losses:
            return []
        first = self.step - len(self._losses) + 1
        # Reading the losses waits for the device: one wait for all of them.
        told = torch.stack([torch.stack(self._losses), torch.stack(self._errors)]).tolist()
        if since is not None:
            self.seconds += time.perf_counter() - since
        losses, errors = told
        self._losses, self._errors = [], []
        bad = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), None)
        if bad is not None:
            losses, errors = losses[:bad], errors[:bad]
        events: list[Event] = []
        if losses:
            events.append(
                StepsCompleted(
                    step=first + len(losses) - 1,
                    losses=losses,
                    errors=errors,
                    seconds=self.seconds,
                )
            )
        if bad is not None:
            self.ended = self.diverged = True
            events.append(RunDiverged(step=first + bad, loss=told[0][bad], seconds=self.seconds))
        return events

    def _evaluate(self, *, last: bool) -> EvaluationCompleted:
        began = time.perf_counter()
        at_most = EVALUATED_AT_THE_END if last else EVALUATED_ON_THE_WAY
        mean, std = self.pictures.mean, self.pictures.std
        train = evaluate(self.network, self.pictures.train, mean, std, at_most=at_most)
        test = evaluate(self.network, self.pictures.test, mean, std, at_most=at_most)
        self.seconds += time.perf_counter() - began
        return EvaluationCompleted(
            step=self.step,
            train_error=train.error,
            train_loss=train.loss,
            test_error=test.error,
            test_loss=test.loss,
            train_images=train.images,
            test_images=test.images,
            seconds=self.seconds,
        )

    def save(self, path: Path, **notes: str) -> None:
        """Write everything needed to go on; told events only, so flush first."""
        assert not self._losses, "flush before saving"
        write_checkpoint(
            path,
            Checkpoint(
                network=self.network.state_dict(),
                momentum=[
                    self.optimiser.state[parameter]["momentum_buffer"]
                    for parameter in self.network.parameters()
                    if parameter in self.optimiser.state
                ],
                step=self.step,
                seconds=self.seconds,
                notes=notes,
                changes=tuple(self.changes),
            ),
        )

    def restore(self, path: Path) -> dict[str, str]:
        """Go on from a checkpoint: bit-identical on a CPU with as many threads. Gives its notes.

        Raises:
            RunError: There is none, the file is damaged, or it is of another network.
        """
        checkpoint = read_checkpoint(path, device=self.device)
        check_fits(path, checkpoint, self.network)
        self.network.load_state_dict(checkpoint.network)
        # The fused optimiser walks through weight and momentum in the order of their memory, which
        # is channels-last: laid out otherwise, a weight would meet its neighbour's momentum.
        for parameter, momentum in zip(
            self.network.parameters(), checkpoint.momentum, strict=False
        ):
            self.optimiser.state[parameter]["momentum_buffer"] = torch.empty_like(parameter).copy_(
                momentum
            )
        self.step = checkpoint.step
        self.seconds = checkpoint.seconds
        self._take_up([*checkpoint.changes])
        self.ended = self.step >= self.run.train.steps
        return checkpoint.notes


def train(
    run: RunSpec, *, device: str = "cpu", pictures: Pictures | None = None
) -> Iterator[Event]:
    """Train a network from its first step to its last, and say so event by event.

    The caller decides the pace: nothing happens between two events, and closing the iterator
    ends the run.

    Raises:
        DataError: The data set is not there and cannot be had.
    """
    training = Training(run, pictures or load_pictures(run.data), device=device)
    yield training.start()
    while not training.ended:
        yield from training.advance()
