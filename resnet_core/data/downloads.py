"""Where do the raw files of a data set come from? From this computer, or once from the network.

Looked for first in the cache folder, then in the folder named by ``RESNET_LAB_DATASETS``, then
where Debian's packages put them; only what is nowhere is downloaded, into the cache folder.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from resnet_core.data.images import Progress
from resnet_core.errors import DataError, StoreError
from resnet_core.specs.choices import DATASETS
from resnet_core.store.places import cache_folder

SYSTEM_FOLDER = Path("/usr/share/datasets")
"""Of Debian's packages, such as dataset-fashion-mnist."""

TIMEOUTS = (10, 30)
"""Seconds to wait for a connection, and for the next piece of a file."""


@dataclass(frozen=True)
class RawFile:
    """One file as its makers offer it.

    Attributes:
        name: File name.
        md5: Of its content.
        urls: Where it can be had, best first.
        repacked: Whether a copy with another MD5 will do, when it stands in a folder of the data
            set's name: Debian compresses the files anew. Never for what is read with pickle.
    """

    name: str
    md5: str
    urls: tuple[str, ...]
    repacked: bool = False


@contextmanager
def raw_files(
    key: str, files: Sequence[RawFile], on_progress: Progress | None, *, also: str = ""
) -> Iterator[dict[str, Path]]:
    """Find the raw files of a data set, or download them; they are there while the context lasts.

    Args:
        key: A key of ``DATASETS``.
        files: What is needed.
        on_progress: Told the data set's label, bytes done and about how many there are.
        also: The folder torchvision would use inside a folder of data sets.

    Yields:
        The path of each file, by its name.

    Raises:
        DataError: A file is not on this computer and cannot be downloaded.
    """
    found = {file.name: _find(key, file, also) for file in files}
    with ExitStack() as stack:
        missing = [file for file in files if found[file.name] is None]
        if missing:
            folder = _download_folder(key, stack)
            meter = _Meter(key, on_progress)
            for file in missing:
                found[file.name] = _download(key, file, folder, meter)
        yield {name: path for name, path in found.items() if path is not None}


def raw_folder(key: str) -> Path:
    """Give the folder where a data set's raw files belong.

    Raises:
        StoreError: There can be no cache folder.
    """
    return cache_folder() / "raw" / key


def _find(key: str, file: RawFile, also: str) -> Path | None:
    own = os.environ.get("RESNET_LAB_DATASETS")
    folders = []
    with suppress(StoreError):  # without a cache folder there is nothing in it
        folders.append(raw_folder(key))
    for root in [Path(own).expanduser(), SYSTEM_FOLDER] if own else [SYSTEM_FOLDER]:
        folders += [root / key, root / also, root]
    for folder in folders:
        path = folder / file.name
        will_do = file.repacked and folder.name == key
        if path.is_file() and (will_do or _md5(path) == file.md5):
            return path
    return None


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _download_folder(key: str, stack: ExitStack) -> Path:
    try:
        folder = raw_folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, StoreError):  # the cache cannot be written to: for this once, then
        return Path(stack.enter_context(tempfile.TemporaryDirectory()))


def _download(key: str, file: RawFile, folder: Path, meter: _Meter) -> Path:
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    reasons = []
    for url in file.urls:
        download = pooch.HTTPDownloader(progressbar=meter, chunk_size=1 << 18, timeout=TIMEOUTS)
        try:
            path = pooch.retrieve(
                url, f"md5:{file.md5}", fname=file.name, path=folder, downloader=download
            )
        except ValueError:
            reasons.append(f"{urlsplit(url).hostname}: another file than expected")
        except OSError as error:  # what requests raises, and a full disk
            reason = error.strerror or type(error).__name__
            reasons.append(f"{urlsplit(url).hostname}: {reason}")
        else:
            meter.next_file()
            return Path(path)
    raise DataError(
        "{dataset} was asked for, but {file} is not on this computer and could not be downloaded "
        "({reason}). Connect to the internet once, or put that file into {folder}, or choose "
        "{offline}, which needs no download.",
        dataset=DATASETS[key].label,
        file=file.name,
        reason="; ".join(reasons),
        folder=str(folder),
        offline=DATASETS["digits"].label,
    )


class _Meter:
    """What pooch takes for a progress bar: passes on the bytes of all files of a data set."""

    def __init__(self, key: str, on_progress: Progress | None) -> None:
        self.total = 0  # of the file now coming; set by pooch
        self._label = DATASETS[key].label
        self._all = DATASETS[key].download_bytes
        self._before = 0
        self._done = 0
        self._on_progress = on_progress

    def update(self, size: int) -> None:
        self._done += size
        done = self._before + (min(self._done, self.total) if self.total else self._done)
        if self._on_progress is not None:
            self._on_progress(self._label, done, max(self._all, done))

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Nothing to close."""

    def next_file(self) -> None:
        self._before += self._done
        self._done = 0
