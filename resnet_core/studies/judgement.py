"""What a suspect's test says: ``Judgement``, with the numbers that a figure and a sentence need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_core.specs.sentence import Sentence

Finding = Literal["guilty", "cleared", "not decided", "unfinished"]


@dataclass(frozen=True)
class Constructed:
    """The constructed solution beside the shallow network it was made from, in evaluation mode.

    Attributes:
        shallow_error: Of the training images.
        deep_error: Of the same images, by the shallow network with identity layers added.
        largest_difference: Between two logits of the same image.
        images: Classified by both.
    """

    shallow_error: float
    deep_error: float
    largest_difference: float
    images: int


@dataclass(frozen=True)
class Bar:
    """The errors of one network, for a figure.

    Attributes:
        name: Of the network: ``plain-56``.
        setting: What was changed, as in its plan: ``xavier``, ``0.03``; empty for the base.
        train_error: A fraction; 1 for a run that diverged.
        test_error: Likewise; None where it was not measured.
    """

    name: str
    setting: str
    train_error: float
    test_error: float | None = None
    diverged: bool = False

    @property
    def full_name(self) -> str:
        """Name and setting: ``plain-56 (0.03)``."""
        return f"{self.name} ({self.setting})" if self.setting else self.name


@dataclass(frozen=True)
class Curve:
    """Gradient norm by layer at the first probed step, for a figure; ``y[0]`` is the stem's."""

    name: str
    step: int
    y: tuple[float, ...]


@dataclass(frozen=True)
class Judgement:
    """What a suspect's test says.

    Attributes:
        suspect: A key of ``SUSPECTS``.
        finding: ``unfinished`` until every run that it needs has a result.
        said: The evidence: the first sentence has the numbers, others what must be added.
        bars: Of the networks compared, the base first.
        curves: Of the gradient tests.
        share: Of the excess, what the change removes; negative when it makes things worse; None
            where no such test was made.
    """

    suspect: str
    finding: Finding
    said: tuple[Sentence, ...]
    bars: tuple[Bar, ...] = ()
    curves: tuple[Curve, ...] = ()
    share: float | None = None


def percent(error: float | None) -> str:
    """Write an error for a sentence."""
    return "–" if error is None else f"{100 * error:.1f} %"


def points(difference: float) -> str:
    """Write a difference of errors for a sentence: percentage points."""
    return f"{100 * difference:.1f}"


def times(ratio: float) -> str:
    """Write a ratio with two digits that count: 130, 0.62, 1.5e-08."""
    return f"{float(f'{ratio:.2g}'):g}"
