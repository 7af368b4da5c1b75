"""ResNet Lab's library: build plain and residual networks, train them, measure them.

It knows no screen. Read it from the bottom up:

* ``errors``, ``seeding``   what goes wrong on purpose; one seed for everything
* ``specs``                 the plans: frozen, hashed, impossible to build wrong
* ``store``                 runs, their events and their files, in a database
* ``studies``               what the runs of a study say: outcomes and a verdict
* ``blocks``, ``data``      residual units; pictures as tensors
* ``nets``                  networks from specs
* ``arithmetic``            counted without running: parameters, multiply-adds, memory
* ``train``                 training as an iterator of events
* ``execute``               where work runs: the lab, its queue and its worker processes
* ``cli``                   the command line, ``python -m resnet_core``

``specs``, ``store``, ``studies`` and ``execute.client`` never import PyTorch: the web server
uses only these, so it starts in a second and stays small.
"""

__version__ = "0.1.0"
