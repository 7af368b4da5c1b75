"""What is refused, and in which words."""

from __future__ import annotations

import pytest

from resnet_core.errors import LimitError
from resnet_core.execute.limits import Limits, check_cost
from resnet_core.specs import NetworkSpec, RunSpec

LIMITS = Limits(slots=2, seconds=60, memory_bytes=2**30)
RUN = RunSpec(network=NetworkSpec(depth=110, width=16))


def test_what_is_within_both_limits_passes():
    check_cost(LIMITS, RUN, seconds=60, memory_bytes=2**30, fits=None)


@pytest.mark.parametrize(("seconds", "memory"), [(61, 0), (0, 2**30 + 1)])
def test_above_one_limit_it_is_refused_with_what_fits(seconds, memory):
    with pytest.raises(LimitError, match=r"residual-110 at width 16 .* Depth 56 fits") as refusal:
        check_cost(LIMITS, RUN, seconds=seconds, memory_bytes=memory, fits=56)
    assert refusal.value.values["max_minutes"] == 1


def test_when_no_depth_fits_it_says_what_else_would():
    with pytest.raises(LimitError, match="No depth fits: take a smaller width"):
        check_cost(LIMITS, RUN, seconds=1e6, memory_bytes=0, fits=None)


@pytest.mark.parametrize(
    ("variable", "value", "field", "limit"),
    [
        ("RESNET_LAB_SLOTS", "7", "slots", 7),
        ("RESNET_LAB_MAX_SECONDS", "90", "seconds", 90.0),
        ("RESNET_LAB_MAX_MEMORY", "5e8", "memory_bytes", 500_000_000),
        ("RESNET_LAB_MAX_RUNS", "3", "runs_a_visitor", 3),
        ("RESNET_LAB_CHECKPOINT_SECONDS", "0.5", "checkpoint_seconds", 0.5),
        ("RESNET_LAB_UNWATCHED_SECONDS", "9", "unwatched_seconds", 9.0),
        ("RESNET_LAB_IDLE_SECONDS", "1", "idle_seconds", 1.0),
    ],
)
def test_who_runs_the_server_sets_every_limit(monkeypatch, variable, value, field, limit):
    monkeypatch.setenv(variable, value)
    assert getattr(Limits(), field) == limit
    assert type(getattr(Limits(), field)) is type(limit)
