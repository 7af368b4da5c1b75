from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import (
    BLOCKS,
    INITIALISATIONS,
    JOINS,
    NETWORKS,
    NORMALISATIONS,
    ORDERS,
    SHORTCUTS,
    NetworkSpec,
    cifar_depths,
)
from resnet_core.specs.choices import GATED
from resnet_core.specs.families import IMAGENET_UNITS
from resnet_core.specs.network import REQUIRED, SCALARS, depths_of
from tests.core.specs.strategies import networks, vggs, wide_networks

USUAL = {
    "shortcut_scale": 1.0,
    "branch_scale": 1.0,
    "gate_bias": -6.0,
    "dropout": 0.5,
    "survival": 1.0,
    "branch_dropout": 0.0,
}
with_twins = networks.filter(lambda network: network.initialisation not in REQUIRED)


def refusal(**settings):
    with pytest.raises(SpecError) as caught:
        NetworkSpec(**settings)
    return caught.value


def test_depth_9_is_refused_with_the_rule_and_the_nearest_depths():
    assert str(refusal(depth=9)) == (
        "Depth 9 was asked for, but a CIFAR network of basic units has 6n+2 layers, from 8 to "
        "1202: the nearest are 8 and 14."
    )


def test_a_bottleneck_network_of_depth_12_is_refused_with_its_own_rule():
    assert str(refusal(depth=12, block="bottleneck")) == (
        "Depth 12 was asked for, but a CIFAR network of bottleneck units has 9n+2 layers, from 11 "
        "to 1199: the nearest are 11 and 20."
    )


def test_width_0_is_refused_with_the_widths_there_are():
    assert str(refusal(width=0)) == "Width 0 was asked for, but it must lie between 1 and 64."


def test_ten_thousand_layers_are_refused_with_the_deepest_networks():
    sentence = str(refusal(depth=10_000))
    assert sentence.startswith("Depth 10000 was asked for")
    assert sentence.endswith("the nearest are 1196 and 1202.")


def test_an_unknown_shortcut_is_refused_with_those_there_are():
    assert str(refusal(shortcut="D")) == (
        "Shortcut 'D' was asked for, but there is no such choice: take 'A', 'B', 'C', "
        "'exclusive-gate', 'shortcut-gate', 'highway' or 'dropout'."
    )


def test_an_imagenet_network_of_another_depth_is_refused_with_the_depths_of_table_1():
    assert str(refusal(family="imagenet", depth=20)) == (
        "Depth 20 was asked for, but the ImageNet networks have 18, 34, 50, 101 or 152 layers."
    )


def test_an_imagenet_network_of_the_other_block_is_refused_with_the_right_one():
    assert str(refusal(family="imagenet", depth=50, block="basic")) == (
        "Block 'basic' was asked for, but the ImageNet network of depth 50 has bottleneck units."
    )


@given(st.integers(-10, 1300), st.sampled_from([*BLOCKS]))
def test_a_depth_is_built_when_it_is_listed_and_else_the_nearest_are_named(depth, block):
    depths = cifar_depths(block)
    if depth in depths:
        assert NetworkSpec(depth=depth, block=block).depth == depth
        return
    values = refusal(depth=depth, block=block).values
    assert values["below"] in depths
    assert values["above"] in depths
    assert values["below"] < values["above"]
    nearest = min(abs(depth - each) for each in depths)
    assert min(abs(depth - values[end]) for end in ("below", "above")) == nearest


def test_cifar_depths_are_6n_plus_2_up_to_1202():
    assert cifar_depths("basic") == tuple(6 * n + 2 for n in range(1, 201))


def test_bottleneck_depths_are_9n_plus_2():
    assert cifar_depths("bottleneck") == tuple(9 * n + 2 for n in range(1, 134))


def test_single_depths_are_3n_plus_2_from_8():
    assert cifar_depths("single") == tuple(3 * n + 2 for n in range(2, 401))


