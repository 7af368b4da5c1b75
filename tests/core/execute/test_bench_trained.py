"""What the bench measures of trained networks, through a lab."""

from __future__ import annotations

import json

import pytest

from resnet_core.errors import RunError, SpecError
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.lesion import Lesion, each_deletion
from resnet_core.studies.trained import load_trained_network

CUT = RunSpec(
    network=NetworkSpec(depth=14, width=2),
    train=TrainSpec(steps=5, seed=97, evaluations=1),
)


def lesions_of(lab, run, *lesions, **more):
    plans = [lesion.model_dump(mode="json") for lesion in lesions]
    arguments = {"run": run.to_json(), "lesions": plans, "at_most": 360, **more}
    return lab.client.measure("lesion", **arguments)["lesions"]


@pytest.fixture
def cut(lab):
    """A run that has finished, and its file."""
    lab.submit(CUT)
    lab.wait(CUT)
    path = lab.folder / "runs" / CUT.digest / "weights.safetensors"
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def test_a_finished_runs_units_are_deleted(lab, cut):
    found = lesions_of(lab, CUT, Lesion(), *each_deletion(CUT.network))
    assert len(found) == 7
    (evaluation,) = [event for event in lab.events(CUT) if event.kind == "evaluation"]
    assert found[0]["error"] == pytest.approx(evaluation.test_error)
    assert found[0]["loss"] == pytest.approx(evaluation.test_loss, rel=1e-4)
    assert {one["images"] for one in found} == {360}
    assert len({one["loss"] for one in found}) == 7
    for one in found:
        assert len(one["class_errors"]) == 10
        assert all(0 <= error <= 1 for error in one["class_errors"])


def test_a_lesion_takes_no_more_images_than_asked(lab, cut):
    (found,) = lesions_of(lab, CUT, Lesion(), at_most=5)
    assert found["images"] == 5
    assert None in found["class_errors"]  # of ten classes some have no image
    json.dumps(found, allow_nan=False)


def test_a_network_that_ships_is_cut_without_being_trained(lab):
    kept = load_trained_network("plain-20")
    for sha256 in (None, kept.sha256):
        intact, *without = lesions_of(
            lab, kept.run, Lesion(), *each_deletion(kept.run.network), sha256=sha256
        )
        assert intact["error"] == pytest.approx(kept.test_error, abs=1.01 / 360)
        assert min(one["error"] for one in without) > 0.6  # Veit 2016 section 4.1: one path, gone


@pytest.mark.parametrize(
    ("lesion", "said"),
    [
        ({"deleted": [7]}, "Unit 7 of residual-14 was asked for, but it has 6 units"),
        ({"deleted": [1, 2, 3, 4, 5, 6]}, "leave one at least"),
        ({"order": [1, 2, 4, 3, 5, 6]}, "they differ in shape"),
        ({"order": [2, 1]}, "An order of 2 units"),
        ({"scales": [[1, 99.0]]}, "Scale 99.0 was asked for"),
        ({"removed": [1]}, "a Lesion has no such setting"),
        ({"deleted": "all"}, "a list would be right"),
    ],
)
def test_a_lesion_that_does_not_fit_is_a_sentence_and_the_bench_goes_on(lab, cut, lesion, said):
    with pytest.raises(SpecError, match=said):
        lab.client.measure("lesion", run=CUT.to_json(), lesions=[lesion], at_most=360)
    assert lesions_of(lab, CUT, Lesion())[0]["images"] == 360


@pytest.mark.parametrize("more", [{"at_most": 0}, {"at_most": 10**6}])
def test_so_many_images_are_refused(lab, cut, more):
    with pytest.raises(SpecError, match="Images"):
        lesions_of(lab, CUT, Lesion(), **more)


def test_so_many_lesions_at_once_are_refused(lab, cut):
    with pytest.raises(SpecError, match="Lesions 101 was asked for"):
        lesions_of(lab, CUT, *[Lesion()] * 101)


def test_cutting_a_run_that_left_no_weights_is_a_sentence(lab):
    run = CUT.model_copy(update={"train": TrainSpec(seed=96)})
    with pytest.raises(RunError, match="train it again"):
        lesions_of(lab, run, Lesion())


def test_cutting_weights_that_were_damaged_is_a_sentence_and_the_bench_goes_on(lab, cut):
    (artefact,) = lab.store.artefacts(CUT.digest)
    left = cut.read_bytes()
    before = lesions_of(lab, CUT, Lesion(), sha256=artefact.sha256)
    other = RunSpec(network=NetworkSpec(depth=20, width=2), train=CUT.train)
    lab.submit(other)
    lab.wait(other)
    changed = bytearray(left)
    changed[-3] ^= 64
    of_another = (lab.folder / "runs" / other.digest / cut.name).read_bytes()
    for damaged in (left[:-1], b"", bytes(changed), of_another):
        cut.write_bytes(damaged)
        with pytest.raises(RunError, match="rain it again"):
            lesions_of(lab, CUT, Lesion(), sha256=artefact.sha256)
    cut.write_bytes(left)
    assert lesions_of(lab, CUT, Lesion(), sha256=artefact.sha256) == before


