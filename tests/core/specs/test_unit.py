"""One residual unit as a plan: what it refuses, and what its shapes say."""

from __future__ import annotations

import pytest

from resnet_core.errors import SpecError
from resnet_core.specs import UnitSpec


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"in_channels": 0}, "Channels in 0 was asked for, but it must lie between 1 and 4096."),
        ({"out_channels": -1}, "Channels out -1 was asked for"),
        ({"stride": 3}, "Stride 3 was asked for, but it must lie between 1 and 2."),
        ({"block": "wide"}, "Block 'wide' was asked for, but there is no such choice"),
        ({"block": "single"}, "there is no such choice: take 'basic' or 'bottleneck'."),
        ({"shortcut": "D"}, "Shortcut 'D' was asked for"),
        ({"ratio": 2}, "a basic unit has no bottleneck"),
        ({"block": "bottleneck", "ratio": 0}, "Bottleneck ratio 0 was asked for"),
        (
            {"block": "bottleneck", "out_channels": 30},
            "4 does not divide 30: 28 channels would be right.",
        ),
        (
            {"block": "bottleneck", "out_channels": 2, "in_channels": 2},
            "4 does not divide 2: 4 channels would be right.",
        ),
        (
            {"in_channels": 8, "out_channels": 4},
            "shortcut B, or at least 8 channels out, would be right.",
        ),
        ({"in_channels": "many"}, "a whole number would be right."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        UnitSpec.model_validate(asked)
    assert sentence in str(caught.value)


def test_where_shapes_change_and_where_something_projects() -> None:
    same, wider = {}, {"out_channels": 512}
    assert [UnitSpec(shortcut=s, **same).projects for s in "ABC"] == [False, False, True]
    assert [UnitSpec(shortcut=s, **wider).projects for s in "ABC"] == [False, True, True]
    assert not UnitSpec().changes
    assert UnitSpec(stride=2).changes
    assert UnitSpec(**wider).changes


def test_the_papers_bottleneck() -> None:
    unit = UnitSpec(block="bottleneck", stride=2)
    assert unit.convolutions == ((1, 256, 64, 2), (3, 64, 64, 1), (1, 64, 256, 1))
