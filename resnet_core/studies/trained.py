"""Trained networks that ship with the app, so that there is something to cut at once.

Each is two files in ``assets/trained``: the weights as its run left them (safetensors), and what
they are (JSON): the plan, how they were made, and the test error. The weights are told by their
checksum: a file that was changed is refused (``lesions.trained``).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from resnet_core.errors import ResNetLabError, RunError, StoreError
from resnet_core.specs import RunSpec
from resnet_core.specs.events import EvaluationCompleted, RunStarted
from resnet_core.store import RunRecord, Store
from resnet_core.store.records import Artefact

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "trained"
FORMAT = 1
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that was trained before.

    Attributes:
        name: Of its files.
        run: The plan.
        command: What made it, to be typed again.
        date: When it was trained, as YYYY-MM-DD.
        hardware: The device, as its maker calls it, and how many threads.
        versions: Of Python, PyTorch and this library.
        test_error: Of all test images, at the end of training; a fraction.
        test_images: So many.
        sha256: Of the weights.
        folder: Where its files are.
    """

    name: str
    run: RunSpec
    command: str
    date: str
    hardware: str
    versions: Mapping[str, str]
    test_error: float
    test_images: int
    sha256: str
    folder: Path = FOLDER

    @property
    def weights(self) -> Path:
        """The file of its weights."""
        return self.folder / f"{self.name}.safetensors"


def trained_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """List the names of the networks that are there."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def load_trained_network(name: str, folder: Path = FOLDER) -> TrainedNetwork:
    """Read what a trained network is; not its weights.

    Raises:
        StoreError: There is none of this name, or its file cannot be read.
    """
    path = folder / f"{name}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.pop("format") != FORMAT:
            raise ValueError("it is of another version")
        run = RunSpec.model_validate(data.pop("run"))
        return TrainedNetwork(name=name, run=run, folder=folder, **data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ResNetLabError) as error:
        raise StoreError(
            "A trained network was looked for in {path}, but it cannot be read ({reason}): record "
            "it again.",
            path=str(path),
            reason=str(error) or type(error).__name__,
        ) from None


def trained_networks(folder: Path = FOLDER) -> list[TrainedNetwork]:
    """Read all that are there.

    Raises:
        StoreError: One cannot be read.
    """
    return [load_trained_network(name, folder) for name in trained_names(folder)]


# --- of the store ---------------------------------------------------------------------------------


def kept_weights(store: Store, record: RunRecord) -> Artefact:
    """Give the weights that a finished run has left, with their checksum.

    Raises:
        RunError: The run has not completed, or its weights have gone.
    """
    name, digest = record.spec.network.name, record.digest
    if record.active:
        raise RunError(
            "The weights of {name} (run {digest}) were asked for, but it is {status}: let it "
            "finish first.",
            name=name,
            digest=digest,
            status=record.status,
        )
    if record.status != "completed":
        raise RunError(
            "The weights of {name} (run {digest}) were asked for, but it has {status}: take a run "
            "that has completed.",
            name=name,
            digest=digest,
            status=record.status,
        )
    for artefact in store.artefacts(digest):
        if artefact.name == WEIGHTS and artefact.path.is_file():
            return artefact
    raise RunError(
        "The weights of {name} (run {digest}) were asked for, but it has left none, or they were "
        "removed: train it again.",
        name=name,
        digest=digest,
    )


def keep_network(store: Store, record: RunRecord, into: Path, *, command: str) -> TrainedNetwork:
    """Write a finished run's network to two files beside each other.

    Args:
        store: That remembers the run.
        record: The run.
        into: Folder and name of the files, without an ending.
        command: What made it.

    Raises:
        RunError: The run has not completed, or its weights have gone.
        StoreError: The files cannot be written.
    """
    artefact = kept_weights(store, record)
    events = [stored.event for stored in store.events([record.digest])]
    started = next(event for event in events if isinstance(event, RunStarted))
    last = [event for event in events if isinstance(event, EvaluationCompleted)][-1]
    found = TrainedNetwork(
        name=into.name,
        run=record.spec,
        command=command,
        date=datetime.fromtimestamp(record.ended or record.created, UTC).date().isoformat(),
        hardware=(
            f"{started.device_name}, {started.threads} thread{'s' * (started.threads > 1)} a run"
        ),
        versions=started.versions,
        test_error=last.test_error,
        test_images=last.test_images or started.test_images,
        sha256=artefact.sha256,
        folder=into.parent,
    )
    row = {"format": FORMAT, **asdict(found), "run": found.run.model_dump(mode="json")}
    for known in ("name", "folder"):  # the file itself says so
        del row[known]
    text = json.dumps(row, indent=1)
    try:
        beside = into.with_name(f"{into.name}.part")
        shutil.copyfile(artefact.path, beside)
        os.replace(beside, found.weights)
        beside.write_text(text + "\n", encoding="utf-8")
        os.replace(beside, into.with_name(f"{into.name}.json"))
    except OSError as error:
        raise StoreError(
            "A network was to be written to {path}, but that cannot be done ({reason}): name a "
            "file in a folder that is there and has room.",
            path=str(into),
            reason=error.strerror or str(error),
        ) from None
    return found
