"""Surgery while it trains: ``Change`` is one, planned; how λ goes with several of them.

A run is a sequence of steps, and between two of them its owner may operate on it: change λ of
every shortcut (He 2016 equation 6), or the learning rate. What is done stands in the run's record
as ``events.RunChanged``; what is planned stands in its plan. Both are done alike, so that a run in
whose hands something was changed can be repeated by a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, Protocol, Self

from pydantic import field_validator, model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.network import MAX_SCALE, MIN_SCALE, NetworkSpec
from resnet_core.specs.plan import Plan, check_between, shown
from resnet_core.specs.training import TrainSpec

What = Literal["shortcut_scale", "learning_rate"]
"""What can be changed: λ of every shortcut, the height of the learning rate's schedule."""

MOST_CHANGES = 100
"""Of one run: all of them travel in its checkpoints."""

MOST_STEPS = 1_000_000

# The plus of a link arrives as a space where nobody wrote it as %2B.
_TEXT = re.compile(
    r"(?P<step>[^:=]*):(?P<what>[^:=]*)=(?P<value>.*?)(?:(?<![eE])[+ ](?P<over>[^+ ]*))?"
)


class Changed(Protocol):
    """A change, planned (``Change``) or made (``RunChanged``)."""

    @property
    def step(self) -> int:
        """After this step."""

    @property
    def what(self) -> What:
        """What is changed."""

    @property
    def value(self) -> float:
        """What it is changed to."""

    @property
    def over(self) -> int:
        """Over how many steps."""


class Change(Plan):
    """One change of a run between two of its steps.

    Attributes:
        step: After this step; 0 is before the first.
        what: ``shortcut_scale`` is λ of every shortcut: a plain network has λ = 0 until it is
            changed, and option-A shortcuts from then on. ``learning_rate`` is the height of the
            schedule, whose shape goes on.
        value: What it is changed to.
        over: 0 changes λ at once; k takes it there evenly over the next k steps: step + i has
            λ = from + (value - from)·i/k.
    """

    step: int = 0
    what: What = "shortcut_scale"
    value: float = 1.0
    over: int = 0

    @field_validator("value")
    @classmethod
    def _one_zero(cls, value: float) -> float:
        return value + 0.0  # -0.0 becomes 0.0: it is equal, and equal plans have equal digests

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_between("Step of a change", self.step, 0, MOST_STEPS - 1)
        check_between("Over", self.over, 0, MOST_STEPS)
        if self.what == "shortcut_scale":
            check_between("Shortcut scale", self.value, MIN_SCALE, MAX_SCALE)
            return self
        TrainSpec(learning_rate=self.value)  # which says what a learning rate may be
        if self.over:
            raise SpecError(
                "A learning rate over {over} steps was asked for, but only a shortcut scale goes "
                "little by little: 0 steps would be right.",
                over=self.over,
            )
        return self

    @property
    def text(self) -> str:
        """The change in a link or on the command line: ``100:shortcut_scale=1+50``."""
        over = f"+{self.over}" if self.over else ""
        return f"{self.step}:{self.what}={repr(self.value).removesuffix('.0')}{over}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``text`` back.

        Raises:
            SpecError: It is written otherwise, or is no change that can be made.
        """
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise SpecError(
                "Change {text} was asked for, but it is not written as one: 100:shortcut_scale=0, "
                "or 100:shortcut_scale=1+50 for one over 50 steps, would be right.",
                text=shown(text),
            )
        return cls.model_validate({k: v for k, v in found.groupdict().items() if v is not None})


def in_order(changes: Iterable[Changed]) -> tuple[Change, ...]:
    """Give the shortest plan that does what was done: in order of steps, nothing in vain.

    At one step the last of each kind counts; before a gradual change of λ, the last at once
    counts, too: it is where that one begins.
    """
    kept: list[Change] = []
    for change in sorted(changes, key=lambda change: change.step):
        new = Change(step=change.step, what=change.what, value=change.value, over=change.over)
        kept = [old for old in kept if not _in_vain(old, new)]
        kept.append(new)
    return tuple(kept)


def _in_vain(old: Change, new: Change) -> bool:
    """Whether nothing is left of a change that another one follows at once."""
    same = (old.step, old.what) == (new.step, new.what)
    return same and (old.over > 0 or new.over == 0)


def shortcut_scale_at(network: NetworkSpec, changes: Iterable[Changed], step: int) -> float:
    """Give λ as it stands after a step, which had it too if nothing was changed right after it.

    Args:
        network: Whose λ it is: 0 while plain.
        changes: Of the run, in the order in which they were made; those after ``step`` are
            passed over.
        step: Counted from 1; 0 is before the first.
    """
    start = value = 0.0 if network.join == "plain" else network.shortcut_scale
    since = over = 0
    for change in changes:
        if change.what == "shortcut_scale" and change.step <= step:
            start = _on_the_way(start, value, change.step - since, over)
            value, since, over = change.value, change.step, change.over
    return _on_the_way(start, value, step - since, over)


def _on_the_way(start: float, value: float, done: int, over: int) -> float:
    return value if done >= over else start + (value - start) * done / over
