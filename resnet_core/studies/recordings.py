"""Studies that were run before and ship with the app: ``Recording``, a JSON file.

A page shows a recording until the visitor starts a run, through the same code. The file holds
every event, one a line, with two savings: floats are rounded to five significant digits, and
``StepsCompleted`` are merged until each covers 20 steps (all its losses are kept; the merged
event has the number of its last part).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from resnet_core.errors import ResNetLabError, RunError, StoreError
from resnet_core.specs import (
    DegradationStudy,
    OrderStudy,
    ScaleStudy,
    ShortcutStudy,
    SuspectStudy,
    TwinStudy,
)
from resnet_core.specs.events import Event, ProbesCompleted, RunStarted, StepsCompleted
from resnet_core.specs.regimes import RegimeStudy
from resnet_core.store import Store, StoredEvent
from resnet_core.studies.outcomes import Outcome, outcomes_from_events

S = TypeVar(
    "S",
    DegradationStudy,
    TwinStudy,
    SuspectStudy,
    ScaleStudy,
    ShortcutStudy,
    OrderStudy,
    RegimeStudy,
)

FORMAT = 1
MERGED_STEPS = 20
DIGITS = 5


@dataclass(frozen=True)
class Recording(Generic[S]):
    """A study with everything its runs said.

    Attributes:
        command: What made it, to be typed again.
        date: When, as YYYY-MM-DD.
        hardware: The device, as its maker calls it, and how many threads.
        versions: Of Python, PyTorch and this library.
        study: The plan.
        runs: Events by digest, in the order of ``study.runs``.
        more: What else was measured for it, by name.
    """

    command: str
    date: str
    hardware: str
    versions: Mapping[str, str]
    study: S
    runs: Mapping[str, tuple[StoredEvent, ...]]
    more: Mapping[str, Any]

    def events(self, digest: str) -> tuple[StoredEvent, ...]:
        """Give what a run said, as the store would; ids count through the whole file.

        Raises:
            RunError: The run is not of this recording.
        """
        if digest not in self.runs:
            raise RunError(
                "Run {digest} was asked for, but this recording has no such run: it has {digests}.",
                digest=digest,
                digests=", ".join(self.runs),
            )
        return self.runs[digest]

    def outcomes(self) -> list[Outcome]:
        """Give what came out of each run, in the order of ``study.runs``."""
        return outcomes_from_events(
            self.study, {digest: [e.event for e in events] for digest, events in self.runs.items()}
        )


def save_recording(
    study: S,
    store: Store,
    path: Path,
    *,
    command: str,
    date: str | None = None,
    more: Mapping[str, Any] | None = None,
    probes: Collection[str] | None = None,
) -> None:
    """Write the runs of a study to a file.

    Args:
        study: All of whose runs are over.
        store: That has them.
        path: Is replaced.
        command: What made it, to be typed again.
        date: As YYYY-MM-DD; today unless given.
        more: What else was measured for it, by name.
        probes: Keys of ``PROBES`` to keep; None for all that were measured.

    Raises:
        RunError: A run of the study has neither completed nor diverged.
        StoreError: The file cannot be written.
    """
    digests = [run.digest for run in study.runs]
    status = {record.digest: record.status for record in store.runs(digests=digests)}
    missing = [d for d in digests if status.get(d) not in ("completed", "diverged")]
    if missing:
        raise RunError(
            "A recording of {count} runs was asked for, but {missing} have no result yet: let them "
            "finish first.",
            count=len(digests),
            missing=len(missing),
        )
    stored = store.events(digests)
    first = next(e.event for e in stored if e.kind == "started")
    assert isinstance(first, RunStarted)
    header = {
        "format": FORMAT,
        "command": command,
        "date": date or datetime.now(UTC).date().isoformat(),
        "hardware": f"{first.device_name}, {first.threads} thread{'s' * (first.threads > 1)} a run",
        "versions": first.versions,
        "kind": type(study).__name__,
        "study": study.model_dump(mode="json"),
        "more": dict(more or {}),
    }
    runs = [
        {"digest": digest, "events": _merged((e for e in stored if e.digest == digest), probes)}
        for digest in digests
    ]
    try:
        beside = path.with_name(path.name + ".part")
        beside.write_text(_text(header, runs), encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise StoreError(
            "A recording was to be written to {path}, but that cannot be done ({reason}): name a "
            "file in a folder that is there and has room.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from None


def load_recording(path: Path, plan: type[S]) -> Recording[S]:
    """Read a recording of a kind of study.

    Raises:
        StoreError: The file is missing, no recording, or was made when the same plans meant other
            numbers.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']} instead of {FORMAT}")
        if data["kind"] != plan.__name__:
            raise ValueError(f"{data['kind']} instead of {plan.__name__}")
        study = plan.model_validate(data["study"])
        runs: dict[str, tuple[StoredEvent, ...]] = {}
        count = 0
        for run in data["runs"]:
            events = []
            for entry in run["events"]:
                count += 1
                text = json.dumps(entry["event"], separators=(",", ":"))
                kind = entry["event"]["kind"]
                events.append(StoredEvent(count, run["digest"], entry["sequence"], kind, text))
            runs[run["digest"]] = tuple(events)
        if list(runs) != [run.digest for run in study.runs]:
            raise ValueError("its runs are not those of its plan; this version gives other numbers")
        return Recording(
            command=data["command"],
            date=data["date"],
            hardware=data["hardware"],
            versions=data["versions"],
            study=study,
            runs=runs,
            more=data["more"],
        )
    except (OSError, ValueError, KeyError, TypeError, ResNetLabError) as error:
        raise StoreError(
            "A recording was looked for in {path}, but it cannot be read ({reason}): record the "
            "study again.",
            path=str(path),
            reason=str(error) or type(error).__name__,
        ) from None


def _merged(stored: Iterable[StoredEvent], probes: Collection[str] | None) -> list[dict[str, Any]]:
    """Merge neighbouring ``StepsCompleted``, round, and give what goes into the file."""
    merged: list[tuple[int, Event]] = []
    for item in stored:
        event = item.event
        if merged and isinstance(event, StepsCompleted):
            last = merged[-1][1]
            if isinstance(last, StepsCompleted) and len(last.losses) < MERGED_STEPS:
                event = event.model_copy(
                    update={
                        "losses": (*last.losses, *event.losses),
                        "errors": (*last.errors, *event.errors),
                    }
                )
                merged.pop()
        if probes is not None and isinstance(event, ProbesCompleted):
            kept = {key: values for key, values in event.values.items() if key in probes}
            event = event.model_copy(update={"values": kept})
        merged.append((item.sequence, event))
    return [
        {"sequence": sequence, "event": _rounded(json.loads(event.model_dump_json()))}
        for sequence, event in merged
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def _text(header: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]) -> str:
    """Write JSON with one event a line: small, and a change is readable."""
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in header.items())
    blocks = []
    for run in runs:
        lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in run["events"])
        blocks.append(f'{{"digest": {json.dumps(run["digest"])}, "events": [\n{lines}\n]}}')
    return f'{{\n{head},\n"runs": [\n' + ",\n".join(blocks) + "\n]\n}\n"
