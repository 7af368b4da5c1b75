"""Where runs, their events and their files are remembered: ``Store``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Self, Unpack

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from resnet_core.errors import RunError, StoreError, to_message
from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event
from resnet_core.store import files, places, schema
from resnet_core.store.engine import Database, open_database
from resnet_core.store.keeping import Keeping
from resnet_core.store.records import Batch, RunChanges, RunRecord, Status, StoredEvent, unknown
from resnet_core.store.schema import ARTEFACTS, EVENTS, RUNS
from resnet_core.store.watching import Watching

_LAST_ID = select(func.max(EVENTS.c.id))


class Store(Watching, Keeping):
    """Runs by digest, with their events, watchers and files.

    **One writer, many readers.** One process writes, the lab; any number read, at any time, from
    any thread, also while it writes. A store opened with ``read_only`` refuses every change.

    **Events never change.** They are numbered from 1 within a run. Appending a number again keeps
    the first, so that a run which goes on from a checkpoint may repeat itself. They go only with
    their run, or when it is trained anew.

    **No half batches.** What one call of ``append`` or ``append_many`` writes, events and changes
    of the run alike, a reader sees all at once or not at all. After an error there is nothing of
    it.

    **A cursor is enough.** The ``id`` of an event rises over all runs, in the order of commits,
    and is never used twice: who has read up to an id misses nothing by asking for what follows.

    **Records are frozen.** What was handed out stays as it was read; read again to see more.

    **Refusals are sentences.** A database that is full, broken, locked, of another version or out
    of reach raises ``StoreError`` from any method; an unknown run raises ``RunError``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(
        cls, url: str | None = None, *, read_only: bool = False, max_pages: int | None = None
    ) -> Self:
        """Open the store at a URL, or the default one; its tables are made when it is empty.

        ``max_pages`` limits an SQLite file (a page has 4,096 bytes).

        Raises:
            StoreError: The URL is none; or the database cannot be opened, is broken, is of another
                version; or it is empty and may only be read.
        """
        database = open_database(
            url or places.default_url(), read_only=read_only, max_pages=max_pages
        )
        try:
            with database.read() as connection:
                ready = schema.is_ready(connection, database.name)
            if not ready and read_only:
                raise StoreError(
                    "Runs were looked for in {name}, but it is still empty: start the lab, which "
                    "makes its tables.",
                    name=database.name,
                )
            if not ready:
                database.prepare()
                with database.write() as connection:
                    if not schema.is_ready(connection, database.name):  # nobody was faster
                        schema.create(connection)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close every connection of this process."""
        self._database.close()

    # Runs

    def add_run(self, spec: RunSpec, *, requested_by: str | None, now: float) -> RunRecord:
        """Queue a run, or give the one of this digest that is there, in whatever state."""
        values = {
            "digest": spec.digest,
            "spec_json": spec.to_json(),
            "owner": spec.owner,
            "status": "queued",
            "created": now,
            "step": 0,
            "steps": spec.train.steps,
            "requested_by": requested_by,
        }
        with self._database.write() as connection:
            connection.execute(self._database.insert(RUNS).values(values).on_conflict_do_nothing())
            row = connection.execute(select(RUNS).where(RUNS.c.digest == spec.digest)).one()
        return RunRecord(*row)

    def run(self, digest: str) -> RunRecord | None:
        """Give one run, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.digest == digest)).one_or_none()
        return None if row is None else RunRecord(*row)

    def runs(
        self,
        *,
        digests: Collection[str] | None = None,
        status: Status | Collection[Status] | None = None,
        owner: str | None = None,
        limit: int | None = None,
    ) -> list[RunRecord]:
        """List runs, newest first; None does not narrow the choice."""
        query = select(RUNS).order_by(RUNS.c.created.desc(), RUNS.c.digest)
        if digests is not None:
            query = query.where(RUNS.c.digest.in_(digests))
        if status is not None:
            query = query.where(RUNS.c.status.in_([status] if isinstance(status, str) else status))
        if owner is not None:
            query = query.where(RUNS.c.owner == owner)
        if limit is not None:
            query = query.limit(limit)
        with self._database.read() as connection:
            return [RunRecord(*row) for row in connection.execute(query)]

    def update_run(self, digest: str, **changes: Unpack[RunChanges]) -> None:
        """Change a run's record.

        Raises:
            RunError: The run is unknown.
        """
        self.append_many([Batch(digest, changes=changes)])

    def restart_run(self, digest: str, *, requested_by: str | None, now: float) -> RunRecord:
        """Queue a run that is over again: its events and files go, new events get new ids.

        Raises:
            RunError: The run is unknown, or not over.
        """
        record = self.run(digest)
        if record is None:
            raise unknown(digest)
        if record.active:
            raise RunError(
                "Run {digest} was to be trained anew, but it is {status}: stop it first.",
                digest=digest,
                status=record.status,
            )
        files.remove(digest)
        values = {
            **dict.fromkeys(("detail", "device", "threads", "error_json", "started", "ended")),
            "status": "queued",
            "step": 0,
            "created": now,
            "requested_by": requested_by,
        }
        with self._database.write() as connection:
            connection.execute(delete(EVENTS).where(EVENTS.c.digest == digest))
            connection.execute(delete(ARTEFACTS).where(ARTEFACTS.c.digest == digest))
            connection.execute(update(RUNS).where(RUNS.c.digest == digest).values(values))
            row = connection.execute(select(RUNS).where(RUNS.c.digest == digest)).one()
        return RunRecord(*row)

    # Events

    def append(
        self, digest: str, events: Sequence[tuple[int, Event]], **changes: Unpack[RunChanges]
    ) -> None:
        """Write the next events of a run, each with its number, and what they change of it.

        Raises:
            RunError: The run is unknown.
        """
        self.append_many([Batch(digest, events, changes)])

    def append_many(self, batches: Iterable[Batch]) -> None:
        """Write what several runs have to say, in one transaction.

        Raises:
            RunError: One of the runs is unknown; nothing is written.
        """
        batches = list(batches)
        rows = [
            {"digest": b.digest, "sequence": number, "kind": e.kind, "json": e.model_dump_json()}
            for b in batches
            for number, e in b.events
        ]
        if not rows and not any(batch.changes for batch in batches):
            return
        with self._database.write() as connection:
            if rows:
                try:
                    connection.execute(self._database.insert(EVENTS).on_conflict_do_nothing(), rows)
                except IntegrityError:
                    raise unknown(", ".join(batch.digest for batch in batches)) from None
            for batch in batches:
                if batch.changes:
                    _change(connection, batch.digest, batch.changes)

    def events(
        self, digests: Collection[str], *, since: int = 0, kinds: Collection[str] | None = None
    ) -> list[StoredEvent]:
        """List the events of these runs with an id above ``since``, in the order of writing."""
        query = (
            select(EVENTS.c.id, EVENTS.c.digest, EVENTS.c.sequence, EVENTS.c.kind, EVENTS.c.json)
            .where(EVENTS.c.digest.in_(digests), EVENTS.c.id > since)
            .order_by(EVENTS.c.id)
        )
        if kinds is not None:
            query = query.where(EVENTS.c.kind.in_(kinds))
        with self._database.read() as connection:
            return [StoredEvent(*row) for row in connection.execute(query)]

    def last_event_id(self) -> int:
        """Give the highest id of all events there are, 0 without any; cheap enough to poll."""
        with self._database.read() as connection:
            return connection.scalar(_LAST_ID) or 0


def _change(connection: Connection, digest: str, changes: RunChanges) -> None:
    values: dict[str, Any] = dict(changes)
    if "error" in values:
        error = values.pop("error")
        values["error_json"] = None if error is None else json.dumps(to_message(error))
    result = connection.execute(update(RUNS).where(RUNS.c.digest == digest).values(values))
    if result.rowcount == 0:
        raise unknown(digest)
