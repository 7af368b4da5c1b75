import pytest
import torch
from safetensors.torch import save_file

from resnet_core.data.cache import read_header, read_pictures, write_pictures
from resnet_core.data.images import Split, to_pictures


@pytest.fixture
def pictures():
    images = torch.randint(0, 256, (6, 3, 4, 4), dtype=torch.uint8)
    labels = torch.tensor([0, 1, 0, 1, 0, 1])
    return to_pictures(Split(images[:4], labels[:4]), Split(images[4:], labels[4:]), ("猫", "dog"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "pictures.safetensors"


def test_what_is_written_is_read(pictures, path):
    write_pictures(path, pictures)
    read = read_pictures(path)
    assert read.classes == ("猫", "dog")
    for one, other in ((read.train, pictures.train), (read.test, pictures.test)):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)
    assert torch.equal(read.mean, pictures.mean)
    assert torch.equal(read.std, pictures.std)


def test_nothing_but_the_file_is_left(pictures, path):
    write_pictures(path, pictures)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_header_tells_classes_and_shapes(pictures, path):
    write_pictures(path, pictures)
    header = read_header(path)
    assert header.classes == ("猫", "dog")
    assert header.train_shape == (4, 3, 4, 4)
    assert header.test_shape == (2, 3, 4, 4)


def test_a_missing_file_is_none(path):
    assert read_pictures(path) is None
    assert read_header(path) is None


@pytest.mark.parametrize("keep", [0, 7, 200, -1])
def test_a_file_cut_short_is_none(pictures, path, keep):
    write_pictures(path, pictures)
    path.write_bytes(path.read_bytes()[:keep])
    assert read_pictures(path) is None
    assert read_header(path) is None


def test_a_file_of_another_format_is_none(pictures, path):
    path.parent.mkdir()
    save_file({"train_images": pictures.train.images}, path, metadata={"format": "0"})
    assert read_pictures(path) is None


def test_labels_without_a_class_are_none(pictures, path):
    wrong = to_pictures(pictures.train, pictures.test, ("only one",))
    write_pictures(path, wrong)
    assert read_pictures(path) is None


def test_a_folder_that_cannot_be_written_to_is_an_os_error(pictures, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        write_pictures(tmp_path / "file" / "pictures.safetensors", pictures)
