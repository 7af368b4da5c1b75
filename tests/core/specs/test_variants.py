import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import (
    ORDERS,
    SHORTCUT_CASES,
    TABLE_1,
    DataSpec,
    NetworkSpec,
    OrderStudy,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    TrainSpec,
)
from resnet_core.specs.choices import GATED
from resnet_core.specs.training import PROBED
from resnet_core.specs.variants import FAILED_IN_TABLE_1

STUDIES = (ScaleStudy, ShortcutStudy, OrderStudy)
every_study = pytest.mark.parametrize("kind", STUDIES)
every_case = pytest.mark.parametrize("key", SHORTCUT_CASES)

SETTINGS = ("shortcut", "shortcut_scale", "branch_scale", "gate_bias", "dropout", "survival")


def refusal(kind, **settings):
    with pytest.raises(SpecError) as caught:
        kind(**settings)
    return str(caught.value)


# --- every study ----------------------------------------------------------------------------------


@every_study
def test_a_study_has_a_run_for_every_variant_and_seed_all_variants_of_a_seed_together(kind):
    study = kind(seeds=3, first_seed=5)
    assert [(study.key_of(run), run.train.seed) for run in study.runs] == [
        (key, seed) for seed in (5, 6, 7) for key in study.keys
    ]


@every_study
def test_no_run_stands_twice(kind):
    runs = kind(seeds=2).runs
    assert len({run.digest for run in runs}) == len(runs) == 2 * len(kind().keys)


@every_study
def test_one_more_seed_keeps_the_runs_there_are(kind):
    before, after = (kind(seeds=seeds).runs for seeds in (2, 3))
    assert after[: len(before)] == before


@every_study
def test_every_run_is_shared_and_has_the_studys_data_training_and_network(kind):
    study = kind(
        network=NetworkSpec(depth=14, width=4, activation="tanh"),
        data=DataSpec(train_images=500),
        train=TrainSpec(steps=30, learning_rate=0.05, probes=3),
    )
    for run in study.runs:
        assert run.owner is None
        assert run.data == study.data
        assert run.train == study.train
        assert (run.network.depth, run.network.width) == (14, 4)
        assert (run.network.join, run.network.activation) == ("residual", "tanh")
        assert RunSpec.from_json(run.to_json()) == run


@every_study
def test_the_usual_study_learns_within_seconds_on_digits(kind):
    study = kind()
    assert study.data.dataset == "digits"
    assert study.network.width == 8
    assert study.train.steps <= 200


@every_study
def test_a_run_of_no_variant_is_refused(kind):
    stranger = RunSpec(network=NetworkSpec(depth=8, join="plain"))
    with pytest.raises(SpecError, match="this study has no such run: one of "):
        kind().key_of(stranger)


@every_study
def test_a_variant_that_is_not_of_the_study_is_refused(kind):
    with pytest.raises(SpecError, match="'sideways' was asked for, but there is no such choice"):
        kind().variant("sideways")


@pytest.mark.parametrize(
    ("kind", "setting"),
    [(ScaleStudy, "scales"), (ShortcutStudy, "cases"), (OrderStudy, "orders")],
)
def test_a_study_of_no_variant_is_refused(kind, setting):
    said = refusal(kind, **{setting: ()})
    assert said == "A study of no variant was asked for: choose at least one."


@every_study
def test_a_plain_network_has_no_variants(kind):
    said = refusal(kind, network=NetworkSpec(depth=20, join="plain"))
    assert said.startswith("Variants of plain-20 were asked for, but it has no shortcuts")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"seeds": 0}, "Seeds 0 was asked for"),
        ({"seeds": 21}, "Seeds 21 was asked for"),
        ({"first_seed": -1}, "First seed -1 was asked for"),
    ],
)
@every_study
def test_seeds_are_checked(kind, settings, said):
    assert refusal(kind, **settings).startswith(said)


def test_at_most_160_runs_are_a_study():
    assert len(ScaleStudy(seeds=16).runs) == 160
    said = refusal(ScaleStudy, seeds=17)
    assert said.startswith("170 runs were asked for (10 variants, 17 seeds)")
    assert said.endswith("at most 160: take fewer variants or seeds.")
    scales = tuple(n / 20 for n in range(23))
    assert refusal(ScaleStudy, scales=scales, seeds=7).startswith("161 runs were asked for")
    assert "1000 variants" in refusal(ShortcutStudy, cases=("identity",) * 1000)


