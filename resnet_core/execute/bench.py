"""The bench: a warm process for measurements that are answered at once.

A page that needs a number from PyTorch (a count while a slider moves, images brought by a visitor)
asks the lab, and the lab asks the bench: milliseconds, and never in the web server. To add a
measurement, write a function from JSON to JSON and add its row to ``MEASUREMENTS``.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from resnet_core.arithmetic import (
    Layer,
    Speed,
    count_layers,
    count_network,
    estimate_run,
    fitting_depth,
    read_module,
    read_network,
    read_torchvision,
)
from resnet_core.arithmetic.estimate import PASSES, Shape
from resnet_core.blocks import build_unit
from resnet_core.blocks.shortcuts import UnitShape
from resnet_core.data import describe_imported, import_images, load_pictures
from resnet_core.errors import LabError, ResNetLabError, to_message
from resnet_core.execute import bench_trained
from resnet_core.execute.line import Line
from resnet_core.nets import build_network
from resnet_core.specs import DATASETS, DataSpec, NetworkSpec, RunSpec, UnitSpec
from resnet_core.store.places import runs_folder
from resnet_core.train import choose_device, device_name
from resnet_core.train.constructed import constructed_solution
from resnet_core.train.optimise import build_optimiser
from resnet_core.train.starting import probe_start
from resnet_core.train.stepping import step_through

Answer = dict[str, Any]


log = logging.getLogger("lab")


def serve(lab: Line) -> None:
    """Say what machine this is, then answer until the lab is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    # What the first visitor would wait for: the default data set decoded and cached, and how
    # fast this machine is. Then the lab may start runs.
    with contextlib.suppress(ResNetLabError, OSError):  # who asks for these images hears of it
        load_pictures(DataSpec())
    measured_speed()
    with contextlib.suppress(EOFError, ConnectionError):
        lab.tell({"machine": machine()})
        while True:
            question = lab.hear()
            lab.tell({"number": question["number"], **_answer(question)})


def _answer(question: Answer) -> Answer:
    try:
        return MEASUREMENTS[question["measure"]](**question["arguments"])
    except ResNetLabError as error:
        return to_message(error)
    except Exception as error:
        # The bench outlives every question, as the lab does.
        log.exception("a measurement failed")
        return to_message(
            LabError(
                "{measure} was to be measured, but that went wrong ({reason}).",
                measure=repr(question["measure"]),
                reason=f"{type(error).__name__}: {error}",
            )
        )


def machine() -> Answer:
    """Name the device in use, and how many there are."""
    device = choose_device()
    return {
        "device": device,
        "device_name": device_name(device),
        "count": torch.cuda.device_count() if device == "cuda" else 1,
        "torch": torch.__version__,
    }


def count(network: dict[str, Any], channels: int, classes: int, size: int) -> Answer:
    """Count a network for images of a shape."""
    spec = NetworkSpec.model_validate(network)
    return asdict(count_network(spec, channels=channels, classes=classes, size=size))


def count_many(networks: list[dict[str, Any]], channels: int, classes: int, size: int) -> Answer:
    """Count several networks for images of a shape: a curve of cost."""
    return {"counts": [count(network, channels, classes, size) for network in networks]}


def layers(network: dict[str, Any], channels: int, classes: int, size: int) -> Answer:
    """List a network's layers for images of a shape."""
    spec = NetworkSpec.model_validate(network)
    return _table(read_network(spec, channels=channels, classes=classes, size=size))


@lru_cache(maxsize=128)
def torchvision_layers(name: str) -> Answer:
    """List the layers of a model of torchvision at its usual size, with what torchvision says."""
    from resnet_core.nets.torchvision_models import torchvision_metadata  # takes a second

    said = torchvision_metadata(name)
    return {
        **_table(read_torchvision(name)),
        "size": said["size"],
        "published_parameters": said["num_params"],
        "published_giga": said["_ops"],
    }


def torchvision_models() -> Answer:
    """List torchvision's classification models."""
    from resnet_core.nets.torchvision_models import torchvision_names

    return {"names": list(torchvision_names())}


def _table(table: list[Layer]) -> Answer:
    return {"counts": asdict(count_layers(table)), "layers": [asdict(layer) for layer in table]}


def estimate(runs: list[str], max_seconds: float, max_bytes: float) -> Answer:
    """Estimate runs: counts, seconds and bytes of each, and for one that is too large what fits."""
    return {"estimates": [_estimate(text, max_seconds, max_bytes) for text in runs]}


@lru_cache(maxsize=4096)
def _estimate(text: str, max_seconds: float, max_bytes: float) -> Answer:
    run = RunSpec.from_json(text)
    shape = data_shape(run.data)
    found = estimate_run(run, shape, measured_speed())
    answer: Answer = {
        **asdict(found.counts),
        "seconds": found.seconds,
        "memory_bytes": found.memory_bytes,
    }
    if found.seconds > max_seconds or found.memory_bytes > max_bytes:
        answer["fits"] = fitting_depth(
            run, shape, measured_speed(), max_seconds=max_seconds, max_bytes=max_bytes
        )
    return answer


