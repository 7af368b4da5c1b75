"""Which files runs leave beside the database: their sizes, their checksums, their removal.

A data folder belongs to one store. The first store that keeps a file there writes its name into
``runs/.store``; another store on the same folder never takes the first one's files for orphans.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from resnet_core.errors import StoreError
from resnet_core.store import places
from resnet_core.store.records import Artefact

MARK = ".store"
_DIGEST = re.compile(r"[0-9a-f]{16}")


def describe(digest: str, path: Path) -> Artefact:
    """Measure a file of a run: size and checksum.

    Raises:
        StoreError: The file is missing, or not in the data folder.
    """
    folder = places.data_folder()
    path = path.absolute()
    if not path.is_relative_to(folder):
        raise StoreError(
            "File {path} was to be kept with run {digest}, but it is not in the data folder: "
            "write it below {folder}.",
            path=str(path),
            digest=digest,
            folder=str(folder),
        )
    try:
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise StoreError(
            "File {path} was to be kept with run {digest}, but it cannot be read ({reason}): write "
            "it first, then add it.",
            path=str(path),
            digest=digest,
            reason=error.strerror or str(error),
        ) from None
    return Artefact(digest, path.name, path.relative_to(folder).as_posix(), size, checksum)


def run_folders() -> dict[str, int]:
    """Measure every run's folder that is there: digest to bytes."""
    return {
        folder.name: folder_bytes(folder)
        for folder in places.runs_folder().iterdir()
        if _DIGEST.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink()
    }


def folder_bytes(folder: Path) -> int:
    """Add up the files below a folder; one that vanishes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def remove(digest: str) -> None:
    """Remove a run's folder, if there is one.

    Raises:
        StoreError: The folder cannot be removed.
    """
    folder = places.runs_folder() / digest
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            "The files of run {digest} were to be removed, but {folder} cannot be ({reason}): "
            "close what has them open, or change the folder's permissions.",
            digest=digest,
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from None


def claim(store: str) -> None:
    """Write a store's name into the data folder, unless another's is there."""
    mark = places.runs_folder() / MARK
    if not mark.exists():
        mark.write_text(store)


def belong_to(store: str) -> bool:
    """Say whether the data folder is this store's."""
    mark = places.runs_folder() / MARK
    return mark.exists() and mark.read_text() == store
