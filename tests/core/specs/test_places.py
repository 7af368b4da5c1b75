"""Places are named without PyTorch; here they are held against the networks themselves."""

import pytest
from hypothesis import given, settings
from torch import nn

from resnet_core.nets import ResidualNetwork, build_on_meta
from resnet_core.specs import NETWORKS, NetworkSpec
from resnet_core.specs.places import Place, layer_places, unit_places
from tests.core.specs.strategies import networks, vggs, wide_networks


def built(spec: NetworkSpec) -> ResidualNetwork:
    return build_on_meta(spec, channels=3, classes=10)


def weighted(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]


@settings(max_examples=30, deadline=None)
@given(networks.filter(lambda network: network.depth <= 120) | wide_networks | vggs)
def test_every_weighted_layer_of_the_longest_path_has_its_place(spec):
    network = built(spec)
    found = [weighted(network.stem), *(weighted(unit.residual) for unit in network.units)]
    layers = [*(layer for part in found for layer in part), *weighted(network.head)]
    places = layer_places(spec)
    assert len(places) == len(layers)
    assert [place.number for place in places] == [*range(1, len(layers) + 1)]
    assert places[0] == Place(1)
    assert places[-1] == Place(len(layers))
    for place, layer in zip(places[1:-1], layers[1:-1], strict=True):
        unit = network.unit(place.stage, place.unit)
        assert unit.residual.get_submodule(f"conv{place.layer}") is layer


@settings(max_examples=30, deadline=None)
@given(networks.filter(lambda network: network.depth <= 120) | wide_networks | vggs)
def test_every_unit_has_its_place(spec):
    network = built(spec)
    assert [network.unit(stage, unit) for stage, unit in unit_places(spec)] == network.units


@pytest.mark.parametrize("name", [name for name in NETWORKS if not name.startswith("wide")])
def test_there_are_as_many_places_as_the_depth_says(name):
    spec = NETWORKS[name]
    assert len(layer_places(spec)) == spec.depth


def test_a_wide_network_has_two_layers_fewer_than_its_depth():
    # 6n+4 counts the three projections, which are not on the longest path, and no classifier.
    spec = NetworkSpec(family="wide", depth=28)
    assert len(layer_places(spec)) == 26


def test_the_layers_of_a_small_network():
    assert layer_places(NetworkSpec(depth=8)) == (
        Place(1),
        *(Place(2, 1, 1, 1), Place(3, 1, 1, 2)),
        *(Place(4, 2, 1, 1), Place(5, 2, 1, 2)),
        *(Place(6, 3, 1, 1), Place(7, 3, 1, 2)),
        Place(8),
    )
