"""Who looks at which runs: what decides whose turn it is, and when a shared run may stop."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection

from resnet_core.errors import StoreError
from resnet_core.store import Store


class Watchers:
    """Visitors and the runs they look at, in memory; in the store too, for the next lab.

    Args:
        store: Where it is written down.
        seconds: A look counts for so long.
    """

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._seen: dict[str, dict[str, float]] = {}  # digest → visitor → when last, monotonic

    def recall(self, digests: Collection[str]) -> None:
        """Take over what an earlier lab wrote down."""
        since = time.time() - self._seconds
        for digest in digests:
            for visitor in self._store.watchers(digest, since):
                self._seen.setdefault(digest, {})[visitor] = time.monotonic()

    def look(self, visitor: str | None, digests: Collection[str]) -> None:
        """Note that a visitor looks at runs."""
        if visitor is None:
            return
        for digest in digests:
            self._seen.setdefault(digest, {})[visitor] = time.monotonic()
        with contextlib.suppress(StoreError):
            self._store.watch(visitor, digests, time.time())

    def leave(self, visitor: str, digests: Collection[str]) -> None:
        """Note that a visitor does not look at runs any more."""
        for digest in digests:
            self._seen.get(digest, {}).pop(visitor, None)
        with contextlib.suppress(StoreError):
            self._store.unwatch(visitor, digests)

    def is_watched(self, digest: str) -> bool:
        """Whether anybody looked at a run of late."""
        since = time.monotonic() - self._seconds
        return any(seen >= since for seen in self._seen.get(digest, {}).values())

    def forget_old(self) -> None:
        """Let go of looks that no longer count."""
        since = time.monotonic() - self._seconds
        for digest, seen in list(self._seen.items()):
            self._seen[digest] = {v: when for v, when in seen.items() if when >= since}
            if not self._seen[digest]:
                del self._seen[digest]
