"""The lab's line to its bench, whose processes are killed and held here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from resnet_core.errors import LabError
from resnet_core.specs import NetworkSpec
from tests.core.execute.labs import wait_until


def bench_of(lab):
    return wait_until(lambda: lab.forked(niceness=0))[0]


def count(lab):
    network = NetworkSpec(depth=20, width=16)
    return lab.client.count(network, channels=3, classes=10, size=32)["parameters"]


def test_a_bench_that_dies_while_asked_is_a_sentence_and_another_takes_its_place(lab):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            bench = bench_of(lab)
            bench.suspend()
            answer = pool.submit(count, lab)
            with pytest.raises(TimeoutError):
                answer.result(timeout=0.3)
            bench.kill()
            with pytest.raises(LabError, match="ended without an answer: try again"):
                answer.result(timeout=30)
            assert count(lab) == 269_722


def test_a_bench_that_is_busy_does_not_keep_the_lab(lab):
    bench = bench_of(lab)
    bench.suspend()
    with ThreadPoolExecutor() as pool:
        large = pool.submit(lab.client.measure, "count", nonsense="x" * 8_000_000)
        with pytest.raises(TimeoutError):
            large.result(timeout=0.5)
        assert lab.client.status().machine
        bench.resume()
        with pytest.raises(LabError, match="went wrong"):
            large.result(timeout=60)
    assert bench_of(lab).pid == bench.pid  # it outlived that
    assert count(lab) == 269_722
