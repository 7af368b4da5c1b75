"""One image through one unit: the tensors are those of the whole network."""

from __future__ import annotations

import pytest
import torch

from resnet_core.data import load_pictures, normalise
from resnet_core.errors import RunError, SpecError
from resnet_core.nets import build_network
from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.train.checkpoint import save_weights
from resnet_core.train.stepping import step_through

RUN = RunSpec(network=NetworkSpec(depth=14, width=4))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "weights.safetensors"
    save_weights(build_network(RUN.network, channels=1, classes=10, seed=0), path)
    return path


@pytest.mark.parametrize(("stage", "number"), [(1, 1), (1, 2), (2, 1), (3, 2)])
def test_the_steps_add_up_and_are_the_networks_own(weights, stage, number):
    found = step_through(RUN, weights, image=5, stage=stage, number=number)
    before = found.x if found.shortcut is None else found.shortcut
    assert torch.equal(before + found.residual, found.total)
    assert torch.equal(found.total.relu(), found.output)
    assert (found.shortcut is None) == (found.x.shape == found.total.shape)
    network = build_network(RUN.network, channels=1, classes=10, seed=0).eval()
    outputs = []
    network.unit(stage, number).register_forward_hook(lambda _m, _i, y: outputs.append(y[0]))
    pictures = load_pictures(RUN.data)
    with torch.no_grad():
        image = normalise(pictures.test.images[5:6], pictures.mean, pictures.std)
        answer = int(network(image).argmax())
    assert torch.allclose(outputs[0], found.output)
    assert found.answer == pictures.classes[answer]
    assert found.label == pictures.classes[int(pictures.test.labels[5])]
    assert torch.equal(found.image, pictures.test.images[5])


WEIGHED = [
    {"shortcut": "exclusive-gate", "gate_bias": -1.0},
    {"shortcut": "shortcut-gate", "gate_bias": 0.0, "shortcut_scale": 0.5},
    {"shortcut": "highway", "gate_bias": 0.5, "branch_scale": 0.5},
    {"shortcut": "dropout", "dropout": 0.25},
    {"shortcut_scale": 0.5, "branch_scale": 0.25},
    {"survival": 0.5},
]


@pytest.mark.parametrize("settings", WEIGHED, ids=str)
@pytest.mark.parametrize(("stage", "number"), [(1, 2), (2, 1)])
def test_what_is_added_is_weighed_as_the_plan_says(tmp_path, settings, stage, number):
    run = RunSpec(network=NetworkSpec(depth=14, width=4, **settings))
    network = build_network(run.network, channels=1, classes=10, seed=0).eval()
    save_weights(network, tmp_path / "weights")
    found = step_through(run, tmp_path / "weights", image=5, stage=stage, number=number)
    again = step_through(run, tmp_path / "weights", image=5, stage=stage, number=number)
    assert torch.equal(found.total, again.total), "nothing is left to chance"

    unit, x = network.unit(stage, number), found.x[None]
    with torch.no_grad():
        branch = unit.residual.conv1(x)
        branch = unit.residual.relu1(unit.residual.bn1(branch))
        branch = unit.residual.bn2(unit.residual.conv2(branch))
        way = x
        if stage == 2:
            way = torch.nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 4))
        if unit.gate is not None:
            gate = torch.sigmoid(torch.nn.Conv2d.forward(unit.gate, x))
            way = (1 - gate) * way
            branch = branch * (1 if settings["shortcut"] == "shortcut-gate" else gate)
    if settings.get("shortcut") == "dropout":
        way = 0.75 * way
    if "survival" in settings:  # the second and the third of six units: 1 - l/6·0.5
        branch = (1 - {1: 2, 2: 3}[stage] / 6 * 0.5) * branch
    way = settings.get("shortcut_scale", 1) * way
    branch = settings.get("branch_scale", 1) * branch
    torch.testing.assert_close(found.residual, branch[0])
    if "survival" in settings and stage == 1:
        assert found.shortcut is None
    else:
        torch.testing.assert_close(found.shortcut, way[0])
    torch.testing.assert_close(found.total, (way + branch)[0])
    torch.testing.assert_close(found.output, unit(x)[0])


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"image": 360}, "numbered from 0 to 359"),
        ({"image": -1}, "numbered from 0 to 359"),
        ({"stage": 4}, "residual-14 has stages 1 to 3"),
        ({"number": 3}, "residual-14 has 2 in it"),
        ({"number": 0}, "residual-14 has 2 in it"),
    ],
)
def test_what_is_not_there_is_a_sentence(weights, asked, sentence):
    with pytest.raises(SpecError, match=sentence):
        step_through(RUN, weights, **({"image": 0, "stage": 1, "number": 1} | asked))


def test_a_plain_network_adds_nothing(weights):
    with pytest.raises(SpecError, match="adds nothing"):
        plain = RunSpec(network=RUN.network.twin())
        step_through(plain, weights, image=0, stage=1, number=1)


def test_weights_of_another_network_are_a_sentence(weights, tmp_path):
    other = RunSpec(network=NetworkSpec(depth=8, width=4))
    (tmp_path / "broken").write_bytes(b"nonsense")
    for run, file in ((other, weights), (RUN, tmp_path / "none"), (RUN, tmp_path / "broken")):
        with pytest.raises(RunError, match="train it again"):
            step_through(run, file, image=0, stage=1, number=1)
