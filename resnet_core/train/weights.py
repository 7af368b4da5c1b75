"""A finished run's network, back from the weights that it left."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from resnet_core.errors import RunError
from resnet_core.nets import ResidualNetwork
from resnet_core.nets.build import build_on_meta
from resnet_core.specs import RunSpec
from resnet_core.train.checkpoint import read_shortcut_scale


def load_trained(run: RunSpec, weights: Path, *, channels: int, classes: int) -> ResidualNetwork:
    """Build a run's network with its trained weights, on the CPU, in evaluation mode.

    Its λ is the one that it was trained with last: it may have been changed on the way.

    Args:
        run: The run.
        weights: The file that it left.
        channels: Of its images.
        classes: To tell apart.

    Raises:
        RunError: The weights are not there, or not of this network.
    """
    network = build_on_meta(run.network, channels=channels, classes=classes)
    try:
        # RuntimeError: names or shapes are another network's.
        network.to_empty(device="cpu").load_state_dict(load_file(weights))
        if (scale := read_shortcut_scale(weights)) is not None:
            network.scale_shortcuts(scale)
    except (OSError, SafetensorError, RuntimeError, ValueError):
        raise RunError(
            "The weights of {name} were asked for, but they are not here, or not whole: train it "
            "again.",
            name=run.network.name,
        ) from None
    return network.eval()
