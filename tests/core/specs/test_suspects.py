import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import SUSPECTS, DataSpec, RunSpec, SuspectStudy, TrainSpec, cifar_depths
from resnet_core.specs.suspects import EXCESS, OTHER_INITIALISATIONS
from resnet_core.specs.training import PROBED
from resnet_core.studies.verdicts import SMALLEST

every_suspect = pytest.mark.parametrize("key", SUSPECTS)


def refusal(**settings):
    with pytest.raises(SpecError) as caught:
        SuspectStudy(**settings)
    return str(caught.value)


@every_suspect
def test_every_row_says_what_is_measured_and_when_it_convicts(key):
    row = SUSPECTS[key]
    said = [str(sentence) for sentence in (row.label, row.test, row.threshold)]
    assert all(said)
    assert "{" not in "".join(said)
    assert row.source
    assert "leared" in said[2]
    assert key.replace("-", "").isalpha()


def test_the_suspects_are_those_that_will_be_named():
    assert [*SUSPECTS] == [
        "overfitting",
        "vanishing",
        "exploding",
        "initialisation",
        "normalisation",
        "learning-rate",
        "steps",
        "capacity",
    ]
    assert len({str(row.label) for row in SUSPECTS.values()}) == len(SUSPECTS)


def test_looking_shows_presence_only():
    assert [key for key, row in SUSPECTS.items() if row.shows == "presence"] == [
        "vanishing",
        "exploding",
    ]


def test_the_smallest_excess_is_the_verdicts():
    assert EXCESS == SMALLEST


def test_both_networks_of_the_base_are_plain_probed_and_trained_alike():
    study = SuspectStudy()
    shallow, deep = study.base
    assert (shallow.network.name, deep.network.name) == ("plain-20", "plain-56")
    assert shallow.train == deep.train == study.train
    assert shallow.train.probes == PROBED
    assert shallow.network.width == deep.network.width == 8


def test_the_runs_of_a_study_are_the_base_and_then_every_tests():
    study = SuspectStudy()
    more = [run for key in SUSPECTS for run in study.tests(key)]
    assert study.runs == (*study.base, *more)


def test_each_test_changes_one_thing():
    study = SuspectStudy()
    _, deep = study.base

    def changes(key):
        found = []
        for run in study.tests(key):
            assert run.train.probes == 0
            pairs = {
                **run.network.model_dump(exclude={"added"}),
                **run.train.model_dump(exclude={"probes"}),
            }.items()
            base = {
                **deep.network.model_dump(),
                **deep.train.model_dump(exclude={"probes"}),
            }.items()
            found.append(dict(pairs - base))
        return found

    assert changes("initialisation") == [{"initialisation": key} for key in OTHER_INITIALISATIONS]
    assert changes("normalisation") == [{"normalisation": "none"}]
    assert changes("learning-rate") == [{"learning_rate": r} for r in (0.01, 0.03, 0.3)]
    assert changes("steps") == [{"depth": 20, "steps": 600}, {"steps": 600}]
    for key in ("overfitting", "vanishing", "exploding", "capacity"):
        assert changes(key) == []


def test_a_study_without_bn_tries_it():
    study = SuspectStudy(normalisation="none")
    assert {run.network.normalisation for run in study.base} == {"none"}
    (run,) = study.tests("normalisation")
    assert (run.network.normalisation, run.network.depth) == ("batch", 56)
    assert {run.network.normalisation for run in study.tests("steps")} == {"none"}


@given(
    st.lists(st.sampled_from(cifar_depths()), min_size=2, max_size=2, unique=True),
    st.integers(1, 333_333),
    st.floats(1e-5, 33),
    st.integers(1, 1000),
    st.sampled_from(["batch", "none"]),
)
def test_every_run_of_every_test_is_a_shared_plan_of_its_own(
    depths, steps, rate, probes, normalisation
):
    shallow, deep = sorted(depths)
    train = TrainSpec(steps=steps, learning_rate=rate, probes=probes, seed=3)
    data = DataSpec(train_images=500)
    study = SuspectStudy(
        shallow=shallow, deep=deep, normalisation=normalisation, data=data, train=train
    )
    runs = [*study.base, *(run for key in SUSPECTS for run in study.tests(key))]
    assert len({run.digest for run in runs}) == len(runs) == 2 + 3 + 1 + 3 + 2
    for run in runs:
        assert run.owner is None
        assert (run.data, run.train.seed, run.network.join) == (data, 3, "plain")
        assert RunSpec.from_json(run.to_json()) == run


def test_rates_are_those_that_people_ask_for():
    assert SuspectStudy().rates == (0.01, 0.03, 0.3)
    study = SuspectStudy(train=TrainSpec(learning_rate=0.07, probes=1))
    assert study.rates == (0.007, 0.021, 0.21)


def test_the_shallowest_network_there_is_cannot_be_the_deep_one():
    for settings in ({"deep": 8}, {"deep": 8, "shallow": 8}, {"deep": 8, "shallow": 1202}):
        assert refusal(**settings) == (
            "8 layers were asked for as the deep network, but no network has fewer: from 14 on, "
            "with a shallow one below it, would be right."
        )
    assert SuspectStudy(shallow=8, deep=14).base[1].network.depth == 14


@pytest.mark.parametrize(("shallow", "deep"), [(56, 20), (20, 20)])
def test_a_deep_network_that_is_not_deeper_is_refused(shallow, deep):
    sentence = refusal(shallow=shallow, deep=deep)
    assert sentence.startswith(f"{deep} layers were asked for as the deep network and {shallow} as")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"shallow": 9}, "Depth 9 was asked for"),
        ({"deep": 57}, "Depth 57 was asked for"),
        ({"width": 0}, "Width 0 was asked for"),
        ({"normalisation": "layer"}, "Normalisation 'layer' was asked for"),
        ({"train": TrainSpec()}, "Probes 0 was asked for"),
        ({"train": TrainSpec(steps=400_000, probes=1)}, "Steps 400000 was asked for"),
        ({"train": TrainSpec(learning_rate=50, probes=1)}, "Learning rate 50.0 was asked for"),
        ({"train": TrainSpec(learning_rate=2e-6, probes=1)}, "Learning rate 2e-06 was asked for"),
    ],
)
def test_what_no_test_could_be_made_of_is_refused(settings, sentence):
    assert refusal(**settings).startswith(sentence)


def test_a_suspect_that_is_none_is_a_sentence():
    with pytest.raises(SpecError, match="Suspect 'weather' was asked for, but there is no such"):
        SuspectStudy().tests("weather")
