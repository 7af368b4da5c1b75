import math

import pytest
import torch

from resnet_core.probes.sizes import mean, mean_and_std, norm, norms_and_product, ratio, sums
from resnet_core.train import Training

SHAPES = [(2, 3, 4, 5), (7, 1, 1, 1), (1, 6, 3, 3)]


def images(shape, *, channels_last=True, size=1.0):
    found = torch.randn(shape, generator=torch.Generator().manual_seed(1)) * size
    return found.to(memory_format=torch.channels_last) if channels_last else found


@pytest.mark.parametrize("shape", [*SHAPES, (5, 3), (4,), ()])
def test_a_norm_is_that_of_all_numbers(shape):
    tensor = torch.randn(shape)
    assert norm(tensor).dtype == torch.float64
    assert norm(tensor).item() == pytest.approx(tensor.double().flatten().norm().item())


def test_a_mean_is_that_of_all_numbers_and_does_not_overflow():
    assert mean(torch.tensor([[1.0, 2.0], [3.0, 6.0]])).item() == 3
    assert mean(torch.full((2, 3, 2, 2), 3e38)).item() == pytest.approx(3e38)
    assert mean(torch.ones(2, requires_grad=True)).dtype == torch.float64
    assert not mean(torch.ones(2, requires_grad=True)).requires_grad


@pytest.mark.parametrize("size", [1e-45, 1e-38, 1e-30, 1e-20, 1e20, 3e38])
def test_no_norm_underflows_or_overflows(size):
    tensor = torch.full((2, 3, 2, 2), size)
    one = tensor[0, 0, 0, 0].double().item()
    assert norm(tensor).item() == pytest.approx(one * math.sqrt(24))
    first, second, product = norms_and_product(tensor, -tensor)
    assert first.item() == second.item() == pytest.approx(one * math.sqrt(24))
    assert product.item() == pytest.approx(-one * one * 24)
    squares = sums(tensor)[1].item()
    assert squares == pytest.approx(one * one * 24)


def test_exactly_zero_stays_exactly_zero():
    zeros = torch.zeros(2, 3, 2, 2)
    assert norm(zeros).item() == 0
    assert [one.item() for one in norms_and_product(zeros, zeros)] == [0, 0, 0]
    assert sums(zeros)[1].item() == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_stays_so(bad):
    tensor = torch.ones(2, 3, 2, 2)
    tensor[1, 2, 0, 1] = bad
    expected = math.nan if math.isnan(bad) else math.inf
    assert norm(tensor).item() == pytest.approx(expected, nan_ok=True)
    channels, squares = sums(tensor)
    assert channels.tolist() == pytest.approx([8, 8, bad], nan_ok=True)
    mean, std = mean_and_std(sum(channels.tolist()), squares.item(), tensor.numel())
    assert mean == pytest.approx(bad, nan_ok=True)
    assert math.isnan(std)  # as torch.std says


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("wide", [True, False])
def test_sums_are_those_of_channels_in_any_layout(shape, channels_last, wide):
    tensor = images(shape, channels_last=channels_last)
    channels, squares = sums(tensor, wide=wide)
    assert channels.tolist() == pytest.approx(tensor.double().sum((0, 2, 3)).tolist(), abs=1e-5)
    assert squares.item() == pytest.approx(tensor.double().square().sum().item(), rel=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layouts", [(True, True), (True, False), (False, False)])
def test_products_are_those_of_the_same_places_in_any_layout(shape, layouts):
    one, other = (images(shape, channels_last=layout) for layout in layouts)
    other = other + 1
    product = norms_and_product(one, other)[2].item()
    assert product == pytest.approx((one.double() * other.double()).sum().item())


@pytest.mark.parametrize("wide", [True, False])
def test_four_digits_are_right_for_many_numbers(wide):
    tensor = torch.relu(images((64, 8, 32, 32)) + 1)
    channels, squares = sums(tensor, wide=wide)
    mean, std = mean_and_std(sum(channels.tolist()), squares.item(), tensor.numel())
    expected_std, expected_mean = torch.std_mean(tensor.double(), correction=0)
    assert mean == pytest.approx(expected_mean.item(), rel=1e-5)
    assert std == pytest.approx(expected_std.item(), rel=1e-5)


def test_rounding_makes_no_spread_imaginary():
    assert mean_and_std(3.0, 2.9999999, 3) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("part", "whole", "value"),
    [(6, 3, 2), (0, 3, 0), (3, 0, math.inf), (0, 0, math.nan), (math.nan, 0, math.nan),
     (math.inf, math.inf, math.nan), (1, math.inf, 0), (1, math.nan, math.nan)],
)  # fmt: skip
def test_ratios_are_pytorchs(part, whole, value):
    assert ratio(part, whole) == pytest.approx(value, nan_ok=True)
    assert (torch.tensor(float(part)) / whole).item() == pytest.approx(value, nan_ok=True)


def test_a_vanished_gradient_is_zero_only_where_every_entry_is(plan, pictures):
    # Sigmoid without BN: gradients of 1e-30 whose squares float32 cannot hold; and below, nothing.
    sigmoid = {"join": "plain", "activation": "sigmoid", "normalisation": "none"}
    training = Training(plan(network={**sigmoid, "depth": 80}, probes=1, momentum=0), pictures)
    found = training.advance()[0].values["gradient"]
    weights = [
        parameter.grad
        for name, parameter in training.network.named_parameters()
        if name.endswith("weight")
    ]
    assert [value == 0 for value in found] == [not grad.any() for grad in weights]
    assert any(0 < value < 1e-25 for value in found)
    assert found[0] == 0


def test_the_angle_of_tiny_gradients_is_an_angle(plan, pictures):
    training = Training(plan(probes=1), pictures)
    with torch.no_grad():
        training.network.head.linear.weight.mul_(1e-30)
    found = training.advance()[0].values
    expected = Training(plan(probes=1), pictures)
    assert all(0 < value < 1e-28 for value in found["identity"])
    assert found["alignment"] == pytest.approx(aligned(expected), abs=0.2)


def aligned(training):
    return training.advance()[0].values["alignment"]
