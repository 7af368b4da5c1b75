"""Every quantity against the same measured the long way round, on every kind of network."""

import copy
import math
from itertools import product

import pytest
import torch
from torch import nn

from resnet_core.nets import build_network
from resnet_core.probes import Watch
from resnet_core.specs import NetworkSpec, TrainSpec
from resnet_core.specs.choices import GATED, ORDERS, PROBES
from resnet_core.specs.events import ProbesCompleted
from resnet_core.specs.places import layer_places, unit_places
from resnet_core.train import Training
from resnet_core.train.optimise import build_optimiser, learning_rate
from tests.core.probes.by_hand import measure

DEPTHS = {"basic": 8, "bottleneck": 11, "single": 8}
SMALL = 6e-4
"""Four digits, and what float32 adds up otherwise."""

KINDS = [
    {"join": join, "order": order, "block": block, "depth": DEPTHS[block], "normalisation": bn}
    for join, order, block, bn in product(("plain", "residual"), ORDERS, DEPTHS, ("batch", "none"))
]
MORE = [
    *({"activation": phi, "normalisation": bn} for phi in ("sigmoid", "tanh", "none")
      for bn in ("batch", "none")),
    *({"activation": "none", "order": order} for order in ORDERS),
    {"activation": "none", "order": "bn-after-addition", "normalisation": "none"},
    {"activation": "tanh", "join": "plain", "normalisation": "none"},
    {"shortcut": "B"},
    *({"shortcut": "C", "order": order} for order in ORDERS),
    {"initialisation": "zero-last-bn"},
    {"initialisation": "zero-last-bn", "order": "relu-only"},
    *({"initialisation": "skipinit", "normalisation": "none", "order": order} for order in ORDERS),
    {"initialisation": "fixup", "normalisation": "none", "shortcut": "B"},
    {"initialisation": "rezero"},
    {"initialisation": "rezero", "order": "bn-after-addition"},
    *({"shortcut": gate, "order": order, "gate_bias": -1.0} for gate in GATED for order in ORDERS),
    {"shortcut": "exclusive-gate", "block": "bottleneck", "depth": 11},
    {"shortcut": "exclusive-gate", "normalisation": "none", "shortcut_scale": 0.5},
    {"shortcut": "highway", "gate_bias": 1.0, "branch_scale": -0.5, "survival": 0.5},
    *({"shortcut": "dropout", "order": order} for order in ORDERS),
    *({"shortcut_scale": 0.5, "branch_scale": 0.25, "order": order} for order in ORDERS),
    {"shortcut_scale": 0.0},
    *({"survival": 0.5, "order": order} for order in ORDERS),
    {"survival": 0.0, "initialisation": "rezero"},
    {"family": "wide", "depth": 10, "width": 1},
    {"family": "vgg", "depth": 8},
    {"family": "vgg", "depth": 8, "normalisation": "none"},
]  # fmt: skip


def ident(network):
    return " ".join(map(str, network.values()))


def probed(training):
    (event,) = (event for event in training.advance() if isinstance(event, ProbesCompleted))
    return event.values


def by_hand(training):
    """Measure the step that a training is about to do."""
    step = training.step + 1
    images, labels = training.batches.batch(step)
    rate = learning_rate(training.run.train, step)
    return measure(training, images, labels, rate=rate)


def assert_same(found, expected):
    assert set(found) == set(expected)
    for key, row in expected.items():
        # The update is a difference of rounded weights; a mean may be far smaller than its spread.
        tolerance = {"update": {"rel": 5e-3, "abs": 2e-8}}.get(key, {"rel": SMALL})
        if key.endswith("-mean"):
            spread = max(expected[key.replace("-mean", "-std")])
            tolerance = {"rel": SMALL, "abs": 1e-6 * spread}
        if key == "alignment":
            tolerance = {"rel": SMALL, "abs": 1e-5}
        assert found[key] == pytest.approx(row, nan_ok=True, **tolerance), key


@pytest.mark.parametrize("network", [*KINDS, *MORE], ids=ident)
def test_every_quantity_is_what_it_says(plan, pictures, network):
    training = Training(plan(network=network, probes=20, steps=20), pictures)
    expected = by_hand(training)
    assert_same(probed(training), expected)
    training.advance()
    expected = by_hand(training)  # the third step: momentum is at work
    assert_same(probed(training), expected)


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("weight_decay", [0, 0.3])
@pytest.mark.parametrize("steps", [0, 3])
def test_an_update_is_what_the_weights_moved_by(plan, pictures, momentum, weight_decay, steps):
    # Weight decay at a large rate: taken from the weights after the step it would be another.
    run = plan(probes=20, momentum=momentum, weight_decay=weight_decay, learning_rate=1.0,
               schedule="constant")  # fmt: skip
    training = Training(run, pictures)
    for _ in range(steps):
        training.advance()
    weights = [layer.weight for layer in training.network.modules()
               if isinstance(layer, nn.Conv2d | nn.Linear)]  # fmt: skip
    before = [weight.detach().double() for weight in weights]
    found = probed(training)["update"]
    moved = [
        ((old - weight).norm() / old.norm()).item()
        for old, weight in zip(before, weights, strict=True)
    ]
    assert found == pytest.approx(moved, rel=SMALL)


