import gzip
import hashlib
import io
import os
import pickle
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_core.data import cache, datasets, downloads
from resnet_core.data.datasets import LOADERS, load_pictures
from resnet_core.data.images import Split, to_pictures
from resnet_core.data.imported import import_images
from resnet_core.errors import DataError
from resnet_core.specs.choices import DATASETS
from resnet_core.specs.data import DataSpec
from resnet_core.store.places import cache_folder

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def same(one, other):
    return all(
        torch.equal(getattr(one, part).images, getattr(other, part).images)
        and torch.equal(getattr(one, part).labels, getattr(other, part).labels)
        for part in ("train", "test")
    ) and torch.equal(one.mean, other.mean)


def cached(key):
    return cache_folder() / "datasets" / f"{key}.safetensors"


def test_every_data_set_has_a_loader():
    assert list(LOADERS) == list(DATASETS)


def test_digits_are_as_the_table_says():
    pictures, row = load_pictures(DataSpec()), DATASETS["digits"]
    assert pictures.train.images.shape == (row.train_images, row.channels, row.size, row.size)
    assert pictures.test.images.shape == (row.test_images, row.channels, row.size, row.size)
    assert pictures.classes == tuple("0123456789")
    assert pictures.train.images.max() == 240
    shares = pictures.test.labels.bincount() / pictures.train.labels.bincount()
    assert ((shares - 360 / 1437).abs() < 0.01).all()


def test_digits_are_split_the_same_on_every_machine():
    train = load_pictures(DataSpec()).train
    digest = hashlib.sha256(train.images.numpy().tobytes() + train.labels.numpy().tobytes())
    assert digest.hexdigest()[:16] == "8ba5bd8634f0a0af"


def test_the_second_load_reads_the_cache(monkeypatch):
    first = load_pictures(DataSpec())
    monkeypatch.setattr(datasets, "LOADERS", {})
    assert same(load_pictures(DataSpec()), first)


def test_the_second_load_imports_neither_scikit_learn_nor_torchvision():
    load_pictures(DataSpec())
    program = (
        "import sys; from resnet_core.data import load_pictures; "
        "from resnet_core.specs import DataSpec; load_pictures(DataSpec()); "
        "sys.exit(bool({'sklearn', 'torchvision', 'pooch', 'filelock'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("damage", [b"", b"not a file of tensors"])
def test_a_damaged_cache_is_thrown_away_and_rebuilt(damage):
    first = load_pictures(DataSpec())
    cached("digits").write_bytes(damage)
    assert same(load_pictures(DataSpec()), first)
    assert same(cache.read_pictures(cached("digits")), first)


def test_a_full_disk_does_not_stop_loading(monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "save_file", refuse)
    assert len(load_pictures(DataSpec()).train) == 1437
    assert not cached("digits").exists()


@pytest.mark.parametrize("part", ["cache", "datasets"])
def test_a_cache_folder_that_cannot_be_made_does_not_stop_loading(tmp_path, monkeypatch, part):
    (tmp_path / part).write_text("in the way")
    folder = tmp_path / "cache" / "folder" if part == "cache" else tmp_path
    monkeypatch.setenv("RESNET_LAB_CACHE", str(folder))
    assert len(load_pictures(DataSpec()).train) == 1437


def test_two_who_ask_at_once_decode_once(monkeypatch):
    calls = []

    def slow(on_progress):
        calls.append(1)
        gate.wait(0.2)
        return LOADERS["digits"](on_progress)

    gate = threading.Event()
    monkeypatch.setattr(datasets, "LOADERS", {"digits": slow})
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(load_pictures(DataSpec()))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(results) == 3


def test_a_share_of_the_images_keeps_the_classes_and_is_always_the_same():
    spec = DataSpec(train_images=100, test_images=50)
    pictures = load_pictures(spec)
    assert pictures.train.labels.bincount().tolist() == [10] * 10
    assert pictures.test.labels.bincount().tolist() == [5] * 10
    assert same(pictures, load_pictures(spec))


def test_mean_and_std_are_those_of_the_share():
    whole, part = load_pictures(DataSpec()), load_pictures(DataSpec(train_images=20))
    again = to_pictures(part.train, part.test, part.classes)
    assert torch.equal(part.mean, again.mean)
    assert not torch.equal(part.mean, whole.mean)


def test_images_are_pooled_to_the_size_asked_for():
    pictures = load_pictures(DataSpec(image_size=4))
    assert pictures.train.images.shape == (1437, 1, 4, 4)
    assert pictures.test.images.shape == (360, 1, 4, 4)
    whole = load_pictures(DataSpec()).train.images[0, 0, :2, :2].float().mean()
    assert pictures.train.images[0, 0, 0, 0] == whole.round()


def test_imported_images_load_like_any_other(class_folders):
    digest = import_images(class_folders).digest
    pictures = load_pictures(
        DataSpec(dataset="imported", imported=digest, train_images=10, image_size=4)
    )
    assert pictures.train.images.shape == (10, 3, 4, 4)
    assert pictures.train.labels.bincount().tolist() == [5, 5]


def test_more_imported_images_than_there_are_is_refused(class_folders):
    digest = import_images(class_folders).digest
    with pytest.raises(DataError, match="49 training and 12 test images were asked for, but there"):
        load_pictures(DataSpec(dataset="imported", imported=digest, train_images=49))


def test_pooling_never_makes_images_larger(class_folders):
    digest = import_images(class_folders).digest
    with pytest.raises(DataError, match="Image size 9 was asked for, but the images have 8×8"):
        load_pictures(DataSpec(dataset="imported", imported=digest, image_size=9))


@pytest.mark.skipif(not DEBIAN.exists(), reason="needs Debian's dataset-fashion-mnist")
def test_fashion_mnist_of_the_system_needs_no_download():
    pictures = load_pictures(DataSpec(dataset="fashion-mnist"))
    assert pictures.train.images.shape == (60_000, 1, 28, 28)
    assert pictures.test.labels.bincount().tolist() == [1000] * 10
    assert pictures.classes[9] == "Ankle boot"
    # The mean and std that everybody uses, 0.2860 and 0.3530 of white.
    assert round(pictures.mean.item() / 255, 4) == 0.2860
    assert round(pictures.std.item() / 255, 4) == 0.3530


# The makers' files in small, to read them all without downloading one.


@pytest.fixture
def own_files(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATASETS", str(tmp_path / "own"))
    monkeypatch.setattr(downloads, "SYSTEM_FOLDER", tmp_path / "nothing")
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def idx(numbers):
    """Write numbers in the format of MNIST."""
    head = bytes([0, 0, 8, numbers.ndim]) + np.array(numbers.shape, ">i4").tobytes()
    return gzip.compress(head + numbers.astype(np.uint8).tobytes())


@pytest.mark.parametrize(("key", "name"), [("mnist", "3"), ("kmnist", "tsu")])
def test_files_in_the_format_of_mnist_are_read(own_files, key, name):
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28))
    labels = np.arange(20) % 10
    (own_files / key).mkdir()
    for part, end in (("train", 20), ("t10k", 10)):
        (own_files / key / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(images[:end]))
        (own_files / key / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(labels[:end]))
    pictures = load_pictures(DataSpec(dataset=key))
    assert np.array_equal(pictures.train.images.squeeze(1).numpy(), images)
    assert pictures.train.labels.tolist() == labels.tolist()
    assert len(pictures.test) == 10
    assert pictures.classes[3] == name


