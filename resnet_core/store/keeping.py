"""What is kept beside the runs, and for how long: settings, files and tidying, of ``Store``."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import case, delete, func, select
from sqlalchemy.exc import IntegrityError

from resnet_core.errors import StoreError
from resnet_core.store import files, schema
from resnet_core.store.engine import Database
from resnet_core.store.records import ACTIVE, Artefact, Tidied, unknown
from resnet_core.store.schema import ARTEFACTS, EVENTS, RUNS, SETTINGS, WATCHERS

DAY = 24 * 3600.0
ROW_BYTES = 120
"""What PostgreSQL needs for an event beside its text, indexes included; about."""


class Keeping:
    """Methods of ``Store`` on settings, files and the room they take."""

    _database: Database

    def setting(self, key: str) -> Any:
        """Give a setting, or None."""
        with self._database.read() as connection:
            text = connection.scalar(select(SETTINGS.c.json).where(SETTINGS.c.key == key))
        return None if text is None else json.loads(text)

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a setting: anything JSON can say."""
        assert key not in schema.RESERVED, f"{key!r} is the store's own"
        insert = self._database.insert(SETTINGS).values(key=key, json=json.dumps(value))
        with self._database.write() as connection:
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["key"], set_={"json": insert.excluded.json}
                )
            )

    def add_artefact(self, digest: str, path: Path) -> Artefact:
        """Remember a file of a run, under its file name; a second of that name replaces the first.

        Raises:
            RunError: The run is unknown.
            StoreError: The file is missing, or not in the data folder.
        """
        artefact = files.describe(digest, path)
        values = {
            "digest": digest,
            "name": artefact.name,
            "path": artefact.relative_path,
            "bytes": artefact.bytes,
            "sha256": artefact.sha256,
        }
        insert = self._database.insert(ARTEFACTS).values(values)
        with self._database.write() as connection:
            try:
                connection.execute(
                    insert.on_conflict_do_update(index_elements=["digest", "name"], set_=values)
                )
            except IntegrityError:
                raise unknown(digest) from None
            files.claim(self.setting("store"))
        return artefact

    def artefacts(self, digest: str) -> list[Artefact]:
        """List the files of a run by name."""
        query = select(ARTEFACTS).where(ARTEFACTS.c.digest == digest).order_by(ARTEFACTS.c.name)
        with self._database.read() as connection:
            return [Artefact(*row) for row in connection.execute(query)]

    def delete_run(self, digest: str) -> None:
        """Forget a run with its events, watchers and files; an unknown one is already forgotten."""
        files.remove(digest)  # first: on a full disk the database could not be written before
        with self._database.write() as connection:
            connection.execute(delete(RUNS).where(RUNS.c.digest == digest))

    def size_bytes(self) -> int:
        """Measure the database and the folders of its runs.

        PostgreSQL counts what its rows hold. SQLite's write-ahead log is not counted: it is
        emptied by itself at about four megabytes.
        """
        return self._database_bytes() + sum(self._folders().values())

    def tidy(self, max_bytes: int, now: float) -> Tidied:
        """Drop runs that are over until the store fits, and folders of runs that are not there.

        The runs that nobody has watched for a day go first, then the others; within both, the one
        that ended first. Runs that are not over stay, even when the store does not fit then.
        """
        with suppress(StoreError):  # on a full disk; then the files go first
            self._database.shrink()
        folders = self._folders()
        before = size = self._database_bytes() + sum(folders.values())
        orphans = folders.keys() - self._known()
        for digest in orphans:
            files.remove(digest)
            size -= folders.pop(digest)
        dropped = []
        for digest in self._droppable(now):
            if size <= max_bytes:
                break
            self.delete_run(digest)
            self._database.shrink()
            folders.pop(digest, None)
            dropped.append(digest)
            size = self._database_bytes() + sum(folders.values())
        return Tidied(tuple(dropped), len(orphans), before, size, size <= max_bytes)

    def _known(self) -> set[str]:
        with self._database.read() as connection:
            return set(connection.scalars(select(RUNS.c.digest)))

    def _folders(self) -> dict[str, int]:
        """Measure our runs' folders, orphans among them, but none that may be another store's."""
        folders = files.run_folders()  # before the runs: a run is there before its folder
        if files.belong_to(self.setting("store")):
            return folders
        known = self._known()
        return {digest: size for digest, size in folders.items() if digest in known}

    def _droppable(self, now: float) -> list[str]:
        """List the runs that are over, in the order in which they may go."""
        seen = func.coalesce(func.max(WATCHERS.c.seen), 0.0)
        ended = func.coalesce(RUNS.c.ended, RUNS.c.created)
        query = (
            select(RUNS.c.digest)
            .outerjoin(WATCHERS, WATCHERS.c.digest == RUNS.c.digest)
            .where(RUNS.c.status.not_in(ACTIVE))
            .group_by(RUNS.c.digest)
            .order_by(case((seen <= now - DAY, 0), else_=1), ended, RUNS.c.digest)
        )
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def _database_bytes(self) -> int:
        with self._database.read() as connection:
            if self._database.is_sqlite:
                pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
                return int(connection.exec_driver_sql(pages).scalar_one())
            row = func.octet_length(EVENTS.c.json) + ROW_BYTES
            return int(connection.scalar(select(func.coalesce(func.sum(row), 0))) or 0)
