"""What the variants of a network say, from errors made up by hand."""

from __future__ import annotations

import math
from statistics import fmean

import pytest

from resnet_core.specs import OrderStudy, ScaleStudy, ShortcutStudy
from resnet_core.specs.events import RunDiverged, RunFailed
from resnet_core.studies import (
    order_verdict,
    scale_verdict,
    shortcut_verdict,
    variants,
    variants_json,
)
from resnet_core.studies.outcomes import outcomes_from_events
from tests.saying import completed, evaluated, started, steps

VERDICTS = {
    ScaleStudy: scale_verdict,
    ShortcutStudy: shortcut_verdict,
    OrderStudy: order_verdict,
}
NOTHING = "Nothing has been measured so far."
ONE_SEED = "One seed cannot tell which of these differences are more than noise."
NOT_FINISHED = object()


def ended(train, test):
    return [
        started(),
        steps(10),
        evaluated(10, train_error=0.9, test_error=0.9),
        evaluated(20, train_error=train, test_error=test),
        completed(20),
    ]


def broken(step):
    return [started(), evaluated(2), RunDiverged(step=step, loss=math.nan, seconds=0.3)]


def told(study, errors):
    """Give variants whose test errors those are, by seed, and whose training errors half of them.

    An integer is the step at which a run diverged; ``NOT_FINISHED`` is one in the middle.
    """
    events = {}
    for run in study.runs:
        row = errors.get(study.key_of(run), ())
        number = run.train.seed - study.first_seed
        error = row[number] if number < len(row) else None
        if error is NOT_FINISHED:
            events[run.digest] = [started(), evaluated(10)]
        elif isinstance(error, int):
            events[run.digest] = broken(error)
        elif error is not None:
            events[run.digest] = ended(error / 2, error)
    return variants(study, outcomes_from_events(study, events))


def said(study, errors):
    return [str(sentence) for sentence in VERDICTS[type(study)](study, told(study, errors))]


def constant(study, **errors):
    """Give the same errors with every seed, 10 % where nothing is said."""
    keys = {key.replace("-", "_"): key for key in study.keys}
    return {key: (errors.get(name, 0.1),) * study.seeds for name, key in keys.items()}


# --- variants -------------------------------------------------------------------------------------


def test_each_variant_has_its_own_errors_by_seed():
    study = ScaleStudy(scales=(0.5, 1, 2), seeds=3, first_seed=4)
    found = told(study, {"0.5": (0.2, 0.4, 0.6), "1": (0.0, 13, 0.1), "2": (NOT_FINISHED, 7)})
    half, one, two = found
    assert (half.key, one.key, two.key) == ("0.5", "1", "2")
    assert half.test_errors == (0.2, 0.4, 0.6)
    assert half.train_errors == (0.1, 0.2, 0.3)
    assert half.seeds == (4, 5, 6)
    assert (half.diverged, half.unfinished) == ((), 0)
    assert (one.test_errors, one.seeds) == ((0.0, 0.1), (4, 6))
    assert (one.diverged, one.unfinished) == (((5, 13),), 0)
    assert (two.train_errors, two.test_errors, two.seeds) == ((), (), ())
    assert (two.diverged, two.unfinished) == (((5, 7),), 2)


def test_outcomes_may_come_in_any_order_and_be_missing():
    study = OrderStudy(seeds=2)
    events = {run.digest: ended(0.1, number / 100) for number, run in enumerate(study.runs)}
    outcomes = outcomes_from_events(study, events)
    assert variants(study, outcomes[::-1]) == variants(study, outcomes)
    few = variants(study, outcomes[5:])
    assert [variant.unfinished for variant in few] == [1] * 5
    assert [variant.test_errors for variant in few] == [(n / 100,) for n in range(5, 10)]


