import pytest
import torch

from resnet_core.blocks.joins import JOINS


class Ways:
    """Two ways, of which both want to know how far the gate is open; it counts who asks."""

    def __init__(self):
        self.asked = 0

    def opening(self, x):
        self.asked += 1
        return torch.tensor([0.5, 2.0])

    def carried(self, x, opening):
        return (1 if opening is None else opening) * 3 * x

    def branched(self, x, opening):
        return (1 if opening is None else opening) * 5 * x


@pytest.mark.parametrize(("join", "result"), [("plain", [5, -10]), ("residual", [4, -32])])
def test_a_join_gives_what_the_paper_says(join, result):
    assert JOINS[join](torch.tensor([1.0, -2.0]), Ways()).tolist() == result


@pytest.mark.parametrize(("join", "times"), [("plain", 0), ("residual", 1)])
def test_a_gate_is_asked_once_for_both_ways_and_never_by_a_plain_unit(join, times):
    ways = Ways()
    JOINS[join](torch.ones(2), ways)
    assert ways.asked == times