@given(networks)
def test_a_networks_depth_is_one_of_the_depths_it_could_have(network):
    depths = depths_of(network)
    assert network.depth in depths
    assert list(depths) == sorted(depths)


@given(networks)
def test_depth_counts_the_layers_of_its_units_and_two_more(network):
    layers = {"basic": 2, "bottleneck": 3, "single": 1}[network.block]
    assert network.depth == layers * sum(network.units_per_stage) + 2


@given(with_twins)
def test_a_twin_differs_in_nothing_but_the_join_and_what_its_shortcut_is_made_of(network):
    twin = network.twin()
    assert {network.join, twin.join} == {"plain", "residual"}
    same = {"join", "shortcut", *SCALARS}
    assert network.model_dump(exclude=same) == twin.model_dump(exclude=same)


@given(with_twins)
def test_the_plain_twin_has_one_plan_whatever_the_shortcut(network):
    plain = network if network.join == "plain" else network.twin()
    assert plain.shortcut == "A"
    assert {name: getattr(plain, name) for name in SCALARS} == USUAL
    assert plain.twin().twin() == plain


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_plain_networks_plan_says_shortcut_a(shortcut):
    plain = NetworkSpec(join="plain", shortcut=shortcut)
    assert plain == NetworkSpec(join="plain")
    assert plain.digest == NetworkSpec(join="plain").digest


def test_a_plain_network_of_an_unknown_shortcut_is_refused():
    assert "'D'" in str(refusal(join="plain", shortcut="D"))


def test_an_unknown_activation_is_refused_with_those_there_are():
    assert str(refusal(activation="gelu")) == (
        "Activation 'gelu' was asked for, but there is no such choice: take 'relu', 'sigmoid', "
        "'tanh' or 'none'."
    )


@pytest.mark.parametrize("setting", ["normalisation", "initialisation"])
def test_an_unknown_normalisation_or_initialisation_is_refused(setting):
    assert str(refusal(**{setting: "layer"})).startswith(
        f"{setting.capitalize()} 'layer' was asked for, but there is no such choice: take "
    )


NEEDS = {
    "zero-last-bn": {
        "join": "residual",
        "normalisation": "batch",
        "order": ("original", "relu-only"),
    },
    "skipinit": {"join": "residual", "normalisation": "none"},
    "rezero": {"join": "residual"},
    "fixup": {"join": "residual", "normalisation": "none", "order": "original"},
}
CHOSEN = [*product(INITIALISATIONS, JOINS, NORMALISATIONS, ORDERS)]


@pytest.mark.parametrize(("initialisation", "join", "normalisation", "order"), CHOSEN, ids=" ".join)
def test_an_initialisation_is_built_with_what_it_is_made_for_and_else_refused(
    initialisation, join, normalisation, order
):
    settings = {"join": join, "normalisation": normalisation, "order": order}
    needs = NEEDS.get(initialisation, {})
    # Of orders there may be several.
    needs = {key: right if isinstance(right, tuple) else (right,) for key, right in needs.items()}
    wrong = [key for key, right in needs.items() if settings[key] not in right]
    if not wrong:
        assert NetworkSpec(initialisation=initialisation, **settings).join == join
        return
    name = {"order": "activation order"}.get(wrong[0], wrong[0])
    assert str(refusal(initialisation=initialisation, **settings)) == (
        f"Initialisation '{initialisation}' was asked for with {name} '{settings[wrong[0]]}', but "
        f"it is made for {name} {' or '.join(map(repr, needs[wrong[0]]))}: take that, or "
        "initialisation 'he'."
    )


@pytest.mark.parametrize("initialisation", REQUIRED)
def test_a_network_that_starts_as_the_identity_has_no_plain_twin(initialisation):
    normalisation = NEEDS[initialisation].get("normalisation", "batch")
    network = NetworkSpec(initialisation=initialisation, normalisation=normalisation)
    with pytest.raises(SpecError, match="with join 'plain', but it is made for join 'residual'"):
        network.twin()


