"""Unit vectors to project on: ways to spread directions over the sphere, every one with its own generator.

Each function returns ``count`` rows of length 1. Each row *alone* is uniform on the sphere (fibonacci: up to its sign,
which a Wasserstein distance cannot see), so the mean of any even function over the rows is an unbiased estimate of its
spherical mean. The kinds differ in how the rows depend on each other, that is, in the variance of that estimate.

Random numbers come from the ``torch.Generator`` that is passed in, on the generator's own device, and are moved
afterwards: one seed gives the same directions in float32 and float64, on the CPU and on an accelerator.
"""

from __future__ import annotations

import functools
import math

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.wasserstein import check_alike

KINDS = ("even", "gaussian", "orthogonal", "sobol", "fibonacci")
"""What :func:`draw_directions` understands. ``"even"`` is ``"fibonacci"`` in 3 dimensions and ``"orthogonal"`` in others: what
served best in docs/estimators.md."""

_SOBOL_CELL = 2.0**-30  # torch's Sobol points lie on a lattice of this width
_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


def draw_directions(
    kind: str,
    count: int,
    dims: int,
    *,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "count dims"]:
    """``count`` unit vectors in ``dims`` dimensions.

    Args:
        kind: one of :data:`KINDS`. ``"fibonacci"`` needs ``dims`` = 3.
        count: how many, at least 1.
        dims: length of each, at least 1. In one dimension every direction is +1 or -1.
        generator: where the randomness comes from; it is advanced.
        dtype: a floating dtype.
        device: where the result lies; None means the generator's device.

    Returns:
        (count, dims), rows of length 1.

    Raises:
        InputError: unknown kind, count or dims below 1, dims that the kind cannot serve, a dtype that is not floating,
            or no generator.

    Example:
        >>> draw_directions("orthogonal", 8, 3, generator=torch.Generator().manual_seed(0)).shape
        torch.Size([8, 3])
    """
    check_kind(kind, dims)
    check_count("count", count)
    if not isinstance(generator, torch.Generator):
        raise InputError(f"generator {generator!r} is not a torch.Generator: pass torch.Generator().manual_seed(seed)")
    if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise InputError(f"dtype {dtype!r} cannot hold a direction: choose a floating dtype such as torch.float32")
    rows = _DRAW[kind](count, dims, generator)
    # not waiting for the copy: it is staged before the call returns, and a wait at each step would stall the device
    return rows.to(dtype).to(generator.device if device is None else device, non_blocking=True)


def check_kind(kind: str, dims: int | None = None) -> None:
    """Raise InputError unless ``kind`` is known and, where ``dims`` is given, can serve that many dimensions."""
    if kind not in KINDS:
        raise InputError(f"unknown directions {kind!r}: choose one of {', '.join(KINDS)}")
    if dims is None:
        return
    check_count("dims", dims)
    if kind == "fibonacci" and dims != 3:
        raise InputError(f"directions 'fibonacci' need 3 dimensions and got {dims}: choose 'sobol' or 'orthogonal'")
    if kind == "sobol" and dims > torch.quasirandom.SobolEngine.MAXDIM:
        limit = torch.quasirandom.SobolEngine.MAXDIM
        raise InputError(f"directions 'sobol' reach {limit} dimensions and got {dims}: choose 'orthogonal'")


