"""Every finding of every suspect, from made-up events."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import SUSPECTS, SuspectStudy, TrainSpec
from resnet_core.specs.events import ProbesCompleted, RunDiverged, RunFailed, RunStopped
from resnet_core.specs.places import layer_places
from resnet_core.studies import Constructed, judge
from tests.saying import completed, evaluated, started, steps

STUDY = SuspectStudy(shallow=8, deep=14, train=TrainSpec(steps=20, probes=3))
CHANGES = ("initialisation", "normalisation", "learning-rate", "steps")


def ended(error, test_error=0.5, *more):
    return [
        started(),
        *more,
        steps(10),
        evaluated(10, train_error=0.9, test_error=0.9),
        evaluated(20, train_error=error, test_error=test_error),
        completed(20),
    ]


def broken(*more):
    return [started(), *more, evaluated(2), RunDiverged(step=3, loss=math.nan, seconds=0.3)]


def probed(run, *ratios):
    """Gradients of the first stage that many times those of the last; stem and classifier odd."""
    places = layer_places(run.network)
    return [
        ProbesCompleted(
            step=1 + 10 * number,
            values={
                "gradient": tuple(
                    {0: 1e9, 1: 0.5 * ratio, 2: 7.0, 3: 0.5}[place.stage] for place in places
                ),
                "update": (1.0,),
            },
        )
        for number, ratio in enumerate(ratios)
    ]


def told(
    shallow=0.0, deep=0.5, tests=(), key=None, ratios=(1.0, 1.0), shallow_ratios=(1.0,), tested=0.5
):
    """Give events of the base and of a suspect's runs; an error of None is a run that diverged."""
    base = STUDY.base
    errors = [*zip(base, (shallow, deep), strict=True)]
    errors += zip(STUDY.tests(key), tests, strict=True) if key else []
    said = {run.digest: broken() if e is None else ended(e) for run, e in errors}
    for run, error, rows, test in (
        (base[0], shallow, shallow_ratios, 0.5),
        (base[1], deep, ratios, tested),
    ):
        more = probed(run, *rows)
        said[run.digest] = broken(*more) if error is None else ended(error, test, *more)
    return said


def words(judgement):
    return " ".join(str(sentence) for sentence in judgement.said)


# --- before any test ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", SUSPECTS)
@pytest.mark.parametrize("deep", [0.109, 0.1, 0.0])
def test_where_nothing_degraded_nobody_is_judged(key, deep):
    found = judge(STUDY, key, told(0.1, deep))
    assert found.finding == "not decided"
    assert "no degradation to explain" in words(found)
    assert [bar.train_error for bar in found.bars] == [0.1, deep]


@pytest.mark.parametrize("key", SUSPECTS)
def test_without_a_result_of_both_networks_nothing_is_judged(key):
    events = told()
    shallow, deep = (run.digest for run in STUDY.base)
    failed = RunFailed(template="No", values={})
    for said in (
        {},
        {shallow: events[shallow]},
        {**events, deep: events[deep][:-1]},
        {**events, deep: [started(), RunStopped(step=0)]},
        {**events, deep: [*events[deep][:-1], failed]},
    ):
        found = judge(STUDY, key, said)
        assert found.finding == "unfinished"
        assert "plain-14" in words(found)


@pytest.mark.parametrize("key", CHANGES)
def test_a_test_that_is_not_done_is_named(key):
    found = judge(STUDY, key, told())
    assert found.finding == "unfinished"
    assert "Without a result so far: plain-" in words(found)
    assert len(found.bars) == 2


def test_a_suspect_that_is_none_is_a_sentence():
    with pytest.raises(SpecError, match="'weather'"):
        judge(STUDY, "weather", told())


