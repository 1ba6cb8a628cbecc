"""The recipe that made the embedded text-to-image model: ``python -m training --help``."""