def check_count(name: str, value: object) -> None:
    """Raise InputError unless ``value`` is a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name} = {value!r} is not usable: give a whole number of at least 1")


def check_directions(directions: Tensor, x: Tensor, count: int | None = None) -> None:
    """Raise InputError unless ``directions`` are unit rows that fit the points ``x`` (and are ``count`` in number)."""
    wanted = f"({'count' if count is None else count}, {x.shape[-1]})"
    if not isinstance(directions, Tensor) or directions.ndim != 2 or directions.shape[-1] != x.shape[-1]:
        got = tuple(directions.shape) if isinstance(directions, Tensor) else type(directions).__name__
        raise InputError(f"directions: got {got}, expected rows of length 1 in a tensor of shape {wanted}")
    if directions.shape[0] == 0 or (count is not None and directions.shape[0] != count):
        raise InputError(f"directions: got {directions.shape[0]} rows, expected a tensor of shape {wanted}")
    check_alike("directions", directions, "x", x)
    if directions.device.type != "cpu":  # the device would have to wait for the answer
        return
    length = torch.linalg.vector_norm(directions, dim=-1)
    if not bool(((length - 1).abs() < 1e-3).all()):
        raise InputError("directions have rows whose length is not 1: divide each row by its norm")


def gaussian_directions(count: int, dims: int, generator: torch.Generator) -> Float[Tensor, "count dims"]:
    """Independent, uniform on the sphere: normalised standard normal vectors. (count, dims)."""
    return _normalised(_normal((count, dims), generator))


def orthogonal_directions(count: int, dims: int, generator: torch.Generator) -> Float[Tensor, "count dims"]:
    """Blocks of ``dims`` mutually orthogonal rows, each block Haar-distributed; the last block may be cut. (count,
    dims).

    A QR factorisation alone is not Haar: the signs of R's diagonal have to be moved into Q (F. Mezzadri, "How to
    generate random matrices from the classical compact groups", 2007).
    """
    width = min(count, dims)  # a partial basis suffices where fewer directions than dimensions are wanted
    blocks = math.ceil(count / width)
    q, r = torch.linalg.qr(_normal((blocks, dims, width), generator))
    basis = q * torch.diagonal(r, dim1=-2, dim2=-1).sign().unsqueeze(-2)
    return basis.mT.reshape(-1, dims)[:count]


def sobol_directions(count: int, dims: int, generator: torch.Generator) -> Float[Tensor, "count dims"]:
    """A scrambled Sobol sequence, sent through the normal quantile function and normalised. (count, dims).

    Scrambling (seeded from ``generator``) makes each point uniform in the cube while the set stays evenly spread, hence
    each row uniform on the sphere. Quasi-Monte-Carlo directions for sliced Wasserstein: arXiv 2309.11713.
    """
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    engine = torch.quasirandom.SobolEngine(dims, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    # the middle of each lattice cell, so that 0 does not become an infinite quantile
    points = engine.draw(count, dtype=torch.float64) + _SOBOL_CELL / 2
    return _normalised(torch.special.ndtri(points))


def even_directions(count: int, dims: int, generator: torch.Generator) -> Float[Tensor, "count dims"]:
    """A spiral in 3-D, orthogonal blocks elsewhere. (count, dims)."""
    return (fibonacci_directions if dims == 3 else orthogonal_directions)(count, dims, generator)


def fibonacci_directions(
    count: int, dims: int, generator: torch.Generator, *, half: bool = True
) -> Float[Tensor, "count 3"]:
    """A Fibonacci spiral on the half-sphere (or the whole sphere), randomly rotated. (count, 3).

    Opposite directions give the same 1-D distance, so the half-sphere is twice as dense for the same count. The
    rotation is Haar-distributed, which makes each row uniform (up to its sign). Spiral sets in 3-D: arXiv 2309.11713,
    section 4.
    """
    if dims != 3:
        raise InputError(f"directions 'fibonacci' need 3 dimensions and got {dims}: choose 'sobol' or 'orthogonal'")
    spiral = _spiral(count, half, _draw_dtype(generator), generator.device)
    q, r = torch.linalg.qr(_normal((3, 3), generator))
    return spiral @ (q * r.diagonal().sign())


@functools.lru_cache(maxsize=64)
def _spiral(count: int, half: bool, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Kept, for a loss asks for the same one at each step."""
    return fibonacci_spiral(count, half=half, dtype=dtype, device=device)


def fibonacci_spiral(
    count: int,
    *,
    half: bool = True,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "count 3"]:
    """The same spiral as it stands, without a rotation: the same evenly spread directions every time. (count, 3)."""
    index = torch.arange(count, dtype=torch.float64 if dtype == torch.float64 else torch.float32, device=device)
    fraction = (index + 0.5) / count
    height = fraction if half else 2.0 * fraction - 1.0
    radius = torch.sqrt(1.0 - height**2)
    angle = _GOLDEN_ANGLE * index
    return torch.stack([radius * torch.cos(angle), radius * torch.sin(angle), height], dim=-1).to(dtype)


_DRAW = {
    "even": even_directions,
    "gaussian": gaussian_directions,
    "orthogonal": orthogonal_directions,
    "sobol": sobol_directions,
    "fibonacci": fibonacci_directions,
}


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=_draw_dtype(generator), device=generator.device)


def _draw_dtype(generator: torch.Generator) -> torch.dtype:
    """Double precision, so that float32 and float64 callers see the same directions; Apple's MPS has none."""
    return torch.float32 if generator.device.type == "mps" else torch.float64


def _normalised(rows: Float[Tensor, "count dims"]) -> Float[Tensor, "count dims"]:
    """Rows scaled to length 1; a row of zeros (all but impossible) becomes the first axis."""
    length = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    axis = torch.zeros_like(rows)
    axis[:, 0] = 1.0
    return torch.where(length > 0, rows / torch.where(length > 0, length, 1.0), axis)