# --- overfitting ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deep", "tested", "finding"),
    [
        (0.5, 0.9, "cleared"),
        (0.11, 0.5, "cleared"),
        (0.109, 0.51, "guilty"),
        (0.0, 0.9, "guilty"),
        (0.1, 0.509, "not decided"),
        (0.0, 0.1, "not decided"),
    ],
)
def test_overfitting_is_a_low_training_error_and_a_high_test_error(deep, tested, finding):
    found = judge(STUDY, "overfitting", told(0.1, deep, tested=tested))
    assert found.finding == finding


def test_the_evidence_on_overfitting_has_all_four_errors():
    said = words(judge(STUDY, "overfitting", told(0.031, 0.5, tested=0.62)))
    assert "3.1 %" in said and "50.0 %" in said and "62.0 %" in said
    assert "plain-14" in said and "plain-8" in said


# --- gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratios", "finding"),
    [
        ((1.0, 1.0, 1.0), "cleared"),
        ((100.0, 0.5, 0.5), "cleared"),
        ((0.1001, 0.1001), "cleared"),
        ((0.05, 1.0, 1.0), "not decided"),
        ((1.0, 0.05, 0.05), "not decided"),
        ((1.0, 0.00099, 0.00099), "guilty"),
        ((1e-30,), "guilty"),
    ],
)
def test_gradients_vanish_where_the_first_stage_has_less_than_a_thousandth(ratios, finding):
    found = judge(STUDY, "vanishing", told(ratios=ratios))
    assert found.finding == finding
    assert ("explode, if anything" in words(found)) == (ratios[0] >= 10)
    (curve,) = found.curves
    assert (curve.name, curve.step, len(curve.y)) == ("plain-14", 1, 14)


def test_a_gradient_of_exactly_zero_has_vanished_and_is_marked():
    found = judge(STUDY, "vanishing", told(ratios=(0.0, 0.0, 1.0)))
    assert found.finding == "guilty"
    assert "At 2 of 3 probed steps a gradient of the first stage is exactly zero" in words(found)


def test_what_is_too_small_for_a_ratio_is_not_called_zero():
    run = STUDY.base[1]
    tiny = tuple({1: 5e-324, 3: 1e308}.get(p.stage, 1.0) for p in layer_places(run.network))
    events = told() | {
        run.digest: ended(0.5, 0.5, ProbesCompleted(step=1, values={"gradient": tiny}))
    }
    found = judge(STUDY, "vanishing", events)
    assert found.finding == "guilty"
    assert "exactly zero" not in words(found)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_steps_whose_gradients_are_no_numbers_are_left_out_and_counted(wrong):
    found = judge(STUDY, "vanishing", told(ratios=(wrong, 0.5, wrong)))
    assert found.finding == "cleared"
    assert "at step 11" in words(found)
    assert "Left out: 2 probed steps" in words(found)


@pytest.mark.parametrize("key", ["vanishing", "exploding"])
@pytest.mark.parametrize("ratios", [(), (math.nan,)])
def test_without_any_gradient_nothing_is_decided(key, ratios):
    found = judge(STUDY, key, told(ratios=ratios))
    assert found.finding == "not decided"
    assert "nothing to compare" in words(found)


@pytest.mark.parametrize(
    ("ratios", "shallow", "finding", "said"),
    [
        ((5.0, 5.0, 5.0), (1.0,), "cleared", "not exploding"),
        ((50.0, 50.0, 50.0), (20.0,), "cleared", "not exploding"),
        ((130.0, 0.6, 0.6), (3.0, 1.0, 1.0), "not decided", "at first, and not for long"),
        ((1.0, 60.0, 60.0), (3.0, 1.0, 1.0), "not decided", "later on"),
        ((130.0, 60.0, 60.0), (3.0, 1.0, 1.0), "guilty", "does not prove"),
        ((math.inf, 60.0, 60.0), (3.0, 1.0, 1.0), "guilty", "Left out: 1"),
    ],
)
def test_gradients_explode_where_the_deep_network_has_ten_times_as_much(
    ratios, shallow, finding, said
):
    found = judge(STUDY, "exploding", told(ratios=ratios, shallow_ratios=shallow))
    assert found.finding == finding
    assert said in words(found)
    assert [curve.name for curve in found.curves] == ["plain-8", "plain-14"]


