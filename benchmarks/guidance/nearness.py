"""How near a picture's colours are to those of a reference, as the SW-Guidance paper measures it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from guidance.reference import Reference

PIXELS = 1024
"""Pixels and reference colours that W2 compares."""


def w2(picture: Tensor, reference: Reference) -> float:
    """The exact Wasserstein distance in RGB between 1,024 pixels of a picture (3, height, width) and 1,024 reference colours."""
    import ot

    random = torch.Generator().manual_seed(0)
    sets = (picture.permute(1, 2, 0).reshape(-1, 3), reference.colors)
    first, second = (each[torch.randperm(len(each), generator=random)[:PIXELS]].double().numpy() for each in sets)
    return float(np.sqrt(ot.emd2([], [], ot.dist(first, second), numItermax=10**6)))
