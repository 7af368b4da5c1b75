import math
from statistics import mean

import pytest
import torch

from resnet_core.data import load_pictures, normalise
from resnet_core.nets import build_network
from resnet_core.probes import gradient_correlation
from resnet_core.specs import DataSpec, NetworkSpec

POINTS = 32


@pytest.fixture(scope="module")
def ends():
    """Two training images of different classes."""
    pictures = load_pictures(DataSpec())
    labels = pictures.train.labels.tolist()
    other = next(i for i, label in enumerate(labels) if label != labels[0])
    return normalise(pictures.train.images[[0, other]], pictures.mean, pictures.std)


def correlation(ends, seed=0, **network):
    spec = NetworkSpec.model_validate({"depth": 20, "width": 8, **network})
    net = build_network(spec, channels=1, classes=10, seed=seed).train()
    return gradient_correlation(net, ends[0], ends[1], points=POINTS)


@pytest.mark.parametrize("join", ["plain", "residual"])
@pytest.mark.parametrize("normalisation", ["batch", "none"])
def test_a_gradient_is_like_itself(ends, join, normalisation):
    distances, cosines = correlation(ends, join=join, normalisation=normalisation)
    assert distances[0] == 0
    assert cosines[0] == pytest.approx(1)
    assert all(-1 <= cosine <= 1 + 1e-9 for cosine in cosines)


def test_distances_are_shares_of_the_line(ends):
    distances, cosines = correlation(ends)
    assert len(distances) == len(cosines) == POINTS // 2 + 1
    assert distances == pytest.approx([lag / (POINTS - 1) for lag in range(POINTS // 2 + 1)])


@pytest.mark.parametrize("join", ["plain", "residual"])
@pytest.mark.parametrize("depth", [8, 56])
def test_the_gradients_of_a_linear_network_are_all_alike(ends, join, depth):
    network = {"join": join, "depth": depth, "activation": "none", "normalisation": "none"}
    _, cosines = correlation(ends, **network)
    assert cosines == pytest.approx([1] * len(cosines))


def test_a_cosine_is_the_mean_of_all_pairs_so_far_apart(ends):
    net = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=10, seed=3).train()
    inputs = torch.stack([ends[0] + i / 5 * (ends[1] - ends[0]) for i in range(6)])
    inputs.requires_grad_()
    net(inputs)[:, 0].sum().backward()
    gradients = [gradient.flatten().double() for gradient in inputs.grad]
    _, cosines = gradient_correlation(net, ends[0], ends[1], points=6)
    for lag, cosine in enumerate(cosines):
        pairs = [
            torch.nn.functional.cosine_similarity(gradients[i], gradients[i + lag], dim=0).item()
            for i in range(6 - lag)
        ]
        assert cosine == pytest.approx(mean(pairs), abs=1e-5)


def test_no_gradient_has_no_direction(ends):
    _, cosines = correlation(ends, normalisation="none", initialisation="fixup")
    assert all(map(math.isnan, cosines))


def test_no_gradient_is_left_at_the_weights(ends):
    net = build_network(NetworkSpec(depth=8, width=4), channels=1, classes=10, seed=0).train()
    gradient_correlation(net, ends[0], ends[1], points=8)
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_deep_plain_networks_shatter_and_residual_ones_less(ends, seed):
    def nearby(**network):
        _, cosines = correlation(ends, seed, **network)
        return cosines[1]

    plain, residual = nearby(join="plain", depth=56), nearby(join="residual", depth=56)
    shallow = nearby(join="plain", depth=8)
    assert plain < residual - 0.1
    assert plain < shallow - 0.1
