"""What is remembered, and where: runs, their events and their files. Imports no PyTorch.

Read in this order: ``store`` (the contract), ``records`` (what is handed out), ``schema`` (the
tables), ``engine`` (how SQLite and PostgreSQL are opened, and their refusals), ``watching`` and
``keeping`` (parts of the store), ``files`` and ``places`` (what lies beside the database).
"""

from resnet_core.store.records import (
    ACTIVE,
    STATUSES,
    Artefact,
    Batch,
    RunChanges,
    RunRecord,
    Status,
    StoredEvent,
    Tidied,
)
from resnet_core.store.store import Store

__all__ = [
    "ACTIVE",
    "STATUSES",
    "Artefact",
    "Batch",
    "RunChanges",
    "RunRecord",
    "Status",
    "Store",
    "StoredEvent",
    "Tidied",
]
