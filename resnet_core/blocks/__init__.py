"""The parts: residual units, and everything that may stand in one.

* ``shortcuts``   every h(x): what carries x past the residual branch
* ``joins``       how h(x) and F(x) meet, or do not
* ``residual``    every F(x): basic and bottleneck, in each activation order
* ``layers``      activations, normalisations, learned scalars
* ``unit``        the unit they make together
* ``initialise``  initial weights, the same for plain and residual twins

Each module ends in a table with the keys of the table of the same name in ``specs.choices``.
"""

from resnet_core.blocks.initialise import initialise
from resnet_core.blocks.unit import ResidualUnit, build_unit

__all__ = ["ResidualUnit", "build_unit", "initialise"]
