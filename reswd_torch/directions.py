"""Unit vectors to project on: ways to spread directions over the sphere.

Each function returns ``count`` rows of length 1. Each row *alone* is uniform on the sphere (the even lines in 2-D up to their
sign, on which a Wasserstein distance does not depend). The mean of any even function over the rows, or over some of them, is
therefore an unbiased estimate of its spherical mean. The kinds differ in how the rows depend on each other, and so in the
variance of that estimate.

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
"""The kinds that :func:`draw_directions` can draw. ``"even"`` served best in docs/estimators.md, see :func:`even_directions`."""

_SOBOL_CELL = 2.0**-30  # torch's Sobol points lie on a lattice of this width
_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


def draw_directions(
    kind: str,
    count: int,
    dims: int,
    *,
    generator: torch.Generator,
    sets: int = 1,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "rows dims"]:
    """``count`` unit vectors in ``dims`` dimensions, or several such sets at once.

    Args:
        kind: one of :data:`KINDS`. ``"fibonacci"`` needs ``dims`` = 3.
        count: number of directions in a set, at least 1.
        dims: number of dimensions, at least 1. In one dimension every direction is +1 or -1.
        generator: the source of randomness; it is advanced.
        sets: number of sets, which come one after the other; one call for many sets is quicker than many calls. A Sobol
            sequence goes on from set to set, as does an orthogonal frame that has room for two sets or more.
        dtype: a floating dtype.
        device: device of the result; None: the generator's device.

    Returns:
        (sets * count, dims), rows of length 1.

    Raises:
        InputError: unknown kind, count, sets or dims below 1, dims that the kind cannot serve, a dtype that is not floating,
            or no generator.

    Example:
        >>> draw_directions("orthogonal", 8, 3, generator=torch.Generator().manual_seed(0)).shape
        torch.Size([8, 3])
    """
    check_kind(kind, dims)
    check_count("count", count)
    check_count("sets", sets)
    if not isinstance(generator, torch.Generator):
        raise InputError(f"generator {generator!r} is not a torch.Generator: pass torch.Generator().manual_seed(seed)")
    if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise InputError(f"dtype {dtype!r} cannot hold a direction: choose a floating dtype such as torch.float32")
    rows = _DRAW[kind](count, dims, generator, sets)
    # without waiting for the copy: it is staged before the call returns, and a wait at each step would stall the device
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


def check_count(name: str, value: object, least: int = 1) -> None:
    """Raise InputError unless ``value`` is a whole number of at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} = {value!r} is not usable: give a whole number of at least {least}")


def check_directions(directions: Tensor, x: Tensor, count: int | None = None) -> None:
    """Raise InputError unless ``directions`` are unit rows that fit the points ``x`` (and are ``count`` in number)."""
    wanted = f"({'count' if count is None else count}, {x.shape[-1]})"
    if not isinstance(directions, Tensor) or directions.ndim != 2 or directions.shape[-1] != x.shape[-1]:
        got = tuple(directions.shape) if isinstance(directions, Tensor) else type(directions).__name__
        raise InputError(f"directions: got {got}, expected rows of length 1 in a tensor of shape {wanted}")
    if directions.shape[0] == 0 or (count is not None and directions.shape[0] != count):
        raise InputError(f"directions: got {directions.shape[0]} rows, expected a tensor of shape {wanted}")
    check_alike("directions", directions, "x", x)
    if directions.device.type != "cpu":  # the host would have to wait for the device
        return
    length = torch.linalg.vector_norm(directions, dim=-1)
    if not bool(((length - 1).abs() < 1e-3).all()):
        raise InputError("directions have rows whose length is not 1: divide each row by its norm")


def gaussian_directions(count: int, dims: int, generator: torch.Generator, sets: int = 1) -> Float[Tensor, "rows dims"]:
    """Independent, uniform on the sphere: normalised standard normal vectors. (sets * count, dims)."""
    return _normalised(_normal((sets * count, dims), generator))


def orthogonal_directions(
    count: int, dims: int, generator: torch.Generator, sets: int = 1
) -> Float[Tensor, "rows dims"]:
    """Blocks of ``dims`` mutually orthogonal rows, each block Haar-distributed; the last block may be cut. (sets * count, dims).

    A QR factorisation alone is not Haar: the signs of R's diagonal have to be moved into Q (F. Mezzadri, "How to
    generate random matrices from the classical compact groups", 2007).
    """
    # Frames go on from set to set as if all sets were one, except where most sets would then hold parts of two frames: a single
    # frame that is cut is more even.
    if 2 * count <= dims or dims % count == 0 or count % dims == 0:
        sets, count = 1, sets * count
    width = min(count, dims)  # a partial basis suffices where fewer directions than dimensions are wanted
    blocks = math.ceil(count / width)
    bases = _haar(sets * blocks, dims, width, generator).mT.reshape(sets, -1, dims)
    return bases[:, :count].reshape(-1, dims)


