"""Counted without running: ``counts`` (parameters, multiply-adds), ``estimate`` (time, memory)."""

from resnet_core.arithmetic.counts import Counts, count_network
from resnet_core.arithmetic.estimate import Estimate, Speed, estimate_run, fitting_depth

__all__ = ["Counts", "Estimate", "Speed", "count_network", "estimate_run", "fitting_depth"]
