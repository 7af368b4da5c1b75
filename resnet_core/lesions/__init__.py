"""What does a trained network lose when units are deleted, moved or scaled?

Source: Veit, Wilber & Belongie 2016, arXiv:1605.06431, section 4.
"""

from resnet_core.lesions.measure import Measured, measure
from resnet_core.lesions.trained import Trained, load_for_lesions

__all__ = ["Measured", "Trained", "load_for_lesions", "measure"]
