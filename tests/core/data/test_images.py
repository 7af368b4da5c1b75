import torch

from resnet_core.data.images import SMALLEST_STD, Split, measure_mean_and_std, to_pictures


def test_mean_and_std_are_those_of_each_channel():
    images = torch.randint(0, 256, (50, 3, 8, 8), dtype=torch.uint8)
    mean, std = measure_mean_and_std(images)
    numbers = images.double()
    torch.testing.assert_close(mean, numbers.mean((0, 2, 3)).float())
    torch.testing.assert_close(std, numbers.std((0, 2, 3), correction=0).float())
    assert mean.dtype == std.dtype == torch.float32


def test_images_that_are_all_alike_do_not_divide_by_zero():
    _, std = measure_mean_and_std(torch.full((5, 1, 4, 4), 7, dtype=torch.uint8))
    assert std.tolist() == [SMALLEST_STD]


def test_mean_and_std_come_from_the_training_images_alone():
    black = Split(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    white = Split(torch.full((4, 1, 2, 2), 255, dtype=torch.uint8), black.labels)
    assert to_pictures(black, white, ("a",)).mean.tolist() == [0]


def test_pictures_go_to_a_device_whole():
    split = Split(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    there = to_pictures(split, split, ("a",)).to("meta")
    tensors = (there.train.images, there.train.labels, there.test.images, there.mean, there.std)
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert len(there.train) == 4
