"""Triton kernels that grade on CUDA in one pass: each colour is read once and written once.

Importing this module needs Triton, so only :mod:`reswd_torch.grade.routes` imports it, and only for a CUDA tensor. The arithmetic
is that of the plain path, in float32 and in its order. Products are not contracted with sums (``enable_fp_fusion``), since near 0
a power below 1 makes a large difference of the last bit. NaN comes out where it comes out of the plain path.
"""

# mypy: disallow-untyped-defs=False
# (the arguments of functions that Triton compiles are blocks and pointers, which have no Python types)

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from reswd_torch.grade.constants import LUMA, Triple

_BLOCK = 512  # number of colours in one program
_LUMA_R, _LUMA_G, _LUMA_B = (tl.constexpr(weight) for weight in LUMA)


def cdl(rgb: Tensor, slope: Triple, offset: Triple, power: Triple, saturation: float) -> Tensor:
    """ASC CDL v1.2: slope, offset, clamp, power, saturation around Rec.709 luma, clamp.

    Args:
        rgb: (N, 3) float32, float16 or bfloat16, any strides and values.
        slope, offset, power, saturation: as :class:`reswd_torch.grade.Cdl` holds them.

    Returns:
        (N, 3), 0..1, same dtype.
    """
    out = torch.empty_like(rgb)
    if len(rgb):
        bends, mixes = power != (1.0, 1.0, 1.0), saturation != 1.0
        _cdl_kernel[(triton.cdiv(len(rgb), _BLOCK),)](
            rgb, out, len(rgb), *rgb.stride(), *out.stride(), *slope, *offset, *power, saturation,
            BENDS=bends, MIXES=mixes, BLOCK=_BLOCK, enable_fp_fusion=False,
        )  # fmt: skip
    return out


def lut(rgb: Tensor, table: Tensor, size: int) -> Tensor:
    """A 3-D lattice with tetrahedral interpolation in the Kuhn simplex that holds the colour. A cell has six of them, which share
    its grey diagonal.

    Args:
        rgb: (N, 3) float32, float16 or bfloat16, any strides; clamped to 0..1.
        table: (size ** 3, 3) float32, contiguous; red changes slowest.
        size: lattice points along one axis, at least 2.

    Returns:
        (N, 3), same dtype.
    """
    out = torch.empty_like(rgb)
    if len(rgb):
        _lut_kernel[(triton.cdiv(len(rgb), _BLOCK),)](
            rgb, out, table, len(rgb), size, *rgb.stride(), *out.stride(), BLOCK=_BLOCK, enable_fp_fusion=False
        )
    return out


