"""A run's state in one file, and back: weights, statistics, momentum, step, and what was changed.

Random numbers need no state: each is derived from the seed and the step (``seeding``). The file is
safetensors (nothing in it can be run), written beside and moved into place, so that a kill leaves
the one before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from resnet_core.errors import RunError
from resnet_core.nets import ResidualNetwork
from resnet_core.specs.events import RunChanged


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to go on.

    Attributes:
        network: Parameters and BN statistics by name.
        momentum: Of each parameter, in the network's order; empty before the first step.
        step: Steps done.
        seconds: Of training so far.
        notes: What the owner of the run wants to find again.
        changes: All that was changed so far, as planned or not.
    """

    network: dict[str, Tensor]
    momentum: list[Tensor]
    step: int
    seconds: float
    notes: dict[str, str]
    changes: tuple[RunChanged, ...] = ()


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, replacing the one before in a single move.

    Raises:
        OSError: The disk refuses.
    """
    tensors = {f"network/{name}": tensor for name, tensor in checkpoint.network.items()}
    tensors |= {f"momentum/{i}": tensor for i, tensor in enumerate(checkpoint.momentum)}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    save_file(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
        beside,
        metadata={
            "step": str(checkpoint.step),
            "seconds": repr(checkpoint.seconds),
            "notes": json.dumps(checkpoint.notes),
            "changes": json.dumps([change.model_dump() for change in checkpoint.changes]),
        },
    )
    beside.replace(path)


def read_checkpoint(path: Path, *, device: str = "cpu") -> Checkpoint:
    """Read a checkpoint back.

    Raises:
        RunError: There is none, or the file is damaged.
    """
    try:
        with safe_open(path, framework="pt", device=device) as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        momentum = [name for name in tensors if name.startswith("momentum/")]
        return Checkpoint(
            network={
                name.removeprefix("network/"): tensor
                for name, tensor in tensors.items()
                if name.startswith("network/")
            },
            momentum=[tensors[f"momentum/{i}"] for i in range(len(momentum))],
            step=int(metadata["step"]),
            seconds=float(metadata["seconds"]),
            notes=json.loads(metadata["notes"]),
            changes=tuple(
                RunChanged.model_validate(change)
                for change in json.loads(metadata.get("changes", "[]"))
            ),
        )
    except OSError as error:
        raise RunError(
            "The checkpoint {path} was asked for, but it cannot be read ({reason}): start the run "
            "again.",
            path=path.name,
            reason=error.strerror or str(error),
        ) from None
    # A file of another program has other metadata, or none (None).
    except (SafetensorError, KeyError, TypeError, ValueError):
        raise RunError(
            "The checkpoint {path} was asked for, but the file is damaged: start the run again.",
            path=path.name,
        ) from None


def check_fits(path: Path, checkpoint: Checkpoint, network: torch.nn.Module) -> None:
    """Refuse a checkpoint of another network, before anything is taken from it.

    Raises:
        RunError: Names or shapes differ.
    """
    wanted = {name: tensor.shape for name, tensor in network.state_dict().items()}
    weights = [parameter.shape for parameter in network.parameters()]
    found = {name: tensor.shape for name, tensor in checkpoint.network.items()}
    if found != wanted or [m.shape for m in checkpoint.momentum] not in ([], weights):
        raise RunError(
            "The checkpoint {path} was asked for, but it is of another network: start the run "
            "again.",
            path=path.name,
        )


def save_weights(network: torch.nn.Module, path: Path) -> None:
    """Write a network's weights alone, for download, and for others to load.

    Where λ is no longer the plan's, the file says so: with another, the weights mean nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    save_file(
        {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()},
        beside,
        metadata=_otherwise(network),
    )
    beside.replace(path)


def _otherwise(network: torch.nn.Module) -> dict[str, str] | None:
    """Say what of a network is no longer as its plan has it; λ is one for all units."""
    if not isinstance(network, ResidualNetwork):
        return None
    unit, plan = network.units[0], network.spec
    if (unit.join, unit.shortcut_scale) == (plan.join, plan.shortcut_scale):
        return None
    return {"shortcut_scale": repr(unit.shortcut_scale)}


def read_shortcut_scale(path: Path) -> float | None:
    """Give λ of a file of weights, where it is not the plan's.

    Raises:
        OSError: There is no such file.
        SafetensorError: It is damaged.
        ValueError: It says a λ that is no number.
    """
    with safe_open(path, framework="pt") as file:
        scale = (file.metadata() or {}).get("shortcut_scale")
    return None if scale is None else float(scale)
