"""Lesions, against networks that are really built without the unit, one full pass each."""

import copy
import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from resnet_core.blocks.shortcuts import ZeroPadShortcut
from resnet_core.errors import SpecError
from resnet_core.lesions import measure
from resnet_core.specs import ORDERS, SHORTCUTS
from resnet_core.specs.lesion import Lesion, swaps

JOINS = ("plain", "residual")
EVERY_KIND = [
    *({"join": "residual", "order": order} for order in ORDERS),
    *({"join": "plain", "order": order} for order in ORDERS),
    *({"join": "residual", "shortcut": shortcut} for shortcut in SHORTCUTS),
    {"block": "bottleneck", "depth": 20},
    {"block": "single"},
    {"family": "vgg", "depth": 14},
    {"family": "vgg", "depth": 14, "normalisation": "none"},
]


@torch.no_grad()
def by_hand(network, images, labels, lesion):
    """The same lesion the long way: a copy of the network, changed in place, one full pass."""
    changed = copy.deepcopy(network)
    units = changed.units
    standing = [units[number - 1] for number in lesion.order] or units
    x = changed.stem(images)
    for place, unit in enumerate(standing, start=1):
        scale = 0.0 if place in lesion.deleted else dict(lesion.scales).get(place, 1.0)
        if unit.join == "residual":
            unit.branch_scale *= scale
            x = unit(x)
        elif place in lesion.deleted:
            x = ZeroPadShortcut(unit.shape)(x) if unit.shape.changes else x
        else:
            x = unit.after_addition(scale * unit.residual(x))
    logits = changed.head(x)
    loss = nn.functional.cross_entropy(logits, labels).item()
    return (logits.argmax(1) != labels).float().mean().item(), loss


def check(network, images, labels, lesions):
    found = measure(network, images, labels, lesions)
    for lesion, one in zip(lesions, found, strict=True):
        error, loss = by_hand(network, images, labels, lesion)
        assert one.error == pytest.approx(error), lesion
        assert one.loss == pytest.approx(loss, rel=1e-4), lesion
        assert one.images == len(labels)


@pytest.mark.parametrize("kind", EVERY_KIND, ids=str)
def test_deleting_each_unit_in_turn_is_what_full_passes_give(built, images, labels, kind):
    network = built(**kind)
    check(network, images, labels, [Lesion(deleted=(n,)) for n in range(1, len(network.units) + 1)])


@pytest.mark.parametrize("join", JOINS)
def test_many_deletions_orders_and_scales_are_what_full_passes_give(built, images, labels, join):
    check(
        built(join=join),
        images,
        labels,
        [
            Lesion(deleted=(2, 4, 9)),
            Lesion(order=(3, 2, 1, 4, 6, 5, 7, 8, 9)),
            Lesion(scales=((2, 0.5), (8, -1.0))),
            Lesion(deleted=(3,), order=(2, 1, 3, 4, 5, 6, 7, 9, 8), scales=((1, 2.0),)),
            Lesion(deleted=tuple(range(2, 10))),
        ],
    )


