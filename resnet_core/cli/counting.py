"""``count``: what a network has and costs, and the table of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_core.cli import options

if TYPE_CHECKING:
    from resnet_core.arithmetic import Layer


def count(
    family: options.Family = "cifar",
    depth: options.FamilyDepth = None,
    join: options.FamilyJoin = None,
    width: Annotated[
        int | None, typer.Option(help="Channels of the first stage; wide networks: the factor k.")
    ] = None,
    block: options.FamilyBlock = None,
    shortcut: options.FamilyShortcut = None,
    order: options.FamilyOrder = None,
    activation: options.Activation = "relu",
    normalisation: options.Normalisation = "batch",
    initialisation: options.Initialisation = "he",
    channels: Annotated[int, typer.Option(min=1, max=1024, help="Of the images.")] = 3,
    size: Annotated[
        int | None, typer.Option(min=4, max=1024, help="Of the images, pixels.")
    ] = None,
    classes: Annotated[int | None, typer.Option(min=1, max=10**6, help="To tell apart.")] = None,
    torchvision: Annotated[
        str | None, typer.Option(help="One of torchvision's classification models, instead.")
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Add the table of layers.")] = False,
    as_json: options.Json = False,
) -> None:
    """Count parameters and multiply-adds of one network, exactly."""
    with options.sentences():
        from resnet_core.arithmetic import count_layers, read_network, read_torchvision

        if torchvision is not None:
            name, described = torchvision, {"torchvision": torchvision}
            table = read_torchvision(torchvision, size)
        else:
            network = options.network(
                family=family,
                depth=depth,
                join=join,
                width=width,
                block=block,
                shortcut=shortcut,
                order=order,
                activation=activation,
                normalisation=normalisation,
                initialisation=initialisation,
            )
            large = network.family == "imagenet"
            described = network.model_dump()
            unusual = [f"{key} {described[key]}" for key in network.added if key in described]
            name = ", ".join([network.name, f"width {network.width}", *unusual])
            table = read_network(
                network,
                channels=channels,
                classes=classes or (1000 if large else 10),
                size=size or (224 if large else 32),
            )
        counts = count_layers(table)
    numbers = {
        "parameters": counts.parameters,
        "weights": sum(layer.weights for layer in table),
        "biases": sum(layer.biases for layer in table),
        "normalisation": sum(layer.normalisation for layer in table),
        "multiply_adds": counts.multiply_adds,
        "attention": counts.attention,
        "activations": counts.activations,
    }
    if as_json:
        rows = {"layers": [asdict(layer) for layer in table]} if layers else {}
        options.print_json({"network": described, **numbers, **rows})
        return
    typer.echo(name)
    for key, number in numbers.items():
        typer.echo(f"{key.replace('_', '-'):<14} {number:>16,}{COUNTED.get(key, '')}")
    if layers:
        _say_layers(table)


COUNTED = {
    "multiply_adds": "  (convolution and linear layers, one image)",
    "attention": "  (multiply-adds of attention's matrix products, one image)",
    "activations": "  (numbers that layers give, one image)",
    "normalisation": "  (scales and shifts)",
}


def _say_layers(table: Sequence[Layer]) -> None:
    wide = max(len(layer.name) for layer in table)
    kinds = max(len(layer.kind) for layer in table)
    typer.echo(
        f"\n{'layer':<{wide}}  {'kind':<{kinds}}  {'output':>15}  {'parameters':>12}  "
        f"{'multiply-adds':>15}  {'sees':>11}"
    )
    for layer in table:
        shape = "×".join(map(str, layer.output_shape)) or "–"
        sees = "×".join(map(str, layer.receptive_field or ())) or "all"
        typer.echo(
            f"{layer.name:<{wide}}  {layer.kind:<{kinds}}  {shape:>15}  {layer.parameters:>12,}  "
            f"{layer.multiply_adds + layer.attention:>15,}  {sees:>11}"
        )
