"""The command line: ``python -m resnet_core``."""

if __name__ == "__main__":
    from resnet_core.cli import app

    app()