@pytest.mark.parametrize("initialisation", ["zero-last-bn", "fixup"])
def test_a_wide_network_is_not_initialised_for_the_original_order(initialisation):
    normalisation = NEEDS[initialisation]["normalisation"]
    sentence = str(
        refusal(family="wide", initialisation=initialisation, normalisation=normalisation)
    )
    assert "made for activation order 'original'" in sentence


def test_a_name_is_the_papers():
    assert NetworkSpec(depth=20).name == "residual-20"
    assert NetworkSpec(depth=56, join="plain").name == "plain-56"


@pytest.mark.parametrize("depth", IMAGENET_UNITS)
def test_an_imagenet_network_has_its_block_and_width_by_itself(depth):
    network = NetworkSpec(family="imagenet", depth=depth)
    assert network.block == IMAGENET_UNITS[depth][0]
    assert network.width == 64
    assert network.units_per_stage == IMAGENET_UNITS[depth][1]


def test_the_catalogue_holds_the_papers_depths():
    assert {network.depth for network in NETWORKS.values() if network.family == "cifar"} == {
        *(20, 32, 44, 56, 110, 1202),
        *(164, 1001),
    }
    assert {network.depth for network in NETWORKS.values() if network.family == "imagenet"} == {
        *(18, 34, 50, 101, 152)
    }


def test_the_catalogue_names_no_network_twice():
    assert len({network.digest for network in NETWORKS.values()}) == len(NETWORKS)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"depth": 29}, "Depth 29 was asked for, .* the nearest are 28 and 34"),
        ({"depth": 4}, "the nearest are 10 and 16"),
        ({"depth": 10_000}, "from 10 to 1198: the nearest are 1192 and 1198"),
        ({"join": "plain"}, "Join 'plain' was asked for, but a wide network has 'residual'"),
        ({"shortcut": "A"}, "Shortcut 'A' was asked for, but a wide network has 'B'"),
        ({"block": "bottleneck"}, "Block 'bottleneck' was asked for"),
        ({"order": "original"}, "Activation order 'original' was asked for"),
    ],
    ids=str,
)
def test_what_is_no_wide_network_is_refused(settings, said):
    with pytest.raises(SpecError, match=said):
        NetworkSpec(family="wide", **settings)


@given(wide_networks)
def test_a_wide_network_has_6n_and_4_layers(network):
    assert network.depth == 6 * network.units_per_stage[0] + 4
    assert network.name == f"wide-{network.depth}-{network.width}"
    assert network.depth in depths_of(network)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"depth": 15}, "3n.2 layers, from 8 to 1202: the nearest are 14 and 17"),
        ({"depth": 5}, "the nearest are 8 and 11"),
        ({"depth": 10_000}, "the nearest are 1199 and 1202"),
        ({"join": "residual"}, "Join 'residual' was asked for, but a VGG here has 'plain'"),
        ({"block": "basic"}, "Block 'basic' was asked for, but a VGG here has 'single'"),
        ({"order": "relu-only"}, "Activation order 'relu-only' was asked for, but a VGG here has"),
        ({"initialisation": "rezero"}, "it is made for join 'residual'"),
    ],
    ids=str,
)
def test_what_is_no_vgg_is_refused(settings, said):
    with pytest.raises(SpecError, match=said):
        NetworkSpec(family="vgg", **settings)


@given(vggs)
def test_a_vgg_is_plain_and_has_a_layer_a_unit_and_two_more(network):
    assert network.depth == sum(network.units_per_stage) + 2
    assert network.depth in depths_of(network)
    assert (network.join, network.block, network.order) == ("plain", "single", "original")
    assert network.shortcut == "A"
    assert network.name == f"vgg-{network.depth}"


