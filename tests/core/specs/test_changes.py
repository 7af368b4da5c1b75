"""What may be changed of a run, how it is written, and how λ goes with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.errors import SpecError
from resnet_core.specs import Change, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.changes import MOST_CHANGES, in_order, shortcut_scale_at
from resnet_core.specs.events import RunChanged
from tests.core.specs.strategies import changes_of, trainings

RESIDUAL, PLAIN = NetworkSpec(depth=8), NetworkSpec(depth=8, join="plain")


def scales(network, steps, *changes):
    """Give λ of each step, from the first."""
    plan = [Change.from_text(text) for text in changes]
    return [shortcut_scale_at(network, plan, step) for step in range(1, steps + 1)]


# --- how λ goes -----------------------------------------------------------------------------------


def test_without_a_change_the_scale_stands_as_it_was_planned():
    assert scales(RESIDUAL, 3) == [1, 1, 1]
    assert scales(NetworkSpec(depth=8, shortcut_scale=0.5), 2) == [0.5, 0.5]
    assert scales(PLAIN, 2) == [0, 0]


def test_at_once_is_from_the_next_step_on():
    change = [Change(step=2, value=0.0)]
    assert [shortcut_scale_at(RESIDUAL, change, step) for step in (1, 3, 4)] == [1, 0, 0]


def test_a_ramp_takes_equal_steps_and_then_stands():
    assert scales(PLAIN, 7, "2:shortcut_scale=1+4") == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    down = scales(NetworkSpec(depth=8, shortcut_scale=2), 5, "0:shortcut_scale=-1+3")
    assert down == [1, 0, -1, -1, -1]


def test_a_ramp_ends_at_its_very_value():
    for over in range(1, 60):
        change = [Change(step=0, value=0.1, over=over)]
        assert shortcut_scale_at(RESIDUAL, change, over) == 0.1


def test_a_change_on_a_ramp_begins_where_the_ramp_has_come():
    ramp, back = "0:shortcut_scale=1+4", "2:shortcut_scale=0+2"
    assert scales(PLAIN, 5, ramp, back) == [0.25, 0.5, 0.25, 0, 0]
    assert scales(PLAIN, 4, ramp, "2:shortcut_scale=2") == [0.25, 2, 2, 2]


def test_off_and_slowly_on_again_at_one_step_begins_at_nothing():
    assert scales(RESIDUAL, 3, "1:shortcut_scale=0", "1:shortcut_scale=1+2")[1:] == [0.5, 1]


def test_the_learning_rate_leaves_the_scale_alone():
    assert scales(RESIDUAL, 2, "0:learning_rate=0.5") == [1, 1]


# --- what may be changed --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"value": float("nan")}, "Value nan was asked for, but a finite number"),
        ({"value": 10**9}, "Shortcut scale 1000000000.0 was asked for, but it must lie between"),
        ({"value": -1.5}, "Shortcut scale -1.5 was asked for, but it must lie between -1.0 and 2"),
        ({"what": "learning_rate", "value": 0}, "Learning rate 0.0 was asked for, but it must"),
        ({"what": "learning_rate", "value": 101}, "Learning rate 101.0 was asked for"),
        ({"what": "learning_rate", "value": 0.1, "over": 5}, "A learning rate over 5 steps was"),
        ({"what": "momentum"}, "What 'momentum' was asked for, but there is no such choice"),
        ({"step": -1}, "Step of a change -1 was asked for, but it must lie between 0 and 999999"),
        ({"step": 0.5}, "Step 0.5 was asked for, but a whole number"),
        ({"over": -1}, "Over -1 was asked for, but it must lie between 0 and 1000000"),
        ({"over": 10**9}, "Over 1000000000 was asked for"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_a_sentence(settings, said):
    with pytest.raises(SpecError) as caught:
        Change.model_validate(settings)
    assert str(caught.value).startswith(said)


def test_both_ends_of_what_can_be_changed_are_allowed():
    for value in (-1, 2):
        Change(value=value, step=999_999, over=1_000_000)
    for value in (1e-6, 100):
        Change(what="learning_rate", value=value)


def planned(*texts, steps=200):
    changes = tuple(map(Change.from_text, texts))
    return RunSpec(train=TrainSpec(steps=steps), changes=changes)


def test_a_run_may_be_changed_until_before_its_last_step():
    assert planned("19:shortcut_scale=0", steps=20).changes[0].step == 19
    with pytest.raises(SpecError, match=r"Step of a change 20 .* between 0 and 19"):
        planned("20:shortcut_scale=0", steps=20)


@pytest.mark.parametrize(
    "texts",
    [
        ("5:shortcut_scale=0", "4:shortcut_scale=1"),
        ("5:shortcut_scale=0", "5:shortcut_scale=1"),
        ("5:shortcut_scale=0+3", "5:shortcut_scale=1"),
        ("5:learning_rate=1", "5:shortcut_scale=0", "5:learning_rate=2"),
    ],
    ids=" ".join,
)
def test_changes_that_are_mixed_up_or_undo_each_other_are_refused(texts):
    with pytest.raises(SpecError, match=r"Changes '5:.*: each may stand once, in rising order\."):
        planned(*texts)


def test_at_one_step_rate_and_scale_may_be_changed_and_a_ramp_may_begin_elsewhere():
    texts = ("5:learning_rate=1", "5:shortcut_scale=0", "5:shortcut_scale=1+9")
    assert len(planned(*texts).changes) == 3


def test_no_run_has_endless_changes():
    texts = [f"{step}:shortcut_scale=0" for step in range(MOST_CHANGES + 1)]
    assert len(planned(*texts[:-1]).changes) == MOST_CHANGES
    with pytest.raises(SpecError, match="Number of changes 101 was asked for"):
        planned(*texts)


def test_a_run_without_changes_is_the_run_that_it_always_was():
    assert planned() == RunSpec()
    assert RunSpec().digest == "3b11287ca43410d0"
    assert planned("5:shortcut_scale=0").digest != planned("6:shortcut_scale=0").digest


# --- in order -------------------------------------------------------------------------------------


def test_what_was_done_becomes_the_plan_that_does_it_again():
    done = [
        RunChanged(step=3, what="shortcut_scale", value=0.5),
        RunChanged(step=3, what="learning_rate", value=0.1),
        RunChanged(step=3, what="shortcut_scale", value=1.0, over=8),
        RunChanged(step=3, what="shortcut_scale", value=0.0),
        RunChanged(step=3, what="shortcut_scale", value=1.5, over=2),
        RunChanged(step=3, what="shortcut_scale", value=1.0, over=4),
        RunChanged(step=9, what="learning_rate", value=0.2),
    ]
    assert [change.text for change in in_order(done)] == [
        "3:learning_rate=0.1",
        "3:shortcut_scale=0",
        "3:shortcut_scale=1+4",
        "9:learning_rate=0.2",
    ]


@given(st.data())
def test_nothing_that_counts_is_left_out(data):
    after, over = st.integers(0, 4), st.integers(0, 3)
    value = st.sampled_from([0.0, 0.25, 1.0])
    done = data.draw(st.lists(st.builds(Change, step=after, value=value, over=over), max_size=8))
    done.sort(key=lambda change: change.step)
    for step in range(9):
        one, other = (shortcut_scale_at(PLAIN, each, step) for each in (done, in_order(done)))
        assert one == other
    assert RunSpec(changes=in_order(done)).changes == in_order(done)


# --- in a link ------------------------------------------------------------------------------------


@given(trainings.flatmap(changes_of))
def test_a_change_is_written_and_read_back(changes):
    for change in changes:
        assert Change.from_text(change.text) == change
        assert not set(change.text) & {",", " ", "&", "#"}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("100:shortcut_scale=0", Change(step=100, value=0)),
        ("100:shortcut_scale=1+50", Change(step=100, value=1, over=50)),
        ("100:shortcut_scale=1 50", Change(step=100, value=1, over=50)),  # a plus in a link
        ("120:learning_rate=0.01", Change(step=120, what="learning_rate", value=0.01)),
        ("120:learning_rate=1e+1", Change(step=120, what="learning_rate", value=10)),
        (" 7:shortcut_scale=-0 ", Change(step=7, value=0)),
    ],
)
def test_a_change_can_be_written_by_hand(text, change):
    assert Change.from_text(text) == change


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (Change(step=100, value=0), "100:shortcut_scale=0"),
        (Change(step=100, value=1, over=50), "100:shortcut_scale=1+50"),
        (Change(step=120, what="learning_rate", value=0.01), "120:learning_rate=0.01"),
    ],
)
def test_a_change_is_written_short(text, written):
    assert text.text == written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Change '' was asked for, but it is not written as one"),
        ("nonsense", "Change 'nonsense' was asked for"),
        ("x" * 10_000, "it is not written as one"),
        ("1:2:shortcut_scale=0", "it is not written as one"),
        ("a:shortcut_scale=0", "Step 'a' was asked for, but a whole number"),
        ("1:shortcut_scale=", "Value '' was asked for, but a finite number"),
        ("1:shortcut_scale=nan", "Value 'nan' was asked for, but a finite number"),
        ("1:shortcut_scale=1+x", "Over 'x' was asked for, but a whole number"),
        ("1:shortcut_scale=1+", "Over '' was asked for, but a whole number"),
        ("1:width=3", "What 'width' was asked for, but there is no such choice"),
    ],
    ids=lambda text: text[:20],
)
def test_nonsense_is_refused_with_a_sentence(text, said):
    with pytest.raises(SpecError) as caught:
        Change.from_text(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300
