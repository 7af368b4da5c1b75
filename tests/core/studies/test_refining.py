"""Is it refinement? Verdicts by ratios that can be checked in the head."""

from statistics import median

import pytest

from resnet_core.studies.refining import Refining, refining_verdict


def refining(*stages, exits=(0.1, 0.02, 0.02)):
    return Refining(
        name="residual-20",
        stages=tuple(stage for stage, row in enumerate(stages, start=1) for _ in row),
        branches=tuple(ratio for row in stages for ratio in row),
        exit_units=tuple(range(7, 7 + len(exits))),
        exit_errors=tuple(exits),
    )


def text(found):
    return [str(sentence) for sentence in refining_verdict(found)]


def test_first_units_that_change_the_signal_most_are_as_refinement_would_have_it():
    said = text(refining((1.5, 0.2, 0.1), (0.5, 0.24, 0.2)))[0]
    assert said.startswith(
        "In every stage the first unit clearly changes the signal most, as refinement"
    )
    assert said.endswith("1.50 > 0.20; 0.50 > 0.24.")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [(1.34, 0.70), (0.32, 0.31), (0.32, 0.27)],
            "most in stage 1, as refinement would have it, but hardly more than another in stage "
            "2, 3 (by less than 20 %, our line)",
        ),
        ([(1.2, 1.0), (1.19, 1.0)], "most in stage 1, as refinement would have it, but hardly"),
        (
            [(1.5, 0.2), (0.32, 0.31), (0.2, 0.5)],
            "most in stage 1, hardly more than another in stage 2 (by less than 20 %, our line), "
            "and not in stage 3, against refinement",
        ),
        ([(0.32, 0.31), (0.2, 0.5)], "In no stage the first unit clearly changes the signal most"),
        ([(0.32, 0.31)], "In no stage the first unit clearly changes the signal most (by 20 % or"),
    ],
)
def test_a_hairs_breadth_is_no_standing_out(rows, sentence):
    assert sentence in text(refining(*rows))[0]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ((0.2, 0.5, 0.1), "most in stage 1, but not in stage 2, against refinement"),
        ((0.5, 0.5, 0.1), "most in stage 1, but not in stage 2, against refinement"),
    ],
)
def test_a_stage_whose_first_unit_does_not_stand_out_is_named(second, sentence):
    assert sentence in text(refining((1.5, 0.2, 0.1), second))[0]


def test_no_stage_whose_first_unit_stands_out_is_against_refinement():
    said = text(refining((0.1, 0.2, 0.1), (0.2, 0.5, 0.1)))[0]
    assert said.startswith("In no stage the first unit changes the signal most, against refinement")
    assert said.endswith("0.10 ≤ 0.20; 0.20 ≤ 0.50.")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ((9, 0.1, 0.2, 0.24), "All 3 later units change it little (below 0.25, our line)"),
        ((9, 0.1, 0.2, 0.25), "Of the 3 later units 2 change it little"),
        ((9, 0.1, 0.3, 0.25, 0.4), "Of the 4 later units only 1 change it little"),
        ((9, 0.3, 0.5), "None of the 2 later units changes it little"),
    ],
)
def test_later_units_are_counted_by_our_line(row, sentence):
    said = text(refining(row))[1]
    assert sentence in said
    assert f"{min(row[1:]):.2f} to {max(row[1:]):.2f}, median {median(row[1:]):.2f}." in said


@pytest.mark.parametrize(
    ("exits", "spare"),
    [
        ((0.15, 0.04, 0.025, 0.03, 0.02), 2),
        ((0.02, 0.15, 0.03, 0.02), 1),  # a good exit before a bad one is luck
        ((0.0, 0.01, 0.02), 2),
    ],
)
def test_units_that_could_be_left_out_are_counted_from_the_end(exits, spare):
    said = text(refining((1.5, 0.2), exits=exits))[2]
    assert f"The last {spare} of its {len(exits)} units could be left out" in said


def test_a_last_unit_that_is_needed_is_against_refinement():
    said = text(refining((1.5, 0.2), exits=(0.5, 0.3, 0.1)))[2]
    assert "Not even the last of its 3 units could be left out" in said


def test_what_has_no_ratio_is_left_out():
    assert text(refining((None, 0.2), (0.5, 0.2)))[0].endswith("0.50 > 0.20.")
    assert len(text(refining((None, None)))) == 1  # the exits alone
    assert text(refining((0.5,), (0.4,), exits=(0.1,))) == []
