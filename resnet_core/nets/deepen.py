"""Can a deeper network do what a shallower one does? The constructed solution of He 2015 §1.

"There exists a solution by construction to the deeper model: the added layers are identity mapping,
and the other layers are copied from the learned shallower model." Here it is built.

What a unit is given has been through ReLU and is not negative, so a plain unit of 3×3 layers is the
identity when each kernel is a Dirac kernel: ReLU changes nothing, and BN undoes itself with

    running mean μ, running variance σ²,  scale √(σ² + ε), shift μ:
    (x - μ) / √(σ² + ε) · √(σ² + ε) + μ = x

In evaluation mode that is exact, up to the rounding of float32, for any μ and σ². In training mode
BN takes mean and variance of the batch instead; we take μ and σ² from images, so that it is nearly
so. A residual unit needs less: F(x) = 0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_core.blocks import ResidualUnit
from resnet_core.errors import SpecError
from resnet_core.nets.build import build_network
from resnet_core.nets.resnet import ResidualNetwork
from resnet_core.specs import NetworkSpec
from resnet_core.specs.choices import OPTIONS

BATCH = 512


def check_deepens(shallow: NetworkSpec, deep: NetworkSpec) -> None:
    """Refuse two networks of which the second is not the first with identity units added.

    Raises:
        SpecError: More than depth differs, or an added unit cannot be the identity.
    """
    fewer = any(
        after < before
        for before, after in zip(shallow.units_per_stage, deep.units_per_stage, strict=False)
    )
    if fewer or deep != shallow.model_copy(update={"depth": deep.depth}):
        raise SpecError(
            "{deep} was to be made from {shallow} by adding layers, but that takes two networks "
            "that differ in depth alone, the first of them the deeper one.",
            deep=deep.name,
            shallow=shallow.name,
        )
    needed: list[tuple[str, object, object]] = [
        ("activation order", deep.order, "original"),
        ("activation", deep.activation, "relu"),
        ("shortcut scale", deep.shortcut_scale, 1.0),
        # A unit survives the less the deeper it stands among all: copies would answer otherwise.
        ("survival", deep.survival, 1.0),
        ("active units", deep.active, 0),
    ]
    if deep.shortcut not in OPTIONS:  # a gate, or chance, lets less than all of it through
        needed.append(("shortcut", deep.shortcut, "A"))
    if deep.join == "plain" and deep.block == "bottleneck":  # it is narrower than what it is given
        needed.append(("block", deep.block, "basic"))
    for name, value, right in needed:
        if value != right:
            raise SpecError(
                "Identity layers were to be added to {network}, but with {name} {value} its layers "
                "cannot pass on what they are given: {name} {right} would be right.",
                network=shallow.name,
                name=name,
                value=repr(value),
                right=repr(right),
            )


@torch.no_grad()
def deepen(
    shallow: ResidualNetwork, spec: NetworkSpec, *, seed: int, images: Tensor
) -> ResidualNetwork:
    """Build a deeper network that does what a shallower one does.

    Args:
        shallow: Trained; left as it is.
        spec: The same network, deeper: its additional units come last in each stage.
        seed: Of weights that do not matter: those of residual branches that are silent.
        images: (N, C, H, W), normalised: mean and variance of each stage's output are theirs.

    Raises:
        SpecError: See ``check_deepens``.
    """
    check_deepens(shallow.spec, spec)
    stem, linear = shallow.stem.conv, shallow.head.linear
    assert isinstance(stem, nn.Conv2d) and isinstance(linear, nn.Linear)
    deep = build_network(
        spec, channels=stem.in_channels, classes=linear.out_features, seed=seed
    ).to(stem.weight.device)
    deep.stem.load_state_dict(shallow.stem.state_dict())
    deep.head.load_state_dict(shallow.head.state_dict())
    outputs = _outputs(shallow, images)
    for stage, (before, after) in enumerate(
        zip(shallow.spec.units_per_stage, spec.units_per_stage, strict=True), start=1
    ):
        for number in range(1, before + 1):
            deep.unit(stage, number).load_state_dict(shallow.unit(stage, number).state_dict())
        for number in range(before + 1, after + 1):
            _make_identity(deep.unit(stage, number), *outputs[stage - 1])
    return deep.train(shallow.training)


def _outputs(network: ResidualNetwork, images: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Measure mean and variance of each channel of each stage's output, in evaluation mode."""
    was_training = network.training
    network.eval()
    stages = len(network.stages)
    sums: list[Tensor | float] = [0.0] * stages
    squares: list[Tensor | float] = [0.0] * stages
    counts = [0] * stages
    for batch in images.split(BATCH):
        x = network.stem(batch)
        for stage in range(stages):
            x = network.stages[stage](x)  # (B, C, H, W)
            wide = x.cpu().double()
            sums[stage] += wide.sum((0, 2, 3))
            squares[stage] += wide.square().sum((0, 2, 3))
            counts[stage] += wide.numel() // wide.shape[1]
    network.train(was_training)
    found = []
    for total, square, count in zip(sums, squares, counts, strict=True):
        mean = torch.as_tensor(total) / count
        found.append((mean, (torch.as_tensor(square) / count - mean.square()).clamp(min=0)))
    return found


def _make_identity(unit: ResidualUnit, mean: Tensor, variance: Tensor) -> None:
    """Make a unit pass on what it is given, if that is not negative."""
    if unit.join == "plain":
        _pass_on(unit.residual, mean, variance)
    else:
        _silence(unit.residual)
        _pass_on(unit.shortcut, mean, variance)  # a projection; an identity has no layers


def _pass_on(branch: nn.Module, mean: Tensor, variance: Tensor) -> None:
    for part in branch.children():
        if isinstance(part, nn.Conv2d):
            nn.init.dirac_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None and part.running_var is not None
            part.running_mean.copy_(mean)
            part.running_var.copy_(variance)
            # A channel that is always 0 has variance 0: ε keeps its scale from being 0, too.
            part.weight.copy_((variance + part.eps).sqrt())
            part.bias.copy_(mean)


def _silence(branch: nn.Module) -> None:
    """Make F(x) = 0 by its last layer."""
    parts = list(branch.children())
    norms = [part for part in parts if isinstance(part, nn.BatchNorm2d)]
    convolutions = [part for part in parts if isinstance(part, nn.Conv2d)]
    last = norms[-1] if norms else convolutions[-1]
    nn.init.zeros_(last.weight)
    if last.bias is not None:
        nn.init.zeros_(last.bias)
