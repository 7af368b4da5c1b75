"""1,202 layers on a laptop: built, counted, one training step on digits; time and memory.

He 2015 trained a network of this depth (table 6). One thread, batch 128, width 16, in a process
of its own, so that the memory is what this takes and nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

import psutil

from tests.benchmarks.common import Row, run_benchmark


def measure(arguments: argparse.Namespace) -> list[Row]:
    context = multiprocessing.get_context("spawn")
    rows = []
    for width in (8,) if arguments.quick else (8, 16):
        ours, theirs = context.Pipe()
        process = context.Process(target=_child, args=(theirs, width))
        process.start()
        found: dict[str, Any] = ours.recv()
        process.join()
        rows += [
            Row(f"count 1202 layers, width {width}", 1e3 * found["count"], "ms"),
            Row("  build with weights", found["build"], "s", note="all from their seeds"),
            Row("  first step", found["first"], "s", note="batch 128 of digits"),
            Row("  second step", found["second"], "s"),
            Row("  memory before building", found["before"] / 2**20, "MB", note="Python and torch"),
            Row("  memory at its highest", found["peak"] / 2**20, "MB"),
            Row(
                "  of it estimated beforehand",
                100 * found["estimated"] / found["peak"],
                "%",
                note="what the lab would have said",
            ),
        ]
    return rows


def _child(line: Connection, width: int) -> None:
    import torch

    from resnet_core.arithmetic import Speed, count_network, estimate_run
    from resnet_core.data import load_pictures
    from resnet_core.execute.bench import data_shape
    from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
    from resnet_core.train import Training

    torch.set_num_threads(1)
    run = RunSpec(
        network=NetworkSpec(depth=1202, width=width), train=TrainSpec(steps=200, evaluations=1)
    )
    pictures = load_pictures(run.data)
    count_network(NetworkSpec(depth=20), channels=1, classes=10, size=8)  # PyTorch's lazy imports
    before = psutil.Process().memory_info().rss
    times = [time.perf_counter()]
    counted = count_network(run.network, channels=1, classes=10, size=8)
    times.append(time.perf_counter())
    training = Training(run, pictures)
    times.append(time.perf_counter())
    training.advance()
    times.append(time.perf_counter())
    training.advance()
    times.append(time.perf_counter())
    assert counted.parameters == sum(p.numel() for p in training.network.parameters())
    took = [after - began for began, after in pairwise(times)]
    line.send(
        dict(zip(("count", "build", "first", "second"), took, strict=True))
        | {
            "before": before,
            "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "estimated": estimate_run(run, data_shape(run.data), Speed()).memory_bytes,
        }
    )


if __name__ == "__main__":
    run_benchmark("deep", measure)
