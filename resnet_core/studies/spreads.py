"""How much the errors of one network differ between seeds: ``Spread`` and ``Summary``."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.studies.outcomes import Outcome

# Two-sided 95 % points of Student's t by degrees of freedom, 1 to 30 (any statistics book; a test
# compares them with scipy, whose import would cost the web server a second).
_T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True)
class Spread:
    """One number measured with several seeds.

    Attributes:
        n: Seeds.
        mean: Over the seeds.
        low: The lowest of them.
        high: The highest.
        interval: 95 % confidence interval of the mean, by Student's t; None below three seeds.
    """

    n: int
    mean: float
    low: float
    high: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Summary:
    """All seeds of one depth and join.

    Attributes:
        train: Training error of the completed runs, fractions; None without any.
        test: Test error of the same.
        diverged: Runs that diverged.
        unfinished: Runs without a result: absent, queued, running, paused, stopped or failed.
    """

    join: str
    depth: int
    train: Spread | None
    test: Spread | None
    diverged: int
    unfinished: int


def t95(n: int) -> float:
    """Give the two-sided 95 % point of Student's t for ``n`` values, n - 1 degrees of freedom."""
    return _T95[min(n - 1, len(_T95)) - 1]  # beyond 30 the point for 30 is a little too wide


def half_width(values: Sequence[float]) -> float:
    """Give half the 95 % interval of a mean: t · s / √n, for two values or more."""
    return t95(len(values)) * statistics.stdev(values) / math.sqrt(len(values))


def spread_of(values: Sequence[float]) -> Spread | None:
    """Summarise some error rates; None when there are none. Intervals stay within [0, 1]."""
    if not values:
        return None
    mean = statistics.fmean(values)
    interval = None
    if len(values) >= 3:
        half = half_width(values)
        interval = (max(0.0, mean - half), min(1.0, mean + half))
    return Spread(len(values), mean, min(values), max(values), interval)


def summaries(outcomes: Sequence[Outcome]) -> list[Summary]:
    """Summarise each depth and join, in the order in which they first stand in the outcomes."""
    groups: dict[tuple[str, int], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.join, outcome.depth), []).append(outcome)
    return [_summary(join, depth, group) for (join, depth), group in groups.items()]


def _summary(join: str, depth: int, group: Sequence[Outcome]) -> Summary:
    done = [outcome for outcome in group if outcome.measured]
    diverged = sum(outcome.status == "diverged" for outcome in group)
    return Summary(
        join=join,
        depth=depth,
        train=spread_of([o.train_error for o in done if o.train_error is not None]),
        test=spread_of([o.test_error for o in done if o.test_error is not None]),
        diverged=diverged,
        unfinished=len(group) - len(done) - diverged,
    )
