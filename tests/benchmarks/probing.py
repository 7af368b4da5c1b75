"""What does probing cost? Whole short runs with the default number of probes, against none.

Both train the same network on the same images to the end, in one process, with one thread; which
goes first changes from pair to pair. Processor time knows nothing of what else the machine does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch

from resnet_core.data import load_pictures
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import ProbesCompleted
from resnet_core.train import train
from tests.benchmarks.common import Row, ratios, run_benchmark

PROBES_A_STEP = 25 / 200
"""As the pages ask for: 25 probes in 200 steps."""

NETWORKS = [("plain", 20), ("residual", 56)]


def measure(arguments: argparse.Namespace) -> list[Row]:
    pairs, steps = (3, 40) if arguments.quick else (12, 80)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = []
    for join, depth in NETWORKS:
        with_probes, without = (
            RunSpec(
                network=NetworkSpec(join=join, depth=depth, width=8),
                train=TrainSpec(steps=steps, evaluations=1, probes=probes),
            )
            for probes in (round(steps * PROBES_A_STEP), 0)
        )
        loops = [_loop(with_probes), _loop(without)]
        for loop in loops:
            loop()
        probed: list[float] = []
        bare: list[float] = []
        for pair in range(pairs):
            for loop, times in sorted(
                zip(loops, (probed, bare), strict=True),
                key=lambda one: one[1] is bare,
                reverse=pair % 2 == 1,
            ):
                times.append(loop())
        probes = with_probes.train.probes
        rows += [
            Row(
                f"probed / bare run, {join}-{depth}",
                100 * (ratios(probed, bare) - 1),
                "%",
                at_most=5,
                note=f"{pairs} interleaved pairs of {steps} steps, {probes} probed; width 8",
            ),
            Row(
                "  a probe",
                1e3 * median(a - b for a, b in zip(probed, bare, strict=True)) / probes,
                "ms",
                note="processor time, as all of these",
            ),
            Row("  a bare step", 1e3 * median(bare) / steps, "ms"),
        ]
    torch.set_num_threads(threads)
    return rows


def _loop(run: RunSpec) -> Callable[[], float]:
    pictures = load_pictures(run.data)

    def loop() -> float:
        began = time.process_time()
        events = list(train(run, pictures=pictures))
        seconds = time.process_time() - began
        assert sum(isinstance(event, ProbesCompleted) for event in events) == run.train.probes
        return seconds

    return loop


if __name__ == "__main__":
    run_benchmark("probing", measure)
