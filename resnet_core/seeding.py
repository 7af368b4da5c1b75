"""One seed for everything: how every random number of a run is derived.

Nothing is drawn from a global generator and nothing depends on the order in which things are
built or run. Each draw has a *role* (a parameter's name, an epoch's shuffle, a step's crops), and
its generator is seeded by ``(seed, role)``. That makes twins twins (a plain and a residual network
draw the same weights where both have the parameter), and lets a run go on from any step without
storing the state of a generator.
"""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *role: str | int) -> int:
    """Give the 63-bit seed of one role; equal arguments give equal seeds on every machine."""
    text = "/".join(str(part) for part in (seed, *role))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
