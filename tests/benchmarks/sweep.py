"""The λ sweep of the shortcut laboratory: how long, and does it show what it is there to show?

A fresh store and a warm lab; ten λ at depth 32, one seed after the other, as many runs at a time
as there are cores. The first seed's sweep is timed from the asking to the last result. It stands
against the identity alone, trained in the same lab before it: what a λ costs in company.
"""

from __future__ import annotations

import argparse
import os
import time

from resnet_core.execute.client import LabClient
from resnet_core.specs import RunSpec, ScaleStudy
from resnet_core.store import Store
from resnet_core.studies import Variant, outcomes, variants
from tests.benchmarks.common import Row, cores, fresh_folders, run_benchmark


def measure(arguments: argparse.Namespace) -> list[Row]:
    seeds = 1 if arguments.quick else 5
    with fresh_folders() as environment:
        os.environ.update(environment)
        lab = LabClient(environment["RESNET_LAB_STORE"])
        try:
            while lab.status().machine is None:
                time.sleep(0.1)
            store = Store.open(lab.url, read_only=True)
            alone = _train(lab, store, ScaleStudy(scales=(1.0,), first_seed=99).runs)
            walls, found = [], []
            for seed in range(seeds):
                study = ScaleStudy(first_seed=seed)
                walls.append(_train(lab, store, study.runs))
                found.append({one.key: one for one in variants(study, outcomes(study, store))})
            store.close()
        finally:
            lab.leave()
    count = len(ScaleStudy().runs)
    note = f"{count} runs, {cores()} at a time"
    return [
        Row("a sweep over λ, one seed", walls[0], "s", at_most=60, note=note),
        Row("  slowest of the seeds", max(walls), "s"),
        Row("a run in the sweep / the identity alone", walls[0] / count / alone, "×"),
        Row(
            "seeds with the minimum at or next to 1",
            sum(_minimum_is_near_1(one) for one in found) / seeds,
            "of all",
            at_least=1,
            note="training error; of equal ones any",
        ),
        Row(
            "seeds with more error at 0.25 than at 1",
            sum(_error(one["0.25"]) > _error(one["1"]) for one in found) / seeds,
            "of all",
            at_least=1,
        ),
        Row(
            "seeds whose loss is no number any more at 2",
            sum(bool(one["2"].diverged) for one in found) / seeds,
            "of all",
            at_least=1,
        ),
        Row("  lowest training error at 2 else", _lowest_at_2(found), "%", note="chance is 90"),
    ]


def _train(lab: LabClient, store: Store, runs: tuple[RunSpec, ...]) -> float:
    digests = [run.digest for run in runs]
    began = time.monotonic()
    lab.submit(runs, visitor="bench")
    while any(record.active for record in store.runs(digests=digests)):
        time.sleep(0.05)
    return time.monotonic() - began


def _error(variant: Variant) -> float:
    """Give a seed's training error; that of a run without any is the worst there is."""
    return variant.train_errors[0] if variant.train_errors else 1.0


def _minimum_is_near_1(found: dict[str, Variant]) -> bool:
    lowest = min(map(_error, found.values()))
    return any(_error(found[key]) == lowest for key in ("0.9", "1", "1.1"))


def _lowest_at_2(found: list[dict[str, Variant]]) -> float:
    return 100 * min(_error(one["2"]) for one in found)


if __name__ == "__main__":
    run_benchmark("sweep", measure)
