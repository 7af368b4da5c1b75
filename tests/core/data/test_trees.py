import io
import struct
import zipfile

import pytest

from resnet_core.data import trees
from resnet_core.data.trees import Limits, is_image_name, open_tree
from resnet_core.errors import DataError


@pytest.fixture
def make_zip(tmp_path):
    def _make(files, compression=zipfile.ZIP_STORED):
        path = tmp_path / "pets.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path

    return _make


def refusal(path):
    with pytest.raises(DataError) as caught:
        tree = open_tree(path)
        for name in tree.names:
            tree.read(name)
    return str(caught.value)


def test_a_folder_and_its_zip_hold_the_same(class_folders, zip_folder):
    folder, zipped = open_tree(class_folders), open_tree(zip_folder(class_folders))
    assert list(folder.names) == list(zipped.names)
    assert len(folder.names) == 60
    assert all(folder.read(name) == zipped.read(name) for name in folder.names)
    assert (folder.label, zipped.label) == ("pets", "pets.zip")


@pytest.mark.parametrize(
    "name", ["__MACOSX/cat/._1.png", "cat/._1.png", ".cache/1.png", "cat/read me.txt", "a/b.zip"]
)
def test_what_systems_hide_among_files_is_no_image(name):
    assert not is_image_name(name)


@pytest.mark.parametrize("name", ["cat/1.PNG", "cat/a.b.jpeg", "狗/一.webp"])
def test_images_are_known_by_their_ending(name):
    assert is_image_name(name)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    assert "there is no such folder or zip" in refusal(tmp_path / "nothing")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06"])
def test_a_file_that_is_no_zip_is_refused(tmp_path, content):
    (tmp_path / "pets.zip").write_bytes(content)
    assert refusal(tmp_path / "pets.zip").startswith(
        "pets.zip was brought as a zip, but it is damaged or no zip at all"
    )


def test_a_zip_cut_short_is_refused(make_zip):
    path = make_zip({"cat/1.png": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:500])
    assert "damaged or no zip at all" in refusal(path)


def test_a_damaged_file_in_a_zip_is_named(make_zip):
    path = make_zip({"cat/1.png": b"x" * 1000})
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"xxyx", 1))
    assert refusal(path).startswith("cat/1.png was brought, but it cannot be read (Bad CRC-32")


def test_a_zip_with_a_password_is_refused(make_zip):
    path = make_zip({"cat/1.png": b"x"})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    assert "in a zip with a password" in refusal(path)


def test_a_zip_that_unpacks_to_far_more_is_refused(make_zip):
    bomb = {f"cat/{number}.bmp": b"\0" * 5_000_000 for number in range(4)}
    assert "would unpack to 20.0 MB, which no zip of pictures does" in refusal(
        make_zip(bomb, zipfile.ZIP_DEFLATED)
    )


def test_a_zip_that_lies_about_a_size_is_refused_while_reading(make_zip):
    path = make_zip({"cat/1.png": b"\0" * 30_000_000}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark) + offset
        data[start : start + 4] = struct.pack("<I", 100)
    path.write_bytes(data)
    assert refusal(path).startswith("cat/1.png was brought, but it")


def test_a_large_zip_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "pets.zip").open("wb") as file:
        file.truncate(50_000_001)
    assert "a zip may have at most 50 MB" in refusal(tmp_path / "pets.zip")


def test_a_large_file_is_refused(make_zip, class_folders):
    path = make_zip({"cat/1.png": b"\0" * 20_000_001}, zipfile.ZIP_DEFLATED)
    assert refusal(path).startswith("cat/1.png was brought, but it has more than 20 MB")
    with (class_folders / "cat" / "00.png").open("wb") as file:
        file.truncate(20_000_001)
    assert refusal(class_folders).startswith("cat/00.png was brought, but it has more than 20 MB")


def test_too_many_files_are_refused(make_zip, class_folders, monkeypatch):
    few = Limits(files=5, total_bytes=1000, source_pixels=1000, pixel_bytes=1000)
    monkeypatch.setattr(trees, "ZIP_LIMITS", few)
    monkeypatch.setattr(trees, "FOLDER_LIMITS", few)
    path = make_zip({f"cat/{number}.png": b"" for number in range(6)})
    assert "with 6 files, but there may be at most 5" in refusal(path)
    assert "with 60 files, but there may be at most 5" in refusal(class_folders)


def test_too_much_in_all_is_refused(make_zip, monkeypatch):
    monkeypatch.setattr(trees, "ZIP_LIMITS", Limits(100, 3_000_000, 1000, 1000))
    path = make_zip({f"cat/{number}.png": b"\0" * 1_000_000 for number in range(4)})
    assert "images of 4.0 MB unpacked, but they may have at most 3 MB" in refusal(path)


def test_a_link_to_nowhere_is_named(class_folders):
    (class_folders / "cat" / "link.png").symlink_to("nothing.png")
    assert refusal(class_folders).startswith("cat/link.png was brought, but it cannot be read")


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
def test_chinese_folder_names_are_read_without_the_mark_of_utf_8(tmp_path, encoding):
    placeholder = "????????????"[: len("狗".encode(encoding))]
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr(f"{placeholder}/1.png", b"x")
    path = tmp_path / "pets.zip"
    path.write_bytes(memory.getvalue().replace(placeholder.encode(), "狗".encode(encoding)))
    tree = open_tree(path)
    assert list(tree.names) == ["狗/1.png"]
    assert tree.read("狗/1.png") == b"x"
