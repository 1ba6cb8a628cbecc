"""Sizes that the parts of tiny pipelines agree on."""

SIZE = 64
"""Height and width of the pictures, pixels."""
WIDTH = 32
"""Width of the text encoders that return a sequence."""
POOLED = 16
"""Width of CLIP."""
