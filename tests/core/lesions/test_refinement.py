"""What units do to the signal, against hooks on the network's own forward pass."""

import copy
import math

import pytest
import torch
from torch import nn

from resnet_core.lesions import measure
from resnet_core.lesions.refinement import refinement
from resnet_core.specs import ORDERS, SHORTCUTS
from resnet_core.specs.lesion import Lesion

EVERY_KIND = [
    *({"order": order} for order in ORDERS),
    *({"shortcut": shortcut} for shortcut in SHORTCUTS),
    {"shortcut_scale": 0.5, "branch_scale": 0.7},
    {"block": "bottleneck"},
]


@torch.no_grad()
def heard(network, images):
    """Each unit's input and output, and the logits, of one ordinary forward pass."""
    found = []
    handles = [
        unit.register_forward_hook(lambda module, given, output: found.append((given[0], output)))
        for unit in network.units
    ]
    logits = network(images)
    for handle in handles:
        handle.remove()
    return found, logits


@pytest.mark.parametrize("kind", EVERY_KIND, ids=str)
def test_changes_and_cosines_are_those_of_an_ordinary_pass(built, images, labels, kind):
    network = built(**kind)
    signals, _ = heard(network, images)
    found = refinement(network, images, labels)
    for number, (x, y) in enumerate(signals):
        x, y = x.flatten(1).double(), y.flatten(1).double()
        if network.units[number].shape.changes:
            assert math.isnan(found.changes[number]) and math.isnan(found.cosines[number])
            continue
        change = ((y - x).norm(dim=1) / x.norm(dim=1)).mean().item()
        assert found.changes[number] == pytest.approx(change, rel=1e-4)
        cosine = nn.functional.cosine_similarity(x, y).mean().item()
        assert found.cosines[number] == pytest.approx(cosine, rel=1e-5)
    assert len(found.branches) == len(found.changes) == len(found.stages) == len(signals)


@torch.no_grad()
def test_a_branch_is_measured_against_what_it_is_added_to(built, images, labels):
    network = built(shortcut_scale=0.5, branch_scale=0.7)
    signals, _ = heard(network, images)
    found = refinement(network, images, labels)
    for number, (unit, (x, _)) in enumerate(zip(network.units, signals, strict=True)):
        branch = 0.7 * unit.residual(x).flatten(1).norm(dim=1)
        carried = 0.5 * unit.shortcut(x).flatten(1).norm(dim=1)
        assert found.branches[number] == pytest.approx((branch / carried).mean().item(), rel=1e-4)


def test_without_activation_after_the_addition_a_change_is_the_branch(built, images, labels):
    found = refinement(built(order="pre-activation"), images, labels)
    kept = [unit for unit, change in enumerate(found.changes) if not math.isnan(change)]
    assert len(kept) == 7
    for unit in kept:
        assert found.changes[unit] == pytest.approx(found.branches[unit], rel=1e-4)


@pytest.mark.parametrize("kind", EVERY_KIND, ids=str)
def test_the_last_exit_is_the_network_itself(built, images, labels, kind):
    network = built(**kind)
    _, logits = heard(network, images)
    found = refinement(network, images, labels)
    assert found.exit_units[-1] == len(network.units)
    assert found.exit_errors[-1] == (logits.argmax(1) != labels).sum().item() / len(labels)
    loss = nn.functional.cross_entropy(logits, labels).item()
    assert found.exit_losses[-1] == pytest.approx(loss, rel=1e-5)


def test_an_early_exit_is_the_network_without_what_follows(built, images, labels):
    # A unit without its branch gives ReLU of what ReLU gave: x itself.
    network = built(depth=32)
    found = refinement(network, images, labels)
    assert found.exit_units == (11, 12, 13, 14, 15)
    assert found.stages == (1,) * 5 + (2,) * 5 + (3,) * 5
    lesions = [Lesion(deleted=tuple(range(unit + 1, 16))) for unit in found.exit_units]
    cut = measure(network, images, labels, lesions)
    assert list(found.exit_errors) == [one.error for one in cut]
    assert found.exit_losses == pytest.approx([one.loss for one in cut], rel=1e-4)
    assert len(set(found.exit_losses)) == 5


def test_a_unit_that_does_nothing_changes_nothing(built, images, labels):
    network = built(depth=8, order="pre-activation")
    network.units[0].branch_scale = 0.0
    found = refinement(network, images, labels)
    assert (found.branches[0], found.changes[0]) == (0, 0)
    assert found.cosines[0] == pytest.approx(1)


def test_a_plain_unit_has_no_branch_but_changes_its_input(built, images, labels):
    found = refinement(built(join="plain"), images, labels)
    assert all(math.isnan(branch) for branch in found.branches)
    assert all(change > 0 for change in found.changes[:3])
    assert [math.isnan(change) for change in found.changes] == [
        *(False, False, False),
        *(True, False, False),
        *(True, False, False),
    ]


def test_images_beyond_a_batch_are_all_counted(built):
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(300, 1, 8, 8, generator=generator)
    labels = torch.randint(10, (300,), generator=generator)
    network = built(depth=8)
    together = refinement(network, images, labels)
    first, last = (
        refinement(network, images[some], labels[some]) for some in (slice(0, 100), slice(100, 300))
    )
    assert together.images == 300
    for name in ("branches", "exit_errors", "exit_losses"):
        parts = zip(getattr(first, name), getattr(last, name), strict=True)
        mean = [(a + 2 * b) / 3 for a, b in parts]
        assert getattr(together, name) == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(built, images, labels, training):
    network = built().train(training)
    before = copy.deepcopy(network.state_dict())
    refinement(network, images, labels)
    assert network.training is training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    for module in network.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
