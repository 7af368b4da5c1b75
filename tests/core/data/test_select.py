import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.data.images import Split
from resnet_core.data.select import choose, pool, share, take


def numbered(labels):
    labels = torch.tensor(labels)
    images = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1)
    return Split(images, labels)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any), st.data())
def test_shares_add_up_and_are_fair(sizes, data):
    count = data.draw(st.integers(0, sum(sizes)))
    shares = share(torch.tensor(sizes), count).tolist()
    assert sum(shares) == count
    for part, size in zip(shares, sizes, strict=True):
        assert part <= size
        assert abs(part - size * count / sum(sizes)) < 1


def test_a_share_keeps_the_proportions_of_the_classes():
    split = take(numbered([0] * 60 + [1] * 30 + [2] * 10), 10, "training")
    assert split.labels.bincount().tolist() == [6, 3, 1]


def test_the_same_share_is_taken_every_time():
    split = numbered([0, 1, 2] * 30)
    torch.manual_seed(1)
    first = take(split, 12, "training").images
    torch.manual_seed(2)
    assert torch.equal(first, take(split, 12, "training").images)
    assert first.flatten().tolist() == [8, 16, 24, 29, 30, 41, 42, 43, 60, 67, 68, 79]


def test_a_larger_choice_contains_the_smaller():
    labels = torch.tensor([0, 1] * 20)
    small = set(choose(labels, torch.tensor([3, 3]), "x").tolist())
    large = set(choose(labels, torch.tensor([7, 5]), "x").tolist())
    assert small < large


def test_labels_stay_with_their_images():
    split = numbered([0, 1, 2] * 30)
    chosen = take(split, 12, "training")
    assert torch.equal(chosen.images.flatten().long() % 3, chosen.labels)


def test_pooling_averages_and_rounds():
    images = torch.tensor([[0, 4], [8, 9]], dtype=torch.uint8).view(1, 1, 2, 2)
    pooled = pool(Split(images, torch.tensor([0])), 1)
    assert pooled.images.tolist() == [[[[5]]]]  # 5.25
    assert pooled.images.dtype == torch.uint8


def test_pooling_gives_the_size_asked_for_also_when_it_does_not_divide():
    images = torch.full((3, 3, 28, 28), 77, dtype=torch.uint8)
    pooled = pool(Split(images, torch.zeros(3, dtype=torch.int64)), 10).images
    assert pooled.shape == (3, 3, 10, 10)
    assert pooled.unique().tolist() == [77]
