"""How the database is opened, read and written, and which sentence each of its refusals becomes.

``Database`` is a connection pool with two doors, ``read`` and ``write``. It knows no table.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError

from resnet_core.errors import StoreError

BUSY_MS = 5000
"""How long a process waits for another that holds SQLite's write lock."""

FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
LOCK = 0x5265734E  # of PostgreSQL's advisory locks, ours: any number that nobody else takes


class Database:
    """A pool of connections that may be used from any thread.

    Every read is one statement, so it sees one moment of the database and needs no transaction.
    Every write is one transaction that holds the write lock from its start: the database's
    automatic numbers then rise in the order of commits.
    """

    def __init__(self, url: URL, *, read_only: bool, max_pages: int | None) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.file = Path(url.database or "").absolute() if self.is_sqlite else None
        self.name = str(self.file or url.render_as_string(hide_password=True))
        self._lock = threading.Lock()
        engine = _sqlite(url, read_only, max_pages) if self.is_sqlite else _postgres(url, read_only)
        self._engine = engine
        self._reader = engine.execution_options(
            **({} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"})
        )
        self._writer = engine.execution_options()
        event.listen(self._writer, "begin", _lock_sqlite if self.is_sqlite else _lock_postgres)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for one reading statement."""
        try:
            with self._reader.connect() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error, OSError) as error:
            self._refuse(error)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction: committed at the end, undone after an error."""
        try:
            with self._lock, self._writer.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error, OSError) as error:
            self._refuse(error)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Begin an insert in this database's dialect: both know ``on_conflict_do_…``."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def prepare(self) -> None:
        """Set what an SQLite file remembers, while it is empty.

        Not at each connection: both lines need the write lock, and would wait for a writer.
        """
        for pause in (0.01, 0.1, 1, None):
            try:
                self._pragma("auto_vacuum = INCREMENTAL")  # counts only before the first table
                self._pragma("journal_mode = WAL")
                return
            except StoreError:  # another process does the same: SQLite does not wait for it here
                if pause is None:
                    raise
                time.sleep(pause)

    def shrink(self) -> None:
        """Give SQLite's unused pages back to the disk; PostgreSQL reuses them by itself."""
        self._pragma("incremental_vacuum")
        self._pragma("wal_checkpoint(TRUNCATE)")

    def _pragma(self, pragma: str) -> None:
        if self.is_sqlite:
            with self.read() as connection:
                driver: Any = connection.connection.driver_connection
                driver.executescript(f"PRAGMA {pragma}")  # ``execute`` would stop after one page

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _refuse(self, error: DBAPIError | sqlite3.Error | OSError) -> NoReturn:
        """Turn what the driver says into a sentence. Mistakes of ours go up as they are."""
        if isinstance(error, (IntegrityError, ProgrammingError)):
            raise error
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = str(cause).strip().splitlines()[0] if str(cause).strip() else repr(cause)
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest is detail
        state = getattr(cause, "sqlstate", None)
        if code in FULL or state == "53100" or getattr(cause, "errno", None) == errno.ENOSPC:
            raise self._full(reason) from None
        if code in BROKEN:
            raise StoreError(
                "Runs were looked for in {name}, but that is not a readable database ({reason}): "
                "move the file away, and a new one is made.",
                name=self.name,
                reason=reason,
            ) from None
        if code in BUSY:
            raise StoreError(
                "Something was to be written to {name}, but another process held it for "
                "{seconds} seconds: end the other program that has it open.",
                name=self.name,
                seconds=BUSY_MS // 1000,
            ) from None
        if code == sqlite3.SQLITE_READONLY or state == "25006":
            raise StoreError(
                "Something was to be written to {name}, but it was opened for reading only, or its "
                "permissions forbid it: let the lab write, or change the permissions.",
                name=self.name,
            ) from None
        raise StoreError(
            "Database {name} was asked for, but it cannot be used ({reason}): check that its "
            "folder or its server is there, or name another with RESNET_LAB_STORE.",
            name=self.name,
            reason=reason,
        ) from None

    def _full(self, reason: str) -> StoreError:
        if self.file is None:
            return StoreError(
                "Something was to be written to {name}, but its disk is full ({reason}): free "
                "space there, or run: python -m resnet_core runs tidy",
                name=self.name,
                reason=reason,
            )
        return StoreError(
            "Something was to be written to {folder}, but there is no room ({reason}; {free} MB "
            "of the disk are free): free space there, or run: python -m resnet_core runs tidy",
            folder=str(self.file.parent),
            reason=reason,
            free=shutil.disk_usage(self.file.parent).free // 1_000_000,
        )


def open_database(url: str, *, read_only: bool, max_pages: int | None) -> Database:
    """Read a URL and open its database; an SQLite file is made when it is missing.

    Raises:
        StoreError: The URL is none, or names a database that cannot be opened.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise _wrong_url(url) from None
    if backend not in ("sqlite", "postgresql"):
        raise _wrong_url(parsed.render_as_string(hide_password=True))
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:") or parsed.database.startswith("file:"):
            raise _wrong_url(url)
        file = Path(parsed.database).absolute()
        if not file.parent.is_dir():
            raise StoreError(
                "Runs were to be kept in {file}, but there is no folder {folder}: make it, or name "
                "another file with RESNET_LAB_STORE.",
                file=str(file),
                folder=str(file.parent),
            )
        if read_only and not file.exists():
            raise StoreError(
                "Runs were looked for in {file}, but there is no such file yet: start the lab, "
                "which makes it.",
                file=str(file),
            )
    try:
        return Database(parsed, read_only=read_only, max_pages=max_pages)
    except ImportError as error:
        raise StoreError(
            "Database {url} was asked for, but its driver is not installed ({reason}): install it, "
            "for PostgreSQL with: pip install 'psycopg[binary]'",
            url=parsed.render_as_string(hide_password=True),
            reason=str(error),
        ) from None
    except ArgumentError:  # NoSuchModuleError, for a driver that SQLAlchemy does not know
        raise _wrong_url(parsed.render_as_string(hide_password=True)) from None


def _wrong_url(url: str) -> StoreError:
    return StoreError(
        "Database {url} was asked for, but that names none: write sqlite:////folder/lab.sqlite or "
        "postgresql+psycopg://user@host/database.",
        url=repr(url)[:200],
    )


def _sqlite(url: URL, read_only: bool, max_pages: int | None) -> Engine:
    pragmas = [
        f"busy_timeout = {BUSY_MS}",
        "synchronous = NORMAL",  # in WAL mode a power cut loses the last commits, never the file
        "foreign_keys = ON",
    ]
    if read_only:
        pragmas.append("query_only = ON")
    if max_pages is not None:
        pragmas.append(f"max_page_count = {max_pages}")

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, and only there
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    engine = create_engine(url, pool_size=16, max_overflow=-1, pool_use_lifo=True)
    event.listen(engine, "connect", prepare)
    return engine


def _postgres(url: URL, read_only: bool) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": BUSY_MS // 1000}
    if read_only:
        arguments["options"] = "-c default_transaction_read_only=on"
    return create_engine(url, pool_pre_ping=True, max_overflow=-1, connect_args=arguments)


def _lock_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_postgres(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
