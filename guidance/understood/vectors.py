"""A vector symbolic architecture: names and states as hypervectors, which are bound, bundled, unbound and cleaned up.

It is the multiply-add-permute kind: Gayler, "Multiplicative Binding, Representation Operators and Analogy" (1998), with
components of -1 and 1. Binding multiplies component by component, so that every vector is its own inverse; bundling adds.
Two random vectors of D components have a cosine of 0 with a standard deviation of 1/sqrt(D).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

Vectors = np.ndarray
"""(..., D) float32."""


def hypervectors(names: Sequence[str], dimensions: int, seed: int) -> Vectors:
    """The vectors of names: (names, D) float32 of -1 and 1.

    A name has the same vector whatever else is asked for, on every machine and in every version: the bits come raw from
    PCG64, whose stream NumPy promises to keep, seeded with the bytes of the name.

    Args:
        names: any texts.
        dimensions: D, a multiple of 64.
        seed: chooses the whole set.

    Raises:
        ValueError: D is no positive multiple of 64.
    """
    if dimensions <= 0 or dimensions % 64:
        raise ValueError(f"{dimensions} dimensions: give a positive multiple of 64")
    made = np.empty((len(names), dimensions), np.float32)
    for row, name in zip(made, names, strict=True):
        source = np.random.PCG64(np.random.SeedSequence([seed, *name.encode()]))
        words = np.array([source.random_raw() for _ in range(dimensions // 64)], dtype="<u8")
        row[:] = np.unpackbits(words.view(np.uint8)).astype(np.float32) * 2 - 1
    return made


def codes(states: np.ndarray, dimensions: int, seed: int) -> Vectors:
    """Hypervectors of states (n, width): (n, D) float32 of -1 and 1; states of near directions have near hypervectors.

    Each component is the side of a random hyperplane through the origin on which a state lies. At an angle of t between two
    states the cosine of their hypervectors is 1 - 2 t / pi, with a standard deviation of at most 1/sqrt(D): Charikar,
    "Similarity Estimation Techniques from Rounding Algorithms" (2002). The hyperplanes' normals are hypervectors themselves.

    Args:
        states: (n, width), centred, of any length but 0.
        dimensions: D, a positive multiple of 64.
        seed: chooses the hyperplanes.
    """
    normals = _normals(states.shape[1], dimensions, seed)
    return np.where(np.asarray(states, np.float32) @ normals > 0, np.float32(1), np.float32(-1))


@lru_cache(maxsize=2)
def _normals(width: int, dimensions: int, seed: int) -> Vectors:
    """The hyperplanes' normals, (width, D)."""
    return hypervectors([f"axis:{index}" for index in range(width)], dimensions, seed)


def bind(one: Vectors, other: Vectors) -> Vectors:
    """Two vectors as a pair: their product. It resembles neither."""
    return one * other


def unbind(pair: Vectors, one: Vectors) -> Vectors:
    """The vector that was bound to ``one``: exactly, since each vector is its own inverse."""
    return pair * one


def bundle(vectors: Vectors) -> Vectors:
    """Vectors (n, D) as a set: their sum (D,). It resembles each of them, with a cosine of 1/sqrt(n)."""
    return np.asarray(vectors.sum(0), np.float32)


def similarities(vectors: Vectors, codebook: Vectors) -> Vectors:
    """Cosines between vectors (..., D) and those of a codebook (k, D): (..., k). A vector of zeros has 0 with all."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True) * np.linalg.norm(codebook, axis=-1)
    return np.asarray(vectors @ codebook.T / np.maximum(lengths, 1e-12), np.float32)


def clean_up(vector: Vectors, codebook: Vectors) -> tuple[int, float, float]:
    """The entry of a codebook that a noisy vector (D,) stands for.

    Returns:
        its index, its cosine, and how far that lies above the cosine of the next one.
    """
    found = similarities(vector, codebook)
    best = int(np.argmax(found))
    others = np.delete(found, best)
    return best, float(found[best]), float(found[best] - others.max()) if len(others) else float(found[best])
