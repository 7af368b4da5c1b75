"""What a run says while it runs: ``Event``.

Events are numbered from 1 within a run and are a function of the plan (and of what its owner did
to it): a run that goes on after a crash says the same events under the same numbers. Seconds are
evidence and may differ. They are what is stored, drawn and replayed; a recorded run plays
through the same code as a live one. Errors are fractions in [0, 1], losses are in nats, steps
count from 1.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from resnet_core.specs.changes import What

REPORT_EVERY = 4
"""Steps between two ``StepsCompleted``: a point at least every so many steps."""


class _Event(BaseModel):
    # NaN and infinity are allowed: the loss of a run that diverges is a result.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class RunStarted(_Event):
    """Training begins: on what, with how much.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``.
        device_name: As the maker calls it.
        threads: PyTorch threads; fixed for the whole run: one and two differ in the last bits.
        parameters: Trainable numbers of the network.
        train_images: Images trained on.
        test_images: Images tested on.
        versions: Of Python, PyTorch and this library.
    """

    kind: Literal["started"] = "started"
    device: str
    device_name: str
    threads: int
    parameters: int
    train_images: int
    test_images: int
    versions: dict[str, str]


class StepsCompleted(_Event):
    """Some optimiser steps are done.

    Attributes:
        step: The last of them.
        losses: Loss of each of these steps' batches, before the step.
        errors: Share of each batch that was wrong, before the step.
        seconds: Training time so far, pauses not counted.
    """

    kind: Literal["steps"] = "steps"
    step: int
    losses: tuple[float, ...]
    errors: tuple[float, ...]
    seconds: float


class EvaluationCompleted(_Event):
    """Training and test images were classified, in evaluation mode, without augmentation.

    Attributes:
        train_images: Training images classified: at most 2,000 on the way, 10,000 at the end.
        test_images: The same for test images.
    """

    kind: Literal["evaluation"] = "evaluation"
    step: int
    train_error: float
    train_loss: float
    test_error: float
    test_loss: float
    train_images: int = 0
    test_images: int = 0
    seconds: float


class ProbesCompleted(_Event):
    """Gradients, updates and activations of one step were measured.

    Attributes:
        step: The step that was probed: weights as they were before it, gradients of its batch.
        values: Key of ``PROBES`` → one number a layer or unit, as ``specs.places`` names them; a
            quantity that the network does not have is left out. Rounded to four digits.
    """

    kind: Literal["probes"] = "probes"
    step: int
    values: dict[str, tuple[float, ...]]


class RunPaused(_Event):
    """Its owner paused the run after this step."""

    kind: Literal["paused"] = "paused"
    step: int


class RunResumed(_Event):
    """Its owner let the run go on from this step; ``until`` is set for a single step."""

    kind: Literal["resumed"] = "resumed"
    step: int
    until: int | None = None


class RunChanged(_Event):
    """Something was changed after this step, as planned or by the run's owner.

    Attributes:
        step: Done before; 0 before the first.
        what: ``shortcut_scale``, λ of every shortcut, or ``learning_rate``, the height of the
            schedule.
        value: What it is changed to.
        over: In how many steps λ goes there, evenly; 0 for at once.
    """

    kind: Literal["changed"] = "changed"
    step: int
    what: What
    value: float
    over: int = 0


class RunCompleted(_Event):
    """All steps are done. ``seconds`` is the training time, ``images_per_second`` the mean pace."""

    kind: Literal["completed"] = "completed"
    step: int
    seconds: float
    images_per_second: float


class RunDiverged(_Event):
    """The loss is no longer a number: the run ends, and that is its result.

    Attributes:
        step: The first step whose loss was not finite.
    """

    kind: Literal["diverged"] = "diverged"
    step: int
    loss: float
    seconds: float


class RunStopped(_Event):
    """The run was stopped after this step."""

    kind: Literal["stopped"] = "stopped"
    step: int


class RunFailed(_Event):
    """The run could not go on; template and values give the sentence (see ``errors``)."""

    kind: Literal["failed"] = "failed"
    template: str
    values: dict[str, Any]

    @property
    def sentence(self) -> str:
        """What went wrong, in English."""
        return self.template.format(**self.values)


Event = Annotated[
    RunStarted
    | StepsCompleted
    | EvaluationCompleted
    | ProbesCompleted
    | RunPaused
    | RunResumed
    | RunChanged
    | RunCompleted
    | RunDiverged
    | RunStopped
    | RunFailed,
    Field(discriminator="kind"),
]

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)

FINAL = ("completed", "diverged", "stopped", "failed")
"""Kinds after which nothing follows."""


def event_from_json(text: str | bytes) -> Event:
    """Read one event back from ``model_dump_json``."""
    return _ADAPTER.validate_json(text)