@pytest.mark.parametrize("join", JOINS)
def test_deleting_nothing_changes_nothing(built, images, labels, join):
    network = built(join=join)
    logits = network(images)
    (found,) = measure(network, images, labels, [Lesion()])
    assert found.error == (logits.argmax(1) != labels).sum().item() / len(labels)
    assert found.loss == pytest.approx(nn.functional.cross_entropy(logits, labels).item())


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deleted=st.permutations(range(1, 10)), count=st.integers(0, 8))
def test_the_order_of_deletion_does_not_matter(built, images, labels, deleted, count):
    network = built()
    gone = deleted[:count]
    (at_once,) = measure(network, images, labels, [Lesion(deleted=tuple(sorted(gone)))])
    one_by_one = copy.deepcopy(network)
    for number in gone:
        one_by_one.units[number - 1].branch_scale = 0.0
    (found,) = measure(one_by_one, images, labels, [Lesion()])
    assert found.error == at_once.error
    assert found.loss == pytest.approx(at_once.loss, rel=1e-4)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_reordering_twice_restores(built, images, labels, data):
    network = built()
    one, other = data.draw(st.sampled_from(swaps(network.spec)))
    order = list(range(1, 10))
    order[one - 1], order[other - 1] = other, one
    there, back = Lesion(order=tuple(order)), Lesion()
    order[one - 1], order[other - 1] = one, other
    assert Lesion(order=tuple(order)) == back
    intact, swapped, restored = measure(network, images, labels, [back, there, back])
    assert restored == intact
    assert swapped.loss != intact.loss


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("join", JOINS)
def test_the_network_is_left_as_it_was(built, images, labels, join, training):
    network = built(join=join).train(training)
    before = copy.deepcopy(network.state_dict())
    measure(network, images, labels, [Lesion(deleted=(1,)), Lesion(scales=((4, 0.0),))])
    assert network.training is training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    for module in network.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
        assert not module._backward_hooks
    assert [unit.branch_scale for unit in network.units] == [1.0] * 9


def test_errors_of_classes_add_up_to_the_error(built, images, labels):
    (found,) = measure(built(), images, labels, [Lesion(deleted=(1,))])
    assert sum(error * 4 for error in found.class_errors) / 40 == pytest.approx(found.error)
    assert all(0 <= error <= 1 for error in found.class_errors)


def test_a_class_without_images_has_no_error(built, images):
    (found,) = measure(built(), images, torch.zeros(40, dtype=torch.int64), [Lesion()])
    assert math.isnan(found.class_errors[3])
    assert not math.isnan(found.class_errors[0])


def test_more_images_than_fit_into_a_batch_are_all_counted(built):
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(300, 1, 8, 8, generator=generator)
    labels = torch.randint(10, (300,), generator=generator)
    network = built()
    (found,) = measure(network, images, labels, [Lesion(deleted=(5,))])
    error, _ = by_hand(network, images, labels, Lesion(deleted=(5,)))
    assert found.images == 300
    assert found.error == pytest.approx(error)


@pytest.mark.parametrize(
    ("lesion", "said"),
    [
        (Lesion(deleted=(10,)), "has 9 units"),
        (Lesion(deleted=tuple(range(1, 10))), "All 9 units of residual-20"),
        (Lesion(order=(2, 1)), "An order of 2 units was asked for"),
        (Lesion(order=(1, 2, 4, 3, 5, 6, 7, 8, 9)), "they differ in shape"),
    ],
)
def test_a_lesion_of_another_network_is_refused(built, images, labels, lesion, said):
    with pytest.raises(SpecError, match=said):
        measure(built(), images, labels, [lesion])


def passes(network, images, labels, lesions):
    """Measure, and count how many units have been passed."""
    passed = []
    handles = [unit.register_forward_hook(lambda *_: passed.append(1)) for unit in network.units]
    measure(network, images, labels, lesions)
    for handle in handles:
        handle.remove()
    return len(passed)


def test_each_deletion_passes_half_as_many_units_as_one_full_pass_each(built, images, labels):
    lesions = [Lesion(deleted=(n,)) for n in range(1, 28)]
    passed = passes(built(depth=56), images, labels, lesions)
    # What stands before the last deleted unit, and what stands behind each deleted one.
    assert passed == 26 + sum(27 - n for n in range(1, 28))
    assert passed < 27 * 27 / 1.8


@pytest.mark.parametrize("number", [1, 5, 9])
def test_one_click_passes_every_other_unit_once(built, images, labels, number):
    assert passes(built(), images, labels, [Lesion(deleted=(number,))]) == 8


def test_nothing_is_measured_where_nothing_is_asked(built, images, labels):
    assert measure(built(), images, labels, []) == []
