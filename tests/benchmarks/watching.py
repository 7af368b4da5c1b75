"""What does it cost to watch? The loop with its events, against the same loop without any.

Both loops train the same network on the same batches with the same optimiser, one thread, in one
process; every eight steps the other's turn comes. The watched one is the worker itself: a
``StepsCompleted`` every four steps, piped to another process that acknowledges, as the lab does.
Checkpoints and evaluations are no watching; their share stands in rows of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import tempfile
import time
from statistics import median
from typing import Any

import torch

from resnet_core.data import load_pictures
from resnet_core.execute.line import Line
from resnet_core.execute.worker import Worker
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.train import Training
from resnet_core.train.optimise import learning_rate
from tests.benchmarks.common import Row, ratios, run_benchmark

BLOCK = 8


def measure(arguments: argparse.Namespace) -> list[Row]:
    context = multiprocessing.get_context("spawn")
    pairs, blocks = (3, 3) if arguments.quick else (10, 8)
    rows = []
    for depth in (20, 56):
        ours, theirs = socket.socketpair()
        process = context.Process(target=_child, args=(theirs, depth, pairs, blocks))
        process.start()
        theirs.close()
        found = _listen(Line(ours))
        process.join()
        bare, watched = found["bare"], found["watched"]
        note = f"{pairs} interleaved pairs of {blocks * BLOCK} steps; depth {depth}, width 8"
        rows += [
            Row(
                f"watched / bare loop, depth {depth}",
                100 * (ratios(watched, bare) - 1),
                "%",
                at_most=3,
                note=note,
            ),
            Row(
                "  the same in processor time",
                100 * (ratios(found["watched_cpu"], found["bare_cpu"]) - 1),
                "%",
                note="knows nothing of what else the machine does",
            ),
            Row("  a bare step", 1e3 * median(bare) / blocks / BLOCK, "ms"),
            Row(
                "  a checkpoint",
                1e3 * median(found["saves"]),
                "ms",
                note="every 2 s, and at most 1/50 of the time",
            ),
            Row(
                "  an evaluation",
                1e3 * median(found["evaluations"]),
                "ms",
                note="1,437 + 360 images; ten a run by default",
            ),
        ]
    return rows


def _listen(line: Line) -> dict[str, Any]:
    """Be the lab: take events, acknowledge, until the times come."""
    while True:
        message = line.hear()
        if "times" in message:
            return dict(message["times"])
        line.tell({"ack": message["events"][-1][0]})


def _child(end: socket.socket, depth: int, pairs: int, blocks: int) -> None:
    line = Line(end)
    torch.set_num_threads(1)
    run = RunSpec(
        network=NetworkSpec(depth=depth, join="residual"),
        train=TrainSpec(steps=100_000, evaluations=1),
    )
    times: dict[str, list[float]] = {
        "bare": [],
        "watched": [],
        "bare_cpu": [],
        "watched_cpu": [],
        "saves": [],
        "evaluations": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        job = {"run": run.to_json(), "folder": folder, "device": "cpu", "checkpoint_seconds": 1e9}
        worker = Worker(line, job)
        bare, watched = (Training(run, load_pictures(run.data)) for _ in range(2))
        worker._say(watched.start())
        loops = {"bare": lambda: _bare(bare), "watched": lambda: _watched(worker, watched)}
        for loop in loops.values():
            for _ in range(2):
                loop()
        for pair in range(pairs):
            wall = dict.fromkeys(loops, 0.0)
            cpu = dict.fromkeys(loops, 0.0)
            for block in range(blocks):
                for name in sorted(loops, reverse=(pair + block) % 2 == 1):
                    began, began_cpu = time.perf_counter(), time.process_time()
                    loops[name]()
                    wall[name] += time.perf_counter() - began
                    cpu[name] += time.process_time() - began_cpu
            for name in loops:
                times[name].append(wall[name])
                times[f"{name}_cpu"].append(cpu[name])
        for _ in range(5):
            began = time.perf_counter()
            worker._save(watched, left="")
            times["saves"].append(time.perf_counter() - began)
            began = time.perf_counter()
            watched._evaluate(last=False)
            times["evaluations"].append(time.perf_counter() - began)
    line.tell({"times": times})


def _bare(training: Training) -> None:
    """Do a block of steps as a loop does that nobody watches."""
    for _ in range(BLOCK):
        training.step += 1
        images, labels = training.batches.batch(training.step)
        for group in training.optimiser.param_groups:
            group["lr"] = learning_rate(training.run.train, training.step)
        loss = torch.nn.functional.cross_entropy(training.network(images), labels)
        training.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        training.optimiser.step()


def _watched(worker: Worker, training: Training) -> None:
    """Do a block of steps as the worker does."""
    for _ in range(BLOCK):
        worker._order()
        for event in training.advance():
            worker._say(event)
        worker._send()


if __name__ == "__main__":
    run_benchmark("watching", measure)
