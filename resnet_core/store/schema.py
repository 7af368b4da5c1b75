"""Which tables the database has, and which version of them this library reads.

A database carries its schema version in ``settings``. One that is newer, older or not ours is
refused with a sentence, never changed. Raise ``SCHEMA`` when a table changes its meaning.
"""

from __future__ import annotations

import json
import uuid

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
)

from resnet_core.errors import StoreError

SCHEMA = 1
"""Version of the tables below."""

METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("spec_json", Text, nullable=False),
    Column("owner", Text),  # of a private run: the visitor who holds it
    Column("status", Text, nullable=False, index=True),
    Column("detail", Text),  # a short note on progress, such as a download
    Column("device", Text),
    Column("threads", Integer),
    Column("error_json", Text),
    Column("created", Double, nullable=False),  # times are seconds since 1970
    Column("started", Double),
    Column("ended", Double),
    Column("step", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("requested_by", Text),
)

EVENTS = Table(
    "events",
    METADATA,
    # SQLite numbers rows by itself only when the column is called INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("digest", ForeignKey(RUNS.c.digest, ondelete="CASCADE"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("json", Text, nullable=False),
    UniqueConstraint("digest", "sequence"),
    sqlite_autoincrement=True,  # a number is never used twice, even after rows are deleted
)
Index("events_by_run", EVENTS.c.digest, EVENTS.c.id)

WATCHERS = Table(
    "watchers",
    METADATA,
    Column("digest", ForeignKey(RUNS.c.digest, ondelete="CASCADE"), primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("seen", Double, nullable=False),
)

ARTEFACTS = Table(
    "artefacts",
    METADATA,
    Column("digest", ForeignKey(RUNS.c.digest, ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("path", Text, nullable=False),  # below the data folder
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
)

SETTINGS = Table(
    "settings",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("json", Text, nullable=False),
)

RESERVED = ("schema", "store")
"""Settings the store keeps for itself: schema version, and the store's own random name."""


def is_ready(connection: Connection, name: str) -> bool:
    """Say whether the tables are there (True) or the database is still empty (False).

    Raises:
        StoreError: The database is of another version, or not one of ours.
    """
    inspector = inspect(connection)
    tables = inspector.get_table_names()
    if not tables:
        return False
    columns: set[str] = set()
    if SETTINGS.name in tables:
        columns = {column["name"] for column in inspector.get_columns(SETTINGS.name)}
    version = None
    if columns == set(SETTINGS.c.keys()):
        version = connection.scalar(select(SETTINGS.c.json).where(SETTINGS.c.key == "schema"))
    if version is None:
        raise StoreError(
            "Runs were to be kept in {name}, but that is a database of something else: name "
            "another with RESNET_LAB_STORE.",
            name=name,
        )
    if version != json.dumps(SCHEMA):
        raise StoreError(
            "Runs were to be kept in {name}, but it has format {found} and this version of ResNet "
            "Lab reads format {right}: use the version that made it, or move the database away.",
            name=name,
            found=version,
            right=SCHEMA,
        )
    return True


def create(connection: Connection) -> None:
    """Make the tables in an empty database, and write down their version."""
    METADATA.create_all(connection)
    connection.execute(
        SETTINGS.insert(),
        [
            {"key": "schema", "json": json.dumps(SCHEMA)},
            {"key": "store", "json": json.dumps(uuid.uuid4().hex)},
        ],
    )
