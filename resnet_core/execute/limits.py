"""What is refused before it starts: runs that take too long, too much memory, or too many places.

Each limit can be set in the environment by whoever runs the server.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from resnet_core.errors import LimitError
from resnet_core.specs import RunSpec


def _slots() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)


def _memory() -> int:
    return int(psutil.virtual_memory().total * 0.6 / _slots())


def _setting(name: str, default: float | Callable[[], float]) -> Callable[[], float]:
    def read() -> float:
        asked = os.environ.get(name)
        if asked is not None:
            return float(asked)
        return default() if callable(default) else default

    return read


def _whole(name: str, default: float | Callable[[], float]) -> Callable[[], int]:
    read = _setting(name, default)
    return lambda: int(read())


@dataclass(frozen=True)
class Limits:
    """How much is allowed.

    Attributes:
        slots: Runs at once; one thread each when several run.
        seconds: Estimated training time of one run.
        memory_bytes: Of one run's process.
        runs_a_visitor: Queued and running runs one visitor may have asked for.
        checkpoint_seconds: Between two checkpoints of a run.
        unwatched_seconds: After so long without a watcher a queued run lets others pass.
        idle_seconds: After so long without work or question a lab ends itself.
    """

    slots: int = field(default_factory=_whole("RESNET_LAB_SLOTS", _slots))
    seconds: float = field(default_factory=_setting("RESNET_LAB_MAX_SECONDS", 1800))
    memory_bytes: int = field(default_factory=_whole("RESNET_LAB_MAX_MEMORY", _memory))
    runs_a_visitor: int = field(default_factory=_whole("RESNET_LAB_MAX_RUNS", 200))
    checkpoint_seconds: float = field(default_factory=_setting("RESNET_LAB_CHECKPOINT_SECONDS", 2))
    unwatched_seconds: float = field(default_factory=_setting("RESNET_LAB_UNWATCHED_SECONDS", 120))
    idle_seconds: float = field(default_factory=_setting("RESNET_LAB_IDLE_SECONDS", 300))


def check_cost(
    limits: Limits, run: RunSpec, *, seconds: float, memory_bytes: int, fits: int | None
) -> None:
    """Refuse a run that is estimated to cost too much.

    Args:
        limits: What is allowed.
        run: The plan.
        seconds: Estimated.
        memory_bytes: Estimated.
        fits: The deepest network that would be allowed with all else equal, if any.

    Raises:
        LimitError: With what was asked, what it would cost and what would fit.
    """
    too_long = seconds > limits.seconds
    if not too_long and memory_bytes <= limits.memory_bytes:
        return
    cost = {
        "name": run.network.name,
        "width": run.network.width,
        "steps": run.train.steps,
        "minutes": round(seconds / 60, 1),
        "gigabytes": round(memory_bytes / 2**30, 1),
        "max_minutes": round(limits.seconds / 60, 1),
        "max_gigabytes": round(limits.memory_bytes / 2**30, 1),
    }
    if fits is None:
        raise LimitError(
            "{name} at width {width} for {steps} steps was asked for. It would take about "
            "{minutes} minutes and {gigabytes} GB; this machine allows {max_minutes} minutes and "
            "{max_gigabytes} GB a run. No depth fits: take a smaller width, fewer steps or smaller "
            "images.",
            **cost,
        )
    raise LimitError(
        "{name} at width {width} for {steps} steps was asked for. It would take about {minutes} "
        "minutes and {gigabytes} GB; this machine allows {max_minutes} minutes and "
        "{max_gigabytes} GB a run. Depth {fits} fits; so would a smaller width or fewer steps.",
        **cost,
        fits=fits,
    )
