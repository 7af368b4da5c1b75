"""The pages: one lesson each, over ``pages.ui`` and ``resnet_core``."""
