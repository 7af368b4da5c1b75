"""Several networks against one: exact p, and what is said of errors and costs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from resnet_core.studies.ensembles import Classified, Together, chance_of, together_verdict


def classified(wrong, images=360, parameters=100, multiply_adds=1000):
    return Classified(wrong / images, images, parameters, multiply_adds)


def together(each, wrong, images=360, disagreement=0.05):
    return Together(tuple(classified(w, images) for w in each), wrong / images, disagreement)


def text(found, deep, name="residual-56"):
    return [str(sentence) for sentence in together_verdict(found, deep, name)]


def mcnemar(wrong, other, both):
    count = wrong + other - 2 * both
    return binomtest(wrong - both, count, 0.5).pvalue if count else 1.0


@given(st.data())
def test_p_lies_between_its_bounds_whichever_images_are_wrong(data):
    images = data.draw(st.integers(1, 60))
    wrong, other = (data.draw(st.integers(0, images)) for _ in range(2))
    least, most = chance_of(wrong, other, images)
    possible = [
        mcnemar(wrong, other, both)
        for both in range(max(0, wrong + other - images), min(wrong, other) + 1)
    ]
    assert least == pytest.approx(min(possible))
    assert most == pytest.approx(max(possible))
    assert all(one >= next_one - 1e-12 for one, next_one in pairwise(possible))


def test_five_images_are_no_significant_difference_and_six_may_be_one():
    assert chance_of(3, 8, 360)[0] == 2 / 2**5 == 0.0625
    assert chance_of(2, 8, 360)[0] == 2 / 2**6


@pytest.mark.parametrize(
    ("each", "wrong", "sentence"),
    [
        ((6, 6, 8), 3, "together err in 0.8 % (3 of 360 images): less than any of them alone"),
        ((2, 20), 9, "less than their mean (3.1 %), but not less than the best of them (0.6 %)"),
        ((6, 6), 6, "not less than their mean (1.7 %; best 1.7 %). Averaging has not helped here."),
        ((6, 6), 8, "Averaging has not helped here."),
    ],
)
def test_what_averaging_gives(each, wrong, sentence):
    assert sentence in text(together(each, wrong), classified(8))[0]


def test_networks_that_always_agree_are_said_to():
    assert "into different classes" in text(together((6, 6), 6), classified(8))[1]
    same = text(together((6, 6), 6, disagreement=0.0), classified(8))[1]
    assert "They put every image into the same class" in same


@pytest.mark.parametrize(
    ("wrong", "deep", "sentence"),
    [
        (8, 8, "residual-56 alone errs in 2.2 %, as often as they do together."),
        (3, 8, "5 images more than they do together. That is no significant difference, whichever"),
        (8, 3, "5 images less than they do together. That is no significant difference, whichever"),
        (2, 12, "10 images more than they do together, a significant difference"),
        (12, 2, "10 images less than they do together, a significant difference"),
        (30, 40, "10 images more than they do together. Whether that is significant depends on"),
        (40, 30, "10 images less than they do together. Whether that is significant depends on"),
    ],
)
def test_a_difference_is_called_significant_only_if_it_is(wrong, deep, sentence):
    assert sentence in text(together((50, 50), wrong), classified(deep))[2]


def test_costs_are_sums_beside_the_deep_networks():
    deep = classified(8, parameters=400, multiply_adds=1500)
    assert text(together((6, 6, 8), 3), deep)[3] == (
        "Together they have 300 parameters, 75 % of what residual-56 has, and need 3,000 "
        "multiply-adds an image, 200 %."
    )