# --- λ --------------------------------------------------------------------------------------------


@given(st.sets(st.integers(-100, 200), min_size=1, max_size=20))
def test_each_scale_is_a_variant_that_differs_in_lambda_alone(hundredths):
    scales = tuple(n / 100 for n in sorted(hundredths))
    study = ScaleStudy(scales=scales)
    assert study.keys == tuple(f"{scale:g}" for scale in scales)
    for key, scale in zip(study.keys, scales, strict=True):
        network = study.variant(key)
        assert network.shortcut_scale == scale
        assert {**network.model_dump(), "shortcut_scale": 1.0} == {
            **study.network.model_dump(),
            "shortcut_scale": 1.0,
        }


def test_the_usual_sweep_has_one_and_both_sides_of_it():
    study = ScaleStudy()
    assert study.keys == ("0", "0.25", "0.5", "0.75", "0.9", "1", "1.1", "1.25", "1.5", "2")
    assert study.variant("1") == study.network == NetworkSpec(depth=32, width=8)
    assert study.train.steps == 120


def test_the_base_networks_own_scale_is_replaced_and_its_branchs_is_kept():
    base = NetworkSpec(shortcut_scale=0.3, branch_scale=0.7)
    found = ScaleStudy(network=base, scales=(1,)).variant("1")
    assert (found.shortcut_scale, found.branch_scale) == (1, 0.7)


def test_a_minus_before_zero_makes_no_other_sweep():
    one, other = (ScaleStudy(scales=(zero, 1)) for zero in (0.0, -0.0))
    assert one == other
    assert one.digest == other.digest
    assert other.keys == ("0", "1")


