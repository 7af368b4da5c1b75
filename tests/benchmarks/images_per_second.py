"""Images a second: our engine on pictures in memory, against a DataLoader notebook loop.

ResNet-20 of width 16 on JPEG files of 32 × 32, batch 128, crops and mirror images. The notebook
reads files with ``ImageFolder`` in as many loader processes as there are cores, computes with
PyTorch's own number of threads, and asks for the loss at each step, as notebooks do. Ours imports
the same files once and trains from memory: two runs at once with one thread each, then one alone
with one thread and with all. All four take turns; a repeat is as many steps of each.

A notebook's clock starts after its fourth step: starting its loader processes, a second an epoch,
is not counted against it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn

from resnet_core.data import import_images, load_pictures
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.choices import IMPORTED
from resnet_core.train import Training
from tests.benchmarks.common import Row, cores, fresh_folders, ratios, run_benchmark, wait_for_calm

BATCH = 128
WARM = 4
CLASSES = 10


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--images", type=Path, help="class folders of 32×32 JPEG files; made of noise otherwise"
    )


def measure(arguments: argparse.Namespace) -> list[Row]:
    repeats, steps = (1, 12) if arguments.quick else (5, 36)
    with fresh_folders() as environment, tempfile.TemporaryDirectory() as made:
        os.environ.update(environment)
        folder = arguments.images or _noise(Path(made), BATCH * (steps + WARM))
        digest = import_images(folder).digest
        notebook = _Racer(_notebook, str(folder), steps, 0)
        first, second = (_Racer(_ours, digest, steps, 1) for _ in range(2))
        alone = _Racer(_ours, digest, steps, cores())
        teams = {
            "notebook": [notebook],
            "two": [first, second],
            "one": [first],
            "all": [alone],
        }
        pace: dict[str, list[float]] = {name: [] for name in teams}
        for repeat in range(repeats):
            for name in sorted(teams, reverse=repeat % 2 == 1):
                pace[name].append(_race(teams[name], steps))
        for racer in (notebook, first, second, alone):
            racer.end()
    note = f"median of {repeats} interleaved repeats of {steps} steps of {BATCH}"
    return [
        Row(
            "two runs at once / notebook loop",
            ratios(pace["two"], pace["notebook"]),
            "×",
            at_least=2,
            note=note,
        ),
        Row(
            f"a lone run, {cores()} threads / 1 thread",
            ratios(pace["all"], pace["one"]),
            "×",
            at_least=1.2,
            note="uses the cores there are",
        ),
        Row("a lone run, all cores / notebook", ratios(pace["all"], pace["notebook"]), "×"),
        Row(
            "two runs at once / lone, all cores",
            ratios(pace["two"], pace["all"]),
            "×",
            note="why a study runs one network a core",
        ),
        Row("  notebook loop", median(pace["notebook"]), "images/s"),
        Row("  two runs at once, 1 thread each", median(pace["two"]), "images/s"),
        Row("  a lone run, 1 thread", median(pace["one"]), "images/s"),
        Row(f"  a lone run, {cores()} threads", median(pace["all"]), "images/s"),
    ]


class _Racer:
    """A process that stands ready, and trains so many steps each time it is told."""

    def __init__(
        self, target: Callable[[Connection, str, int, int], None], *arguments: object
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        # not daemonic: a DataLoader starts processes of its own
        self.process = context.Process(target=target, args=(theirs, *arguments))
        self.process.start()
        theirs.close()
        self.line.recv()

    def end(self) -> None:
        self.line.send(False)
        self.process.join()


def _race(team: list[_Racer], steps: int) -> float:
    """Let a team train at once; give its images a second, from its first start to its last end."""
    wait_for_calm()
    for racer in team:
        racer.line.send(True)
    times = [racer.line.recv() for racer in team]
    began, ended = min(t[0] for t in times), max(t[1] for t in times)
    return len(team) * steps * BATCH / (ended - began)


def _ours(line: Connection, digest: str, steps: int, threads: int) -> None:
    torch.set_num_threads(threads)
    run = RunSpec(
        network=NetworkSpec(depth=20, width=16),
        data=DataSpec(dataset=IMPORTED, imported=digest, crop_padding=4, flip=True),
        train=TrainSpec(steps=1_000_000, batch_size=BATCH, evaluations=1),
    )
    training = Training(run, load_pictures(run.data))
    for _ in range(WARM):
        training.advance()
    line.send("ready")
    while line.recv():
        began = time.monotonic()
        for _ in range(steps):
            training.advance()
        line.send((began, time.monotonic()))


def _notebook(line: Connection, folder: str, steps: int, _threads: int) -> None:
    transforms = torchvision.transforms
    images = torchvision.datasets.ImageFolder(
        folder,
        transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
            ]
        ),
    )
    loader = torch.utils.data.DataLoader(
        images, batch_size=BATCH, shuffle=True, num_workers=cores(), drop_last=True
    )
    network = _ResNet20(len(images.classes))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()
    line.send("ready")
    while line.recv():
        began = 0.0
        for step, (inputs, labels) in enumerate(loader, start=1):
            optimiser.zero_grad()
            loss = criterion(network(inputs), labels)
            loss.backward()
            optimiser.step()
            loss.item()
            if step == WARM:
                began = time.monotonic()
            if step == WARM + steps:
                break
        line.send((began, time.monotonic()))


class _Block(nn.Module):
    """A basic block with option A, as notebooks write it."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.more = after - before

    def forward(self, x: Tensor) -> Tensor:
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.more:
            x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.more))
        return torch.relu(out + x)


class _ResNet20(nn.Sequential):
    def __init__(self, classes: int) -> None:
        blocks = [
            _Block(16, 16, 1),
            *(_Block(16, 16, 1) for _ in range(2)),
            _Block(16, 32, 2),
            *(_Block(32, 32, 1) for _ in range(2)),
            _Block(32, 64, 2),
            *(_Block(64, 64, 1) for _ in range(2)),
        ]
        super().__init__(
            nn.Conv2d(3, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            *blocks,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, classes),
        )


def _noise(folder: Path, count: int) -> Path:
    """Make JPEG files as large as CIFAR-10's: smooth colours with some noise, about 900 bytes."""
    random = numpy.random.default_rng(0)
    for number in range(count):
        place = folder / f"class-{number % CLASSES}"
        place.mkdir(exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (5, 5, 3), dtype=numpy.uint8))
        smooth = numpy.asarray(coarse.resize((32, 32), Image.Resampling.BICUBIC), dtype=float)
        noisy = smooth + random.normal(0, 6, smooth.shape)
        image = Image.fromarray(noisy.clip(0, 255).astype(numpy.uint8))
        image.save(place / f"{number:05}.jpg", quality=75)
    return folder


if __name__ == "__main__":
    run_benchmark("images_per_second", measure, options)