def test_a_vgg_has_14_layers_if_nobody_says_otherwise_and_one_plan_whatever_its_shortcut():
    network = NetworkSpec(family="vgg")
    assert (network.depth, network.units_per_stage, network.width) == (14, (4, 4, 4), 16)
    assert NetworkSpec(family="vgg", shortcut="C") == network
    assert NetworkSpec.from_json(network.to_json()) == network


def test_a_vgg_has_no_residual_twin():
    with pytest.raises(SpecError, match="a VGG here has 'plain'"):
        NetworkSpec(family="vgg").twin()


def test_a_residual_network_of_single_units_can_be_asked_for_but_not_from_fixup():
    assert NetworkSpec(block="single", depth=11).units_per_stage == (3, 3, 3)
    said = "with block 'single', but it is made for block 'basic' or 'bottleneck'"
    with pytest.raises(SpecError, match=said):
        NetworkSpec(block="single", depth=11, normalisation="none", initialisation="fixup")


# As they were before there were single units and VGGs.
DIGESTS = [
    ({}, "71eb44ae779bc197"),
    ({"depth": 56, "width": 8, "join": "plain"}, "da517fd0f4f18243"),
    (
        {"depth": 164, "block": "bottleneck", "shortcut": "B", "order": "pre-activation"},
        "8a92d8e678994208",
    ),
    ({"family": "wide"}, "02ad2f8b1fff8657"),
    ({"family": "imagenet", "depth": 50}, "6eab5b8a665a5f12"),
    ({"normalisation": "none", "initialisation": "fixup"}, "a03addcd247e5f6f"),
    ({"depth": 56, "active": 12}, "75aa3eff04873212"),
]


@pytest.mark.parametrize(("settings", "digest"), DIGESTS, ids=str)
def test_plans_keep_the_digests_by_which_their_runs_are_remembered(settings, digest):
    assert NetworkSpec(**settings).digest == digest


# --- what a unit's parts are multiplied by --------------------------------------------------------

OUTSIDE = [
    (
        "shortcut_scale",
        3,
        "Shortcut scale 3.0 was asked for, but it must lie between -1.0 and 2.0.",
    ),
    ("shortcut_scale", -2, "Shortcut scale -2.0 was asked for, but it must lie between -1.0 and"),
    ("branch_scale", 2.01, "Branch scale 2.01 was asked for, but it must lie between -1.0 and 2.0"),
    ("gate_bias", 10**9, "Gate bias 1000000000.0 was asked for, but it must lie between -20.0 and"),
    ("gate_bias", -20.5, "Gate bias -20.5 was asked for, but it must lie between -20.0 and 20.0."),
    ("dropout", 1.1, "Dropout 1.1 was asked for, but it must lie between 0.0 and 1.0."),
    ("dropout", -0.1, "Dropout -0.1 was asked for, but it must lie between 0.0 and 1.0."),
    ("survival", -0.1, "Survival -0.1 was asked for, but it must lie between 0.0 and 1.0."),
    ("survival", 1.5, "Survival 1.5 was asked for, but it must lie between 0.0 and 1.0."),
    ("branch_dropout", 1, "Branch dropout 1.0 was asked for, but it must lie between 0.0 and 0.9."),
]
WITHOUT_IT = [{}, {"join": "plain"}, {"shortcut": "highway"}, {"shortcut": "dropout"}]


@pytest.mark.parametrize("settings", WITHOUT_IT, ids=str)
@pytest.mark.parametrize(("name", "value", "said"), OUTSIDE)
def test_a_number_outside_its_range_is_refused_with_the_range_whether_it_counts_or_not(
    name, value, said, settings
):
    assert str(refusal(**{name: value}, **settings)).startswith(said)


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "-inf"])
@pytest.mark.parametrize("settings", WITHOUT_IT, ids=str)
def test_what_is_no_number_is_refused(name, value, settings):
    said = f"{name.replace('_', ' ').capitalize()} {value!r} was asked for, but a finite number"
    assert str(refusal(**{name: value}, **settings)).startswith(said)