def test_a_run_that_failed_has_no_result():
    study = ScaleStudy(scales=(1,))
    failed = {study.runs[0].digest: [*ended(0.1, 0.1)[:-1], RunFailed(template="x", values={})]}
    (one,) = variants(study, outcomes_from_events(study, failed))
    assert (one.test_errors, one.diverged, one.unfinished) == ((), (), 1)


def test_written_down_a_seed_without_a_result_stands_as_none():
    study = ScaleStudy(scales=(1, 2), seeds=3)
    rows = variants_json(study, told(study, {"1": (0.2, NOT_FINISHED, 0.4), "2": (13, 0.6)}))
    assert rows == [
        {
            "variant": "1",
            "train_error": [0.1, None, 0.2],
            "test_error": [0.2, None, 0.4],
            "diverged": [],
        },
        {
            "variant": "2",
            "train_error": [None, 0.3, None],
            "test_error": [None, 0.6, None],
            "diverged": [{"seed": 0, "step": 13}],
        },
    ]


# --- what every verdict says ----------------------------------------------------------------------

every_kind = pytest.mark.parametrize("kind", VERDICTS)


@every_kind
def test_before_anything_is_measured_nothing_is_claimed(kind):
    study = kind()
    assert said(study, {}) == [NOTHING]


@every_kind
def test_where_every_run_diverged_nothing_is_compared(kind):
    study = kind()
    first, *rest = said(study, {key: (9,) for key in study.keys})
    assert first == "Every run that has a result diverged: there is nothing to compare."
    assert len(rest) == len(study.keys)
    assert all("diverged (seed 0; step 9) and counts as an error of 100 %" in s for s in rest)


@every_kind
def test_what_has_no_result_so_far_is_counted(kind):
    study = kind(seeds=2)
    count = len(study.runs)
    first, *rest = said(study, {key: (0.1, NOT_FINISHED) for key in study.keys})
    assert first.startswith(f"{count // 2} of {count} runs have no result so far")
    assert ONE_SEED in rest


@every_kind
def test_one_seed_cannot_tell_and_two_can(kind):
    one, two = kind(seeds=1), kind(seeds=2)
    errors = {key: (0.1 * n, 0.1 * n) for n, key in enumerate(one.keys)}
    assert ONE_SEED in said(one, errors)
    assert not any("noise" in sentence for sentence in said(one, errors) if sentence != ONE_SEED)
    assert ONE_SEED not in said(two, errors)
    assert any("noise" in sentence for sentence in said(two, errors))


@every_kind
def test_names_stand_apart_in_a_sentence_so_that_each_can_be_translated(kind):
    study = kind()
    found = VERDICTS[kind](study, told(study, constant(study)))
    lists = [v for sentence in found for v in sentence.values.values() if isinstance(v, tuple)]
    assert lists
    assert all(isinstance(name, str) and name in str(names) for names in lists for name in names)


# --- λ --------------------------------------------------------------------------------------------

SWEEP = ScaleStudy(scales=(0.25, 0.5, 0.9, 1, 1.1, 2), seeds=3)


def sweep(*means):
    """Give errors of the sweep with three seeds: those means, and the same spread everywhere."""
    return {
        key: tuple(mean + d for d in (0.0, 0.01, 0.02))
        for key, mean in zip(SWEEP.keys, means, strict=True)
    }


def test_a_run_that_learns_nothing_is_named_though_its_loss_stayed_a_number():
    means = (0.1, 0.1, 0.0, 0.1, 0.5, 1.72)  # halved for the training images
    *_, last = said(SWEEP, sweep(*means))
    assert last == (
        f"At λ = {SWEEP.keys[-1]} 3 of 3 seeds learned nothing, though their loss stayed a number: "
        "at the end they are no better than guessing, which is wrong in 90.00 %."
    )
    assert not any("learned nothing" in one for one in said(SWEEP, sweep(*means[:-1], 1.6)))


