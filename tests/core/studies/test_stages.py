"""First stage over last stage, step by step."""

from __future__ import annotations

import math

import pytest

from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.specs.events import ProbesCompleted
from resnet_core.studies.judgement import percent, points, times
from resnet_core.studies.stages import stage_ratios
from tests.saying import started, steps

RUN = RunSpec(network=NetworkSpec(depth=8, width=4, join="plain"))


def probed(step, *norms):
    """Of plain-8: the stem, two layers each of three stages, the classifier."""
    return ProbesCompleted(step=step, values={"gradient": norms})


def test_a_ratio_is_that_of_geometric_means():
    norms = (99.0, 4.0, 16.0, 77.0, 77.0, 1.0, 4.0, 99.0)  # 8 over 2
    found = stage_ratios(RUN, [started(), probed(1, *norms), steps(4)])
    assert (found.steps, found.first) == ((1,), norms)
    assert math.isclose(found.start, 4)


def test_the_median_is_over_the_probed_steps():
    events = [probed(step, 1, r, r, 1, 1, 1, 1, 1) for step, r in ((1, 9.0), (5, 2.0), (9, 3.0))]
    found = stage_ratios(RUN, events)
    assert found.steps == (1, 5, 9)
    assert (round(found.start, 9), round(found.median, 9)) == (9, 3)


def test_stem_and_classifier_do_not_count_even_when_they_are_no_numbers():
    found = stage_ratios(RUN, [probed(1, math.nan, 1, 1, math.nan, 1, 1, 1, math.inf)])
    assert (found.ratios, found.left_out) == ((1.0,), 0)


@pytest.mark.parametrize(
    ("bottom", "top", "ratio", "zeros"),
    [(0.0, 1.0, 0.0, 1), (0.0, 0.0, 0.0, 1), (1.0, 0.0, math.inf, 0)],
)
def test_exact_zeros_are_told_apart(bottom, top, ratio, zeros):
    found = stage_ratios(RUN, [probed(1, 1, 1, bottom, 1, 1, top, 1, 1)])
    assert (found.ratios, found.zeros) == ((ratio,), zeros)


def test_extremes_do_not_overflow():
    small, large = 5e-324, 1e308
    events = [
        probed(1, 1, small, small, 1, 1, large, large, 1),
        probed(2, 1, large, large, 1, 1, small, small, 1),
    ]
    low, high = stage_ratios(RUN, events).ratios
    assert 0 < low < 1e-300
    assert 1e300 < high < math.inf


def test_what_is_not_of_this_network_is_passed_over():
    other = ProbesCompleted(step=1, values={"update": (1.0,)})
    found = stage_ratios(RUN, [other, probed(1, 1.0, 2.0), probed(1)])
    assert (found.ratios, found.left_out) == ((), 0)


def test_numbers_are_written_as_in_other_sentences():
    assert [percent(error) for error in (0.5, 0.0314, None)] == ["50.0 %", "3.1 %", "–"]
    assert points(0.1234) == "12.3"
    assert [times(r) for r in (132.4, 3.35, 0.6244, 1.5e-8, 0.0, math.inf)] == [
        *("130", "3.4", "0.62", "1.5e-08", "0", "inf")
    ]
