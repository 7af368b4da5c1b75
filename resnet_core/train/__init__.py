"""Training as an iterator of events.

* ``devices``     where to compute: cuda, mps or cpu
* ``optimise``    the learning rate of every step; SGD with momentum
* ``evaluate``    loss and error on a split
* ``engine``      ``Training``: one run, one step at a time; ``train``: all of it
* ``checkpoint``  a run's state in a file, and back
* ``weights``     a finished run's network
* ``stepping``    one image through one of its units
* ``constructed`` a deeper network made of it, by identity layers
"""

from resnet_core.train.devices import choose_device, device_name
from resnet_core.train.engine import Training, train

__all__ = ["Training", "choose_device", "device_name", "train"]
