import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import DataSpec, DegradationStudy, TrainSpec, cifar_depths

depths = st.sets(st.sampled_from(cifar_depths()[:40]), min_size=1, max_size=8).map(sorted)


def refusal(**settings):
    with pytest.raises(SpecError) as caught:
        DegradationStudy(**settings)
    return str(caught.value)


@given(depths, st.integers(1, 10), st.integers(0, 100))
def test_a_study_has_a_plain_and_a_residual_run_for_every_depth_and_seed(depths, seeds, first):
    study = DegradationStudy(depths=depths, seeds=seeds, first_seed=first)
    assert len(study.runs) == 2 * len(depths) * seeds
    assert {(run.network.depth, run.network.join, run.train.seed) for run in study.runs} == {
        (depth, join, seed)
        for depth in depths
        for join in ("plain", "residual")
        for seed in range(first, first + seeds)
    }


@given(depths, st.integers(1, 5))
def test_no_run_of_a_study_stands_twice(depths, seeds):
    runs = DegradationStudy(depths=depths, seeds=seeds).runs
    assert len({run.digest for run in runs}) == len(runs)


def test_shallow_networks_come_before_deep_ones():
    study = DegradationStudy(depths=(8, 20, 32), seeds=2)
    names = [run.network.name for run in study.runs if run.train.seed == 0]
    assert names == [f"{join}-{n}" for n in (8, 20, 32) for join in ("plain", "residual")]


def test_every_run_has_the_studys_settings():
    data, train = DataSpec(train_images=500), TrainSpec(steps=30, learning_rate=0.05)
    study = DegradationStudy(depths=(20,), width=4, shortcut="B", data=data, train=train)
    for run in study.runs:
        assert run.data == data
        assert run.train == train
        assert run.network.width == 4
        assert run.network.shortcut == ("B" if run.network.join == "residual" else "A")


def test_one_more_seed_keeps_the_runs_there_are():
    before, after = (DegradationStudy(seeds=seeds).runs for seeds in (2, 3))
    assert after[: len(before)] == before


def test_runs_of_a_study_are_shared():
    assert {run.owner for run in DegradationStudy().runs} == {None}


def test_every_run_is_a_plan_that_would_be_built():
    for run in DegradationStudy(seeds=2).runs:
        assert type(run).from_json(run.to_json()) == run


def test_a_study_of_no_depth_is_refused():
    assert refusal(depths=()) == (
        "A study of no depth was asked for: choose at least one, 8 for example."
    )


@pytest.mark.parametrize("wrong", [(20, 8), (8, 8)])
def test_depths_that_do_not_rise_are_refused(wrong):
    sentence = refusal(depths=wrong)
    assert sentence.startswith(f"Depths {wrong[0]}, {wrong[1]} were asked for")
    assert sentence.endswith("each may stand once, in rising order.")


def test_one_wrong_depth_is_refused_by_name():
    assert refusal(depths=(8, 9)).startswith("Depth 9 was asked for")


def test_too_many_runs_are_refused_with_how_many_there_may_be():
    sentence = refusal(depths=cifar_depths()[:10], seeds=20)
    assert sentence.startswith("400 runs were asked for (10 depths, plain and residual, 20 seeds)")
    assert "at most 160" in sentence


@pytest.mark.parametrize("settings", [{"width": 0}, {"block": "wide"}, {"shortcut": "D"}])
def test_a_network_that_cannot_be_built_is_refused_with_the_study(settings):
    assert "was asked for" in refusal(**settings)