@pytest.mark.parametrize(
    ("scales", "said"),
    [
        ((math.nan,), "Scales nan was asked for, but a finite number"),
        ((math.inf,), "Scales inf was asked for, but a finite number"),
        ((1, 3), "Shortcut scale 3.0 was asked for, but it must lie between -1.0 and 2.0."),
        ((-1.01,), "Shortcut scale -1.01 was asked for"),
        (("much",), "Scales 'much' was asked for, but a finite number"),
        ((1, 1), "Shortcut scales 1, 1 were asked for, but each may stand once, in rising order."),
        ((1, 0.5), "Shortcut scales 1, 0.5 were asked for"),
        ((1, 1 + 1e-9), "Shortcut scales 1, 1 were asked for"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(scales, said):
    assert refusal(ScaleStudy, scales=scales).startswith(said)


# --- shortcuts ------------------------------------------------------------------------------------


def test_table_1_has_its_rows_in_its_order():
    assert (
        *("identity", "no-shortcut", "half-shortcut", "frozen-gate"),
        *("exclusive-gate-0", "exclusive-gate-6", "exclusive-gate-7"),
        *("shortcut-gate-0", "shortcut-gate-6", "projection", "dropout"),
    ) == TABLE_1
    assert [*SHORTCUT_CASES][len(TABLE_1) :] == ["highway", "stochastic-depth", "rezero"]
    assert {*FAILED_IN_TABLE_1} < {*TABLE_1}


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("identity", ("A", 1, 1, -6, 0.5, 1)),
        ("no-shortcut", ("A", 0, 1, -6, 0.5, 1)),
        ("half-shortcut", ("A", 0.5, 1, -6, 0.5, 1)),
        ("frozen-gate", ("A", 0.5, 0.5, -6, 0.5, 1)),
        ("exclusive-gate-0", ("exclusive-gate", 1, 1, 0, 0.5, 1)),
        ("exclusive-gate-6", ("exclusive-gate", 1, 1, -6, 0.5, 1)),
        ("exclusive-gate-7", ("exclusive-gate", 1, 1, -7, 0.5, 1)),
        ("shortcut-gate-0", ("shortcut-gate", 1, 1, 0, 0.5, 1)),
        ("shortcut-gate-6", ("shortcut-gate", 1, 1, -6, 0.5, 1)),
        ("projection", ("C", 1, 1, -6, 0.5, 1)),
        ("dropout", ("dropout", 1, 1, -6, 0.5, 1)),
        ("highway", ("highway", 1, 1, -2, 0.5, 1)),
        ("stochastic-depth", ("A", 1, 1, -6, 0.5, 0.5)),
        ("rezero", ("A", 1, 1, -6, 0.5, 1)),
    ],
)
@pytest.mark.parametrize(
    "base",
    [
        NetworkSpec(depth=8),
        NetworkSpec(depth=8, shortcut="C", shortcut_scale=0.1, branch_scale=-1, survival=0.2),
        NetworkSpec(depth=8, shortcut="highway", gate_bias=3),
        NetworkSpec(depth=8, shortcut="dropout", dropout=0.9),
    ],
    ids=["usual", "C", "highway", "dropout"],
)
def test_a_case_says_all_of_the_shortcut_whatever_the_base_network_has(key, settings, base):
    network = ShortcutStudy(network=base, cases=(key,)).variant(key)
    assert tuple(getattr(network, name) for name in SETTINGS) == settings
    assert network.initialisation == ("rezero" if key == "rezero" else "he")
    assert network.depth == 8


def test_where_shapes_change_a_base_network_keeps_its_projection():
    study = ShortcutStudy(
        network=NetworkSpec(depth=11, block="bottleneck", shortcut="B"),
        cases=("identity", "half-shortcut", "projection"),
    )
    assert [study.variant(key).shortcut for key in study.cases] == ["B", "B", "C"]


@every_case
def test_every_case_has_a_label_and_a_source_of_its_own_right(key):
    case = SHORTCUT_CASES[key]
    assert case.label
    assert (case.source == "He 2016 table 1") == (key in TABLE_1)
    NetworkSpec.model_validate(case.settings)


def test_labels_are_told_apart():
    assert len({case.label for case in SHORTCUT_CASES.values()}) == len(SHORTCUT_CASES)


def test_gates_are_probed_and_nothing_else_is():
    study = ShortcutStudy(cases=tuple(SHORTCUT_CASES))
    probed = {study.key_of(run): run.train.probes for run in study.runs}
    gated = {key for key in study.keys if study.variant(key).shortcut in GATED}
    assert len(gated) == 6
    assert probed == {key: PROBED if key in gated else 0 for key in study.keys}


def test_a_study_that_is_probed_anyhow_is_probed_alike():
    study = ShortcutStudy(train=TrainSpec(probes=4))
    assert {run.train.probes for run in study.runs} == {4}


@pytest.mark.parametrize(
    ("kind", "setting", "keys", "said"),
    [
        (ShortcutStudy, "cases", ("wormhole",), "Shortcut case 'wormhole' was asked for, but"),
        (ShortcutStudy, "cases", ("identity",) * 2, "Shortcut case 'identity' was asked for twice"),
        (ShortcutStudy, "cases", "identity", "Cases 'identity' was asked for, but a list"),
        (OrderStudy, "orders", ("upside-down",), "Activation order 'upside-down' was asked for"),
        (OrderStudy, "orders", ("original",) * 2, "Activation order 'original' was asked for twi"),
    ],
)
def test_variants_that_there_are_not_or_that_stand_twice_are_refused(kind, setting, keys, said):
    assert refusal(kind, **{setting: keys}).startswith(said)


def test_two_cases_that_are_one_network_are_refused():
    said = refusal(
        ShortcutStudy,
        network=NetworkSpec(initialisation="rezero"),
        cases=("identity", "rezero"),
    )
    assert said.startswith("'identity' and 'rezero' were asked for, but they are the same network")


# --- orders ---------------------------------------------------------------------------------------


def test_the_usual_orders_are_all_five_and_differ_in_nothing_else():
    study = OrderStudy()
    assert study.keys == tuple(ORDERS)
    for key in study.keys:
        network = study.variant(key)
        assert network.order == key
        assert network.model_dump(exclude={"order"}) == study.network.model_dump(exclude={"order"})


def test_an_order_that_the_base_network_cannot_have_is_refused_with_its_sentence():
    said = refusal(OrderStudy, network=NetworkSpec(initialisation="zero-last-bn"))
    assert "it is made for activation order 'original' or 'relu-only'" in said
