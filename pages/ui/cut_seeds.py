"""Does it hold with other seeds? Networks that differ from one in their training seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import streamlit as st

from pages.ui import cut_live, lab, runs, trained
from pages.ui.frame import Page, show_error
from pages.ui.trained import Subject
from resnet_core.errors import ResNetLabError
from resnet_core.specs import RunSpec
from resnet_core.store import RunRecord
from resnet_core.studies.trained import load_trained_network, trained_names

SEEDS = (0, 1, 2, 3, 4)
PROBLEM = "_cut_seeds.problem"


@dataclass(frozen=True)
class Seeds:
    """What is known of the seeds of some networks.

    Attributes:
        trained: Of each network, those that are there, itself among them, by seed.
        training: Runs that go on.
        missing: Runs that would have to be trained.
    """

    trained: tuple[tuple[Subject, ...], ...]
    training: tuple[RunRecord, ...]
    missing: tuple[RunSpec, ...]


def look_up(subjects: Sequence[Subject]) -> Seeds:
    """Find the trainings of some networks with the seeds of ``SEEDS``."""
    found, training, missing = [], [], []
    for of in subjects:
        wanted = [_with_seed(of.run, seed) for seed in SEEDS]
        records = _records([run.digest for run in wanted])
        there = {of.run.train.seed: of}
        for run in wanted:
            record = records.get(run.digest)
            one = there.get(run.train.seed) or _trained(run.digest, record)
            if one is not None:
                there[run.train.seed] = one
            elif record is not None and record.active:
                training.append(record)
            else:
                missing.append(run)
        found.append(tuple(there[seed] for seed in sorted(there)))
    return Seeds(tuple(found), tuple(training), tuple(missing))


def show(page: Page, seeds: Seeds) -> None:
    """Say which seeds are trained, how far others are, and offer to train the missing ones."""
    t = page.t
    problem = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        show_error(problem, t)
    if seeds.training:
        lab.keeper.looks(lab.visitor(), [record.digest for record in seeds.training])
        done = sum(record.step / record.steps for record in seeds.training)
        st.progress(
            done / len(seeds.training),
            t("Runs that are being trained: {runs}", runs=len(seeds.training)),
        )
    if seeds.missing and lab.is_ready():
        st.button(
            t("Train the missing seeds ({runs} runs)", runs=len(seeds.missing)),
            icon=":material/play_arrow:",
            key=f"{page.name}.train_seeds",
            on_click=_train,
            args=(page, seeds.missing),
            help=t("Seeds 0 to 4 of each network of this figure."),
        )
        runs.say_cost(page, seeds.missing)


def _train(page: Page, missing: Sequence[RunSpec]) -> None:
    """Ask for the runs; a refusal is kept for the page to show."""
    try:
        lab.submit(missing)
    except ResNetLabError as error:
        st.session_state[PROBLEM] = error
    cut_live.again(page)


def _with_seed(run: RunSpec, seed: int) -> RunSpec:
    train = run.train.model_copy(update={"seed": seed})
    return run.model_copy(update={"train": train, "owner": None})


def _records(digests: Sequence[str]) -> dict[str, RunRecord]:
    try:
        return {record.digest: record for record in lab.store().runs(digests=digests)}
    except ResNetLabError:
        return {}  # no lab yet: the frame says so


def _trained(digest: str, record: RunRecord | None) -> Subject | None:
    shipped = _shipped().get(digest)
    try:
        if shipped is not None:
            return trained.subject(shipped)
        return _subject(digest) if record is not None and record.status == "completed" else None
    except ResNetLabError:
        return None  # its weights have gone


@lru_cache(maxsize=256)
def _subject(digest: str) -> Subject:
    return trained.subject(digest)


@cache
def _shipped() -> dict[str, str]:
    """Name the networks that ship, by digest of their runs."""
    return {load_trained_network(name).run.digest: name for name in trained_names()}
