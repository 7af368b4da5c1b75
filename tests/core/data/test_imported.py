import zipfile

import pytest
import torch
from PIL import Image

from resnet_core.data import imported, trees
from resnet_core.data.imported import describe_imported, import_images, load_imported
from resnet_core.data.trees import Limits
from resnet_core.errors import DataError, StoreError
from resnet_core.store.places import data_folder


def refusal(path, **options):
    with pytest.raises(DataError) as caught:
        import_images(path, **options)
    assert not list(data_folder().rglob("*.safetensors"))
    return str(caught.value)


def test_class_folders_become_pictures(class_folders):
    found = import_images(class_folders)
    assert (found.classes, found.channels, found.size) == (("cat", "dog"), 3, 8)
    assert (found.train_images, found.test_images) == (48, 12)
    pictures = load_imported(found.digest)
    assert pictures.classes == ("cat", "dog")
    assert pictures.train.images.shape == (48, 3, 8, 8)
    assert pictures.train.labels.bincount().tolist() == [24, 24]
    for images, labels in (
        (pictures.train.images, pictures.train.labels),
        (pictures.test.images, pictures.test.labels),
    ):
        assert set(images[labels == 0][:, 0, 1, 1].tolist()) == {200}
        assert set(images[labels == 1][:, 0, 1, 1].tolist()) == {10}
    numbers = torch.cat([pictures.train.images, pictures.test.images])[:, 0, 0, 0]
    assert sorted(numbers.tolist()) == sorted([*range(30)] * 2)


def test_a_zip_gives_the_same_as_its_folder(class_folders, zip_folder):
    assert import_images(zip_folder(class_folders)) == import_images(class_folders)


def test_train_and_test_folders_keep_their_split(tmp_path, save_image):
    for split, count in (("train", 12), ("test", 6)):
        for kind in ("a", "b"):
            for number in range(count):
                save_image(tmp_path / "x" / split / kind / f"{number}.png", number, colour=100)
    found = import_images(tmp_path / "x")
    assert (found.train_images, found.test_images, found.channels) == (24, 12, 1)


def test_one_image_in_colour_makes_all_colour(class_folders, save_image):
    for kind in ("cat", "dog"):
        for number in range(30):
            save_image(class_folders / kind / f"{number:02}.png", number, colour=77)
    save_image(class_folders / "dog" / "07.png", 7, colour=(1, 2, 3))
    found = import_images(class_folders)
    images = load_imported(found.digest).train.images
    assert found.channels == 3
    assert set(images[:, :, 1, 1].flatten().tolist()) <= {77, 1, 2, 3}


def test_the_digest_is_of_the_content(class_folders, save_image):
    first = import_images(class_folders).digest
    again = import_images(class_folders).digest
    (class_folders / "dog").rename(class_folders / "wolf")
    renamed = import_images(class_folders).digest
    save_image(class_folders / "wolf" / "00.png", 99)
    changed = import_images(class_folders).digest
    assert first == again
    assert len({first, renamed, changed}) == 3


def test_the_digest_is_the_same_on_every_machine(class_folders):
    assert import_images(class_folders).digest == "b4726a7251861adc"


def test_description_and_import_agree(class_folders):
    found = import_images(class_folders)
    assert describe_imported(found.digest) == found


@pytest.mark.parametrize("read", [load_imported, describe_imported])
@pytest.mark.parametrize("digest", ["0123456789abcdef", "../../etc/passwd"])
def test_images_that_are_not_here_are_asked_for_again(read, digest):
    with pytest.raises(DataError, match="are not here any more: bring them again"):
        read(digest)


def test_damaged_images_are_asked_for_again(class_folders):
    digest = import_images(class_folders).digest
    (data_folder() / "imported" / f"{digest}.safetensors").write_bytes(b"damaged")
    with pytest.raises(DataError, match="bring them again"):
        load_imported(digest)
    assert import_images(class_folders).digest == digest
    assert len(load_imported(digest).train) == 48


def test_mixed_sizes_are_refused_with_an_example_of_each(class_folders, save_image):
    save_image(class_folders / "cat" / "00.png", size=(10, 6))
    sentence = refusal(class_folders)
    assert sentence.startswith("pets was brought with images of different sizes (")
    assert "8×8: cat/0" in sentence
    assert "10×6: cat/00.png" in sentence
    assert sentence.endswith("choose an image size, and each is cut to a square and resized.")


def test_an_image_size_makes_mixed_sizes_one(class_folders, save_image):
    save_image(class_folders / "cat" / "00.png", size=(10, 6))
    found = import_images(class_folders, image_size=6)
    assert found.size == 6
    assert load_imported(found.digest).test.images.shape == (12, 3, 6, 6)


def test_images_that_are_not_square_are_refused(tmp_path, save_image):
    for kind in ("a", "b"):
        for number in range(30):
            save_image(tmp_path / "x" / kind / f"{number}.png", number, size=(9, 8))
    assert "images of 9×8 pixels, but they must be square" in refusal(tmp_path / "x")


def test_images_that_are_too_small_are_refused(tmp_path, save_image):
    for kind in ("a", "b"):
        for number in range(30):
            save_image(tmp_path / "x" / kind / f"{number}.png", number, size=(2, 2))
    assert "of 2×2 pixels, but their size must lie between 4 and 1024" in refusal(tmp_path / "x")


@pytest.mark.parametrize("size", [3, 1025])
def test_an_image_size_out_of_range_is_refused(class_folders, size):
    assert "must lie between 4 and 1024" in refusal(class_folders, image_size=size)


def test_a_text_file_named_jpg_is_refused_by_name(class_folders):
    (class_folders / "dog" / "notes.jpg").write_text("Dear diary,")
    assert refusal(class_folders).startswith("dog/notes.jpg was brought as an image, but there is")


def test_a_jpeg_cut_short_is_refused_by_name(class_folders):
    path = class_folders / "dog" / "photo.jpg"
    Image.effect_noise((8, 8), 90).save(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "dog/photo.jpg was brought as an image, but it is damaged" in refusal(class_folders)


@pytest.mark.parametrize("empty", ["zip", "folder"])
def test_nothing_to_import_is_refused(tmp_path, empty):
    path = tmp_path / "empty"
    if empty == "zip":
        zipfile.ZipFile(path, "w").close()
    else:
        path.mkdir()
    assert refusal(path).startswith("empty was brought, but there is no image in it")


def test_one_class_is_refused(class_folders):
    (class_folders / "dog").rename(class_folders.parent / "dog")
    assert "1 class folders, but it takes 2 to 1000" in refusal(class_folders)


@pytest.mark.parametrize(
    "limits", [Limits(100, 10**6, 640, 10**6), Limits(100, 10**6, 10**6, 1920)]
)
def test_too_many_pixels_in_all_are_refused(class_folders, monkeypatch, limits):
    monkeypatch.setattr(trees, "FOLDER_LIMITS", limits)
    assert "images have too many pixels in all: 11 of 60" in refusal(class_folders)


def test_progress_is_reported_to_the_last_image(class_folders, monkeypatch):
    monkeypatch.setattr(imported, "REPORT_EVERY", 25)
    reports = []
    import_images(class_folders, on_progress=lambda *report: reports.append(report))
    assert reports == [("pets", 25, 60), ("pets", 50, 60), ("pets", 60, 60)]


def test_a_full_disk_is_an_error_of_the_store(class_folders, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(imported, "write_pictures", refuse)
    with pytest.raises(StoreError, match=r"that failed \(No space left on device\): free space"):
        import_images(class_folders)
