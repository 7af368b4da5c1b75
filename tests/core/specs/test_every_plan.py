"""What every plan promises: it builds, or refuses with a sentence; it is equal to its hash."""

import json
import os
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from resnet_core import specs
from resnet_core.errors import SpecError, from_message, to_message
from resnet_core.specs import (
    NETWORKS,
    Change,
    DataSpec,
    DegradationStudy,
    NetworkSpec,
    OrderStudy,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    SuspectStudy,
    TrainSpec,
    UnitSpec,
)
from tests.core.specs.strategies import PLANS, anything, asked, runs

FIRST_DIGESTS = {
    "NetworkSpec": "71eb44ae779bc197",
    "DataSpec": "aa4e250bb4f4c7de",
    "TrainSpec": "101fd197cb4276c1",
    "RunSpec": "3b11287ca43410d0",
    "DegradationStudy": "9888ec16dce69c90",
    "UnitSpec": "cd9fa77451d887b2",
}
"""Of plans without any setting, of version 0.1.0: these change with ``plan.FORMAT``, else never."""

RECORDED = sorted((Path(__file__).resolve().parents[3] / "assets" / "runs").glob("*.json"))

every_plan = pytest.mark.parametrize("plan", PLANS)

RIGHT = (
    "a whole number would be right.",
    "a finite number would be right.",
    "true or false would be right.",
    "a word would be right.",
    "a list would be right.",
    "settings by name would be right: ",
    "no such setting: it has ",
    "no such choice: take ",
    "it must lie between ",
    "the nearest are ",
    "the ImageNet networks have 18, 34, 50, 101 or 152 layers.",
    "the ImageNet network of depth ",
    "only they have one.",
    "16 hexadecimal digits.",
    "choose at least one, 8 for example.",
    "each may stand once, in rising order.",
    "take fewer depths or seeds.",
    "4, or a bottleneck unit, would be right.",
    " channels would be right.",
    " channels out, would be right.",
    ": take that, or initialisation 'he'.",
    "0 steps would be right.",
    " on, with a shallow one below it, would be right.",
    ": a shallow one below ",
    "take fewer variants or seeds.",
    ": choose at least one.",
    ": each variant may stand once.",
    "but each may stand once.",
    ": a residual network would be right.",
)
"""How sentences end that say what would be right."""


def check_sentence(error: SpecError) -> None:
    sentence = str(error)
    assert "asked for" in sentence
    assert any(right in sentence for right in RIGHT), sentence
    assert "Input should" not in sentence
    assert len(sentence) < 400
    names = {name for _, name, _, _ in Formatter().parse(error.template) if name}
    assert names == set(error.values)
    assert str(from_message(json.loads(json.dumps(to_message(error))))) == sentence


@every_plan
@settings(max_examples=300)
@given(st.data())
def test_whatever_is_asked_for_is_built_or_refused_with_a_sentence(plan, data):
    settings = data.draw(asked(plan))
    try:
        built = plan.model_validate(settings)
    except SpecError as error:
        check_sentence(error)
    else:
        assert plan.from_json(built.to_json()) == built


@every_plan
@given(anything)
def test_what_is_no_settings_at_all_is_refused_with_a_sentence(plan, value):
    try:
        plan.model_validate(value)
    except SpecError as error:
        check_sentence(error)


@every_plan
@given(st.text() | st.binary())
def test_text_that_is_no_plan_is_refused_with_a_sentence(plan, text):
    try:
        plan.from_json(text)
    except SpecError as error:
        assert "asked for" in str(error)


