import pytest

from resnet_core.data.arrange import arrange
from resnet_core.errors import DataError


def folders(*names, images=30):
    return sorted(f"{name}/{number:03}.png" for name in names for number in range(images))


def refusal(names):
    with pytest.raises(DataError) as caught:
        arrange("pets.zip", names)
    return str(caught.value)


def test_class_folders_are_split_four_to_one():
    plan = arrange("pets.zip", folders("dog", "cat", images=50))
    assert plan.classes == ("cat", "dog")
    assert len(plan.train) == 80
    assert len(plan.test) == 20
    assert sum(label for _, label in plan.test) == 10
    assert not set(plan.train) & set(plan.test)
    assert all(("dog" in name) == label for name, label in (*plan.train, *plan.test))


def test_the_split_is_always_the_same_and_not_the_last_of_each_class():
    names = folders("dog", "cat")
    plan = arrange("pets.zip", names)
    assert plan == arrange("other.zip", names)
    assert [name for name, _ in plan.test][:6] != [f"cat/{n:03}.png" for n in range(24, 30)]


def test_train_and_test_folders_keep_their_split():
    names = folders("train/cat", "train/dog", "test/cat", "test/dog", images=8)
    plan = arrange("pets.zip", names)
    assert plan.classes == ("cat", "dog")
    assert {name.split("/")[0] for name, _ in plan.train} == {"train"}
    assert {name.split("/")[0] for name, _ in plan.test} == {"test"}


@pytest.mark.parametrize("test_folder", ["Test", "val", "validation"])
def test_the_test_folder_may_have_its_other_names(test_folder):
    tops = ("Train/cat", "Train/dog", f"{test_folder}/cat", f"{test_folder}/dog")
    assert len(arrange("pets.zip", folders(*tops, images=8)).test) == 16


@pytest.mark.parametrize("around", ["pets/", "a/b/"])
def test_folders_around_everything_do_not_matter(around):
    names = folders("cat", "dog")
    plan = arrange("pets.zip", [around + name for name in names])
    assert [name.removeprefix(around) for name, _ in plan.test] == [
        name for name, _ in arrange("pets.zip", names).test
    ]


def test_a_train_folder_alone_is_a_folder_around_everything():
    assert arrange("pets.zip", folders("train/cat", "train/dog")).classes == ("cat", "dog")


def test_train_may_be_a_class():
    assert arrange("x.zip", folders("bus", "train")).classes == ("bus", "train")


def test_deeper_folders_belong_to_the_class_above():
    names = sorted(folders("cat/indoors", "cat/outdoors", "dog"))
    assert arrange("pets.zip", names).classes == ("cat", "dog")


def test_one_class_is_refused():
    assert refusal(folders("cat")) == (
        "pets.zip was brought, with 1 class folders, but it takes 2 to 1000: make one folder of "
        "images for each class."
    )


def test_too_many_classes_are_refused():
    assert "1001 class folders" in refusal(folders(*(f"c{n}" for n in range(1001)), images=1))


def test_a_class_name_of_a_page_is_refused():
    assert "may have at most 100 characters" in refusal(folders("cat", "d" * 101))


def test_an_image_outside_the_class_folders_is_refused_by_name():
    assert refusal(["0.png", *folders("cat", "dog")]).startswith(
        "0.png was brought, but it lies in no class folder"
    )


def test_a_third_folder_beside_train_and_test_is_refused():
    tops = ("train/cat", "train/dog", "test/cat", "test/dog", "val/cat", "val/dog")
    assert refusal(folders(*tops)).startswith("Folders test, train, val were brought")


def test_a_class_without_test_images_is_refused():
    names = folders("train/cat", "train/dog", "train/owl", "test/cat", "test/dog")
    assert refusal(names).startswith("Class owl was brought with 30 training and 0 test images")


def test_a_class_of_one_image_is_refused():
    names = [*folders("cat", "dog"), "owl/1.png"]
    assert refusal(names).startswith("Class owl was brought with 0 training and 1 test images")


def test_too_few_images_are_refused():
    assert refusal(folders("cat", "dog", images=10)) == (
        "pets.zip was brought, with 16 training and 4 test images, but it takes at least 10 of "
        "each to measure anything: add images."
    )
