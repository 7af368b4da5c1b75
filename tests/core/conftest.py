"""Property tests are the same every time, and never judged by the clock of a busy machine."""

from hypothesis import settings

settings.register_profile("resnet-lab", deadline=None, derandomize=True)
settings.load_profile("resnet-lab")
