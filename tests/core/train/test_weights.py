"""A finished run's network, back from its file."""

from __future__ import annotations

import pytest
import torch

from resnet_core.errors import RunError
from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec
from resnet_core.train.checkpoint import save_weights
from resnet_core.train.weights import load_trained


def test_a_network_comes_back_as_it_was(plan, tmp_path):
    run = plan()
    network = build_network(run.network, channels=1, classes=4, seed=5)
    save_weights(network, tmp_path / "weights.safetensors")
    found = load_trained(run, tmp_path / "weights.safetensors", channels=1, classes=4)
    assert not found.training
    there = network.state_dict()
    assert all(torch.equal(tensor, there[name]) for name, tensor in found.state_dict().items())


def test_what_is_not_there_or_not_of_this_network_is_a_sentence(plan, tmp_path):
    run = plan()
    other = build_network(NetworkSpec(depth=14, width=4), channels=1, classes=4, seed=0)
    save_weights(other, tmp_path / "other")
    (tmp_path / "broken").write_bytes(b"nonsense")
    for name in ("none", "broken", "other"):
        with pytest.raises(RunError, match=r"weights of residual-8 .* train it again"):
            load_trained(run, tmp_path / name, channels=1, classes=4)