def data_shape(spec: DataSpec) -> Shape:
    """Say what a data set's images are like, without loading them."""
    row = DATASETS.get(spec.dataset) or describe_imported(spec.imported or "")
    return Shape(
        channels=row.channels,
        size=spec.image_size or row.size,
        classes=row.classes if isinstance(row.classes, int) else len(row.classes),
        train_images=spec.train_images or row.train_images,
        test_images=spec.test_images or row.test_images,
    )


@lru_cache(maxsize=1)
def measured_speed() -> Speed:
    """Measure this device: half a second of real training steps, once.

    Two networks, one so small that only the calls cost and one so large that the arithmetic does,
    give the two rates. Several runs share the cores, so one thread is what counts.
    """
    device = choose_device()
    shapes = ((NetworkSpec(depth=20, width=2), 8, 16), (NetworkSpec(depth=8, width=16), 16, 128))
    rows = []
    for network, size, batch in shapes:
        counts = count_network(network, channels=1, classes=10, size=size)
        seconds = _seconds_a_step(network, size, batch, device)
        rows.append((counts.layers, PASSES * counts.multiply_adds * batch, seconds))
    (layers, work, seconds), (more_layers, more_work, more_seconds) = rows
    # seconds = layers·a + work·b, twice
    determinant = layers * more_work - more_layers * work
    a = (seconds * more_work - more_seconds * work) / determinant
    b = (layers * more_seconds - more_layers * seconds) / determinant
    return Speed(max(a, 1e-6), 1 / max(b, 1e-15), device, measured=True)


def _seconds_a_step(network: NetworkSpec, size: int, batch: int, device: str) -> float:
    built = build_network(network, channels=1, classes=10, seed=0, device=device)
    optimiser = build_optimiser(RunSpec().train, built)
    images = torch.zeros(batch, 1, size, size, device=device)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.zeros(batch, dtype=torch.long, device=device)
    times = []
    for _ in range(6):
        began = time.perf_counter()
        loss = torch.nn.functional.cross_entropy(built(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss.item()  # waits for the device
        times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


def bring_images(path: str, image_size: int | None) -> Answer:
    """Import a zip of images in class folders; see ``data.imported``."""
    return asdict(import_images(Path(path), image_size=image_size))


def imported(digest: str) -> Answer:
    """Describe images that were imported before."""
    return asdict(describe_imported(digest))


def unit(unit: dict[str, Any], size: int) -> Answer:
    """List the layers of one residual unit whose input is ``size`` × ``size``."""
    spec = UnitSpec.model_validate(unit)
    shape = UnitShape(spec.in_channels, spec.out_channels, spec.stride, "original", spec.ratio)
    with torch.device("meta"):
        built = build_unit(shape, block=spec.block, join="residual", shortcut=spec.shortcut)
        found = read_module(built, torch.empty(1, spec.in_channels, size, size))
    kernels = {
        name: module.kernel_size[0]
        for name, module in built.named_modules()
        if isinstance(module, torch.nn.Conv2d)
    }
    return {"layers": [{**asdict(layer), "kernel": kernels.get(layer.name, 0)} for layer in found]}


MOST_MAPS = 16
"""Channels of a tensor that are sent to a page: more would be too small to see."""


def steps(run: str, image: int, stage: int, number: int) -> Answer:
    """Step a test image through one unit of a finished run; see ``train.stepping``."""
    spec = RunSpec.from_json(run)
    file = runs_folder() / spec.digest / "weights.safetensors"
    found = step_through(spec, file, image=image, stage=stage, number=number)
    tensors = {
        "x": found.x,
        "F": found.residual,
        "h": found.shortcut,
        "sum": found.total,
        "output": found.output,
    }
    return {
        "image": found.image.tolist(),
        "label": found.label,
        "answer": found.answer,
        "maps": {name: _maps(tensor) for name, tensor in tensors.items() if tensor is not None},
    }


def _maps(tensor: torch.Tensor) -> Answer:
    return {
        "shape": list(tensor.shape),
        "mean_size": tensor.abs().mean().item(),
        "values": [
            [[round(value, 3) for value in row] for row in channel]
            for channel in tensor[:MOST_MAPS].tolist()
        ],
    }


def start(run: str) -> Answer:
    """Probe a run's network at its first step; see ``train.starting``."""
    return asdict(probe_start(RunSpec.from_json(run)))


def constructed(shallow: str, deep: dict[str, Any]) -> Answer:
    """Deepen a finished run's network by identity layers; see ``train.constructed``."""
    run = RunSpec.from_json(shallow)
    file = runs_folder() / run.digest / "weights.safetensors"
    return asdict(constructed_solution(run, file, NetworkSpec.model_validate(deep)))


MEASUREMENTS: Mapping[str, Callable[..., Answer]] = MappingProxyType(
    {
        "count": count,
        "count_many": count_many,
        "layers": layers,
        "torchvision_layers": torchvision_layers,
        "torchvision_models": torchvision_models,
        "estimate": estimate,
        "bring_images": bring_images,
        "imported": imported,
        "unit": unit,
        "step_through": steps,
        "start": start,
        "constructed": constructed,
        "lesion": bench_trained.lesion,
        "path_gradients": bench_trained.path_gradients,
        "path_sums": bench_trained.path_sums,
        "refinement": bench_trained.refine,
        "ensemble": bench_trained.together,
    }
)
