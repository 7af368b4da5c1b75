"""Which image files are there, and what is in each? Reads a folder or a zip, never unpacks to disk.

``open_tree`` gives a ``Tree``: the names of the image files, and the bytes of each.

A zip comes from a visitor: what its directory says is checked before anything is read, and
checked again while reading.
"""

from __future__ import annotations

import io
import os
import unicodedata
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from resnet_core.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
MB = 1_000_000

MAX_ZIP_BYTES = 50 * MB
MAX_FILE_BYTES = 20 * MB
MAX_RATIO = 200
"""Unpacked to packed bytes of a whole zip. Images of one plain colour come to about 100."""


@dataclass(frozen=True)
class Limits:
    """How much may be brought.

    Attributes:
        files: Files in all.
        total_bytes: Of all image files together, unpacked.
        source_pixels: Of all images together, before they are resized.
        pixel_bytes: Of all images together, as they are kept.
    """

    files: int
    total_bytes: int
    source_pixels: int
    pixel_bytes: int


ZIP_LIMITS = Limits(100_000, 500 * MB, 4_000_000_000, 1_000 * MB)
FOLDER_LIMITS = Limits(200_000, 50_000 * MB, 200_000_000_000, 4_000 * MB)
"""A folder can be named from the command line only: its owner is not a stranger."""


class Tree(ABC):
    """Image files and their bytes.

    Attributes:
        label: Name of the folder or zip, for sentences.
        names: Path of each image file inside it, with ``/``, in a fixed order.
        limits: What holds for it.
    """

    label: str
    names: Sequence[str]
    limits: Limits

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Read one file.

        Raises:
            DataError: It is damaged or too large.
        """


class _Folder(Tree):
    def __init__(self, path: Path) -> None:
        self.label = path.name
        self.limits = FOLDER_LIMITS
        self._path = path
        sizes = {}
        for folder, _, files in os.walk(path):
            for file in files:
                name = Path(folder, file).relative_to(path).as_posix()
                if is_image_name(name):
                    try:
                        sizes[name] = Path(folder, file).stat().st_size
                    except OSError as error:  # a link to nowhere
                        raise _unreadable(name, error) from error
        self.names = sorted(sizes)
        _check_files(self.label, len(sizes), self.limits)
        _check_sizes(self.label, sizes, self.limits)

    def read(self, name: str) -> bytes:
        try:
            with (self._path / name).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise _unreadable(name, error) from error
        _check_file(name, len(data))
        return data


class _Zip(Tree):
    def __init__(self, path: Path) -> None:
        self.label = path.name
        self.limits = ZIP_LIMITS
        size = path.stat().st_size
        if size > MAX_ZIP_BYTES:
            raise DataError(
                "{name} was brought, a zip of {size} MB, but a zip may have at most {most} MB: "
                "take fewer or smaller images.",
                name=self.label,
                size=_megabytes(size),
                most=MAX_ZIP_BYTES // MB,
            )
        try:
            data = path.read_bytes()
            # Each entry of a zip's directory starts with this mark. Counted before the directory
            # is read, since millions of entries would fill the memory.
            _check_files(self.label, data.count(b"PK\x01\x02"), self.limits)
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise DataError(
                "{name} was brought as a zip, but it is damaged or no zip at all ({reason}): make "
                "the zip again.",
                name=self.label,
                reason=str(error),
            ) from error
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        encoding = _encoding_of(entries)
        self._entries = {
            name: entry for entry in entries if is_image_name(name := _name_of(entry, encoding))
        }
        self.names = sorted(self._entries)
        sizes = {name: entry.file_size for name, entry in self._entries.items()}
        _check_sizes(self.label, sizes, self.limits)
        self._check_ratio(sum(sizes.values()), size)
        self._left = self.limits.total_bytes

    def _check_ratio(self, unpacked: int, packed: int) -> None:
        if unpacked > max(MAX_RATIO * packed, 10 * MB):
            raise DataError(
                "{name} was brought, but its {packed} MB would unpack to {unpacked} MB, which no "
                "zip of pictures does: make the zip again from image files.",
                name=self.label,
                packed=_megabytes(packed),
                unpacked=_megabytes(unpacked),
            )

    def read(self, name: str) -> bytes:
        entry = self._entries[name]
        if entry.flag_bits & 1:
            raise DataError(
                "{file} was brought in a zip with a password: make the zip again without one.",
                file=name,
            )
        try:
            with self._zip.open(entry) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            RuntimeError,  # NotImplementedError among them, for a rare compression
        ) as error:
            raise _unreadable(name, error) from error
        _check_file(name, len(data))
        self._left -= len(data)
        if self._left < 0:
            _refuse_total(self.label, self.limits.total_bytes - self._left, self.limits)
        return data


def open_tree(path: Path) -> Tree:
    """Open a folder or a zip of images.

    Raises:
        DataError: It is neither, it is too large, or it is damaged.
    """
    if path.is_dir():
        return _Folder(path)
    if path.is_file():
        return _Zip(path)
    raise DataError(
        "Images in {path} were asked for, but there is no such folder or zip: give the path of one "
        "that holds class folders.",
        path=str(path),
    )


def is_image_name(name: str) -> bool:
    """Tell whether a path is one of an image, and not of what systems hide among files."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and name.lower().endswith(ENDINGS)


def _encoding_of(entries: Sequence[zipfile.ZipInfo]) -> str:
    """Guess how names that are not marked as UTF-8 are written; all in one zip are alike."""
    names = [entry.filename.encode("cp437") for entry in entries if not entry.flag_bits & 0x800]
    for encoding in ("utf-8", "gb2312"):  # of macOS, of Windows in Chinese
        try:
            for name in names:
                name.decode(encoding)
        except UnicodeError:
            continue
        return encoding
    return "cp437"  # what the format says


def _name_of(entry: zipfile.ZipInfo, encoding: str) -> str:
    name = entry.filename
    if not entry.flag_bits & 0x800:
        name = name.encode("cp437").decode(encoding)
    return unicodedata.normalize("NFC", name.replace("\\", "/")).lstrip("/")


def _check_files(label: str, count: int, limits: Limits) -> None:
    if count > limits.files:
        raise DataError(
            "{name} was brought, with {count} files, but there may be at most {most}: take fewer "
            "images.",
            name=label,
            count=count,
            most=limits.files,
        )


def _check_sizes(label: str, sizes: dict[str, int], limits: Limits) -> None:
    for name, size in sizes.items():
        _check_file(name, size)
    if sum(sizes.values()) > limits.total_bytes:
        _refuse_total(label, sum(sizes.values()), limits)


def _check_file(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise DataError(
            "{file} was brought, but it has more than {most} MB: make the image smaller.",
            file=name,
            most=MAX_FILE_BYTES // MB,
        )


def _refuse_total(label: str, size: int, limits: Limits) -> None:
    raise DataError(
        "{name} was brought, with images of {size} MB unpacked, but they may have at most {most} "
        "MB: take fewer or smaller images.",
        name=label,
        size=_megabytes(size),
        most=limits.total_bytes // MB,
    )


def _unreadable(name: str, error: Exception) -> DataError:
    return DataError(
        "{file} was brought, but it cannot be read ({reason}): replace or remove it.",
        file=name,
        reason=str(error) or type(error).__name__,
    )


def _megabytes(size: int) -> float:
    return round(size / MB, 1)
