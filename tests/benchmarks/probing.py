"""What does probing cost? A run with as many probes as the pages ask for, against one without.

Both train the same network on the same batches, in one process, with one thread; every eight steps,
one of them probed, the other's turn comes. Processor time knows little of what else the machine
does. Evaluations are left out: with them the share is smaller.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import torch

from resnet_core.data import load_pictures
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.events import ProbesCompleted
from resnet_core.train import Training
from tests.benchmarks.common import Row, ratios, run_benchmark

BLOCK = 8
"""Steps to a probe: 25 in 200."""

NETWORKS = [("plain", 20), ("residual", 56)]


def measure(arguments: argparse.Namespace) -> list[Row]:
    pairs, blocks = (4, 3) if arguments.quick else (24, 4)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = []
    for join, depth in NETWORKS:
        bare, probed = _times(NetworkSpec(join=join, depth=depth, width=8), pairs, blocks)
        rows += [
            Row(
                f"probed / bare, {join}-{depth}",
                100 * (ratios(probed, bare) - 1),
                "%",
                at_most=5,
                note=f"{pairs} interleaved pairs of {blocks * BLOCK} steps; width 8",
            ),
            Row(
                "  a probe",
                1e3 * median(a - b for a, b in zip(probed, bare, strict=True)) / blocks,
                "ms",
                note="processor time, as all of these",
            ),
            Row("  a bare step", 1e3 * median(bare) / blocks / BLOCK, "ms"),
        ]
    torch.set_num_threads(threads)
    return rows


def _times(network: NetworkSpec, pairs: int, blocks: int) -> tuple[list[float], list[float]]:
    """Give the processor seconds of each pair: bare, probed."""
    # Two pairs warm up; the last step, with its evaluation, is never done.
    steps = (pairs + 2) * blocks * BLOCK + 1
    trainings = [
        Training(
            RunSpec(
                network=network,
                train=TrainSpec(steps=steps, evaluations=1, probes=probes),
            ),
            load_pictures(DataSpec()),
        )
        for probes in (0, steps // BLOCK + 1)
    ]
    found: tuple[list[float], list[float]] = ([], [])
    for pair in range(pairs + 2):
        seconds = [0.0, 0.0]
        for block in range(blocks):
            for which in (0, 1) if (pair + block) % 2 else (1, 0):
                began = time.process_time()
                events = [event for _ in range(BLOCK) for event in trainings[which].advance()]
                seconds[which] += time.process_time() - began
                assert sum(isinstance(event, ProbesCompleted) for event in events) == which
        if pair >= 2:
            for times, one in zip(found, seconds, strict=True):
                times.append(one)
    return found


if __name__ == "__main__":
    run_benchmark("probing", measure)
