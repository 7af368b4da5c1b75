from __future__ import annotations

import pytest

from resnet_core.errors import StoreError
from resnet_core.store import files, places


def test_a_folder_is_measured_with_what_is_below_it(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(bytes(7))
    (tmp_path / "a" / "d").write_bytes(bytes(5))
    assert files.folder_bytes(tmp_path / "a") == 12


def test_only_folders_with_a_digest_for_a_name_are_runs(data_folder):
    places.run_folder("0" * 16)
    (places.runs_folder() / "notes").mkdir()
    (places.runs_folder() / ("1" * 16)).symlink_to(data_folder)
    assert files.run_folders() == {"0" * 16: 0}


def test_removing_what_is_not_there_is_no_error():
    places.run_folder("1" * 16)
    files.remove("0" * 16)
    assert [*files.run_folders()] == ["1" * 16]


def test_a_folder_that_cannot_be_removed_is_a_sentence():
    (places.runs_folder() / ("0" * 16)).write_text("a file in the folder's place")
    with pytest.raises(StoreError, match="cannot be"):
        files.remove("0" * 16)


def test_a_data_folder_belongs_to_the_first_store_that_claims_it():
    assert not files.belong_to("ada")
    files.claim("ada")
    files.claim("bob")
    assert files.belong_to("ada")
    assert not files.belong_to("bob")
