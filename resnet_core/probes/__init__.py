"""What happens inside a network while it learns: gradients, updates, activations.

Read in this order: ``sizes`` (norms that do not underflow), ``parameters`` (gradients, weights and
updates), ``signals`` (what layers give, by hooks), ``additions`` (which way a gradient came, by
hooks), ``watch`` (all of it for one training step), ``shattering`` (gradients of nearby inputs).
"""

from resnet_core.probes.shattering import gradient_correlation
from resnet_core.probes.watch import Watch

__all__ = ["Watch", "gradient_correlation"]
