"""Start a lab: ``python -m resnet_core.execute``. Pages and the command line do so themselves."""

# Forked processes import the main module once more: keep it this small.

if __name__ == "__main__":
    from resnet_core.execute.lab import main

    main()