# --- paths ----------------------------------------------------------------------------------------


def path_gradients(lab, run, *, seed=0, at_most=8, **more):
    arguments = {"run": run.to_json(), "at_most": at_most, "seed": seed, **more}
    return lab.client.measure("path_gradients", **arguments)


def test_one_path_of_each_length_brings_a_gradient_and_another_seed_another(lab, cut):
    found = path_gradients(lab, CUT)
    assert len(found["norms"]) == 7
    assert all(norm > 0 for norm in found["norms"])
    assert found["images"] == 8
    assert path_gradients(lab, CUT) == found
    other = path_gradients(lab, CUT, seed=1)
    # There is one path through no unit, and one through all.
    assert other["norms"][0] == pytest.approx(found["norms"][0])
    assert other["norms"][6] == pytest.approx(found["norms"][6])
    assert other["norms"][3] != pytest.approx(found["norms"][3])
    assert other["whole"] == pytest.approx(found["whole"])


def test_the_sums_over_all_paths_add_up_to_the_whole_gradient(lab, cut):
    found = lab.client.measure("path_sums", run=CUT.to_json(), at_most=8)
    assert sum(found["shares"]) == pytest.approx(1)
    drawn = path_gradients(lab, CUT)
    assert found["whole"] == pytest.approx(drawn["whole"], rel=1e-3)
    assert found["norms"][0] == pytest.approx(drawn["norms"][0], rel=1e-3)


@pytest.mark.parametrize("measure", ["path_gradients", "path_sums"])
@pytest.mark.parametrize(
    ("depth", "at_most", "said"),
    [
        (14, 129, "Images to send gradients to 129 was asked for"),
        (14, 0, "Images to send gradients to 0 was asked for"),
        (728, 8, "Units to send gradients through 363 was asked for"),
    ],
)
def test_what_would_keep_the_bench_for_long_is_refused(lab, measure, depth, at_most, said):
    run = RunSpec(network=NetworkSpec(depth=depth, width=2))
    more = {"seed": 0} if measure == "path_gradients" else {}
    with pytest.raises(SpecError, match=said):
        lab.client.measure(measure, run=run.to_json(), at_most=at_most, **more)


def test_a_plain_network_has_no_paths_to_choose_from(lab):
    kept = load_trained_network("plain-20")
    with pytest.raises(SpecError, match="shortcut"):
        path_gradients(lab, kept.run)


# --- refinement, ensembles ------------------------------------------------------------------------


def test_refinement_says_what_each_unit_does_and_what_is_no_number_is_none(lab):
    kept = load_trained_network("plain-20")
    found = lab.client.measure("refinement", run=kept.run.to_json(), at_most=50)
    json.dumps(found, allow_nan=False)
    assert found["stages"] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert found["branches"] == [None] * 9  # nothing is added in a plain network
    assert [value is None for value in found["changes"]] == [i in (3, 6) for i in range(9)]
    assert found["images"] == 50


def together(lab, *names, **more):
    kept = [load_trained_network(name) for name in names]
    runs, sha256s = [one.run.to_json() for one in kept], [one.sha256 for one in kept]
    arguments = {"runs": runs, "sha256s": sha256s, "at_most": 360, **more}
    return lab.client.measure("ensemble", **arguments)


def test_several_networks_answer_together(lab):
    found = together(lab, "residual-20", "plain-20")
    json.dumps(found, allow_nan=False)
    kept = [load_trained_network(name) for name in ("residual-20", "plain-20")]
    assert found["errors"] == pytest.approx([one.test_error for one in kept], abs=1.01 / 360)
    assert found["loss"] <= sum(found["losses"]) / 2
    assert 0 <= found["together"] <= max(found["errors"]) + 1.01 / 360
    assert found["disagreement"] > 0
    assert together(lab, "residual-20")["disagreement"] is None


def test_networks_of_other_images_cannot_answer_together(lab, cut):
    other = CUT.model_copy(update={"data": CUT.data.model_copy(update={"image_size": 4})})
    with pytest.raises(SpecError, match="tested on 2 sets of images"):
        lab.client.measure(
            "ensemble", runs=[CUT.to_json(), other.to_json()], sha256s=[None, None], at_most=10
        )


@pytest.mark.parametrize("names", [(), ("residual-20",) * 11])
def test_an_ensemble_has_one_to_ten_networks(lab, names):
    with pytest.raises(SpecError, match="Networks of an ensemble"):
        together(lab, *names)