def test_nothing_at_the_top_is_an_endless_ratio():
    run = STUDY.base[1]
    norms = tuple(0.0 if place.stage == 3 else 1.0 for place in layer_places(run.network))
    events = told() | {
        run.digest: ended(0.5, 0.5, ProbesCompleted(step=1, values={"gradient": norms}))
    }
    assert judge(STUDY, "exploding", events).finding == "guilty"
    assert judge(STUDY, "vanishing", events).finding == "cleared"


# --- changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["initialisation", "normalisation", "learning-rate"])
@pytest.mark.parametrize(
    ("best", "finding", "share"),
    [
        (0.1, "guilty", 1.0),
        (0.3, "guilty", 0.5),
        (0.301, "not decided", 0.4975),
        (0.399, "not decided", 0.2525),
        (0.4, "cleared", 0.25),
        (0.9, "cleared", -1.0),
    ],
)
def test_a_change_is_judged_by_the_share_of_the_excess_that_it_removes(key, best, finding, share):
    errors = [0.95] * (len(STUDY.tests(key)) - 1) + [best]
    found = judge(STUDY, key, told(0.1, 0.5, errors, key))
    assert found.finding == finding
    assert math.isclose(found.share, share)
    assert [bar.train_error for bar in found.bars] == [0.1, 0.5, *errors]
    assert f"{100 * best:.1f} %" in words(found)


@pytest.mark.parametrize(
    ("errors", "finding"),
    [
        ((0.0, 0.1), "guilty"),
        ((0.0, 0.2), "guilty"),
        ((0.0, 0.25), "not decided"),
        ((0.0, 0.3), "cleared"),
        ((0.1, 0.5), "cleared"),
        ((0.0, 0.9), "cleared"),
    ],
)
def test_more_steps_are_judged_by_what_is_left_between_both_networks(errors, finding):
    found = judge(STUDY, "steps", told(0.1, 0.5, errors, "steps"))
    assert found.finding == finding
    assert "After 60 steps instead of 20" in words(found)
    assert [bar.setting for bar in found.bars] == ["", "", "60", "60"]


def test_an_excess_that_grows_with_the_steps_is_said_to_have_grown():
    grown = words(judge(STUDY, "steps", told(0.1, 0.5, (0.1, 0.7), "steps")))
    assert "The excess has grown from 40.0 to 60.0 percentage points." in grown
    shrunk = words(judge(STUDY, "steps", told(0.1, 0.5, (0.1, 0.4), "steps")))
    assert "Of an excess of 40.0 percentage points, 30.0 are left." in shrunk


def test_the_best_of_the_others_is_named():
    found = judge(STUDY, "learning-rate", told(0.0, 0.5, (0.4, 0.1, 0.7), "learning-rate"))
    assert "the others, 0.03, gives 10.0 % instead of 50.0 %. That removes 80 %" in words(found)
    found = judge(STUDY, "initialisation", told(0.0, 0.5, (0.6, 0.7, 0.8), "initialisation"))
    assert "None of the others does better: the best of them, xavier, gives 60.0 %" in words(found)


def test_bn_itself_can_be_what_does_the_harm():
    better = judge(STUDY, "normalisation", told(0.0, 0.5, (0.1,), "normalisation"))
    worse = judge(STUDY, "normalisation", told(0.0, 0.5, (0.9,), "normalisation"))
    assert (better.finding, worse.finding) == ("guilty", "cleared")
    assert "has BN, and is better without it" in words(better)
    assert "has BN, and without it does no better" in words(worse)


def test_a_network_without_bn_is_judged_by_what_bn_does():
    study = STUDY.model_copy(update={"normalisation": "none"})
    runs = [*study.base, *study.tests("normalisation")]
    for error, finding, said in (
        (0.1, "guilty", "is better with BN"),
        (0.95, "cleared", "with BN does no better"),
    ):
        errors = (0.0, 0.9, error)
        events = {run.digest: ended(e) for run, e in zip(runs, errors, strict=True)}
        found = judge(study, "normalisation", events)
        assert found.finding == finding
        assert said in words(found)


