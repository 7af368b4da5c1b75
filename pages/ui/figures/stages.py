"""How long is each stage of a network, to one scale, and what of the whole does it hold?"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from pages.ui import theme
from pages.ui.figures.network_words import share, summary
from pages.ui.figures.parts import Network, Part
from pages.ui.figures.svg import FONT, attributes
from pages.ui.translate import Translate

ROW, BAR = 46, 16
"""Height of a network's strip with its name, and of the strip."""
MOST_MARKS = 160
"""Layers of the deepest network whose layers are told apart; more would be a blur."""
LEAST_WITH_WORDS = 9
"""Percent of a strip that have room for a number, on a telephone too."""
LEVELS = range(6)
"""Before the stages, stages 1 to 4, and the classifier."""


def ruler(networks: Sequence[Network], *, t: Translate) -> str:
    """Draw each network as a strip whose length is its depth, all to one scale.

    Coordinates along the strips are shares of the width, so that words keep their size on a
    telephone.
    """
    deepest = max(network.depth for network in networks)
    parts = []
    for place, network in enumerate(networks):
        y = ROW * place
        parts.append(_name(network, y, t("{count} weighted layers", count=f"{network.depth:,}")))
        parts += _strip(network, y + 24, deepest)
    said = " ".join(summary(network, t) for network in networks)
    return _strips(parts, ROW * len(networks), said)


def _strips(parts: Sequence[str], high: int, said: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{high}"'
        f"{attributes({'role': 'img', 'aria-label': said})} "
        f'style="font-family:{FONT};display:block;overflow:visible">{"".join(parts)}</svg>'
    )


def _name(network: Network, y: int, more: str) -> str:
    colour = f"var(--{network.join})" if network.join else "var(--text)"
    return (
        f'<text x="0" y="{y + 16}" style="fill:var(--muted);font-size:13.5px">'
        f'<tspan style="fill:{colour};font-weight:600">{escape(network.name)}</tspan>'
        f"<tspan>{escape(f' · {more}' if more else '')}</tspan></text>"
    )


def _strip(network: Network, y: int, deepest: int) -> list[str]:
    drawn, begin = [], 0
    for level, found in groupby(network.parts, key=lambda part: _level(network, part)):
        layers = sum(len(part.boxes) for part in found)
        if layers:
            drawn.append(
                f'<rect x="{_share(begin, deepest)}" y="{y}" width="{_share(layers, deepest)}" '
                f'height="{BAR}" style="fill:var(--{_colour(level)})"/>'
            )
        begin += layers
    if deepest <= MOST_MARKS:
        drawn += [
            f'<rect x="{_share(layer, deepest)}" y="{y}" width="1" height="{BAR}" '
            'style="fill:var(--paper)"/>'
            for layer in range(1, begin)
        ]
    return drawn


def _share(layers: int, deepest: int) -> str:
    return f"{100 * layers / deepest:.3f}%"


def _colour(level: int) -> str:
    return theme.STAGES[level] if level < len(theme.STAGES) else "axis"


def _level(network: Network, part: Part) -> int:
    """Say where a part belongs: 0 before the stages, 1 to 4 a stage, 5 the classifier."""
    return 5 if part.size <= 1 and not part.stage else network.level(part.size)


def stage_shares(networks: Sequence[Network], what: str, *, t: Translate) -> str:
    """Draw what share of a network each of its stages holds: a strip a network, all of one length.

    Args:
        networks: From above to below.
        what: ``parameters`` or ``multiply_adds``.
        t: Translates.
    """
    names = level_names(t)
    parts, said = [], []
    for place, network in enumerate(networks):
        y = ROW * place
        parts.append(_name(network, y, ""))
        begin = 0.0
        for level in LEVELS:
            percent = _percent(network, what, level)
            if not percent:
                continue
            words = f"{names[level]}: {share(round(percent * 1000), 100_000)}"
            said.append(f"{network.name}, {words}")
            parts.append(
                f"<g><title>{escape(f'{network.name}, {words}')}</title>"
                f'<rect x="{begin:.3f}%" y="{y + 24}" width="{percent:.3f}%" height="{BAR}" '
                f'style="fill:var(--tint-{level % 5});'
                f'stroke:var(--{_colour(level)});stroke-width:1.25"/>'
            )
            if percent >= LEAST_WITH_WORDS:
                parts.append(
                    f'<text x="{begin + percent / 2:.3f}%" y="{y + 36.5}" text-anchor="middle" '
                    f'style="fill:var(--text);font-size:12px">{percent:.0f} %</text>'
                )
            parts.append("</g>")
            begin += percent
    return _strips(parts, ROW * len(networks), "; ".join(said))


def level_names(t: Translate) -> dict[int, str]:
    """Name what colours stand for."""
    return {
        0: t("before the stages"),
        **{level: t("stage {stage}", stage=level) for level in range(1, 5)},
        5: t("classifier"),
    }


def legend(networks: Sequence[Network], *, t: Translate) -> list[tuple[str, str]]:
    """Give the colours that are in the strips, and what they stand for."""
    there = {_level(network, part) for network in networks for part in network.parts if part.boxes}
    names = level_names(t)
    return [(_colour(level), names[level]) for level in LEVELS if level in there]


def _percent(network: Network, what: str, level: int) -> float:
    own = [getattr(part, what) for part in network.parts if _level(network, part) == level]
    return float(100 * sum(own) / getattr(network, what))