@triton.jit
def _cdl_kernel(
    rgb, out, count, pixel_in, channel_in, pixel_out, channel_out,
    slope_r, slope_g, slope_b, offset_r, offset_g, offset_b, power_r, power_g, power_b, saturation,
    BENDS: tl.constexpr, MIXES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    pixel = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    here = pixel < count
    r, g, b = _load(rgb, pixel, pixel_in, channel_in, here)
    r = _bent(r, slope_r, offset_r, power_r, BENDS)
    g = _bent(g, slope_g, offset_g, power_g, BENDS)
    b = _bent(b, slope_b, offset_b, power_b, BENDS)
    if MIXES:
        luma = r * _LUMA_R + g * _LUMA_G + b * _LUMA_B
        r = _clamped(luma + saturation * (r - luma))
        g = _clamped(luma + saturation * (g - luma))
        b = _clamped(luma + saturation * (b - luma))
    _store(out, pixel, pixel_out, channel_out, here, r, g, b)


@triton.jit
def _lut_kernel(rgb, out, table, count, size, pixel_in, channel_in, pixel_out, channel_out, BLOCK: tl.constexpr):
    pixel = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    here = pixel < count
    r, g, b = _load(rgb, pixel, pixel_in, channel_in, here)
    corner_r, r = _cell(r, size)
    corner_g, g = _cell(g, size)
    corner_b, b = _cell(b, size)

    # The walk from the low corner to the high one takes the axis with the largest fraction first and the smallest last. Where
    # fractions are equal any order gives the same colour, but no axis may be taken twice.
    most = tl.maximum(tl.maximum(r, g), b)
    least = tl.minimum(tl.minimum(r, g), b)
    middle = tl.maximum(tl.minimum(r, g), tl.minimum(tl.maximum(r, g), b))
    step_r, step_g = size * size, size
    first = tl.where((r >= g) & (r >= b), step_r, tl.where(g >= b, step_g, 1))
    last = tl.where((b <= r) & (b <= g), 1, tl.where(g <= r, step_g, step_r))
    low = corner_r * step_r + corner_g * step_g + corner_b
    high = low + step_r + step_g + 1

    result_r, result_g, result_b = _weighted(table, low, 1.0 - most, here)
    for_r, for_g, for_b = _weighted(table, low + first, most - middle, here)
    result_r, result_g, result_b = result_r + for_r, result_g + for_g, result_b + for_b
    for_r, for_g, for_b = _weighted(table, high - last, middle - least, here)
    result_r, result_g, result_b = result_r + for_r, result_g + for_g, result_b + for_b
    for_r, for_g, for_b = _weighted(table, high, least, here)
    result_r, result_g, result_b = result_r + for_r, result_g + for_g, result_b + for_b

    known = r + g + b  # a maximum may drop a NaN, a sum does not
    lost = known != known
    result_r = tl.where(lost, known, result_r)
    result_g = tl.where(lost, known, result_g)
    result_b = tl.where(lost, known, result_b)
    _store(out, pixel, pixel_out, channel_out, here, result_r, result_g, result_b)


@triton.jit
def _load(source, pixel, pixel_stride, channel_stride, here):
    """Load three channels, as float32."""
    red = source + pixel * pixel_stride
    green = red + channel_stride
    r = tl.load(red, mask=here, other=0.0).to(tl.float32)
    g = tl.load(green, mask=here, other=0.0).to(tl.float32)
    b = tl.load(green + channel_stride, mask=here, other=0.0).to(tl.float32)
    return r, g, b


@triton.jit
def _store(out, pixel, pixel_stride, channel_stride, here, r, g, b):
    """Store three channels in the dtype of the output."""
    red = out + pixel * pixel_stride
    green = red + channel_stride
    tl.store(red, r.to(out.dtype.element_ty), mask=here)
    tl.store(green, g.to(out.dtype.element_ty), mask=here)
    tl.store(green + channel_stride, b.to(out.dtype.element_ty), mask=here)


@triton.jit
def _clamped(x):
    """Clamp to 0..1; NaN stays."""
    return tl.where(x < 0.0, 0.0, tl.where(x > 1.0, 1.0, x))


@triton.jit
def _bent(x, slope, offset, power, BENDS: tl.constexpr):
    """Slope, offset, clamp and power of one channel.

    x ** power is computed as 2 ** (power * log2 x). On 0..1 that is within 1e-7: where the logarithm is large, and its error with
    it, the result is small. At 0 it is 2 ** -inf, which is 0.
    """
    x = _clamped(x * slope + offset)
    if BENDS:
        x = tl.where(power == 1.0, x, tl.exp2(power * tl.log2(x)))
    return x


@triton.jit
def _cell(x, size):
    """The lattice point below, and the fraction of a step above it. NaN lies in cell 0, with a fraction of NaN."""
    scaled = _clamped(x) * (size - 1)
    below = tl.minimum(tl.floor(tl.where(scaled == scaled, scaled, 0.0)).to(tl.int32), size - 2)
    return below, scaled - below.to(tl.float32)


@triton.jit
def _weighted(table, entry, weight, here):
    """One lattice point's colour times its weight."""
    at = table + entry * 3
    return (
        tl.load(at, mask=here, other=0.0) * weight,
        tl.load(at + 1, mask=here, other=0.0) * weight,
        tl.load(at + 2, mask=here, other=0.0) * weight,
    )