# --- runs that diverge ----------------------------------------------------------------------------


def test_a_run_that_diverged_counts_as_wrong_on_every_image_and_is_named():
    found = judge(STUDY, "learning-rate", told(0.0, 0.5, (0.4, 0.45, None), "learning-rate"))
    assert found.finding == "cleared"
    assert "Diverged, and counted as 100 %: plain-14 (0.3)." in words(found)
    assert (found.bars[-1].diverged, found.bars[-1].train_error) == (True, 1.0)


def test_a_deep_network_that_diverged_has_an_excess():
    found = judge(STUDY, "initialisation", told(0.0, None, (0.1, 0.9, None), "initialisation"))
    assert found.finding == "guilty"
    assert "Diverged, and counted as 100 %: plain-14, plain-14 (large)." in words(found)
    assert judge(STUDY, "overfitting", told(0.0, None)).finding == "cleared"
    assert judge(STUDY, "vanishing", told(0.0, None, ratios=(1.0,))).finding == "cleared"


def test_where_both_networks_diverged_there_is_nothing_to_explain():
    found = judge(STUDY, "steps", told(None, None))
    assert found.finding == "not decided"
    assert "plain-8, plain-14" in words(found)


# --- capacity -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "finding"),
    [(0.1, "cleared"), (0.101, "cleared"), (0.0, "cleared"), (0.102, "not decided")],
)
def test_capacity_is_cleared_by_a_solution_that_exists_and_convicted_by_none(error, finding):
    found = judge(STUDY, "capacity", told(0.1, 0.5), Constructed(0.1, error, 2e-6, 1437))
    assert found.finding == finding
    assert "1437 training images" in words(found)
    assert (found.bars[-1].full_name, found.bars[-1].train_error) == (
        "plain-14 (constructed)",
        error,
    )


def test_capacity_waits_for_the_constructed_solution():
    assert judge(STUDY, "capacity", told(0.1, 0.5)).finding == "unfinished"


# --- whatever happened ----------------------------------------------------------------------------

RUNS = [*STUDY.base, *(run for key in SUSPECTS for run in STUDY.tests(key))]
floats = st.floats() | st.sampled_from([0.0, -1.0, 5e-324, 1e308])
errors = st.floats(0, 1) | st.just(math.nan)
events = st.one_of(
    st.builds(started),
    st.builds(evaluated, st.integers(1, 60), train_error=errors, test_error=errors),
    st.builds(completed, st.integers(1, 60)),
    st.builds(RunDiverged, step=st.integers(1, 60), loss=st.just(math.nan), seconds=st.just(1.0)),
    st.builds(RunStopped, step=st.integers(0, 60)),
    st.builds(
        ProbesCompleted,
        step=st.integers(1, 60),
        values=st.dictionaries(
            st.sampled_from(["gradient", "update"]),
            st.sampled_from([0, 8, 14]).flatmap(
                lambda n: st.lists(floats, min_size=n, max_size=n).map(tuple)
            ),
        ),
    ),
)
histories = st.lists(events, max_size=5) | st.tuples(st.lists(events, max_size=3), errors).map(
    lambda pair: ended(pair[1], 0.5, *pair[0])
)


@given(
    st.fixed_dictionaries({}, optional={run.digest: histories for run in RUNS}),
    st.none() | st.builds(Constructed, floats, floats, floats, st.integers(0, 9)),
    st.sampled_from([*SUSPECTS]),
)
def test_a_judgement_never_raises_and_always_says_why(said, constructed, key):
    found = judge(STUDY, key, said, constructed)
    assert found.suspect == key
    assert found.finding in ("guilty", "cleared", "not decided", "unfinished")
    assert words(found)