def test_the_lowest_error_at_one_is_as_theory_expects():
    found = said(SWEEP, sweep(0.6, 0.4, 0.2, 0.1, 0.2, 0.8))
    assert found == [
        "The lowest mean training error, 5.50 %, is at λ = 1, where theory expects it.",
        "In 3 of 3 seeds the lowest is at 1 or next to it (0.9, 1, 1.1).",
        "No other λ is within noise of 1: no 95 % interval of a difference holds 0.",
        "At λ = 0.25 the mean training error is 30.50 %, at 1 it is 5.50 %: higher, as theory "
        "expects.",
    ]


def test_several_may_share_the_lowest_error():
    found = said(SWEEP, sweep(0.6, 0.4, 0.0, 0.0, 0.0, 0.8))
    assert found[0] == (
        "The lowest mean training error, 0.50 %, is the same at λ = 0.9, 1, 1.1. Theory expects it "
        "at 1, which is among them."
    )
    assert "within noise of 1:" in found[2]


def test_the_lowest_error_next_to_one_is_said_to_be_next_to_it():
    found = said(SWEEP, sweep(0.6, 0.4, 0.1, 0.2, 0.2, 0.8))
    assert found[0] == (
        "The lowest mean training error, 5.50 %, is at λ = 0.9. Theory expects it at 1, which has "
        "10.50 %; this is next to it."
    )
    assert found[2].startswith("No other λ is within noise of 0.9")


def test_the_lowest_error_far_from_one_goes_against_theory():
    found = said(SWEEP, sweep(0.1, 0.4, 0.3, 0.2, 0.2, 0.8))
    assert found == [
        "The lowest mean training error, 5.50 %, is at λ = 0.25. That is not at 1, as theory would "
        "have it, and not next to it; 1 has 10.50 %.",
        "In 0 of 3 seeds the lowest is at 1 or next to it (0.9, 1, 1.1).",
        "No other λ is within noise of 0.25: no 95 % interval of a difference holds 0.",
        "At λ = 0.25 the mean training error is 5.50 %, at 1 it is 10.50 %: not higher, against "
        "theory.",
    ]


def test_what_is_within_noise_of_the_lowest_is_named():
    errors = sweep(0.6, 0.4, 0.2, 0.1, 0.2, 0.8) | {"0.9": (0.05, 0.2, 0.2)}
    differences = [a - b for a, b in zip((0.05, 0.2, 0.2), (0.1, 0.11, 0.12), strict=True)]
    assert fmean(differences) > 0
    assert said(SWEEP, errors)[2] == (
        "Within noise of 1, since the 95 % interval of the difference holds 0: λ = 0.9."
    )


def test_seeds_are_counted_one_by_one():
    errors = sweep(0.6, 0.4, 0.2, 0.1, 0.2, 0.8) | {"0.25": (0.0, 0.9, 0.9)}
    assert "In 2 of 3 seeds the lowest is at 1" in said(SWEEP, errors)[1]


def test_only_seeds_of_which_all_is_known_are_counted():
    errors = sweep(0.6, 0.4, 0.2, 0.1, 0.2, 0.8) | {"2": (0.8, NOT_FINISHED, 12)}
    assert "In 2 of 2 seeds the lowest is at 1" in said(SWEEP, errors)[2]


def test_a_difference_to_the_smallest_that_is_within_noise_is_said_to_be():
    errors = sweep(0.6, 0.4, 0.2, 0.1, 0.2, 0.8) | {"0.25": (0.1, 0.1, 0.5)}
    assert said(SWEEP, errors)[-1].endswith("higher, as theory expects, but within noise.")


def test_runs_that_diverged_are_named_and_count_as_wrong_on_every_image():
    errors = sweep(0.6, 0.4, 0.2, 0.1, 0.2, 0.8) | {"2": (13, 0.0, 9)}
    found = said(SWEEP, errors)
    assert found[0].endswith("is at λ = 1, where theory expects it.")
    assert found[-1] == (
        "λ = 2 diverged (seed 0, 2; step 13, 9) and counts as an error of 100 % there."
    )


