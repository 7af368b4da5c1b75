"""The constructed solution of a run: the same errors, from a network as deep as the deep one."""

from __future__ import annotations

import pytest
import torch

from resnet_core.data import load_pictures
from resnet_core.errors import RunError, SpecError
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.train import Training
from resnet_core.train import constructed as module
from resnet_core.train.checkpoint import save_weights
from resnet_core.train.constructed import constructed_solution

RUN = RunSpec(network=NetworkSpec(depth=8, width=4, join="plain"), train=TrainSpec(steps=30))
DEEP = NetworkSpec(depth=20, width=4, join="plain")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Give the weights of a short run, and its last word."""
    torch.set_num_threads(1)
    training = Training(RUN, load_pictures(RUN.data))
    events = []
    while not training.ended:
        events += training.advance()
    path = tmp_path_factory.mktemp("run") / "weights.safetensors"
    save_weights(training.network, path)
    return path, [event for event in events if event.kind == "evaluation"][-1]


def test_the_deep_network_has_the_error_of_the_shallow_one(trained):
    path, last = trained
    found = constructed_solution(RUN, path, DEEP)
    assert found.images == 1437
    assert found.shallow_error == last.train_error
    assert 0 < found.shallow_error < 0.9
    assert abs(found.deep_error - found.shallow_error) < 0.001
    assert 0 <= found.largest_difference < 1e-4


def test_both_see_the_same_images_of_a_large_data_set(trained, monkeypatch):
    path, _ = trained
    monkeypatch.setattr(module, "EVALUATED_ON_THE_WAY", 100)
    found = constructed_solution(RUN, path, DEEP)
    assert found.images == 100
    assert abs(found.deep_error - found.shallow_error) < 0.001


def test_another_network_is_refused_before_anything_is_loaded(tmp_path):
    with pytest.raises(SpecError, match="differ in depth alone"):
        constructed_solution(RUN, tmp_path / "none", DEEP.twin())


def test_a_run_that_left_no_weights_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match="train it again"):
        constructed_solution(RUN, tmp_path / "none", DEEP)
