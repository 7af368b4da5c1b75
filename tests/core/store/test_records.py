from __future__ import annotations

from dataclasses import fields

import pytest

from resnet_core.store import ACTIVE, STATUSES, Artefact, RunRecord
from resnet_core.store.schema import ARTEFACTS, RUNS


def test_records_have_the_columns_of_their_tables_in_order():
    assert [field.name for field in fields(RunRecord)] == list(RUNS.c.keys())
    names = [field.name for field in fields(Artefact)]
    assert [name.removeprefix("relative_") for name in names] == list(ARTEFACTS.c.keys())


@pytest.mark.parametrize("status", STATUSES)
def test_a_run_is_active_until_it_is_over(sqlite_store, plan, status):
    digest = sqlite_store.add_run(plan(), requested_by=None, now=1.0).digest
    sqlite_store.update_run(digest, status=status)
    over = ("completed", "diverged", "stopped", "failed")
    assert sqlite_store.run(digest).active == (status in ACTIVE) == (status not in over)