@pytest.mark.parametrize(
    "settings",
    [{"shortcut": "dropout", "dropout": 1.0}, {"survival": 0.0}, {"shortcut_scale": -1},
     {"branch_scale": 2}, {"shortcut": "highway", "gate_bias": -20},
     {"shortcut": "exclusive-gate", "gate_bias": 20}],
    ids=str,
)  # fmt: skip
def test_the_ends_of_every_range_are_in_it(settings):
    spec = NetworkSpec(**settings)
    assert {name: getattr(spec, name) for name in settings} == settings
    assert spec != NetworkSpec()


OF_WHAT = {
    "shortcut_scale": SHORTCUTS,
    "branch_scale": SHORTCUTS,
    "gate_bias": GATED,
    "dropout": ("dropout",),
    "survival": SHORTCUTS,
    "branch_dropout": SHORTCUTS,
}
"""The shortcuts of networks in which each number means something."""


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("value", [0.25, "0.25"], ids=["number", "text"])  # as links have it
def test_a_plan_keeps_a_number_only_where_it_means_something(name, shortcut, value):
    usual, asked = NetworkSpec(shortcut=shortcut), NetworkSpec(shortcut=shortcut, **{name: value})
    if shortcut in OF_WHAT[name]:
        assert getattr(asked, name) == 0.25
        assert asked.digest != usual.digest
    else:
        assert asked == usual
        assert asked.digest == usual.digest


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("value", [0.25, "0.25", False])
def test_a_plain_network_keeps_none_of_these_numbers(name, shortcut, value):
    plain = NetworkSpec(join="plain", shortcut=shortcut, **{name: value})
    assert plain == NetworkSpec(join="plain")
    assert plain.digest == NetworkSpec(join="plain").digest


@pytest.mark.parametrize("name", SCALARS)
def test_a_minus_before_zero_makes_no_other_network(name):
    shortcut = {"gate_bias": "highway", "dropout": "dropout"}.get(name, "A")
    one, other = (NetworkSpec(shortcut=shortcut, **{name: zero}) for zero in (0.0, -0.0))
    assert one == other
    assert one.digest == other.digest
    assert "-0.0" not in other.to_json()


def test_what_every_network_had_before_is_not_written():
    assert NetworkSpec(**USUAL).to_json() == NetworkSpec().to_json()
    assert "gate_bias" not in NetworkSpec(shortcut="highway", gate_bias=-6).to_json()
    assert not any(name in NetworkSpec(join="plain", **USUAL).to_json() for name in SCALARS)


def test_the_scalars_of_a_wide_and_of_an_imagenet_network_are_kept():
    for family in ({"family": "wide", "depth": 10}, {"family": "imagenet", "depth": 18}):
        assert NetworkSpec(**family, shortcut_scale=0.5, survival=0.25).survival == 0.25


# --- exactly so many units a step -----------------------------------------------------------------


def test_more_active_units_than_there_are_are_refused():
    assert str(refusal(depth=20, active=10)) == (
        "Active units 10 was asked for, but it must lie between 0 and 9."
    )
    assert str(refusal(depth=20, active=-1)).startswith("Active units -1 was asked for")


def test_active_units_and_stochastic_depth_exclude_each_other():
    assert str(refusal(depth=20, active=3, survival=0.5)) == (
        "3 active units were asked for with survival 0.5, but either exactly so many take part in "
        "a step, or each by chance: survival 1 would be right."
    )


def test_where_all_are_active_and_in_plain_networks_the_plan_is_the_usual_one():
    assert NetworkSpec(depth=20, active=9) == NetworkSpec(depth=20)
    assert NetworkSpec(depth=20, active=9).digest == NetworkSpec(depth=20).digest
    assert NetworkSpec(depth=20, join="plain", active=3) == NetworkSpec(depth=20, join="plain")
    assert NetworkSpec(depth=20, active=3).twin().active == 0
