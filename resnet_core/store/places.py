"""Where things are kept: the data folder, the cache folder, the database, the files of a run.

The data folder holds what cannot be had again (the database, the weights of runs), the cache
folder what can (downloaded data sets). Both follow the platform's custom; the environment names
others: ``RESNET_LAB_DATA``, ``RESNET_LAB_CACHE``, and ``RESNET_LAB_STORE`` for the database's URL.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from resnet_core.errors import StoreError

APP = "resnet-lab"


def data_folder() -> Path:
    """Give the folder of the database and of the files of runs; made when it is missing.

    Raises:
        StoreError: The folder cannot be made.
    """
    asked = os.environ.get("RESNET_LAB_DATA")
    return _made(Path(asked) if asked else platformdirs.user_data_path(APP, appauthor=False))


def cache_folder() -> Path:
    """Give the folder of downloaded data sets; made when it is missing.

    Raises:
        StoreError: The folder cannot be made.
    """
    asked = os.environ.get("RESNET_LAB_CACHE")
    return _made(Path(asked) if asked else platformdirs.user_cache_path(APP, appauthor=False))


def default_url() -> str:
    """Give the database's URL: ``RESNET_LAB_STORE``, or an SQLite file in the data folder."""
    return os.environ.get("RESNET_LAB_STORE") or f"sqlite:///{data_folder() / 'lab.sqlite'}"


def runs_folder() -> Path:
    """Give the folder that holds one folder a run; made when it is missing."""
    return _made(data_folder() / "runs")


def run_folder(digest: str) -> Path:
    """Give the folder for a run's checkpoint and weights; made when it is missing."""
    return _made(runs_folder() / digest)


def _made(folder: Path) -> Path:
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "Files were to be kept in {folder}, but the folder cannot be made ({reason}): free "
            "space there, or name another folder with RESNET_LAB_DATA or RESNET_LAB_CACHE.",
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from None
    return folder
