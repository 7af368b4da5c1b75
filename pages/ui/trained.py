"""Which trained network is looked into? For every page that cuts one.

Networks that ship are there at once; any finished run of this lab can be taken as well.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import streamlit as st

from pages.ui import lab
from pages.ui.frame import Page, show_error
from pages.ui.translate import Translate
from resnet_core.errors import ResNetLabError, SpecError, StoreError
from resnet_core.specs import DATASETS, ORDERS, NetworkSpec, RunSpec
from resnet_core.specs.regimes import REGIMES, regime_settings
from resnet_core.studies.trained import (
    TrainedNetwork,
    kept_weights,
    load_trained_network,
    trained_names,
)

MOST_RUNS = 30
"""Finished runs in a list, the newest; a link may ask for any other."""

USUAL_WIDTH = 8
"""Of all networks that ship: a title says another width only."""


@dataclass(frozen=True)
class Subject:
    """A trained network that is looked into.

    Attributes:
        code: In a link: the name of one that ships, or the digest of a run.
        run: The plan that it was trained by.
        sha256: Of its weights: a file that was changed meanwhile is refused.
        recorded: What is known of one that ships; None for a run of this lab.
    """

    code: str
    run: RunSpec
    sha256: str
    recorded: TrainedNetwork | None

    @property
    def network(self) -> NetworkSpec:
        """The plan of the network alone."""
        return self.run.network


# --- which network --------------------------------------------------------------------------------


def choose(
    page: Page,
    name: str,
    label: str,
    *,
    default: str,
    fits: Callable[[RunSpec], bool] = lambda run: True,
    none: str | None = None,
) -> Subject | None:
    """Draw the list of trained networks, and give the one that is taken.

    One whose weights have gone, or that does not fit, is refused with a sentence, and the default
    is taken, or else the first that can be read: the page goes on. None if there is none at all.

    Args:
        page: Whose link keeps the choice.
        name: Of the setting, in the link.
        label: What a reader sees.
        default: Name of a network that ships, and fits.
        fits: Which plans can be taken.
        none: What is said of taking no network, where that is allowed; its code is ``none``.
    """
    t = page.t
    key = page.link.setting(name, default, _reader(name, fits, none is not None))
    listed = {} if none is None else {"none": none}
    listed |= {code: title(run, t) for code, run in _known().items() if fits(run)}
    code = st.session_state[key]
    if code not in listed:  # of a link: not among the newest; or of another page's choice
        found = _plan(code)
        if found is None or not fits(found):
            code = st.session_state[key] = default
        else:
            listed[code] = title(found, t)
    code = st.selectbox(label, list(listed), key=key, format_func=lambda one: listed.get(one, one))
    if code == "none":
        return None
    code = code or default  # of an empty list nothing was taken: the default says why
    for taken in dict.fromkeys((code, default, *listed)):
        if taken == "none":
            return None
        try:
            return subject(taken)
        except ResNetLabError as error:
            if taken == code:
                show_error(error, t)
    return None


def fitting(fits: Callable[[RunSpec], bool]) -> list[str]:
    """List the codes of the networks that can be taken where others do not fit."""
    return [code for code, run in _known().items() if fits(run)]


def subject(code: str) -> Subject:
    """Give a trained network by the name of one that ships, or by the digest of a finished run.

    Raises:
        ResNetLabError: There is none, or it has left no weights.
    """
    if code in trained_names():
        kept = _recorded(code)
        return Subject(code, kept.run, kept.sha256, kept)
    store = lab.store()
    record = store.run(code) if _is_digest(code) else None
    if record is None:
        raise SpecError(
            "Trained network {name} was asked for, but there is none here: train it, or take one "
            "of those that ship, such as {example}.",
            name=repr(code)[:60],
            example=trained_names()[0],
        )
    return Subject(code, record.spec, kept_weights(store, record).sha256, None)


def plain_twin(of: RunSpec) -> str | None:
    """Find the trained plain twin of a run, by its code: a run of this lab, or one that ships."""
    if of.network.join == "plain":
        return None
    try:
        wanted = of.model_copy(update={"network": of.network.twin(), "owner": None, "changes": ()})
    except ResNetLabError:
        return None  # an initialisation that a plain network cannot have
    return next((code for code, run in _known().items() if run.digest == wanted.digest), None)


def title(run: RunSpec, t: Translate) -> str:
    """Say which network a run has trained, on what, as short as a list needs it.

    What tells it from its neighbours stands first: lists cut off what stands last.
    """
    parts = [network_title(run.network, t), t("seed {seed}", seed=run.train.seed)]
    row = DATASETS.get(run.data.dataset)
    parts.append(t(row.label) if row else t("images of your own"))
    parts.append(t("{steps} steps", steps=run.train.steps))
    return " · ".join(parts)


def network_title(network: NetworkSpec, t: Translate) -> str:
    """Name a network, with what sets it apart from others of its name."""
    usual = NetworkSpec()
    said = [network.name]
    if network.family in ("cifar", "vgg") and network.width != USUAL_WIDTH:
        said.append(t("width {width}", width=network.width))
    if network.order != usual.order and network.family != "wide":
        said.append(t(ORDERS[network.order].label).split(":")[0])
    if network.shortcut != usual.shortcut and network.family != "wide":
        said.append(t("shortcut {shortcut}", shortcut=network.shortcut))
    if network.block != usual.block and network.family == "cifar":
        said.append(network.block)
    if network.survival == regime_settings(network, "stochastic-depth")["survival"]:
        said.append(t(REGIMES["stochastic-depth"].label))
    elif network.survival < 1:
        said.append(t("stochastic depth, survival {survival}", survival=f"{network.survival:g}"))
    if network.active:
        said.append(t("{active} units a step", active=network.active))
    if network.branch_dropout:
        said.append(t("dropout {rate}", rate=f"{network.branch_dropout:g}"))
    return ", ".join(said)


def _reader(name: str, fits: Callable[[RunSpec], bool], may_be_none: bool) -> Callable[[str], str]:
    """Read a network from a link."""

    def read(text: str) -> str:
        if text == "none" and may_be_none:
            return text
        found = _plan(text)
        if found is None or not fits(found):
            raise SpecError(
                "The link asks for {name} {value}, but no network of this name is trained here, "
                "or it does not fit this figure.",
                name=name,
                value=repr(text)[:40],
            )
        return text

    return read


def _plan(code: str) -> RunSpec | None:
    """Give the plan of a network by its code, if it is there and has completed."""
    if code in trained_names():
        return _known().get(code)
    if not _is_digest(code):
        return None
    try:
        record = lab.store().run(code)
    except ResNetLabError:
        return None
    return record.spec if record is not None and record.status == "completed" else None


def _known() -> dict[str, RunSpec]:
    """List the networks that can be taken, by their codes: those that ship, then the newest."""
    found = {}
    for name in trained_names():
        with contextlib.suppress(StoreError):  # damaged: the others are there all the same
            found[name] = _recorded(name).run
    digests = {run.digest for run in found.values()}
    try:
        records = lab.store().runs(status="completed", limit=MOST_RUNS) if lab.is_ready() else []
    except ResNetLabError:
        records = []
    visitor = lab.visitor()
    for record in records:
        if record.owner in (None, visitor) and record.digest not in digests:
            found[record.digest] = record.spec
    return found


@cache
def _recorded(name: str) -> TrainedNetwork:
    return load_trained_network(name)


def _is_digest(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{16}", text) is not None


# --- where it comes from --------------------------------------------------------------------------


def origin(of: Subject, t: Translate) -> str:
    """Say where a trained network comes from."""
    name = network_title(of.network, t)
    if of.recorded is None:
        return f"{name}: " + t("Trained here: run {digest}.", digest=f"`{of.code}`")
    said = t(
        "Trained on {hardware}, {date}, and shipped with the app; made by",
        hardware=of.recorded.hardware,
        date=of.recorded.date,
    )
    return f"{name}: {said} `{of.recorded.command}`."


def say_where_from(page: Page, subjects: Sequence[Subject], *, images: int) -> None:
    """Say where trained networks come from, and on how many images they were measured just now."""
    t = page.t
    lines = [origin(one, t) for one in {one.code: one for one in subjects}.values()]
    measured = t("Measured here.")
    st.caption(
        f"**{measured}** "
        + t("The errors were measured just now, on {images} test images.", images=f"{images:,}")
        + "  \n"
        + "  \n".join(lines)
    )
