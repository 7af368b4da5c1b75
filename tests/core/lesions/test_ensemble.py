"""Averaged probabilities, against the average taken by hand."""

import copy
import math

import pytest
import torch
from torch import nn

from resnet_core.errors import SpecError
from resnet_core.lesions import measure
from resnet_core.lesions.ensemble import ensemble
from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion


@pytest.fixture
def three(built):
    """Three networks that do not say the same."""
    networks = [built(depth=8), built(depth=8, order="pre-activation"), built(depth=20)]
    for seed, network in enumerate(networks):
        generator = torch.Generator().manual_seed(seed)
        linear = network.head.linear
        nn.init.normal_(linear.weight, std=3.0, generator=generator)
    return networks


@torch.no_grad()
def test_it_averages_probabilities(three, images, labels):
    found = ensemble(three, images, labels)
    mean = sum(network(images).double().softmax(1) for network in three) / 3
    assert found.error == (mean.argmax(1) != labels).sum().item() / 40
    loss = -mean[torch.arange(40), labels].log().mean().item()
    assert found.loss == pytest.approx(loss, rel=1e-6)
    logits = sum(network(images).double() for network in three) / 3
    assert found.loss != pytest.approx(nn.functional.cross_entropy(logits, labels).item(), rel=1e-2)


def test_each_network_is_measured_by_itself(three, images, labels):
    found = ensemble(three, images, labels)
    for network, error, loss in zip(three, found.errors, found.losses, strict=True):
        (alone,) = measure(network, images, labels, [Lesion()])
        assert error == alone.error
        assert loss == pytest.approx(alone.loss, rel=1e-5)
    assert found.names == ("residual-8", "residual-8", "residual-20")
    assert found.images == 40
    assert found.loss <= sum(found.losses) / 3


def test_what_it_costs_is_stated(three, images, labels):
    found = ensemble(three, images, labels)
    for network, parameters in zip(three, found.parameters, strict=True):
        assert parameters == sum(parameter.numel() for parameter in network.parameters())
    # The stem, stages of two convolutions a unit, and the classifier, by hand at width 4.
    stem = 9 * 1 * 4 * 64
    first = 2 * 9 * 4 * 4 * 64
    second = 9 * 4 * 8 * 16 + 9 * 8 * 8 * 16
    third = 9 * 8 * 16 * 4 + 9 * 16 * 16 * 4
    assert found.multiply_adds[0] == stem + first + second + third + 16 * 10


def test_disagreement_is_counted_over_pairs(three, images, labels):
    found = ensemble(three, images, labels)
    with torch.no_grad():
        a, b, c = (network(images).argmax(1) for network in three)
    pairs = [(a != b).sum().item(), (a != c).sum().item(), (b != c).sum().item()]
    assert found.disagreement == pytest.approx(sum(pairs) / 3 / 40)
    assert 0 < found.disagreement < 1


def test_of_one_network_it_is_that_network(three, images, labels):
    found = ensemble(three[:1], images, labels)
    assert (found.error, found.loss) == (found.errors[0], pytest.approx(found.losses[0]))
    assert math.isnan(found.disagreement)


def test_the_same_network_twice_gains_nothing(three, images, labels):
    found = ensemble([three[0], three[0]], images, labels)
    assert found.error == found.errors[0]
    assert found.loss == pytest.approx(found.losses[0])
    assert found.disagreement == 0


def test_a_class_that_one_network_rules_out_leaves_a_finite_loss(built, images, labels):
    sure, unsure = built(depth=8), built(depth=8)
    with torch.no_grad():
        sure.head.linear.bias[3] = 1e4  # softmax of the others is 0 in any float
        unsure.head.linear.weight.zero_()
    found = ensemble([sure, unsure], images, torch.zeros(40, dtype=torch.int64))
    assert found.losses[0] > 9000
    assert found.loss == pytest.approx(-math.log(0.1 / 2), rel=1e-5)


def test_images_beyond_a_batch_are_all_counted(three):
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(300, 1, 8, 8, generator=generator)
    labels = torch.randint(10, (300,), generator=generator)
    found = ensemble(three, images, labels)
    with torch.no_grad():
        wrong = (three[0](images).argmax(1) != labels).sum().item()
    assert found.images == 300
    assert found.errors[0] == wrong / 300


def test_networks_are_left_as_they_were(three, images, labels):
    three[0].train()
    before = [copy.deepcopy(network.state_dict()) for network in three]
    ensemble(three, images, labels)
    assert [network.training for network in three] == [True, False, False]
    for network, state in zip(three, before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_of_no_network_it_is_refused(images, labels):
    with pytest.raises(SpecError, match="of no networks"):
        ensemble([], images, labels)


def test_networks_of_other_data_are_refused(built, images, labels):
    other = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=7, seed=0)
    with pytest.raises(SpecError, match="tell 7, 10 classes apart"):
        ensemble([built(depth=8), other], images, labels)
