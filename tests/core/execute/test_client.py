"""How a lab is found or started, and what is said when it cannot be."""

from __future__ import annotations

import os
import sqlite3

import pytest

from resnet_core.errors import LabError, StoreError
from resnet_core.execute.client import LabClient


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "data"))


def test_who_does_not_start_a_lab_is_told_that_there_is_none(tmp_path):
    client = LabClient(f"sqlite:///{tmp_path / 'lab.sqlite'}", start=False)
    with pytest.raises(LabError, match=r"no lab is running .* look into .*lab\.log"):
        client.status()
    client.leave()  # which is no reason to start one, nor to complain


def test_a_lab_that_cannot_open_its_store_is_that_stores_sentence(tmp_path):
    file = tmp_path / "other.sqlite"
    with sqlite3.connect(file) as other:
        other.execute("create table cats (name text)")
    other.close()
    with pytest.raises(StoreError, match="that is a database of something else"):
        LabClient(f"sqlite:///{file}").status()


def test_a_store_in_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="there is no folder"):
        LabClient(f"sqlite:///{tmp_path / 'nowhere' / 'lab.sqlite'}").status()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_socket_folder_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"resnet-lab-{os.getuid()}"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(LabError, match="belongs to another user"):
        LabClient(f"sqlite:///{tmp_path / 'lab.sqlite'}").status()
