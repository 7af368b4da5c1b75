from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from resnet_core.errors import StoreError
from resnet_core.store import places


def test_folders_are_made_on_use_for_their_owner_only(data_folder):
    assert not data_folder.exists()
    assert places.data_folder() == data_folder
    assert data_folder.stat().st_mode & 0o777 == 0o700
    assert places.cache_folder().is_dir()


def test_without_the_environment_folders_are_the_platform_s(monkeypatch, tmp_path):
    monkeypatch.delenv("RESNET_LAB_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = platformdirs.user_data_dir("resnet-lab", appauthor=False)
    assert str(places.data_folder()) == expected


def test_the_default_store_is_a_file_in_the_data_folder(data_folder, monkeypatch):
    assert places.default_url() == f"sqlite:///{data_folder / 'lab.sqlite'}"
    monkeypatch.setenv("RESNET_LAB_STORE", "postgresql+psycopg://lab@db/lab")
    assert places.default_url() == "postgresql+psycopg://lab@db/lab"


def test_a_run_has_its_folder(data_folder):
    assert places.run_folder("ab" * 8) == data_folder / "runs" / ("ab" * 8)
    assert (data_folder / "runs" / ("ab" * 8)).is_dir()


def test_a_relative_folder_is_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESNET_LAB_DATA", "here")
    assert places.data_folder() == Path(tmp_path / "here")


def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(StoreError, match="the folder cannot be made"):
        places.data_folder()
