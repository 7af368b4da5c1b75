import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from resnet_core.data import Split
from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec
from resnet_core.train.evaluate import evaluate


class Reader(nn.Module):
    """Reads a class off the first pixel, as sure as it is told to be, and remembers what it saw."""

    def __init__(self, classes=4, sure=0.0):
        super().__init__()
        self.classes = classes
        self.sure = sure
        self.seen = []

    def forward(self, images):
        numbers = images[:, 0, 0, 0].round().long()
        self.seen += numbers.tolist()
        return self.sure * nn.functional.one_hot(numbers % self.classes, self.classes).float()


MEAN, STD = torch.zeros(1), torch.ones(1)


def split(labels):
    images = torch.zeros(len(labels), 1, 2, 2, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(len(labels)) % 256
    return Split(images, torch.tensor(labels))


def test_error_is_the_share_of_images_that_are_wrong():
    found = evaluate(Reader(sure=1), split([0, 1, 2, 0]), MEAN, STD)
    assert found.error == 0.25
    assert found.images == 4


def test_the_loss_of_who_does_not_know_is_the_logarithm_of_the_number_of_classes():
    assert evaluate(Reader(sure=0), split([0, 1, 2, 3]), MEAN, STD).loss == pytest.approx(
        math.log(4)
    )


def test_loss_is_the_mean_cross_entropy_over_all_batches():
    labels = [number % 4 if number < 900 else 0 for number in range(1100)]
    found = evaluate(Reader(sure=2), split(labels), MEAN, STD)
    right = sum(number % 256 % 4 == label for number, label in enumerate(labels))
    surprise = math.log(math.exp(2) + 3)
    assert found.loss == pytest.approx((surprise * 1100 - 2 * right) / 1100, rel=1e-5)
    assert found.error == pytest.approx(1 - right / 1100)


def test_images_are_normalised_as_in_training():
    network = Reader(sure=1)
    evaluate(network, split([0, 1, 2]), torch.tensor([-10.0]), torch.tensor([2.0]))
    assert network.seen == [5, 6, 6]  # (0 + 10)/2, (1 + 10)/2, (2 + 10)/2, rounded to even


@pytest.mark.parametrize("at_most", [1, 2, 7, 100, 199, 200])
def test_so_many_images_are_picked_evenly_each_once(at_most):
    network = Reader()
    found = evaluate(network, split([0] * 200), MEAN, STD, at_most=at_most)
    assert found.images == len(network.seen) == len(set(network.seen)) == at_most
    gaps = {after - before for before, after in pairwise(network.seen)}
    assert not gaps or max(gaps) - min(gaps) <= 1
    if at_most > 1:
        assert (network.seen[0], network.seen[-1]) == (0, 199)


@pytest.mark.parametrize("at_most", [None, 24, 25, 10_000])
def test_all_images_are_taken_where_there_are_no_more(pictures, at_most):
    network = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=4, seed=0)
    found = evaluate(network, pictures.test, pictures.mean, pictures.std, at_most=at_most)
    assert found.images == 24


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_leaves_mode_weights_statistics_and_gradients_as_they_were(pictures, training):
    network = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=4, seed=0)
    network.train(training)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    evaluate(network, pictures.train, pictures.mean, pictures.std)
    assert {module.training for module in network.modules()} == {training}
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_evaluation_uses_the_statistics_of_training_not_of_its_batch(pictures):
    network = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=4, seed=0)
    whole = evaluate(network, pictures.test, pictures.mean, pictures.std)
    halves = [
        evaluate(
            network,
            Split(pictures.test.images[half], pictures.test.labels[half]),
            pictures.mean,
            pictures.std,
        )
        for half in (slice(0, 12), slice(12, 24))
    ]
    assert whole.loss == pytest.approx(sum(half.loss for half in halves) / 2, rel=1e-5)


def test_a_network_that_is_no_longer_finite_is_measured_too(pictures):
    network = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=4, seed=0)
    nn.init.constant_(network.head.linear.weight, float("nan"))
    found = evaluate(network, pictures.test, pictures.mean, pictures.std)
    assert math.isnan(found.loss)
    assert 0 <= found.error <= 1
