"""Deleting units: what shared prefixes save, and how long a click takes.

Each of 54 units is deleted (depth 110, width 8, 360 digits), once all together, where the signal
before each unit is computed once, and once by one full pass a deletion. Both take turns, in one
process, with one thread; processor time knows little of what else the machine does.

A click deletes one unit of a residual network of 56 layers and one of its plain twin, and asks the
lab for both errors: from the question to the second answer. A network that was never trained takes
as long as one that was, so the benchmark writes its own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import time
from collections.abc import Iterator
from statistics import median

import psutil
import torch

from resnet_core.data import load_pictures, normalise
from resnet_core.errors import DataError
from resnet_core.execute.client import LabClient
from resnet_core.lesions import measure as measure_lesions
from resnet_core.nets import ResidualNetwork, build_network
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec
from resnet_core.specs.lesion import Lesion, each_deletion
from resnet_core.store.places import run_folder
from resnet_core.train.checkpoint import save_weights
from tests.benchmarks.common import (
    Row,
    fresh_folders,
    quantile,
    ratios,
    run_benchmark,
    wait_for_calm,
)

DEEP = NetworkSpec(depth=110, width=8)
CLICKED = NetworkSpec(depth=56, width=8)

DIGITS = DataSpec()
FASHION = DataSpec(dataset="fashion-mnist", train_images=10_000, image_size=14)


def measure(arguments: argparse.Namespace) -> list[Row]:
    with _own_folders():
        rows = _shared(pairs=1 if arguments.quick else 5)
        clicks = 5 if arguments.quick else 20
        with _lab() as lab:
            rows += _clicks(lab, DIGITS, 360, at_most=300, clicks=clicks)
            try:
                load_pictures(FASHION)
            except DataError as error:
                print(f"Fashion-MNIST is left out: {error}", file=sys.stderr)
            else:
                rows += _clicks(lab, FASHION, 1000, at_most=800, clicks=clicks)
    return rows


# --- shared prefixes --------------------------------------------------------------------------


def _shared(pairs: int) -> list[Row]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pictures = load_pictures(DIGITS)
    images = normalise(pictures.test.images, pictures.mean, pictures.std)
    labels = pictures.test.labels
    network = _built(DEEP)
    lesions = each_deletion(DEEP)
    measure_lesions(network, images, labels, lesions[:2])  # warms up
    alone, shared = [], []
    for _ in range(pairs):
        began = time.process_time()
        one_by_one = [measure_lesions(network, images, labels, [one])[0] for one in lesions]
        alone.append(time.process_time() - began)
        began = time.process_time()
        together = measure_lesions(network, images, labels, lesions)
        shared.append(time.process_time() - began)
        assert together == one_by_one
    torch.set_num_threads(threads)
    return [
        Row(
            f"one full pass each / shared prefixes, {len(lesions)} units",
            ratios(alone, shared),
            "×",
            at_least=1.8,
            note=f"{pairs} interleaved pairs; depth {DEEP.depth}, width {DEEP.width}, 360 digits",
        ),
        Row("  one full pass each", median(alone), "s", note="processor time, one thread"),
        Row("  shared prefixes", median(shared), "s"),
    ]


def _built(spec: NetworkSpec) -> ResidualNetwork:
    """Build a network whose BN has seen something, as after training."""
    network = build_network(spec, channels=1, classes=10, seed=0)
    with torch.no_grad():
        network(torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    return network.eval()


# --- one click --------------------------------------------------------------------------------


def _clicks(lab: LabClient, data: DataSpec, images: int, *, at_most: int, clicks: int) -> list[Row]:
    plans = []
    for join in ("residual", "plain"):
        network = CLICKED.model_copy(update={"join": join})
        run = RunSpec(network=network, data=data)
        save_weights(_built(network), run_folder(run.digest) / "weights.safetensors")
        plans.append(run.to_json())
    chance = random.Random(0)
    units = sum(CLICKED.units_per_stage)
    first = _click(lab, plans, 1, images)
    found, worked = [], []
    for _ in range(clicks):
        wait_for_calm()
        before = _processor_ms(lab)
        found.append(_click(lab, plans, chance.randint(1, units), images))
        worked.append(_processor_ms(lab) - before)
    return [
        Row(
            f"click → errors of both twins, {data.dataset}, p95",
            quantile(found, 0.95),
            "ms",
            at_most=at_most,
            note=f"{clicks} clicks; depth {CLICKED.depth}, width {CLICKED.width}, {images} images",
        ),
        Row("  p50", median(found), "ms"),
        Row("  of it processor time of the lab, p50", median(worked), "ms"),
        Row("  the first", first, "ms", note="weights and images are read"),
    ]


def _click(lab: LabClient, plans: list[str], unit: int, images: int) -> float:
    lesion = Lesion(deleted=(unit,)).model_dump(mode="json")
    began = time.perf_counter()
    for plan in plans:
        (answer,) = lab.measure("lesion", run=plan, lesions=[lesion], at_most=images)["lesions"]
        assert answer["images"] == images
    return 1000 * (time.perf_counter() - began)


def _processor_ms(lab: LabClient) -> float:
    """Add up the processor time of a lab and its processes: on an idle machine a click's time."""
    process = psutil.Process(lab.status().pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return 1000 * sum(one.user + one.system for one in times)


@contextlib.contextmanager
def _own_folders() -> Iterator[None]:
    """Make this process, and the lab that it starts, use folders of their own."""
    before = dict(os.environ)
    with fresh_folders() as environment:
        os.environ.update(environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextlib.contextmanager
def _lab() -> Iterator[LabClient]:
    """Start a lab, wait until it is warm, and end it afterwards."""
    lab = LabClient()
    while (status := lab.status()).machine is None:
        time.sleep(0.1)
    process = psutil.Process(status.pid)
    yield lab
    lab.leave()
    process.wait(timeout=30)


if __name__ == "__main__":
    run_benchmark("lesions", measure)