def test_negative_scales_are_not_what_theory_calls_small():
    study = ScaleStudy(scales=(-1, 0.5, 1))
    found = said(study, {"-1": (0.9,), "0.5": (0.4,), "1": (0.1,)})
    assert any(sentence.startswith("At λ = 0.5 the mean") for sentence in found)
    assert not any(sentence.startswith("At λ = -1") for sentence in found)


def test_a_sweep_without_one_looks_at_its_neighbours():
    study = ScaleStudy(scales=(0.5, 0.9, 1.1, 1.5))
    near = said(study, {"0.5": (0.4,), "0.9": (0.1,), "1.1": (0.2,), "1.5": (0.3,)})
    far = said(study, {"0.5": (0.0,), "0.9": (0.1,), "1.1": (0.2,), "1.5": (0.3,)})
    assert near[0].endswith("Theory expects it at 1, which has no result here; this is next to it.")
    assert far[0].endswith("which has no result here; this is not next to it.")
    assert not any("at 1 it is" in sentence for sentence in near + far)


def test_one_scale_alone_is_compared_with_nothing():
    found = said(SWEEP, {"0.5": (0.4, 0.4, 0.4)})
    assert found[1] == (
        "Only λ = 0.5 has a result, a mean training error of 20.00 %: there is nothing to compare "
        "it with."
    )
    assert len(found) == 2


# --- what stands on the shortcut ------------------------------------------------------------------

TABLE = ShortcutStudy(seeds=2)
FAILS = {"no_shortcut": 0.9, "half_shortcut": 0.8, "exclusive_gate_0": 0.21, "dropout": 0.9}


def test_the_same_cases_may_fail_as_in_the_paper():
    found = said(TABLE, constant(TABLE, identity=0.05, **FAILS))
    assert found[:3] == [
        "Failed here, with a mean test error above 20 %: no shortcut (0·x + F), half a shortcut "
        "(½·x + F), exclusive gate (b = 0), dropout of ½ on the shortcut.",
        "Of the paper's table, the same cases failed there.",
        "Identity has the lowest mean test error: 5.00 %.",
    ]


def test_an_error_of_exactly_twenty_percent_is_no_fail():
    found = said(TABLE, constant(TABLE, identity=0.05, **FAILS | {"dropout": 0.2}))
    assert "dropout" not in found[0]
    assert found[1] == (
        "Failed in the paper, with 110 layers on CIFAR-10, but not here: dropout of ½ on the "
        "shortcut."
    )


def test_what_fails_here_alone_is_named_and_cases_of_no_table_are_not_compared_with_it():
    study = ShortcutStudy(cases=("identity", "projection", "dropout", "rezero"), seeds=2)
    found = said(study, constant(study, projection=0.3, dropout=0.3, rezero=0.3))
    assert found[0].endswith("projection everywhere (C), dropout of ½ on the shortcut, ReZero.")
    assert found[1] == "Failed here, but not in the paper: projection everywhere (C)."
    assert not any("the same cases failed there" in sentence for sentence in found)


def test_where_none_fails_that_is_said():
    found = said(TABLE, constant(TABLE))
    assert found[0] == "None failed here: no mean test error is above 20 %."
    assert found[1].startswith("Failed in the paper, with 110 layers on CIFAR-10, but not here: no")


def test_fails_are_told_by_the_test_error():
    study = ShortcutStudy(cases=("identity", "dropout"))
    events = {run.digest: ended(0.9, 0.1) for run in study.runs}
    found = shortcut_verdict(study, variants(study, outcomes_from_events(study, events)))
    assert str(found[0]).startswith("None failed here")


def test_identity_that_is_not_the_best_is_said_not_to_be():
    study = ShortcutStudy(cases=("identity", "frozen-gate", "projection"), seeds=2)
    found = said(study, constant(study, identity=0.1, frozen_gate=0.05, projection=0.12))
    assert found[1:] == [
        "Identity does not have the lowest mean test error: it has 10.00 %, and 5.00 % have: "
        "frozen gate (½·x + ½·F).",
        "None is within noise of identity: no 95 % interval of a difference holds 0.",
        "Better than identity, and beyond noise: frozen gate (½·x + ½·F).",
    ]


