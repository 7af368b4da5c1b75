import pytest

from resnet_core.errors import SpecError
from resnet_core.specs import DATASETS, DataSpec


def refusal(**settings):
    with pytest.raises(SpecError) as caught:
        DataSpec(**settings)
    return str(caught.value)


def test_an_unknown_data_set_is_refused_with_those_there_are():
    sentence = refusal(dataset="cifar100")
    assert sentence.startswith("Data set 'cifar100' was asked for, but there is no such choice")
    assert all(repr(name) in sentence for name in DATASETS)


def test_more_training_images_than_there_are_are_refused_with_how_many_there_are():
    assert refusal(train_images=1438) == (
        "Training images 1438 was asked for, but it must lie between 10 and 1437."
    )


def test_more_test_images_than_there_are_are_refused_with_how_many_there_are():
    assert "between 10 and 360" in refusal(test_images=361)


def test_images_larger_than_they_are_are_refused():
    assert "between 4 and 8" in refusal(image_size=9)


def test_a_crop_wider_than_the_image_is_refused():
    assert "between 0 and 16" in refusal(crop_padding=17)


@pytest.mark.parametrize(
    "settings", [{"dataset": "imported"}, {"imported": "0" * 16}, {"imported": ""}]
)
def test_imported_images_need_their_digest_and_only_they_have_one(settings):
    assert "only they have one" in refusal(**settings)


@pytest.mark.parametrize("digest", ["", "0" * 15, "0" * 17, "G" * 16, "../../etc/passwd", "A" * 16])
def test_a_digest_of_imported_images_that_is_none_is_refused(digest):
    assert "16 hexadecimal digits" in refusal(dataset="imported", imported=digest)


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set_can_be_asked_for_whole(dataset):
    row = DATASETS[dataset]
    whole = DataSpec(
        dataset=dataset,
        train_images=row.train_images,
        test_images=row.test_images,
        image_size=row.size,
    )
    assert whole.dataset == dataset
