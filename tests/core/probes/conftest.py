"""Small pictures and plans, as the tests of training have them; one thread; a step by hand."""

from __future__ import annotations

from tests.core.train.conftest import one_thread, pictures, plan

__all__ = ["one_thread", "pictures", "plan"]