def sobol_directions(count: int, dims: int, generator: torch.Generator, sets: int = 1) -> Float[Tensor, "rows dims"]:
    """A scrambled Sobol sequence, sent through the normal quantile function and normalised. (sets * count, dims).

    Scrambling (seeded from ``generator``) makes each point uniform in the cube while the set stays evenly spread, hence
    each row uniform on the sphere. Quasi-Monte-Carlo directions for sliced Wasserstein: arXiv 2309.11713.
    """
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    engine = torch.quasirandom.SobolEngine(dims, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    # the middle of each lattice cell, so that 0 does not become an infinite quantile
    points = engine.draw(sets * count, dtype=torch.float64) + _SOBOL_CELL / 2
    return _normalised(torch.special.ndtri(points))


def even_directions(count: int, dims: int, generator: torch.Generator, sets: int = 1) -> Float[Tensor, "rows dims"]:
    """Directions spread as evenly as we know how. (sets * count, dims).

    In 2-D they are lines at equal angles, randomly turned; in 3-D a Fibonacci spiral made a tight frame (see
    :func:`tight_spiral`), randomly rotated; elsewhere, and for fewer than 3 directions in 3-D, orthogonal blocks.
    """
    if dims == 2:
        # Turned by up to half a circle and not only by a gap, so that each line alone is uniform: a reservoir may keep a part.
        turn = count * torch.rand((sets, 1), generator=generator, dtype=_draw_dtype(generator), device=generator.device)
        angle = (torch.arange(count, dtype=turn.dtype, device=turn.device) + turn).flatten() * (math.pi / count)
        return torch.stack([angle.cos(), angle.sin()], dim=-1)
    if dims == 3 and count >= 3:
        spiral = _tight_spiral(count, _draw_dtype(generator), generator.device)
        return (spiral @ _haar(sets, 3, 3, generator)).reshape(-1, 3)
    return orthogonal_directions(count, dims, generator, sets)


def fibonacci_directions(
    count: int, dims: int, generator: torch.Generator, sets: int = 1, *, half: bool = True
) -> Float[Tensor, "rows 3"]:
    """A Fibonacci spiral on the half-sphere (or the whole sphere), randomly rotated. (sets * count, 3).

    Opposite directions give the same 1-D distance, so the half-sphere is twice as dense for the same count. The
    rotation is Haar-distributed, which makes each row uniform (up to its sign). Spiral sets in 3-D: arXiv 2309.11713,
    section 4.
    """
    if dims != 3:
        raise InputError(f"directions 'fibonacci' need 3 dimensions and got {dims}: choose 'sobol' or 'orthogonal'")
    spiral = _spiral(count, half, _draw_dtype(generator), generator.device)
    return (spiral @ _haar(sets, 3, 3, generator)).reshape(-1, 3)


@functools.lru_cache(maxsize=8)
def _spiral(count: int, half: bool, dtype: torch.dtype, device: torch.device) -> Tensor:
    """:func:`fibonacci_spiral`, cached because a loss needs the same one at each step."""
    return fibonacci_spiral(count, half=half, dtype=dtype, device=device)


@functools.lru_cache(maxsize=8)
def _tight_spiral(count: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """:func:`tight_spiral`, cached because a loss needs the same one at each step."""
    return tight_spiral(count).to(dtype).to(device)


def tight_spiral(count: int) -> Float[Tensor, "count 3"]:
    """A Fibonacci spiral on the half-sphere made a tight frame: the sum of its rows' outer products is count/3 times the unit
    matrix. (count, 3), float64, without a rotation; ``count`` is at least 3.

    The mean of any quadratic form over such rows is exactly its mean over the sphere (with their opposites the rows are a
    spherical 3-design: P. Delsarte, J.-M. Goethals and J. Seidel, 1977). W_2^2 is a quadratic form in the direction as long as
    one plan is optimal, and elsewhere most of its variance is of that degree too. The frame is found by whitening the rows and
    scaling them back to length 1 in turn (J. Tropp et al., "Designing structured tight frames via an alternating projection
    method", 2005).
    """
    rows = fibonacci_spiral(count, dtype=torch.float64, device="cpu")
    for _ in range(1000):
        size, axes = torch.linalg.eigh(rows.mT @ rows * (3 / count))
        if float((size - 1).abs().max()) < 1e-13:
            break
        rows = rows @ (axes * size.rsqrt()) @ axes.mT
        rows = rows / torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    return rows


def fibonacci_spiral(
    count: int,
    *,
    half: bool = True,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "count 3"]:
    """The spiral of :func:`fibonacci_directions` without a rotation: the same evenly spread directions every time. (count, 3)."""
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


def _haar(sets: int, dims: int, width: int, generator: torch.Generator) -> Float[Tensor, "sets dims width"]:
    """The first ``width`` columns of each of ``sets`` orthogonal matrices, which are Haar-distributed."""
    q, r = torch.linalg.qr(_normal((sets, dims, width), generator))
    return q * torch.diagonal(r, dim1=-2, dim2=-1).sign().unsqueeze(-2)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Standard normal numbers on the generator's device."""
    return torch.randn(shape, generator=generator, dtype=_draw_dtype(generator), device=generator.device)


def _draw_dtype(generator: torch.Generator) -> torch.dtype:
    """Double precision, so that float32 and float64 callers get the same directions; Apple's MPS has single precision only."""
    return torch.float32 if generator.device.type == "mps" else torch.float64


def _normalised(rows: Float[Tensor, "count dims"]) -> Float[Tensor, "count dims"]:
    """Rows scaled to length 1; a row of zeros (all but impossible) becomes the first axis."""
    length = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    axis = torch.zeros_like(rows)
    axis[:, 0] = 1.0
    return torch.where(length > 0, rows / torch.where(length > 0, length, 1.0), axis)
