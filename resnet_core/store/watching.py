"""Who looks at which runs: the watchers' part of ``Store``.

A run goes on while somebody watches it, and the queue prefers what is watched.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, select

from resnet_core.store.engine import Database
from resnet_core.store.schema import RUNS, WATCHERS


class Watching:
    """Methods of ``Store`` on watchers. A visitor is a random string without meaning."""

    _database: Database

    def watch(self, visitor: str, digests: Collection[str], now: float) -> None:
        """Note that a visitor looks at these runs; unknown ones are passed over."""
        if not digests:
            return
        with self._database.write() as connection:
            known = connection.scalars(select(RUNS.c.digest).where(RUNS.c.digest.in_(digests)))
            rows = [{"digest": digest, "visitor": visitor, "seen": now} for digest in known]
            if rows:
                insert = self._database.insert(WATCHERS)
                connection.execute(
                    insert.on_conflict_do_update(
                        index_elements=["digest", "visitor"], set_={"seen": insert.excluded.seen}
                    ),
                    rows,
                )

    def unwatch(self, visitor: str, digests: Collection[str]) -> None:
        """Note that a visitor has left these runs."""
        with self._database.write() as connection:
            connection.execute(
                delete(WATCHERS).where(
                    WATCHERS.c.visitor == visitor, WATCHERS.c.digest.in_(digests)
                )
            )

    def watchers(self, digest: str, since: float) -> list[str]:
        """List the visitors who looked at a run at that time or later."""
        query = select(WATCHERS.c.visitor).where(
            WATCHERS.c.digest == digest, WATCHERS.c.seen >= since
        )
        with self._database.read() as connection:
            return list(connection.scalars(query.order_by(WATCHERS.c.visitor)))

    def last_watched(self, digests: Collection[str]) -> dict[str, float]:
        """Give when each run was last looked at; runs that never were are left out."""
        query = (
            select(WATCHERS.c.digest, func.max(WATCHERS.c.seen))
            .where(WATCHERS.c.digest.in_(digests))
            .group_by(WATCHERS.c.digest)
        )
        with self._database.read() as connection:
            return {digest: seen for digest, seen in connection.execute(query)}
