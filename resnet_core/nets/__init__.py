"""The buildings: networks from specs (``build_network``), and torchvision's, by name."""

from resnet_core.nets.build import build_network, build_on_meta
from resnet_core.nets.resnet import ResidualNetwork

__all__ = ["ResidualNetwork", "build_network", "build_on_meta"]
