"""How to train: ``TrainSpec``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from resnet_core.specs.choices import SCHEDULES
from resnet_core.specs.plan import Plan, check_between, check_choice

PROBED = 25
"""Probed steps of a run whose gradients are looked at: one in eight of 200, at 5 % of its time."""


class TrainSpec(Plan):
    """Stochastic gradient descent with momentum, for a number of steps.

    A time budget is turned into steps before the plan is frozen. The defaults show degradation on
    scikit-learn's digits within seconds.

    Attributes:
        steps: Optimiser updates.
        batch_size: Images a step.
        learning_rate: The highest of the schedule.
        momentum: Of SGD, without dampening.
        weight_decay: Added to every gradient: λ·w, on all parameters (as He 2015).
        schedule: A key of ``SCHEDULES``.
        warmup_steps: Steps at a tenth of the learning rate before the schedule starts
            (He 2015 §4.2: 400 for 110 layers); 0 for none.
        evaluations: How often training and test error are measured, evenly spaced, the last
            after the last step.
        precision: Of the arithmetic.
        seed: Of weights, order of images and augmentation.
        probes: How many steps are probed (see ``PROBES``), evenly spaced, the first and the last
            among them; 0 for none.
    """

    added: ClassVar[Mapping[str, object]] = MappingProxyType({"probes": 0})

    steps: int = 200
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    schedule: str = "one-cycle"
    warmup_steps: int = 0
    evaluations: int = 10
    precision: Literal["float32"] = "float32"
    seed: int = 0
    probes: int = 0

    @field_validator("momentum", "weight_decay")
    @classmethod
    def _one_zero(cls, value: float) -> float:
        return value + 0.0  # -0.0 becomes 0.0: it is equal, and equal plans have equal digests

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_between("Steps", self.steps, 1, 1_000_000)
        check_between("Batch size", self.batch_size, 2, 4096)
        check_between("Learning rate", self.learning_rate, 1e-6, 100)
        check_between("Momentum", self.momentum, 0, 0.999)
        check_between("Weight decay", self.weight_decay, 0, 1)
        check_choice("Schedule", self.schedule, SCHEDULES)
        check_between("Warm-up steps", self.warmup_steps, 0, self.steps)
        check_between("Evaluations", self.evaluations, 1, 1000)
        check_between("Seed", self.seed, 0, 2**31 - 1)
        check_between("Probes", self.probes, 0, 1000)
        return self

    @property
    def evaluation_steps(self) -> tuple[int, ...]:
        """The steps after which both errors are measured, the last step among them."""
        count = min(self.evaluations, self.steps)
        return tuple(round(self.steps * i / count) for i in range(1, count + 1))

    @property
    def probe_steps(self) -> tuple[int, ...]:
        """The steps that are probed; the first says how the network starts."""
        count = min(self.probes, self.steps)
        if count < 2:
            return (1,) * count
        return tuple(1 + round((self.steps - 1) * i / (count - 1)) for i in range(count))
