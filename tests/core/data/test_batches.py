import pytest
import torch

from resnet_core.data.batches import Batches, evaluation_batches, normalise
from resnet_core.data.images import Split, to_pictures


@pytest.fixture
def pictures():
    """50 images whose first pixel is their number; the label is the number modulo 10."""
    images = torch.randint(0, 256, (50, 3, 6, 6), dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(50, dtype=torch.uint8)
    split = Split(images, torch.arange(50) % 10)
    return to_pictures(split, split, tuple("0123456789"))


@pytest.fixture
def make(pictures):
    def _make(**changes):
        options = {"batch_size": 16, "seed": 3, "crop_padding": 2, "flip": True, **changes}
        return Batches(pictures.train, pictures.mean, pictures.std, **options)

    return _make


def numbers(pictures, images):
    """Read which images a batch without augmentation holds."""
    return (images[:, 0, 0, 0] * pictures.std[0] + pictures.mean[0]).round().long().tolist()


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_equal_seeds_give_equal_batches(make):
    one, other = make(), make()
    assert all(same(one.batch(step), other.batch(step)) for step in range(1, 10))


def test_another_seed_gives_other_batches(make):
    assert not same(make(seed=3).batch(1), make(seed=4).batch(1))


def test_batches_do_not_depend_on_the_order_of_the_calls(make):
    forward, backward = make(), make()
    there = {step: forward.batch(step) for step in range(1, 10)}
    back = {step: backward.batch(step) for step in range(9, 0, -1)}
    assert all(same(there[step], back[step]) for step in there)
    assert same(make().batch(7), there[7])


def test_an_epoch_visits_images_once_and_drops_the_rest(pictures, make):
    batches = make(crop_padding=0, flip=False)
    assert batches.steps_per_epoch == 3
    seen = [n for step in (1, 2, 3) for n in numbers(pictures, batches.batch(step)[0])]
    assert len(set(seen)) == 48
    next_epoch = [n for step in (4, 5, 6) for n in numbers(pictures, batches.batch(step)[0])]
    assert len(set(next_epoch)) == 48
    assert seen != next_epoch


def test_labels_stay_with_their_images(pictures, make):
    images, labels = make(crop_padding=0, flip=False).batch(5)
    assert [n % 10 for n in numbers(pictures, images)] == labels.tolist()


def test_turning_crops_on_leaves_mirror_images_and_order_as_they_were(make):
    plain, flipped = make(crop_padding=0, flip=False), make(crop_padding=0)
    mirrored = [
        not torch.equal(a, b) for a, b in zip(plain.batch(2)[0], flipped.batch(2)[0], strict=True)
    ]
    cropped, both = make(flip=False), make()
    for was_mirrored, a, b in zip(mirrored, cropped.batch(2)[0], both.batch(2)[0], strict=True):
        assert torch.equal(a.flip(2) if was_mirrored else a, b)
    assert 0 < sum(mirrored) < 16


def test_a_batch_larger_than_the_split_is_the_whole_split(pictures, make):
    batches = make(batch_size=128, crop_padding=0, flip=False)
    assert (batches.batch_size, batches.steps_per_epoch) == (50, 1)
    assert sorted(numbers(pictures, batches.batch(2)[0])) == list(range(50))


@pytest.mark.parametrize("channels", [1, 3])
def test_batches_are_float32_and_channels_last(channels):
    images = torch.randint(0, 256, (20, channels, 8, 8), dtype=torch.uint8)
    split = Split(images, torch.zeros(20, dtype=torch.int64))
    ones = torch.ones(channels)
    for padding in (0, 1):
        batches = Batches(split, ones, ones, batch_size=8, seed=0, crop_padding=padding, flip=True)
        batch, labels = batches.batch(1)
        assert batch.dtype == torch.float32
        assert batch.shape == (8, channels, 8, 8)
        assert batch.is_contiguous(memory_format=torch.channels_last)
        assert labels.dtype == torch.int64


def test_normalised_training_images_have_mean_0_and_std_1(pictures):
    images = normalise(pictures.train.images, pictures.mean, pictures.std)
    torch.testing.assert_close(images.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(images.std((0, 2, 3), correction=0), torch.ones(3))
    assert pictures.train.images.dtype == torch.uint8


def test_evaluation_sees_every_image_once_in_order(pictures):
    batches = list(evaluation_batches(pictures.test, pictures.mean, pictures.std, 16))
    assert [len(labels) for _, labels in batches] == [16, 16, 16, 2]
    assert [n for images, _ in batches for n in numbers(pictures, images)] == list(range(50))
    assert torch.equal(torch.cat([labels for _, labels in batches]), pictures.test.labels)


def test_the_global_generator_is_left_alone(make):
    state = torch.get_rng_state()
    make().batch(1)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.gpu
def test_a_gpu_sees_the_same_batches(pictures):
    options = {"batch_size": 16, "seed": 3, "crop_padding": 2, "flip": True}
    there = pictures.to("cuda")
    here = Batches(pictures.train, pictures.mean, pictures.std, **options).batch(5)
    images, labels = Batches(there.train, there.mean, there.std, **options).batch(5)
    torch.testing.assert_close(images.cpu(), here[0])
    assert torch.equal(labels.cpu(), here[1])
    assert images.is_contiguous(memory_format=torch.channels_last)