def test_a_damaged_file_is_named(own_files):
    (own_files / "mnist").mkdir()
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            path = own_files / "mnist" / f"{part}-{kind}-ubyte.gz"
            path.write_bytes(idx(np.zeros((5,)))[:-9])
    with pytest.raises(DataError, match=r"MNIST was asked for, but .*ubyte\.gz cannot be read"):
        load_pictures(DataSpec(dataset="mnist"))
    assert not cached("mnist").exists()


def test_cifar_10_is_read(own_files, monkeypatch):
    from torchvision.datasets import CIFAR10

    pixels = np.random.default_rng(0).integers(0, 256, (10, 3072), dtype=np.uint8)
    batch = pickle.dumps({"data": pixels, "labels": list(range(10))}, protocol=2)
    meta = pickle.dumps({"label_names": list("abcdefghij")}, protocol=2)
    md5 = {name: hashlib.md5(data).hexdigest() for name, data in (("b", batch), ("m", meta))}
    names = [f"data_batch_{number}" for number in range(1, 6)]
    path = own_files / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in [*names, "test_batch", "batches.meta"]:
            data = meta if name == "batches.meta" else batch
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setattr(CIFAR10, "train_list", [[name, md5["b"]] for name in names])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5["b"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": md5["m"]})
    pictures = load_pictures(DataSpec(dataset="cifar10"))
    assert pictures.train.images.shape == (50, 3, 32, 32)
    assert np.array_equal(pictures.test.images.numpy(), pixels.reshape(10, 3, 32, 32))
    assert pictures.train.labels.tolist() == [*range(10)] * 5
    assert pictures.classes == tuple("abcdefghij")


def test_svhn_is_read_with_0_for_the_digit_0(own_files, monkeypatch):
    import scipy.io
    from torchvision.datasets import SVHN

    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 10), dtype=np.uint8)
    parts = {}
    for part in ("train", "test"):
        path = own_files / f"{part}_32x32.mat"
        scipy.io.savemat(path, {"X": pixels, "y": np.arange(1, 11)[:, None]})
        parts[part] = ["http://127.0.0.1:9/", path.name, hashlib.md5(path.read_bytes()).hexdigest()]
    monkeypatch.setattr(SVHN, "split_list", parts)
    pictures = load_pictures(DataSpec(dataset="svhn"))
    assert np.array_equal(pictures.train.images.numpy(), pixels.transpose(3, 2, 0, 1))
    assert pictures.test.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]


def test_a_split_is_never_changed_by_what_is_taken_from_it():
    whole = load_pictures(DataSpec())
    before = Split(whole.train.images.clone(), whole.train.labels.clone())
    load_pictures(DataSpec(train_images=10, image_size=4))
    assert torch.equal(whole.train.images, before.images)
    assert os.path.getsize(cached("digits")) > 100_000
