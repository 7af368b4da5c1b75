"""Verdicts on gradients by path length: what agrees with the paper, and what does not."""

from math import comb, nan

import pytest

from resnet_core.studies.path_gradients import PathGradients
from resnet_core.studies.path_verdicts import comparison_verdict, path_verdict


def geometric(units, factor, start=1.0):
    return tuple(start * factor**length for length in range(units + 1))


def measured(units=27, factor=0.3, *, draws=5, whole=1.0, exact=(), name="residual-56"):
    rows = (geometric(units, factor),) * draws
    return PathGradients(name=name, draws=rows, whole=whole, images=32, exact=exact)


def said(found):
    return " ".join(map(str, path_verdict(found)))


def test_a_geometric_decay_has_the_published_form():
    words = said(measured(factor=0.284))
    assert "a path's gradient shrinks to 0.28 of it (R² = 1.000 of a geometric decay" in words
    assert (
        "5 drawn paths of each length, seeds 0 to 4, 32 test images): a fall of the published form."
        in words
    )


@pytest.mark.parametrize("factor", [1.0, 1.2])
def test_what_does_not_fall_is_not_as_published(factor):
    words = said(measured(units=9, factor=factor))
    assert "a geometric decay does not fit well, or nothing falls" in words
    assert "not as published" in words


def test_a_zigzag_is_no_geometric_decay():
    rows = ((1.0, 1e-6, 1.0, 1e-6, 1.0, 1e-6),) * 5
    words = said(PathGradients(name="residual-14", draws=rows, whole=1.0, images=32))
    assert "a geometric decay does not fit well" in words


def test_two_draws_are_points_and_no_verdict():
    words = said(measured(draws=2))
    assert "2 drawn so far of each length. These are points" in words
    assert "said from 3 on" in words
    assert "of the product" not in words
    assert "published" not in words
    assert "seeds" not in words


def test_few_short_paths_carry_most_as_published():
    words = said(measured(units=27, factor=0.284))
    # As if each unit were passed with chance 0.284 / 1.284 (a binomial, added up apart): mean 6.0.
    assert "by lengths 2 to 10 of 27, 12.4 % of all paths" in words
    assert "Each draw by itself gives the same lengths." in words
    assert "Its mean length is 6.0, that of all paths 13.5: most of the gradient comes by" in words
    assert "short paths, and these are few, as published." in words
    assert "how rare they are depends on the depth and on the network." in words


@pytest.mark.parametrize(
    ("units", "factor", "verdict"),
    [
        # As measured of residual-56, its pre-activation twin, and residual-20.
        (27, 0.284, "by short paths, and these are few, as published."),
        (27, 0.397, "by short paths, as published. But with 35.1 % of all paths these are not few"),
        (9, 0.84, "mean length is 4.1, that of all paths 4.5: not by much shorter paths, unlike"),
        # On both sides of three quarters: 2r / (1 + r) = 0.75 at r = 0.6.
        (27, 0.59, "by short paths, as published. But with"),
        (27, 0.61, "not by much shorter paths, unlike what is published."),
    ],
)
def test_as_published_needs_a_clear_distance_and_few_paths(units, factor, verdict):
    words = said(measured(units=units, factor=factor))
    assert verdict in words
    verdicts = ("these are few, as", "these are not few", "not by much shorter", "not by short")
    assert sum(words.count(one) for one in verdicts) == 1


def test_a_share_is_said_to_hang_on_the_upper_end():
    words = said(measured(units=27, factor=0.284))
    # Of 2^27 paths with 2 to 9, and with 2 to 11 units, counted apart.
    few, many = (sum(comb(27, k) for k in range(2, end)) / 2**27 for end in (10, 12))
    assert f"up to length 9 it would be {100 * few:.1f} %, up to 11 it would be" in words
    assert f"{100 * many:.1f} %." in words


def test_an_interval_that_ends_at_the_longest_path_hangs_on_no_upper_end():
    words = said(measured(units=3, factor=2.0))
    assert "by lengths 1 to 3 of 3" in words
    assert "hangs on the upper end" not in words


def test_long_paths_that_carry_most_are_unlike_what_is_published():
    words = said(measured(units=9, factor=2.0))
    assert "Its mean length is 6.0, that of all paths 4.5: not by short paths, unlike" in words


def test_single_draws_that_differ_are_given_as_a_span():
    rows = (geometric(27, 0.2), geometric(27, 0.3), geometric(27, 0.4))
    words = said(PathGradients(name="residual-56", draws=rows, whole=1.0, images=32))
    assert "In each draw by itself, the shortest of them is 1–3, the longest 8–12." in words


def test_other_lengths_than_the_published_of_54_units_refute_nothing():
    words = said(measured(units=54, factor=0.084))
    assert "5 to 17, 0.45 % of all paths; here 1 to 8." in words
    assert "neither confirmed nor refuted" in words


def test_a_sum_of_norms_that_is_many_times_the_whole_gradient_is_named():
    whole = sum(comb(9, k) * 0.5**k for k in range(10)) / 31
    words = said(measured(units=9, factor=0.5, whole=whole))
    assert "it is 31 times the norm of the whole gradient" in words
    assert "largely cancel each other" in words
    alike = said(measured(units=9, factor=0.5, whole=31 * whole))
    assert "it is 1.0 times the norm of the whole gradient" in alike
    assert "cancel" not in alike


def shares_at(units, length):
    return tuple(float(k == length) for k in range(units + 1))


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (3, "shorter than the product says (6.0): the long paths cancel each other most"),
        (6, "about as the product says (6.0)"),
        (9, "longer than the product says (6.0)"),
    ],
)
def test_exact_sums_are_set_beside_the_product(length, words):
    found = said(measured(units=9, factor=2.0, exact=shares_at(9, length)))
    assert "all 2⁹ paths added up exactly (32 images): 100.0 % of the whole" in found
    assert f"by lengths {length} to {length}, on average {length}.0" in found
    assert words in found


def test_nothing_is_said_of_exact_sums_that_are_not_there():
    assert "exactly" not in said(measured())


def test_gradients_that_are_no_numbers_get_one_sentence():
    rows = ((1.0, nan, 0.1),) * 5
    found = PathGradients(name="residual-8", draws=rows, whole=1.0, images=32)
    (sentence,) = path_verdict(found)
    assert "no finite numbers" in str(sentence)


def test_the_network_whose_gradient_falls_more_slowly_is_named_first_in_either_order():
    slow, fast = measured(factor=0.4, name="pre"), measured(factor=0.28, name="original")
    for pair in ((slow, fast), (fast, slow)):
        (sentence,) = comparison_verdict(*pair)
        assert "more slowly with length in pre (0.40 a unit) than in original (0.28)" in str(
            sentence
        )


@pytest.mark.parametrize(("draws", "words"), [(1, "one drawn path of"), (2, "2 drawn paths of")])
def test_one_drawn_path_is_one_path(draws, words):
    (sentence,) = comparison_verdict(measured(factor=0.4, draws=draws), measured(factor=0.28))
    assert words in str(sentence)


def test_networks_that_fall_alike_are_called_alike():
    (sentence,) = comparison_verdict(measured(name="one"), measured(name="other"))
    assert "equally fast" in str(sentence)


def test_networks_without_a_decay_are_not_compared():
    assert comparison_verdict(measured(units=1), measured()) == ()