def test_a_dead_channel_is_counted(plan, pictures):
    training = Training(plan(probes=1, network={"width": 8}), pictures)
    with torch.no_grad():
        training.network.unit(1, 1).residual.bn1.bias[:3] = -1e3
        training.network.unit(2, 1).residual.bn1.bias[:] = -1e3
    places = layer_places(training.run.network)
    dead = dict(zip(places, probed(training)["dead"], strict=False))
    by_place = {(place.stage, place.unit, place.layer): share for place, share in dead.items()}
    assert by_place[1, 1, 1] == 3 / 8
    assert by_place[2, 1, 1] == 1
    assert by_place[0, 0, 0] == 0


def test_both_parts_of_a_dead_branch_are_told_apart(plan, pictures):
    training = Training(plan(probes=1, network={"width": 8, "shortcut": "B"}), pictures)
    with torch.no_grad():
        training.network.unit(1, 1).residual.bn1.bias[:] = -1e3
    found = probed(training)
    assert found["identity"][0] > 0
    assert found["branch"][0] == 0
    assert math.isnan(found["alignment"][0])


def test_a_plain_network_has_no_split(plan, pictures):
    found = probed(Training(plan(probes=1, network={"join": "plain"}), pictures))
    assert not {"identity", "branch", "alignment"} & set(found)


def test_a_plain_network_is_split_as_soon_as_its_shortcuts_are_switched_on(plan, pictures):
    plain, residual = (
        Training(plan(probes=20, network={"join": join}), pictures)
        for join in ("plain", "residual")
    )
    plain.network.scale_shortcuts(1)
    assert probed(plain) == probed(residual)
    assert "identity" in probed(plain)


def test_without_its_shortcuts_nothing_comes_through_them(plan, pictures):
    training = Training(plan(probes=20, network={"width": 8}), pictures)
    training.network.scale_shortcuts(0)
    found = probed(training)
    assert found["identity"] == (0, 0, 0)
    assert all(part > 0 for part in found["branch"])
    assert all(map(math.isnan, found["alignment"]))


@pytest.mark.parametrize("key", GATED)
def test_how_far_gates_open_is_their_mean_over_images_channels_and_places(plan, pictures, key):
    network = {"shortcut": key, "gate_bias": -2.0, "depth": 14}
    training = Training(plan(probes=20, network=network), pictures)
    images, _ = training.batches.batch(1)
    found = probed(copy.deepcopy(training))["gate"]
    x, means = training.network.stem(images), []
    for unit in training.network.units:
        opening = unit.opening(x)
        assert opening.shape == unit(x).shape
        means.append(sum(opening.flatten().tolist()) / opening.numel())
        x = unit(x)
    assert len(found) == 6
    assert all(0 <= share <= 1 for share in found)
    assert found == pytest.approx(means, rel=SMALL)
    assert len(set(found)) == 6


@pytest.mark.parametrize(("bias", "opening"), [(-20.0, 2.061e-9), (0.0, 0.5), (20.0, 1.0)])
def test_a_gate_at_either_end_is_told_as_it_is(plan, pictures, bias, opening):
    network = {"shortcut": "exclusive-gate", "gate_bias": bias}
    training = Training(plan(probes=1, network=network), pictures)
    for unit in training.network.units:
        nn.init.zeros_(unit.gate.weight)
    assert probed(training)["gate"] == (opening,) * 3


@pytest.mark.parametrize(
    "network",
    [{}, {"join": "plain"}, {"shortcut": "B"}, {"shortcut": "dropout"}, {"survival": 0.5}],
    ids=str,
)
def test_where_there_are_no_gates_nothing_is_said_of_any(plan, pictures, network):
    assert "gate" not in probed(Training(plan(probes=1, network=network), pictures))


@pytest.mark.parametrize(
    "network",
    [*KINDS, *MORE, {"family": "imagenet", "depth": 18, "width": 2},
     {"family": "imagenet", "depth": 50, "width": 2}],
    ids=ident,
)  # fmt: skip
def test_there_is_a_number_for_every_place(network):
    spec = NetworkSpec.model_validate({"depth": 8, "width": 4, **network})
    net = build_network(spec, channels=3, classes=5, seed=0)
    optimiser = build_optimiser(TrainSpec(), net)
    with Watch(net, optimiser) as watch:
        nn.functional.cross_entropy(net(torch.randn(4, 3, 32, 32)), torch.arange(4)).backward()
        watch.gradients()
        optimiser.step()
        watch.updates()
    layers, units = len(layer_places(spec)), len(unit_places(spec))
    assert set(watch.values()) <= set(PROBES)
    for key, row in watch.values().items():
        fewer = key.startswith(("response", "activation", "dead", "scale"))
        assert len(row) == (units if PROBES[key].of == "unit" else layers - fewer), key


def test_only_four_digits_are_told(plan, pictures):
    for row in probed(Training(plan(probes=1), pictures)).values():
        assert all(value == float(f"{value:.4g}") for value in row)


def test_the_signals_of_large_numbers_are_exact_where_no_bn_follows(plan, pictures):
    # In pre-activation order a convolution's response is no BN's: its squares may leave float32.
    for size in (1e-25, 1e25):
        training = Training(plan(probes=1, network={"order": "pre-activation"}), pictures)
        with torch.no_grad():
            training.network.unit(1, 1).residual.conv1.weight.mul_(size)
        response = probed(training)["response-std"][1]
        assert 0.1 * size < response < 10 * size
