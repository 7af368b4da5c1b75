"""A network's parts hold all that the network has, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.ui.figures.parts import Box, read_parts
from resnet_core.arithmetic import count_network
from resnet_core.specs import NetworkSpec
from resnet_core.specs.network import cifar_depths
from tests.pages.ui.figures.networks import SPECS, network, vgg

every_network = pytest.mark.parametrize("name", SPECS)


def check(spec: NetworkSpec) -> None:
    found = network(spec)
    counts = count_network(
        spec, channels=3, classes=found.parts[-1].output_shape[0], size=found.image[1]
    )
    assert found.depth == spec.depth
    assert found.parameters == counts.parameters
    assert found.multiply_adds == counts.multiply_adds
    units = [part for part in found.parts if part.stage]
    stages = range(1, len(spec.units_per_stage) + 1)
    assert tuple(sum(part.stage == stage for part in units) for stage in stages) == (
        spec.units_per_stage
    )
    for before, after in zip(found.parts, found.parts[1:], strict=False):
        if len(after.input_shape) == 3:
            assert after.input_shape == before.output_shape
    for part in units:
        changing = {"A": "padding", "B": "projection", "C": "projection"}[spec.shortcut]
        same = "projection" if spec.shortcut == "C" else "identity"
        right = "" if spec.join == "plain" else changing if part.changes else same
        assert part.shortcut == right, part.code


@every_network
def test_parts_are_the_network_and_nothing_else(name: str) -> None:
    check(SPECS[name])


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(cifar_depths()),
    st.sampled_from(["plain", "residual"]),
    st.sampled_from("ABC"),
)
def test_parts_of_a_cifar_network_of_any_depth(depth: int, join: str, shortcut: str) -> None:
    check(NetworkSpec.model_validate({"depth": depth, "join": join, "shortcut": shortcut}))


@every_network
def test_groups_hold_every_part_once_and_only_what_is_alike(name: str) -> None:
    found = network(SPECS[name])
    assert tuple(part for group in found.groups for part in group.parts) == found.parts
    for group in found.groups:
        assert len({part.kind for part in group.parts}) == 1
        assert group.repeats <= bool(group.first.stage)
    codes = [group.code for group in found.groups]
    assert len(set(codes)) == len(codes)
    assert found.opening == {group.code for group in found.groups if len(group.parts) > 1}


def test_resnet_34_repeats_as_table_1_says() -> None:
    groups = network(SPECS["resnet-34"]).groups
    assert [(group.code, len(group.parts)) for group in groups if group.first.stage] == [
        ("1.1", 3), ("2.1", 1), ("2.2", 3), ("3.1", 1), ("3.2", 5), ("4.1", 1), ("4.2", 2),
    ]  # fmt: skip


def test_boxes_are_those_of_the_papers_figure_3() -> None:
    plain = network(SPECS["plain-34"])
    assert plain.parts[0].boxes == (Box(7, 64, 2),)
    assert plain.parts[1].pooling == "max"
    assert plain.parts[5].boxes == (Box(3, 128, 2), Box(3, 128))
    assert [part.boxes for part in plain.parts[-1:]] == [(Box(0, 1000),)]
    kernels = [box for part in vgg().parts for box in part.boxes]
    assert [box.channels for box in kernels] == [
        64, 64, 128, 128, 256, 256, 256, 256, *[512] * 8, 4096, 4096, 1000,
    ]  # fmt: skip
    assert {box.kernel for box in kernels} == {3, 0}
    assert sum(part.pooling == "max" for part in vgg().parts) == 5
    assert vgg().parameters == 143_667_240
    assert vgg().parts[-4].receptive_field == (268, 268)


def test_maps_of_one_size_have_one_colour() -> None:
    imagenet, cifar = network(SPECS["resnet-34"]), network(SPECS["cifar-residual-20"])
    assert [imagenet.level(size) for size in (224, 112, 56, 28, 14, 7, 1)] == [0, 0, 1, 2, 3, 4, 0]
    assert [vgg().level(size) for size in (224, 112, 56, 28, 14, 7, 1)] == [0, 0, 1, 2, 3, 4, 0]
    assert [cifar.level(size) for size in (32, 16, 8, 1)] == [1, 2, 3, 0]


def test_a_network_of_no_layers_has_no_parts() -> None:
    assert read_parts([], join="plain") == ()
