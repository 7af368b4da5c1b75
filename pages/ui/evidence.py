"""Where do the numbers of a figure come from? The line under every figure that says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.figures.degradation import Published
from pages.ui.history import History, of_events
from pages.ui.translate import ASSETS, Translate
from resnet_core.specs import (
    DegradationStudy,
    OrderStudy,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    SuspectStudy,
    TwinStudy,
)
from resnet_core.studies import Recording, load_recording
from resnet_core.studies.recordings import S


def measured(histories: Sequence[History], t: Translate) -> None:
    """Say that runs were measured here: how many, on what, how long, on how many images."""
    started = [history.started for history in histories if history.started]
    if not started:
        return
    first = started[0]
    st.caption(
        "**"
        + t("Measured here.")
        + "** "
        + t(
            "Runs: {runs}; seeds: {seeds}; on {device} ({name}); {seconds} s of training; "
            "{train} training and {test} test images; PyTorch {torch}.",
            runs=len(started),
            seeds=_seeds(histories),
            device=first.device,
            name=first.device_name,
            seconds=f"{sum(history.seconds for history in histories):.0f}",
            train=f"{first.train_images:,}",
            test=f"{first.test_images:,}",
            torch=first.versions.get("torch", "?"),
        )
    )


def recorded(recording: Recording[S], t: Translate, *, note: str = "") -> None:
    """Say that a figure was recorded: when, on what, by which command."""
    st.caption(
        "**"
        + t("Recorded.")
        + "** "
        + t(
            "{runs} runs on {hardware}, {date}; made by",
            runs=len(recording.runs),
            hardware=recording.hardware,
            date=recording.date,
        )
        + f" `{recording.command}`. {note}"
    )


@cache
def degradation_recording() -> Recording[DegradationStudy]:
    """Read the study of degradation that ships with the app."""
    return load_recording(ASSETS / "runs" / "degradation-digits.json", DegradationStudy)


@cache
def twin_recording() -> Recording[TwinStudy]:
    """Read the probed twins that ship with the app."""
    return load_recording(ASSETS / "runs" / "twins-digits.json", TwinStudy)


@cache
def suspect_recording() -> Recording[SuspectStudy]:
    """Read the hunt for the guilty that ships with the app."""
    return load_recording(ASSETS / "runs" / "suspects-digits.json", SuspectStudy)


@cache
def scale_recording() -> Recording[ScaleStudy]:
    """Read the sweep over λ that ships with the app."""
    return load_recording(ASSETS / "runs" / "scales-digits.json", ScaleStudy)


@cache
def shortcut_recording() -> Recording[ShortcutStudy]:
    """Read the study of shortcut kinds that ships with the app."""
    return load_recording(ASSETS / "runs" / "shortcuts-digits.json", ShortcutStudy)


@cache
def order_recording() -> Recording[OrderStudy]:
    """Read the study of activation orders that ships with the app."""
    return load_recording(ASSETS / "runs" / "orders-digits.json", OrderStudy)


@cache
def recorded_histories(recording: Callable[[], Recording[S]]) -> list[History]:
    """Give what the runs of one of these recordings said."""
    found = recording()
    return [
        of_events(run, ((event.id, event.event) for event in found.events(run.digest)))
        for run in found.study.runs
    ]


@cache
def recorded_starts() -> dict[str, dict[str, Any]]:
    """Give the first steps that ship with the app, by digest of their runs."""
    found = {}
    for path in sorted((ASSETS / "starts").glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        found[RunSpec.model_validate(recorded["run"]).digest] = recorded["start"]
    return found


@cache
def start_commands() -> dict[str, tuple[str, str]]:
    """Give when each of these was recorded, and by which command."""
    found = {}
    for path in sorted((ASSETS / "starts").glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        digest = RunSpec.model_validate(recorded["run"]).digest
        found[digest] = (recorded["date"], recorded["command"])
    return found


@cache
def published_tables() -> list[dict[str, Any]]:
    """Read the published values: a table each, with source and note."""
    text = (Path(ASSETS) / "published" / "he2015.json").read_text(encoding="utf-8")
    tables: list[dict[str, Any]] = json.loads(text)["tables"]
    return tables


def published(keys: Sequence[str], *, deepest: int) -> list[Published]:
    """Give the published errors of some tables; 1202 layers only where the figure goes as deep."""
    return [
        Published(
            depth=point["depth"],
            join=point["join"],
            error=point["error"] / 100,
            source=f"{table['source'].split(',')[0]}, {table['source'].split(', ')[-1]}",
        )
        for table in published_tables()
        if table["key"] in keys
        for point in table["points"]
        if point["depth"] <= max(110, deepest)
    ]


@cache
def published_2016() -> dict[str, Any]:
    """Read the published values of He 2016: tables 1 and 2, each with source and note."""
    text = (Path(ASSETS) / "published" / "he2016.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _seeds(histories: Sequence[History]) -> str:
    seeds = sorted({history.run.train.seed for history in histories})
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]}–{seeds[-1]}"
    return ", ".join(str(seed) for seed in seeds)
