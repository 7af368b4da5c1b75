import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from resnet_core.errors import RunError
from resnet_core.train.checkpoint import (
    Checkpoint,
    check_fits,
    read_checkpoint,
    save_weights,
    write_checkpoint,
)


@pytest.fixture
def network():
    return nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3)).to(
        memory_format=torch.channels_last
    )


@pytest.fixture
def checkpoint(network):
    return Checkpoint(
        network=network.state_dict(),
        momentum=[torch.randn_like(parameter) for parameter in network.parameters()],
        step=7,
        seconds=0.1 + 0.2,
        notes={"sequence": "12", "left": "pause"},
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs" / "abc" / "checkpoint.safetensors"


def test_a_checkpoint_is_read_as_it_was_written(path, checkpoint):
    write_checkpoint(path, checkpoint)
    back = read_checkpoint(path)
    assert (back.step, back.seconds, back.notes) == (7, 0.1 + 0.2, checkpoint.notes)
    assert list(back.network) == sorted(checkpoint.network)
    assert all(torch.equal(back.network[name], value) for name, value in checkpoint.network.items())
    assert len(back.momentum) == len(checkpoint.momentum)
    assert all(map(torch.equal, back.momentum, checkpoint.momentum))


def test_momentum_keeps_its_order_beyond_ten_parameters(path, checkpoint):
    many = [torch.full((1,), float(number)) for number in range(25)]
    write_checkpoint(path, Checkpoint({}, many, 1, 0.0, {}))
    assert [tensor.item() for tensor in read_checkpoint(path).momentum] == list(range(25))


def test_a_checkpoint_before_the_first_step_has_no_momentum(path, checkpoint):
    write_checkpoint(path, Checkpoint(checkpoint.network, [], 0, 0.0, {}))
    assert read_checkpoint(path).momentum == []


def test_a_new_checkpoint_replaces_the_one_before_and_leaves_nothing_beside(path, checkpoint):
    write_checkpoint(path, checkpoint)
    write_checkpoint(path, Checkpoint(checkpoint.network, [], 8, 0.5, {}))
    assert read_checkpoint(path).step == 8
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_checkpoint_that_could_not_be_written_leaves_the_one_before(
    path, checkpoint, monkeypatch
):
    write_checkpoint(path, checkpoint)

    def fail(tensors, path, **_):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("resnet_core.train.checkpoint.save_file", fail)
    with pytest.raises(OSError, match="No space"):
        write_checkpoint(path, Checkpoint(checkpoint.network, [], 8, 0.5, {}))
    assert read_checkpoint(path).step == 7


def test_a_missing_checkpoint_is_refused_with_a_sentence(path):
    with pytest.raises(RunError, match=r"checkpoint\.safetensors was asked for.*start the run"):
        read_checkpoint(path)


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def empty(path):
    path.write_bytes(b"")


def scribble(path):
    path.write_bytes(b"{" * 300)


def of_another_program(path):
    save_file({"weight": torch.zeros(3)}, path)


def without_its_step(path):
    save_file(load_file(path), path, metadata={"seconds": "0.0", "notes": "{}"})


def with_a_step_that_is_none(path):
    save_file(load_file(path), path, metadata={"step": "x", "seconds": "0.0", "notes": "{}"})


def with_notes_that_are_none(path):
    save_file(load_file(path), path, metadata={"step": "1", "seconds": "0.0", "notes": "{"})


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        empty,
        scribble,
        of_another_program,
        without_its_step,
        with_a_step_that_is_none,
        with_notes_that_are_none,
    ],
)
def test_a_damaged_checkpoint_is_refused_with_a_sentence(path, checkpoint, damage):
    write_checkpoint(path, checkpoint)
    damage(path)
    with pytest.raises(RunError, match="the file is damaged: start the run again") as caught:
        read_checkpoint(path)
    assert path.name in str(caught.value)


def test_a_checkpoint_fits_the_network_it_was_taken_of(path, checkpoint, network):
    check_fits(path, checkpoint, network)


@pytest.mark.parametrize(
    "other",
    [
        nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4)),
        nn.Sequential(nn.Conv2d(2, 3, 3, bias=False)),
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)),
    ],
    ids=["wider", "shallower", "with a bias"],
)
def test_a_checkpoint_of_another_network_is_refused_with_a_sentence(path, checkpoint, other):
    with pytest.raises(RunError, match="is of another network: start the run again"):
        check_fits(path, checkpoint, other)


def test_a_checkpoint_with_the_momentum_of_another_network_is_refused(path, checkpoint, network):
    with pytest.raises(RunError, match="is of another network"):
        check_fits(path, Checkpoint(checkpoint.network, [torch.zeros(1)], 7, 0.0, {}), network)


def test_weights_alone_are_read_by_anyone(tmp_path, network):
    save_weights(network, tmp_path / "a" / "weights.safetensors")
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["weights.safetensors"]
    found = load_file(tmp_path / "a" / "weights.safetensors")
    assert found.keys() == network.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())
