"""The default study from the command line: eight networks, as many at a time as there are cores.

A fresh store and a warm lab; then the command, from its start to its end. Against it stand the
same networks trained one after the other in the same lab, before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

from resnet_core.execute.client import LabClient
from resnet_core.specs import DegradationStudy, NetworkSpec, RunSpec, TrainSpec
from resnet_core.store import Store
from tests.benchmarks.common import ROOT, Row, cores, fresh_folders, run_benchmark


def measure(arguments: argparse.Namespace) -> list[Row]:
    depths = "8,20" if arguments.quick else "8,20,32,56"
    with fresh_folders() as environment:
        os.environ.update(environment)
        lab = LabClient(environment["RESNET_LAB_STORE"])
        try:
            while lab.status().machine is None:
                time.sleep(0.1)
            # Each of its runs alone, before and after the study; with other seeds, or the lab
            # would remember them.
            study = DegradationStudy(depths=tuple(map(int, depths.split(","))))
            firsts = _one_after_the_other(lab, study, 4711)
            began = time.monotonic()
            said = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "resnet_core",
                    "study",
                    "degradation",
                    "--json",
                    "--depths",
                    depths,
                ],
                cwd=ROOT,
                env=dict(os.environ),
                capture_output=True,
                text=True,
                check=True,
            )
            wall = time.monotonic() - began
            assert len(json.loads(said.stdout.splitlines()[-1])["results"]) == len(study.runs)
            seconds = _one_after_the_other(lab, study, 4712)
            alone, alone_wall = ((a + b) / 2 for a, b in zip(firsts, seconds, strict=True))
            sum_together = _seconds(lab.url, [run.digest for run in study.runs])
        finally:
            lab.leave()
    count = len(study.runs)
    return [
        Row("the study, command to result", wall, "s", note=f"{count} runs, {cores()} at a time"),
        Row(
            "  its runs one after the other", alone_wall, "s", note="before and after, other seeds"
        ),
        Row(
            "one after the other / study",
            alone_wall / wall,
            "×",
            note="how well the cores are used",
        ),
        Row(
            "sum of training seconds / study",
            sum_together / wall,
            "×",
            note="runs in step, on average",
        ),
        Row("  a run's seconds, with company / alone", sum_together / alone, "×"),
    ]


def _one_after_the_other(lab: LabClient, study: DegradationStudy, seed: int) -> tuple[float, float]:
    """Train the study's networks one at a time; give the sum of their seconds and all of it."""
    store = Store.open(lab.url, read_only=True)
    digests = []
    began = time.monotonic()
    for plan in study.runs:
        run = RunSpec(
            network=NetworkSpec.model_validate(plan.network.model_dump()),
            data=plan.data,
            train=TrainSpec.model_validate(plan.train.model_dump() | {"seed": seed}),
        )
        lab.submit([run], visitor="bench")
        while store.runs(digests=[run.digest])[0].active:
            time.sleep(0.02)
        digests.append(run.digest)
    wall = time.monotonic() - began
    store.close()
    return _seconds(lab.url, digests), wall


def _seconds(url: str, digests: list[str]) -> float:
    """Add up the training seconds of runs that are over."""
    store = Store.open(url, read_only=True)
    ends = [stored.event for stored in store.events(digests, kinds=["completed", "diverged"])]
    store.close()
    assert len(ends) == len(digests)
    return sum(event.seconds for event in ends if event.kind in ("completed", "diverged"))


if __name__ == "__main__":
    run_benchmark("study", measure)