def test_identity_may_share_the_lowest_error():
    study = ShortcutStudy(cases=("identity", "frozen-gate", "projection"), seeds=2)
    found = said(study, constant(study, projection=0.12))
    assert found[1:] == [
        "Identity has the lowest mean test error, 10.00 %, and shares it with: frozen gate "
        "(½·x + ½·F).",
        "Within noise of identity, since the 95 % interval of the difference holds 0: frozen gate "
        "(½·x + ½·F).",
    ]


def test_what_only_seems_better_than_identity_is_within_noise():
    study = ShortcutStudy(cases=("identity", "projection"), seeds=3)
    found = said(study, {"identity": (0.1, 0.1, 0.1), "projection": (0.02, 0.11, 0.11)})
    assert found[1].startswith("Identity does not have the lowest mean test error")
    assert found[2].endswith("holds 0: projection everywhere (C).")
    assert len(found) == 3


@pytest.mark.parametrize(
    ("cases", "sentence"),
    [
        (("projection", "dropout"), "Identity is not among them, so nothing is compared with it."),
        (("identity", "projection"), "Identity has no result so far, so nothing is compared"),
    ],
)
def test_without_identity_nothing_is_compared(cases, sentence):
    study = ShortcutStudy(cases=cases)
    found = said(study, {"projection": (0.1,)})
    assert found[-1].startswith(sentence)


def test_a_case_that_diverged_failed():
    study = ShortcutStudy(cases=("identity", "dropout"))
    found = said(study, {"identity": (0.1,), "dropout": (14,)})
    assert found[0].endswith("above 20 %: dropout of ½ on the shortcut.")
    assert found[-1] == (
        "dropout of ½ on the shortcut diverged (seed 0; step 14) and counts as an error of "
        "100 % there."
    )


# --- where the activation stands ------------------------------------------------------------------


def test_the_lowest_order_is_said_with_that_of_the_paper():
    study = OrderStudy(seeds=2)
    ours = said(study, constant(study, pre_activation=0.05))
    another = said(study, constant(study, relu_only=0.02, pre_activation=0.05))
    assert ours[0] == (
        "The lowest mean test error, 5.00 %, is that of pre-activation. In the paper (He 2016 "
        "table 2) it is that of pre-activation, too."
    )
    assert another[0] == (
        "The lowest mean test error, 2.00 %, is that of relu-only. In the paper (He 2016 table 2) "
        "it is that of pre-activation, which has 5.00 % here."
    )


def test_some_of_the_orders_are_not_held_against_the_papers_table():
    study = OrderStudy(orders=("original", "relu-only"))
    found = said(study, {"original": (0.2,), "relu-only": (0.1,)})
    assert found == ["The lowest mean test error, 10.00 %, is that of relu-only.", ONE_SEED]


def test_the_difference_to_original_and_pre_activation_is_held_against_noise():
    study = OrderStudy(seeds=3)
    errors = constant(study, relu_only=0.02) | {
        "original": (0.03, 0.06, 0.09),
        "pre-activation": (0.12, 0.12, 0.12),
    }
    found = said(study, errors)
    # differences 1, 4 and 7 points: 4 ± 4.303 · 3 / √3
    assert found[1:] == [
        "original is within noise of relu-only: 4.00 percentage points higher, with a 95 % "
        "interval from -3.45 to 11.45.",
        "pre-activation is worse than relu-only beyond noise: 10.00 percentage points higher, with "
        "a 95 % interval from 10.00 to 10.00.",
    ]


def test_the_best_order_is_not_compared_with_itself():
    study = OrderStudy(seeds=2)
    found = said(study, constant(study, pre_activation=0.05, original=0.07))
    assert [sentence.split(" is ")[0] for sentence in found[1:]] == ["original"]
