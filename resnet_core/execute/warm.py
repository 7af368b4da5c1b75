"""What the forkserver imports before the first run is asked for.

Imports only, no tensor operation: a process forked after PyTorch's threads have run may hang.
``torch._dynamo`` is what the first optimiser would import otherwise, at nearly a second. What is
imported stays out of every fork's garbage collections: each would walk through all of PyTorch.
"""

import gc

import torch
import torch._dynamo
import torch.optim

import resnet_core.execute.bench
import resnet_core.execute.worker

__all__ = ["resnet_core", "torch"]

gc.collect()
gc.freeze()
