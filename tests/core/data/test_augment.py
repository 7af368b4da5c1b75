import pytest
import torch

from resnet_core.data.augment import flip, pad_crop


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    """Every pixel of every image has its own number, and none is 0."""
    return torch.arange(1, 64 * 3 * 5 * 5 + 1, dtype=torch.float32).view(64, 3, 5, 5)


def test_padding_0_changes_nothing(images):
    assert torch.equal(pad_crop(images, 0, generator()), images)


def test_a_crop_is_the_image_moved_with_zeros_around(images):
    crops = pad_crop(images, 2, generator())
    moves = set()
    for image, crop in zip(images, crops, strict=True):
        fits = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(crop, moved(image, down, right))
        ]
        assert len(fits) == 1
        moves.add(fits[0])
    assert len(moves) > 15  # of 25, among 64 images


def moved(image, down, right):
    padded = torch.nn.functional.pad(image, (2, 2, 2, 2))
    return padded[:, 2 + down : 7 + down, 2 + right : 7 + right]


def test_about_half_of_the_images_are_mirrored_and_the_rest_left(images):
    flipped = flip(images, generator())
    mirrored = sum(torch.equal(new, old.flip(2)) for new, old in zip(flipped, images, strict=True))
    kept = sum(torch.equal(new, old) for new, old in zip(flipped, images, strict=True))
    assert mirrored + kept == 64
    assert 20 < mirrored < 44


@pytest.mark.parametrize("vary", [lambda x, g: pad_crop(x, 2, g), flip])
def test_equal_seeds_vary_alike_and_others_do_not(images, vary):
    assert torch.equal(vary(images, generator(1)), vary(images, generator(1)))
    assert not torch.equal(vary(images, generator(1)), vary(images, generator(2)))


@pytest.mark.parametrize("vary", [lambda x, g: pad_crop(x, 2, g), flip])
def test_the_batch_given_and_the_global_generator_stay_as_they_were(images, vary):
    before, state = images.clone(), torch.get_rng_state()
    vary(images, generator())
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("vary", [lambda x, g: pad_crop(x, 2, g), flip])
def test_bytes_stay_bytes_and_channels_last_stays(images, vary):
    assert vary(images.to(torch.uint8), generator()).dtype == torch.uint8
    varied = vary(images.contiguous(memory_format=torch.channels_last), generator())
    assert varied.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(varied, vary(images, generator()))


@pytest.mark.gpu
@pytest.mark.parametrize("vary", [lambda x, g: pad_crop(x, 2, g), flip])
def test_a_gpu_sees_the_same_crops(images, vary):
    assert torch.equal(vary(images.cuda(), generator()).cpu(), vary(images, generator()))
