"""What is known of a case of degradation: its runs, what its tests found, where it is from.

A case is known from this lab's runs as soon as one of both networks has been asked for; before
that from the recording, if it has the same settings; else its table has no verdicts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import streamlit as st

from pages.ui import evidence, lab
from pages.ui.history import History, of_events
from pages.ui.live import live_url
from pages.ui.runs import known
from pages.ui.translate import Translate, translate_error
from resnet_core.errors import ResNetLabError
from resnet_core.specs import SUSPECTS, NetworkSpec, RunSpec, SuspectStudy
from resnet_core.specs.events import Event, RunCompleted
from resnet_core.store import RunRecord
from resnet_core.studies import Constructed, Judgement, Recording, judge

LEFT = "_guilty.left"
"""Runs that this visitor has stopped: looking at them does not keep them going."""

AGAIN = ("stopped", "failed")
"""Of a run without a result, which has to be asked for again."""


@dataclass(frozen=True)
class Case:
    """What is known of a study.

    Attributes:
        histories: What its runs have said, by digest; a recording's where the lab knows nothing.
        records: The lab's, by digest.
        recording: Whose histories these are, if they are.
        judgements: By suspect, in the order of the table.
        trouble: Why the constructed solution could not be measured.
    """

    study: SuspectStudy
    histories: Mapping[str, History]
    records: Mapping[str, RunRecord]
    recording: Recording[SuspectStudy] | None
    judgements: Mapping[str, Judgement]
    trouble: ResNetLabError | None

    def own(self, key: str) -> tuple[RunSpec, ...]:
        """Give the runs that are waited for at a suspect's row: its test's, else both networks."""
        return self.study.tests(key) or self.study.base

    def is_live(self, runs: Iterable[RunSpec]) -> bool:
        """Whether there is more to come of any of some runs."""
        found = (self.records.get(run.digest) for run in runs)
        return any(record is not None and record.active for record in found)

    def missing(self, runs: Iterable[RunSpec]) -> list[RunSpec]:
        """Give those of some runs that would have to be trained."""
        return [
            run
            for run in runs
            if run.digest not in self.records or self.records[run.digest].status in AGAIN
        ]

    def failed(self, runs: Iterable[RunSpec]) -> ResNetLabError | None:
        """Say why one of some runs failed."""
        for run in runs:
            record = self.records.get(run.digest)
            if record is not None and record.status == "failed":
                return record.error
        return None


def look_up(study: SuspectStudy) -> Case:
    """Find what is known of a study, and judge."""
    digests = [run.digest for run in study.runs]
    records, histories = known(digests)
    begun = [run for run in study.base if run.digest in records]
    recording = None
    if all(records[run.digest].status in AGAIN for run in begun):
        found = recorded()
        if found is not None and found.study == study:
            recording, histories = found, _recorded_histories()
    constructed, trouble = None, None
    if recording is not None:
        constructed = _recorded_constructed(recording)
    else:
        try:
            constructed = _constructed(study, histories)
        except ResNetLabError as error:
            trouble = error
    events = {digest: _events(history) for digest, history in histories.items()}
    judgements = {key: judge(study, key, events, constructed) for key in SUSPECTS}
    return Case(study, histories, records, recording, judgements, trouble)


def _events(history: History) -> list[Event]:
    """Give what a judge wants to hear."""
    said: list[Event] = [*history.evaluations, *history.probes]
    return said if history.ended is None else [*said, history.ended]


def _constructed(study: SuspectStudy, histories: Mapping[str, History]) -> Constructed | None:
    """Have the constructed solution measured, as soon as both networks have a result.

    Raises:
        ResNetLabError: The lab's sentence.
    """
    shallow, deep = (histories.get(run.digest) for run in study.base)
    if shallow is None or deep is None or deep.ended is None or not lab.is_ready():
        return None
    if not isinstance(shallow.ended, RunCompleted):
        return None  # no weights
    return _measured(study.base[0].to_json(), study.network(study.deep).to_json())


@lru_cache(maxsize=256)
def _measured(shallow: str, deep: str) -> Constructed:
    network = NetworkSpec.from_json(deep).model_dump()
    return Constructed(**lab.keeper.client.measure("constructed", shallow=shallow, deep=network))


def recorded() -> Recording[SuspectStudy] | None:
    """Give the case that ships with the app; None while there is none."""
    try:
        return evidence.suspect_recording()
    except ResNetLabError:
        return None


@cache
def _recorded_histories() -> dict[str, History]:
    found = evidence.suspect_recording()
    return {
        run.digest: of_events(run, ((one.id, one.event) for one in found.events(run.digest)))
        for run in found.study.runs
        if run.digest in found.runs
    }


def _recorded_constructed(recording: Recording[SuspectStudy]) -> Constructed | None:
    found = recording.more.get("constructed")
    return None if found is None else Constructed(**found)


# --- what this visitor looks at -------------------------------------------------------------------


def join(runs: Iterable[RunSpec]) -> None:
    """Note that this visitor wants runs."""
    st.session_state.get(LEFT, set()).difference_update(run.digest for run in runs)


def leave(runs: Sequence[RunSpec]) -> None:
    """Stop runs, for this visitor.

    Raises:
        ResNetLabError: The lab's sentence.
    """
    digests = [run.digest for run in runs]
    st.session_state.setdefault(LEFT, set()).update(digests)
    lab.leave(digests)


def has_left(runs: Iterable[RunSpec]) -> bool:
    """Whether this visitor has stopped any of some runs, which others may still watch."""
    left = st.session_state.get(LEFT, set())
    return any(run.digest in left for run in runs)


def live_address(runs: Sequence[RunSpec], language: str) -> str:
    """Give the address that a chart of these runs asks."""
    url = live_url("study", [run.digest for run in runs], language)
    return f"{url}&left" if has_left(runs) else url


# --- to take home ---------------------------------------------------------------------------------


def as_csv(case: Case, t: Translate) -> str:
    """Write the verdicts as a table, with their evidence."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["suspect", "finding", "shows", "share_of_excess", "evidence", "runs"])
    for key, found in case.judgements.items():
        runs = (*case.study.base, *case.study.tests(key))
        rows.writerow(
            [
                key,
                found.finding,
                SUSPECTS[key].shows,
                "" if found.share is None else f"{found.share:.4f}",
                " ".join(translate_error(sentence, t) for sentence in found.said),
                " ".join(run.digest for run in runs),
            ]
        )
    return text.getvalue()
