import pytest
import torch
from torch import nn

from resnet_core.blocks.joins import JOINS


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


@pytest.mark.parametrize(("join", "result"), [("plain", [5, -10]), ("residual", [8, -16])])
def test_a_join_gives_what_the_paper_says(join, result):
    x = torch.tensor([1.0, -2.0])
    assert JOINS[join](x, Times(3), Times(5)).tolist() == result
