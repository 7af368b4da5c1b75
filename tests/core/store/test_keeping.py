"""Settings, files and tidying."""

from __future__ import annotations

import hashlib
import os

import pytest

from resnet_core.errors import RunError, StoreError
from resnet_core.store import Store, places
from resnet_core.store.keeping import DAY


@pytest.fixture
def keep(sqlite_store, plan):
    """Add a run that is over, with a file of so many bytes."""

    def add(seed: int, ended: float, size: int = 100_000, status: str = "completed") -> str:
        digest = sqlite_store.add_run(plan(seed), requested_by=None, now=1.0).digest
        path = places.run_folder(digest) / "weights.safetensors"
        path.write_bytes(bytes(size))
        sqlite_store.add_artefact(digest, path)
        sqlite_store.update_run(digest, status=status, ended=ended)
        return digest

    return add


def test_a_file_is_remembered_with_its_size_and_checksum(sqlite_store, keep):
    digest = keep(0, 1.0, size=3)
    (artefact,) = sqlite_store.artefacts(digest)
    assert (artefact.name, artefact.bytes) == ("weights.safetensors", 3)
    assert artefact.sha256 == hashlib.sha256(bytes(3)).hexdigest()
    assert artefact.relative_path == f"runs/{digest}/weights.safetensors"
    assert artefact.path.read_bytes() == bytes(3)


def test_a_file_that_is_added_again_replaces_the_first(sqlite_store, keep):
    digest = keep(0, 1.0, size=3)
    keep(0, 1.0, size=5)
    assert [artefact.bytes for artefact in sqlite_store.artefacts(digest)] == [5]


def test_a_file_that_is_missing_or_elsewhere_is_refused(sqlite_store, plan, tmp_path):
    digest = sqlite_store.add_run(plan(), requested_by=None, now=1.0).digest
    with pytest.raises(StoreError, match="cannot be read"):
        sqlite_store.add_artefact(digest, places.run_folder(digest) / "nothing")
    (tmp_path / "elsewhere").write_bytes(b"x")
    with pytest.raises(StoreError, match="not in the data folder"):
        sqlite_store.add_artefact(digest, tmp_path / "elsewhere")


def test_a_file_of_an_unknown_run_is_refused(sqlite_store):
    path = places.run_folder("0" * 16) / "weights"
    path.write_bytes(b"x")
    with pytest.raises(RunError, match="no such run"):
        sqlite_store.add_artefact("0" * 16, path)


def test_a_run_trained_anew_has_no_files(sqlite_store, keep):
    digest = keep(0, 1.0)
    sqlite_store.restart_run(digest, requested_by=None, now=2.0)
    assert sqlite_store.artefacts(digest) == []
    assert not (places.runs_folder() / digest).exists()


def test_the_size_counts_the_database_and_the_files(sqlite_store, keep, tmp_path):
    empty = sqlite_store.size_bytes()
    assert empty > 0
    assert empty % 4096 == 0
    keep(0, 1.0, size=50_000)
    assert 50_000 <= sqlite_store.size_bytes() - empty <= 50_000 + 16 * 4096


def test_a_store_that_fits_is_left_alone(sqlite_store, keep):
    keep(0, 1.0)
    done = sqlite_store.tidy(10**9, now=100.0)
    assert (done.runs, done.orphans, done.fits) == ((), 0, True)
    assert done.bytes_before == done.bytes_after


def test_runs_nobody_watched_for_a_day_go_first_then_the_oldest(sqlite_store, keep):
    watched, old, new = keep(0, 1.0), keep(1, 2.0), keep(2, 3.0)
    now = 10 * DAY
    sqlite_store.watch("ada", [watched], now - DAY / 2)
    sqlite_store.watch("ada", [new], now - 2 * DAY)
    assert sqlite_store.tidy(0, now=now).runs == (old, new, watched)


def test_tidying_stops_as_soon_as_it_fits(sqlite_store, keep):
    old, new = keep(0, 1.0), keep(1, 2.0)
    done = sqlite_store.tidy(sqlite_store.size_bytes() - 1, now=DAY)
    assert (done.runs, done.fits) == ((old,), True)
    assert sqlite_store.run(new) is not None


def test_runs_that_are_not_over_stay_even_when_it_does_not_fit(sqlite_store, keep):
    for seed, status in enumerate(("queued", "running", "paused")):
        keep(seed, 1.0, status=status)
    done = sqlite_store.tidy(0, now=DAY)
    assert (done.runs, done.fits) == ((), False)


def test_folders_of_unknown_runs_are_removed_and_nothing_else(sqlite_store, keep):
    digest = keep(0, 1.0)
    (places.run_folder("f" * 16) / "weights").write_bytes(bytes(1000))
    other = places.runs_folder() / "notes"
    other.mkdir()
    done = sqlite_store.tidy(10**9, now=2.0)
    assert (done.orphans, done.bytes_before - done.bytes_after) == (1, 1000)
    assert sorted(os.listdir(places.runs_folder())) == sorted([".store", digest, "notes"])


def test_another_store_on_the_same_folder_leaves_its_files_alone(keep, tmp_path):
    digest = keep(0, 1.0)
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert other.tidy(0, now=2.0).orphans == 0
    other.close()
    assert (places.runs_folder() / digest / "weights.safetensors").exists()


def test_the_database_file_shrinks(sqlite_store, plan, steps, tmp_path):
    digest = sqlite_store.add_run(plan(), requested_by=None, now=1.0).digest
    sqlite_store.append(digest, [(i, steps(i)) for i in range(1, 3001)], status="stopped")
    before = sqlite_store.size_bytes()
    done = sqlite_store.tidy(before // 2, now=DAY)
    assert done.fits
    assert (tmp_path / "lab.sqlite").stat().st_size < before // 2


def test_the_store_s_own_settings_are_not_for_others(sqlite_store):
    with pytest.raises(AssertionError):
        sqlite_store.set_setting("schema", 2)
