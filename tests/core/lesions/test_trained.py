"""Networks back from their files, and what is not a network's file."""

from __future__ import annotations

import hashlib
import os
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from resnet_core.data import load_pictures
from resnet_core.errors import RunError, SpecError
from resnet_core.lesions import load_for_lesions, measure
from resnet_core.nets import build_network
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec
from resnet_core.specs.lesion import Lesion
from resnet_core.train.checkpoint import save_weights
from resnet_core.train.evaluate import evaluate

RUN = RunSpec(network=NetworkSpec(depth=14, width=3))


def write(path, seed=0, **settings):
    network = build_network(
        RUN.network.model_copy(update=settings), channels=1, classes=10, seed=seed
    )
    network(torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(seed)))
    save_weights(network, path)
    return network.eval()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.safetensors"
    write(path)
    return path


def test_a_network_comes_with_the_images_that_an_evaluation_would_take(weights):
    pictures = load_pictures(DataSpec())
    for at_most in (360, 37, 10_000):
        found = load_for_lesions(RUN, weights, at_most=at_most, sha256=sha256(weights))
        (intact,) = measure(found.network, found.images, found.labels, [Lesion()])
        right = evaluate(found.network, pictures.test, pictures.mean, pictures.std, at_most=at_most)
        assert intact.images == right.images == min(at_most, 360)
        assert intact.error == right.error
        assert intact.loss == pytest.approx(right.loss, rel=1e-5)


def test_what_was_loaded_once_is_kept_and_twins_share_their_images(weights, tmp_path):
    twin = RUN.model_copy(update={"network": RUN.network.model_copy(update={"join": "plain"})})
    write(tmp_path / "plain", join="plain")
    one = load_for_lesions(RUN, weights, at_most=50)
    again = load_for_lesions(RUN, weights, at_most=50)
    other = load_for_lesions(twin, tmp_path / "plain", at_most=50)
    assert again.network is one.network
    assert other.network is not one.network
    assert other.images is one.images


def test_a_file_that_was_written_anew_is_read_again(weights):
    before = load_for_lesions(RUN, weights, at_most=10).network
    write(weights, seed=1)
    os.utime(weights, ns=(1, 1))
    after = load_for_lesions(RUN, weights, at_most=10).network
    assert not torch.equal(before.head.linear.weight, after.head.linear.weight)


def test_a_file_that_went_is_missed_though_its_network_was_kept(weights):
    load_for_lesions(RUN, weights, at_most=10)
    weights.unlink()
    with pytest.raises(RunError, match=r"weights of residual-14 .* not here"):
        load_for_lesions(RUN, weights, at_most=10)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def cut_to_nothing(path):
    path.write_bytes(b"")


def overwrite_the_header(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    path.write_bytes(content[:8] + b"x" * length + content[8 + length :])


def say_a_header_beyond_the_end(path):
    path.write_bytes(struct.pack("<Q", 2**40) + path.read_bytes()[8:])


def write_another_depth(path):
    write(path, depth=20)


def write_another_width(path):
    write(path, width=4)


def write_another_order(path):
    write(path, order="pre-activation")


def leave_one_tensor_out(path):
    tensors = load_file(path)
    tensors.pop("head.linear.bias")
    save_file(tensors, path)


def change_one_shape(path):
    tensors = load_file(path)
    tensors["head.linear.bias"] = torch.zeros(11)
    save_file(tensors, path)


def write_another_kind_of_file(path):
    torch.save({"head.linear.bias": torch.zeros(10)}, path)


def put_a_folder_there(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        cut_to_nothing,
        overwrite_the_header,
        say_a_header_beyond_the_end,
        write_another_depth,
        write_another_width,
        write_another_order,
        leave_one_tensor_out,
        change_one_shape,
        write_another_kind_of_file,
        put_a_folder_there,
    ],
)
def test_a_damaged_file_and_one_of_another_architecture_are_refused(weights, damage):
    load_for_lesions(RUN, weights, at_most=10)  # what was kept must not stand for it
    damage(weights)
    with pytest.raises(RunError, match=r"weights of residual-14 .* [Tt]rain it again"):
        load_for_lesions(RUN, weights, at_most=10)


def test_one_changed_bit_is_found_by_the_checksum(weights):
    left = sha256(weights)
    load_for_lesions(RUN, weights, at_most=10, sha256=left)
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    load_for_lesions(RUN, weights, at_most=10)  # it looks like a network
    with pytest.raises(RunError, match="the file has been changed"):
        load_for_lesions(RUN, weights, at_most=10, sha256=left)


def test_the_plain_twins_weights_fit_and_are_found_by_the_checksum(weights):
    left = sha256(weights)
    write(weights, join="plain", seed=1)
    os.utime(weights, ns=(1, 1))
    with pytest.raises(RunError, match="not those that it left"):
        load_for_lesions(RUN, weights, at_most=10, sha256=left)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(weights, value):
    tensors = load_file(weights)
    tensors["head.linear.bias"][3] = value
    save_file(tensors, weights)
    with pytest.raises(RunError, match="no finite numbers"):
        load_for_lesions(RUN, weights, at_most=10)


@pytest.mark.parametrize("at_most", [0, -1, 10_001])
def test_so_many_images_cannot_be(weights, at_most):
    with pytest.raises(SpecError, match=f"Images {at_most} was asked for"):
        load_for_lesions(RUN, weights, at_most=at_most)
