"""What is said of a network and its parts: beside its drawing, and to those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pages.ui.figures.names import short
from pages.ui.figures.parts import Box, Network, Part, Shape
from pages.ui.translate import Translate


@dataclass(frozen=True)
class Said:
    """What the panel of a part says: a title, and lines of a name and a value."""

    title: str
    lines: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """Say all of it in one line."""
        return f"{self.title}. " + "; ".join(f"{name}: {value}" for name, value in self.lines)


def shape_words(shape: Shape) -> str:
    """Write a shape: 64×56×56."""
    return "×".join(map(str, shape))


def box_words(box: Box, t: Translate) -> str:
    """Write a weighted layer as the paper does: 3×3, 64, /2."""
    if not box.kernel:
        return t("fc, {count}", count=box.channels)
    halves = f", /{box.stride}" if box.stride > 1 else ""
    return f"{box.kernel}×{box.kernel}, {box.channels}{halves}"


def pooling_words(part: Part, t: Translate) -> str:
    """Name a pooling."""
    return t("max pooling") if part.pooling == "max" else t("average pooling")


def shortcut_words(part: Part, t: Translate) -> str:
    """Say in a word or two what stands on a shortcut; nothing where x passes as it is."""
    if part.shortcut == "projection":
        return f"1×1, {part.output_shape[0]}"
    return t("zeros") if part.shortcut == "padding" else ""


def title(parts: Sequence[Part], t: Translate) -> str:
    """Name a part, or units that are drawn as one."""
    first = parts[0]
    if len(parts) > 1:
        return t(
            "Stage {stage}, units {first} to {last}",
            stage=first.stage,
            first=first.number,
            last=parts[-1].number,
        )
    if first.stage:
        return t("Stage {stage}, unit {number}", stage=first.stage, number=first.number)
    return box_words(first.boxes[0], t) if first.boxes else pooling_words(first, t)


def panel(parts: Sequence[Part], network: Network, t: Translate) -> Said:
    """Say what a part has and costs, or units that are drawn as one have and cost together."""
    first = parts[0]
    shapes = f"{shape_words(first.input_shape)} → {shape_words(parts[-1].output_shape)}"
    lines = [(t("shapes"), shapes)]
    if first.stage:
        lines.append((t("layers"), " · ".join(box_words(box, t) for box in first.boxes)))
        if first.shortcut:
            lines.append((t("shortcut"), shortcut_words(first, t) or t("identity")))
    for name, each, whole in (
        (t("parameters"), first.parameters, network.parameters),
        (t("multiply-adds"), first.multiply_adds, network.multiply_adds),
    ):
        amount = len(parts) * each
        terms = f"{len(parts)} × {each:,} = {amount:,}" if len(parts) > 1 else f"{amount:,}"
        lines += [(name, terms), (t("share of the whole"), share(amount, whole))]
    field = parts[-1].receptive_field
    seen = shape_words(field) if field else t("whole image")
    return Said(title(parts, t), (*lines, (t("receptive field"), seen)))


def share(amount: int, whole: int) -> str:
    """Write a share in percent; what is there never looks like nothing."""
    percent = 100 * amount / whole if whole else 0.0
    return "< 0.1 %" if 0 < percent < 0.1 else f"{percent:.1f} %"


def totals(network: Network, t: Translate) -> tuple[str, str]:
    """Say in two lines what a network has and costs."""
    return (
        t("{count} weighted layers", count=f"{network.depth:,}"),
        t(
            "{parameters} parameters, {products} multiply-adds",
            parameters=short(network.parameters),
            products=short(network.multiply_adds),
        ),
    )


def summary(network: Network, t: Translate) -> str:
    """Say in a sentence what network it is."""
    layers, amounts = totals(network, t)
    return t(
        "{name}: {layers}; {totals}; images of {shape}.",
        name=network.name,
        layers=layers,
        totals=amounts,
        shape=shape_words(network.image),
    )


def drawing_words(network: Network, t: Translate) -> str:
    """Say what a drawing shows: the network, then each of its stages."""
    said = [summary(network, t)]
    for stage, found in groupby(network.parts, key=lambda part: part.stage):
        parts = list(found)
        if stage:
            said.append(
                t(
                    "Stage {stage}: {units} units of {layers}; {shape}.",
                    stage=stage,
                    units=len(parts),
                    layers=" · ".join(box_words(box, t) for box in parts[-1].boxes),
                    shape=shape_words(parts[-1].output_shape),
                )
            )
        else:
            said.append("; ".join(title([part], t) for part in parts) + ".")
    return " ".join(said)


def most_words(networks: Sequence[Network], what: str, t: Translate) -> str:
    """Say what strips of ``parameters`` or ``multiply_adds`` show, and which part has most."""
    said = []
    for network in networks:
        most = max(network.parts, key=lambda part: getattr(part, what))
        amount = share(getattr(most, what), getattr(network, what))
        said.append(f"{network.name}: {amount} ({title([most], t)})")
    names = "; ".join(said)
    if what == "parameters":
        return t("Where the parameters are. The one unit or layer with most: {names}.", names=names)
    return t("Where the multiply-adds are. The one unit or layer with most: {names}.", names=names)
