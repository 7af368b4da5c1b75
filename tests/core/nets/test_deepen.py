"""The constructed solution: as deep as the deep network, and the same function as the shallow."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_core.data import load_pictures, normalise
from resnet_core.errors import SpecError
from resnet_core.nets import ResidualNetwork, build_network
from resnet_core.nets.deepen import deepen
from resnet_core.specs import ORDERS, SHORTCUTS, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.choices import OPTIONS
from resnet_core.train import Training

PLAIN = NetworkSpec(depth=8, width=4, join="plain")


@pytest.fixture(scope="module")
def trained() -> ResidualNetwork:
    run = RunSpec(network=PLAIN, train=TrainSpec(steps=60))
    training = Training(run, load_pictures(run.data))
    while not training.ended:
        training.advance()
    return training.network.eval()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """All training images of the digits, (1437, 1, 8, 8)."""
    pictures = load_pictures(RunSpec().data)
    return normalise(pictures.train.images, pictures.mean, pictures.std)


def noisy(spec: NetworkSpec) -> ResidualNetwork:
    """Build a network that was not trained, with BN that has seen something."""
    network = build_network(spec, channels=1, classes=10, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.running_var):
                    tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
                for tensor in (module.bias, module.running_mean):
                    tensor.copy_(torch.randn(tensor.shape, generator=generator))
    return network.eval()


def deeper(spec: NetworkSpec, depth: int) -> NetworkSpec:
    return spec.model_copy(update={"depth": depth})


@torch.no_grad()
def difference(one: nn.Module, other: nn.Module, images: torch.Tensor) -> float:
    return (one(images) - other(images)).abs().max().item()


@pytest.mark.parametrize("depth", [8, 14, 20, 32, 56, 110])
def test_in_evaluation_mode_a_trained_network_stays_what_it_is(trained, images, depth):
    deep = deepen(trained, deeper(PLAIN, depth), seed=3, images=images)
    assert deep.spec.depth == depth
    assert not deep.training
    assert difference(trained, deep, images) <= 1e-4


def test_other_images_than_those_of_the_statistics_are_passed_on_as_well(trained, images):
    deep = deepen(trained, deeper(PLAIN, 20), seed=3, images=images[:50])
    assert difference(trained, deep, images[50:]) <= 1e-4


def test_in_training_mode_it_nearly_does(trained, images):
    shallow = noisy(PLAIN)
    shallow.load_state_dict(trained.state_dict())
    deep = deepen(shallow, deeper(PLAIN, 20), seed=3, images=images).train()
    labels = shallow(images).argmax(1)  # in evaluation mode
    agree = (deep(images[:128]).argmax(1) == labels[:128]).float().mean().item()
    assert agree > 0.9
    other = build_network(deeper(PLAIN, 20), channels=1, classes=10, seed=3)
    agree = (other(images[:128]).argmax(1) == labels[:128]).float().mean().item()
    assert agree < 0.5


def test_the_shallow_network_is_left_as_it_is(trained, images):
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    deepen(trained, deeper(PLAIN, 14), seed=3, images=images).train()
    assert not trained.training
    after = trained.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_a_channel_that_is_always_zero_is_passed_on(images):
    shallow = noisy(PLAIN)
    with torch.no_grad():
        for unit in (stage[-1] for stage in shallow.stages):
            unit.residual.bn2.weight[1] = 0
            unit.residual.bn2.bias[1] = -1
    deep = deepen(shallow, deeper(PLAIN, 20), seed=3, images=images)
    added = deep.unit(1, 3).residual.bn1
    assert added.running_var[1] == 0
    assert difference(shallow, deep, images) <= 1e-4
    loss = nn.functional.cross_entropy(deep.train()(images[:64]), torch.zeros(64).long())
    loss.backward()
    assert all(p.grad.isfinite().all() for p in deep.parameters())


@pytest.mark.parametrize(
    "changes",
    [
        {"normalisation": "none"},
        {"initialisation": "xavier"},
        {"block": "single"},
        {"family": "vgg", "block": "single"},
        {"join": "residual", "block": "single"},
        {"join": "residual"},
        {"join": "residual", "shortcut": "B"},
        {"join": "residual", "shortcut": "C"},
        {"join": "residual", "shortcut": "C", "normalisation": "none"},
        {"join": "residual", "block": "bottleneck", "depth": 11},
        {"join": "residual", "normalisation": "none"},
        {"join": "residual", "normalisation": "none", "initialisation": "skipinit"},
        {"join": "residual", "normalisation": "none", "initialisation": "fixup"},
        {"join": "residual", "initialisation": "zero-last-bn"},
        {"join": "residual", "initialisation": "rezero"},
        {"join": "residual", "branch_scale": 0.5},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())),
)
def test_every_network_that_can_be_deepened_stays_what_it_is(changes, images):
    spec = NetworkSpec.model_validate({**PLAIN.model_dump(), **changes})
    shallow = noisy(spec)
    deep = deepen(shallow, deeper(spec, 2 * spec.depth - 2), seed=3, images=images)
    assert sum(spec.units_per_stage) < sum(deep.spec.units_per_stage)
    assert difference(shallow, deep, images) <= 1e-4


def test_a_silent_branch_can_learn(images):
    spec = NetworkSpec(depth=8, width=4)
    deep = deepen(noisy(spec), deeper(spec, 14), seed=3, images=images).train()
    nn.functional.cross_entropy(deep(images[:64]), torch.zeros(64).long()).backward()
    assert deep.unit(2, 2).residual.bn2.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        *(
            ({"order": order}, f"with activation order '{order}' its layers cannot")
            for order in ORDERS
            if order != "original"
        ),
        ({"activation": "tanh"}, "activation 'relu' would be right"),
        ({"activation": "sigmoid"}, "activation 'relu' would be right"),
        ({"activation": "none"}, "activation 'relu' would be right"),
        ({"block": "bottleneck", "depth": 11}, "block 'basic' would be right"),
        *(
            ({"join": "residual", "shortcut": key}, f"with shortcut '{key}' .* 'A' would be right")
            for key in SHORTCUTS
            if key not in OPTIONS
        ),
        ({"join": "residual", "shortcut_scale": 0.5}, "shortcut scale 1.0 would be right"),
        ({"join": "residual", "survival": 0.5}, "survival 1.0 would be right"),
    ],
)
def test_a_layer_that_cannot_be_the_identity_is_refused(changes, sentence, images):
    spec = NetworkSpec.model_validate({**PLAIN.model_dump(), **changes})
    with pytest.raises(SpecError, match=sentence):
        deepen(noisy(spec), deeper(spec, 2 * spec.depth - 2), seed=0, images=images)


@pytest.mark.parametrize(
    "other",
    [
        {"width": 8, "depth": 14},
        {"join": "residual", "depth": 14},
        {"normalisation": "none", "depth": 14},
    ],
)
def test_networks_that_differ_in_more_than_depth_are_refused(other, trained, images):
    spec = NetworkSpec.model_validate({**PLAIN.model_dump(), **other})
    with pytest.raises(SpecError, match="differ in depth alone"):
        deepen(trained, spec, seed=0, images=images)


def test_a_network_is_not_deepened_into_a_shallower_one(images):
    spec = deeper(PLAIN, 14)
    with pytest.raises(SpecError, match="plain-8 was to be made from plain-14"):
        deepen(noisy(spec), PLAIN, seed=0, images=images)
