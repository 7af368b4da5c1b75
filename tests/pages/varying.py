"""What tests of the two pages of variants share: finishing a study."""

from __future__ import annotations

from pages.ui.lab import Keeper
from resnet_core.specs import VariantStudy
from tests.browsing import wait_until


def finish(lab: Keeper, study: VariantStudy) -> None:
    """Watch the runs of a study until all are over."""
    digests = [run.digest for run in study.runs]

    def is_over() -> bool:
        lab.client.watch(digests, visitor="a test")
        records = lab.store.runs(digests=digests)
        return len(records) == len(digests) and not any(record.active for record in records)

    wait_until(is_over, 120)
