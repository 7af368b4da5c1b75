from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from resnet_core.studies import Outcome, verdict, verdicts


def test_one_seed_is_judged_by_the_images(outcome):
    # N = 98: p = (0 + 1) / 100 = 0.01 and (49 + 1) / 100 = 0.5; N + 2 = 100
    found = verdict([outcome(8, 0.0), outcome(56, 0.5)], "plain", 98)
    half = 2 * math.sqrt(0.01 * 0.99 / 100 + 0.5 * 0.5 / 100)
    assert found.kind == "degradation"
    assert (found.shallow, found.deep, found.seeds, found.over) == (8, 56, 1, "images")
    assert (found.shallow_train, found.deep_train, found.difference) == (0.0, 0.5, 0.5)
    assert math.isclose(found.low, 0.5 - half)
    assert math.isclose(found.high, 0.5 + half)
    assert found.over_fitting == "ruled out"


def test_seeds_are_judged_in_pairs(outcome):
    # differences 0.1, 0.2, 0.3: mean 0.2, s = 0.1, t = 4.303: ± 0.2484
    found = verdict(
        [outcome(8, 0.1 * s, seed=s) for s in range(3)]
        + [outcome(56, 0.1 * s + 0.1 * (s + 1), seed=s) for s in range(3)],
        "plain",
        1437,
    )
    assert (found.kind, found.seeds, found.over) == ("no difference shown", 3, "seeds")
    assert math.isclose(found.difference, 0.2)
    assert math.isclose(found.high - found.difference, 4.303 * 0.1 / math.sqrt(3))


def test_seeds_that_agree_show_degradation(outcome):
    ends = [outcome(8, 0.00, seed=s) for s in range(2)]
    ends += [outcome(56, 0.60 + 0.01 * s, seed=s) for s in range(2)]
    found = verdict(ends, "plain", 1437)  # 0.605 ± 12.706 · 0.00707 / 1.414 = ± 0.0635
    assert found.kind == "degradation"
    assert math.isclose(found.low, 0.605 - 0.06353, abs_tol=1e-6)


def test_less_than_a_percentage_point_is_no_degradation_however_certain(outcome):
    found = verdict([outcome(8, 0.100), outcome(56, 0.109)], "plain", 100_000_000)
    assert found.low > 0
    assert found.kind == "no degradation"


def test_exactly_a_percentage_point_is_degradation_when_certain(outcome):
    found = verdict([outcome(8, 0.02), outcome(56, 0.03)], "plain", 100_000_000)
    assert found.kind == "degradation"


def test_a_lower_error_of_the_deeper_is_no_degradation(outcome):
    found = verdict([outcome(8, 0.2), outcome(56, 0.0)], "plain", 1437)
    assert found.kind == "no degradation"


def test_few_images_show_nothing(outcome):
    found = verdict([outcome(8, 0.1), outcome(56, 0.2)], "plain", 10)
    assert found.kind == "no difference shown"


def test_over_fitting_is_possible_where_only_the_test_error_rose(outcome):
    found = verdict(
        [outcome(8, 0.1, test_error=0.2), outcome(56, 0.0, test_error=0.4)], "plain", 1437
    )
    assert (found.kind, found.test_rose, found.over_fitting) == ("no degradation", True, "possible")
    same = verdict([outcome(8, 0.1), outcome(56, 0.1)], "plain", 100_000)
    assert (same.test_rose, same.over_fitting) == (False, None)


def test_the_ends_are_compared_and_depths_between_do_not_count(outcome):
    between = outcome(20, None, status="running")
    found = verdict([outcome(8, 0.0), between, outcome(56, 0.5)], "plain", 1437)
    assert (found.kind, found.shallow, found.deep) == ("degradation", 8, 56)


def test_one_depth_is_unfinished(outcome):
    found = verdict([outcome(8, 0.0)], "plain", 1437)
    assert (found.kind, found.shallow, found.deep) == ("unfinished", 8, None)
    assert verdict([], "plain", 1437).kind == "unfinished"


def test_missing_runs_are_unfinished_but_what_is_there_is_told(outcome):
    half = [outcome(8, 0.0), outcome(56, 0.5), outcome(8, 0.0, seed=1)]
    assert verdict(half, "plain", 1437).kind == "unfinished"
    half.append(outcome(56, 0.4, seed=1, status="running"))
    found = verdict(half, "plain", 1437)
    assert (found.kind, found.seeds, found.deep_train) == ("unfinished", 1, 0.5)


def test_a_seed_that_diverged_is_not_hidden_by_the_others(outcome):
    runs = [outcome(depth, 0.1, seed=s) for depth in (8, 56) for s in range(3)]
    runs[-1] = outcome(56, None, seed=2, status="diverged")
    found = verdict(runs, "plain", 1437)
    assert (found.kind, found.seeds) == ("diverged", 2)
    alone = verdict([outcome(8, 0.1), outcome(56, None, status="diverged")], "plain", 1437)
    assert (alone.kind, alone.difference) == ("diverged", None)


def test_every_join_has_its_own_verdict(outcome):
    found = verdicts(
        [
            outcome(8, 0.0),
            outcome(56, 0.6),
            outcome(8, 0.0, join="residual"),
            outcome(56, 0.0, join="residual"),
        ],
        1437,
    )
    assert {join: v.kind for join, v in found.items()} == {
        "plain": "degradation",
        "residual": "no degradation",
    }


errors = st.one_of(st.none(), st.floats(0, 1))
any_outcome = st.builds(
    Outcome,
    digest=st.just("0" * 16),
    depth=st.sampled_from([8, 20, 56]),
    join=st.sampled_from(["plain", "residual"]),
    seed=st.integers(0, 4),
    status=st.sampled_from(["absent", "running", "completed", "diverged", "failed"]),
    step=st.just(1),
    steps=st.just(1),
    train_error=errors,
    test_error=errors,
)


@given(st.lists(any_outcome, max_size=40), st.integers(1, 60_000))
def test_a_verdict_never_raises(outcomes, images):
    for found in verdicts(outcomes, images).values():
        if found.difference is not None:
            assert found.low <= found.difference <= found.high


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8),
    st.integers(1, 60_000),
)
def test_degradation_is_never_said_when_the_deeper_is_not_worse(pairs, images):
    def run(depth: int, seed: int, error: float) -> Outcome:
        return Outcome("0" * 16, depth, "plain", seed, "completed", 1, 1, error, 0.5)

    runs = [run(8, seed, max(pair)) for seed, pair in enumerate(pairs)]
    runs += [run(56, seed, min(pair)) for seed, pair in enumerate(pairs)]
    assert verdict(runs, "plain", images).kind != "degradation"