@pytest.mark.parametrize(
    "text",
    ["", "[" * 100_000, "9" * 5000, b"\xff", '{"depth":', "depth=8", "NaN x"],
    ids=lambda text: text[:9],
)
def test_text_that_is_no_json_is_refused_with_a_sentence(text):
    with pytest.raises(SpecError, match="the text is not JSON") as caught:
        NetworkSpec.from_json(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("plan", "settings", "said"),
    [
        (NetworkSpec, {"depth": "twenty"}, "Depth 'twenty' was asked for, but a whole number"),
        (NetworkSpec, {"depth": 8.5}, "Depth 8.5 was asked for, but a whole number would be right"),
        (NetworkSpec, {"depth": [8]}, "Depth [8] was asked for, but a whole number"),
        (NetworkSpec, {"family": "imagenet", "depth": [8]}, "Depth [8] was asked for, but a whole"),
        (NetworkSpec, {"width": float("nan")}, "Width nan was asked for, but a finite number"),
        (NetworkSpec, {"shortcut": None}, "Shortcut None was asked for, but a word"),
        (NetworkSpec, {"join": "plain", "shortcut": []}, "Shortcut [] was asked for, but a word"),
        (NetworkSpec, {"layers": 8}, "'layers' was asked for, but a NetworkSpec has no such"),
        (NetworkSpec, {3: 8}, "'3' was asked for, but a NetworkSpec has no such setting"),
        (DataSpec, {"flip": "perhaps"}, "Flip 'perhaps' was asked for, but true or false"),
        (TrainSpec, {"learning_rate": "fast"}, "Learning rate 'fast' was asked for, but a finite"),
        (TrainSpec, {"learning_rate": float("inf")}, "Learning rate inf was asked for, but a fin"),
        (TrainSpec, {"precision": "int4"}, "Precision 'int4' was asked for, but there is no such"),
        (RunSpec, {"network": 8}, "NetworkSpec 8 was asked for, but settings by name"),
        (RunSpec, {"network": {"depth": 9}}, "Depth 9 was asked for, but a CIFAR network"),
        (DegradationStudy, {"depths": 8}, "Depths 8 was asked for, but a list"),
        (DegradationStudy, {"depths": (8, "x")}, "Depths 'x' was asked for, but a whole number"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_in_words_for_a_visitor(plan, settings, said):
    with pytest.raises(SpecError) as caught:
        plan.model_validate(settings)
    assert str(caught.value).startswith(said)
    check_sentence(caught.value)


@pytest.mark.parametrize(
    "value", [10**5000, 10**400, "9" * 5000, [[10**5000]], "x" * 10**6], ids=type
)
def test_an_endless_value_does_not_make_an_endless_sentence(value):
    with pytest.raises(SpecError) as caught:
        NetworkSpec(depth=value)
    check_sentence(caught.value)


@every_plan
def test_a_plan_cannot_be_changed(plan):
    built = plan()
    with pytest.raises(ValidationError, match="frozen"):
        setattr(built, next(iter(plan.model_fields)), 8)


@given(runs)
def test_a_plan_goes_to_json_and_back(run):
    back = RunSpec.from_json(run.to_json())
    assert back == run
    assert back.digest == run.digest


@given(runs, runs)
def test_plans_are_equal_when_their_digests_are(one, other):
    assert (one == other) == (one.digest == other.digest)


def test_a_minus_before_zero_makes_no_other_plan():
    one, other = (TrainSpec(momentum=zero, weight_decay=zero) for zero in (0.0, -0.0))
    assert one == other
    assert one.digest == other.digest


def test_equal_values_of_another_type_make_no_other_plan():
    assert TrainSpec(learning_rate=1).digest == TrainSpec(learning_rate=1.0).digest
    assert NetworkSpec(depth="20", width=16.0).digest == NetworkSpec().digest


def test_plans_of_two_kinds_have_two_digests():
    assert len({plan().digest for plan in PLANS}) == len(PLANS)


def test_a_digest_is_sixteen_hexadecimal_digits():
    assert len(RunSpec().digest) == 16
    assert int(RunSpec().digest, 16) >= 0


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_equal_plans_have_equal_digests_in_every_process(hash_seed):
    code = (
        "from resnet_core.specs import *; print(RunSpec().digest, DegradationStudy().digest, "
        "*(network.digest for network in NETWORKS.values()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [RunSpec(), DegradationStudy(), *NETWORKS.values()]
    assert said.stdout.split() == [plan.digest for plan in here]


VARIED = {
    "network": NetworkSpec(depth=8),
    "data": DataSpec(flip=True),
    "train": TrainSpec(steps=100),
    "seeds": 2,
    "first_seed": 1,
}
"""Another value of every setting that the studies of variants share."""

CHANGED = {
    NetworkSpec: {
        "family": [{"family": "imagenet", "depth": 18, "width": 16}, {"depth": 20}],
        "depth": 26,
        "block": "bottleneck",
        "join": "plain",
        "shortcut": "B",
        "order": "pre-activation",
        "width": 8,
        "activation": "tanh",
        "normalisation": "none",
        "initialisation": "xavier",
        "shortcut_scale": 0.5,
        "branch_scale": 0.5,
        "gate_bias": [{"shortcut": "highway"}, {"shortcut": "highway", "gate_bias": -2.0}],
        "dropout": [{"shortcut": "dropout"}, {"shortcut": "dropout", "dropout": 0.1}],
        "survival": 0.5,
        "branch_dropout": 0.1,
        "active": 2,
    },
    DataSpec: {
        "dataset": "mnist",
        "imported": [
            {"dataset": "imported", "imported": "0" * 16},
            {"dataset": "imported", "imported": "1" * 16},
        ],
        "train_images": 100,
        "test_images": 100,
        "image_size": 4,
        "crop_padding": 1,
        "flip": True,
    },
    TrainSpec: {
        "steps": 201,
        "batch_size": 64,
        "learning_rate": 0.1000001,
        "momentum": 0.8,
        "weight_decay": 0,
        "schedule": "step",
        "warmup_steps": 1,
        "evaluations": 9,
        "seed": 1,
        "probes": 1,
    },
    Change: {
        "step": 1,
        "what": "learning_rate",
        "value": 0.5,
        "over": 1,
    },
    RunSpec: {
        "changes": ({"step": 3, "what": "shortcut_scale", "value": 0.0, "over": 5},),
        "network": NetworkSpec(depth=8),
        "data": DataSpec(flip=True),
        "train": TrainSpec(seed=1),
        "owner": "somebody",
    },
    DegradationStudy: {
        "depths": (8, 20),
        "width": 16,
        "block": [{"block": "bottleneck", "depths": (20,)}, {"depths": (20,)}],
        "shortcut": "C",
        "seeds": 2,
        "first_seed": 1,
        "data": DataSpec(flip=True),
        "train": TrainSpec(steps=100),
    },
    UnitSpec: {
        "block": "bottleneck",
        "in_channels": 128,
        "out_channels": 512,
        "stride": 2,
        "ratio": [{"block": "bottleneck"}, {"block": "bottleneck", "ratio": 8}],
        "shortcut": "B",
    },
    ScaleStudy: {**VARIED, "scales": (0.5, 1)},
    ShortcutStudy: {**VARIED, "cases": ("identity", "dropout")},
    OrderStudy: {**VARIED, "orders": ("original",)},
    SuspectStudy: {
        "shallow": 8,
        "deep": 110,
        "width": 16,
        "normalisation": "none",
        "data": DataSpec(flip=True),
        "train": TrainSpec(probes=2),
    },
}
"""Another value of every setting; or two sets of settings, where one alone cannot change."""

ONE_VALUE = {(TrainSpec, "precision")}
"""Settings that have one value only, so far."""


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (plan, field)
        for plan in PLANS
        for field in plan.model_fields
        if (plan, field) not in ONE_VALUE
    ],
)
def test_a_digest_changes_with_every_setting(plan, field):
    change = CHANGED[plan][field]
    one, other = change if isinstance(change, list) else ({}, {field: change})
    assert plan(**one).digest != plan(**other).digest


def two_plans(plan, field):
    """Give two plans that differ in one setting, and what the second was asked to be."""
    change = CHANGED[plan][field]
    one, other = change if isinstance(change, list) else ({}, {field: change})
    return plan(**one), plan(**other), other


ADDED = [(plan, field) for plan in PLANS for field in plan.added]
every_added = pytest.mark.parametrize(("plan", "field"), ADDED)


@every_added
def test_a_setting_that_was_added_has_the_value_that_every_earlier_plan_had(plan, field):
    assert getattr(plan(), field) == plan.model_fields[field].default == plan.added[field]


@every_added
def test_a_setting_that_was_added_is_written_only_when_it_is_changed(plan, field):
    usual, changed, asked_for = two_plans(plan, field)
    assert plan.model_validate({**usual.model_dump(), field: plan.added[field]}) == usual
    assert field not in usual.model_dump()
    assert field not in json.loads(usual.to_json())
    written = {**usual.model_dump(), **asked_for}
    as_json = json.loads(changed.to_json())
    assert json.loads(json.dumps(changed.model_dump())) == as_json
    assert json.loads(json.dumps(written)) == as_json


@every_added
def test_a_setting_that_was_added_goes_to_json_and_back(plan, field):
    _, changed, _ = two_plans(plan, field)
    assert plan.from_json(changed.to_json()) == changed
    assert plan.model_validate(changed.model_dump()) == changed
    assert plan.model_validate_json(changed.model_dump_json()) == changed


def test_a_run_keeps_what_was_added_to_its_parts():
    run = RunSpec(network=NetworkSpec(activation="tanh"), train=TrainSpec(probes=3))
    back = RunSpec.from_json(run.to_json())
    assert (back.network.activation, back.train.probes) == ("tanh", 3)
    assert back.network.normalisation == "batch"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_runs_have_the_digests_that_they_had_when_they_were_recorded(path):
    recorded = json.loads(path.read_text(encoding="utf-8"))
    kind = getattr(specs, recorded.get("kind", "DegradationStudy"))
    study = kind.model_validate(recorded["study"])
    assert [run.digest for run in study.runs] == [run["digest"] for run in recorded["runs"]]


def test_the_usual_plans_have_the_digests_of_the_first_version():
    usual = {plan.__name__: plan().digest for plan in PLANS}
    assert {name: usual[name] for name in FIRST_DIGESTS} == FIRST_DIGESTS


@given(runs)
def test_json_is_canonical_without_spaces_and_with_sorted_keys(run):
    text = RunSpec(**run.model_dump(exclude={"owner"})).to_json()
    assert " " not in text
    written = json.loads(text)
    assert list(written) == sorted(written)
    changes = written.pop("changes", [])
    assert all(list(part) == sorted(part) for part in [*written.values(), *changes] if part)
