"""A linear layer whose weights are 4-bit codes with scales for rows and columns."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from guidance.quantize.sinkhorn import dual_scales
from guidance.quantize.tiles import in_rows, in_tiles, pack, round_to_nearest, tile_for, unpack
from reswd_torch.errors import InputError
from reswd_torch.threads import one_thread

METHODS = ("sinq", "rtn")
"""How codes are found: with the scales of :func:`guidance.quantize.sinkhorn.dual_scales`, or by round-to-nearest alone, with
the same tiles and the same scale for all columns of a tile. With ``"sinq"`` a tile whose weights come out nearer by
round-to-nearest alone is rounded so. The paper does not look; without it small layers whose weights stick out nowhere came out
worse (``python -m benchmarks.quantize``)."""
_AT_ONCE = 1 << 22
"""Weights that are worked on at the same time. It bounds the memory, and is the same on every machine."""


class SinqLinear(nn.Module):
    """A linear layer that keeps W as s_row * (Q + z) * t_column (arXiv 2509.22944).

    Q are codes of 4 bits, two in a byte. Each row of each tile has its own s and z, and each column its own t. A call makes
    the weights anew in the format of its scales and multiplies with them as any linear layer does, on every device; so it
    saves memory and no time. The codes are a parameter, so that they move to devices and wait in the host's memory as weights
    do; a change of number format touches only the scales and the bias.

    Attributes:
        codes: (out, in / 2) uint8, see :func:`guidance.quantize.tiles.pack`.
        scale, zero: (in / tile, out).
        columns: (in,).
        bias: (out,), or None.
        tile: input features that share a scale and a zero in each row.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool, tile: int, device: object = None,
        dtype: torch.dtype | None = None,
    ) -> None:  # fmt: skip
        """Make a layer whose weights are all zero; :meth:`from_linear` makes one of weights that are there."""
        super().__init__()
        self.in_features, self.out_features, self.tile = in_features, out_features, tile
        if in_features % 2 or in_features % tile:
            raise InputError(
                f"a tile of {tile} does not fit {in_features} inputs: give an even divisor of {in_features}"
            )

        def kept(value: Tensor) -> nn.Parameter:
            return nn.Parameter(value, requires_grad=False)

        place = {"device": device, "dtype": dtype}
        self.codes = kept(torch.zeros(out_features, in_features // 2, device=device, dtype=torch.uint8))  # type: ignore[call-overload]
        self.scale = kept(torch.zeros(in_features // tile, out_features, **place))  # type: ignore[call-overload]
        self.zero = kept(torch.zeros(in_features // tile, out_features, **place))  # type: ignore[call-overload]
        self.columns = kept(torch.ones(in_features, **place))  # type: ignore[call-overload]
        self.bias = kept(torch.zeros(out_features, **place)) if bias else None  # type: ignore[call-overload]

    @classmethod
    def from_linear(
        cls, linear: nn.Linear, name: str = "layer", tile: int | None = None, method: str = "sinq",
        device: object = None,
    ) -> SinqLinear:  # fmt: skip
        """A quantized copy of a linear layer, on the layer's device and in its number format.

        The same weights give the same bytes on any number of threads.

        Args:
            linear: the layer; it stays as it is.
            name: the layer's name, for error messages.
            tile: see :func:`guidance.quantize.tiles.tile_for`.
            method: one of :data:`METHODS`.
            device: where the scales are searched; None for the layer's device.

        Raises:
            InputError: the tile does not fit, none fits, the method is unknown, or a weight is not finite.
        """
        if method not in METHODS:
            raise InputError(f"unknown method {method!r}: choose {' or '.join(METHODS)}")
        size = tile_for(linear.in_features, name, tile)
        if size is None:
            raise InputError(f"{name}: no tile fits its {linear.in_features} inputs: leave this layer as it is")
        weight = linear.weight.detach()
        made = cls(linear.in_features, linear.out_features, linear.bias is not None, size, weight.device, weight.dtype)
        if linear.bias is not None and made.bias is not None:
            made.bias.data.copy_(linear.bias.detach())
        at_once = max(1, _AT_ONCE // (linear.out_features * size))
        with one_thread():
            for first in range(0, linear.in_features // size, at_once):
                tiles = slice(first, first + at_once)
                inputs = slice(first * size, (first + at_once) * size)
                part = weight[:, inputs].to(device=device, dtype=torch.float32)  # type: ignore[call-overload]
                if not torch.isfinite(part).all():
                    raise InputError(f"{name}: its weights are not all finite: get the model anew")
                made._fill(tiles, inputs, in_tiles(part, size), method)
        return made

    def _fill(self, tiles: slice, inputs: slice, weight: Tensor, method: str) -> None:
        """Quantize some tiles, (tiles, out, tile) float32, and keep what comes out."""
        columns = torch.ones_like(weight[:, :1, :])
        codes, scale, zero, columns = self._rounded(weight, columns)
        if method == "sinq":
            # The scales of rows need no division of their own: each row gets a step of its own, which takes them in.
            found = self._rounded(weight, dual_scales(weight)[1])
            better = _squared_error(weight, *found) < _squared_error(weight, codes, scale, zero, columns)
            codes, scale, zero, columns = (
                torch.where(better.view(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(found, (codes, scale, zero, columns), strict=True)
            )
        self.codes.data[:, inputs.start // 2 : inputs.stop // 2] = pack(in_rows(codes))
        self.scale.data[tiles], self.zero.data[tiles] = scale, zero
        self.columns.data[inputs] = columns[:, 0].flatten().to(self.columns.dtype)

    def _rounded(self, weight: Tensor, columns: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Codes, scales and zeros for some scales of columns, and those as they are kept."""
        kept = self.scale.dtype
        # The size of the weights goes to the columns, so that half precision holds the steps of rows. A power of two is exact.
        size = (weight / columns).abs().amax(2, keepdim=True).median(1, keepdim=True).values
        columns = columns * torch.where(size > 0, size, 1.0).log2().round().exp2()
        columns = columns.clamp(min=torch.finfo(kept).tiny, max=torch.finfo(kept).max)
        columns = columns.to(kept).float()  # codes are chosen for the scales as they are kept
        return *round_to_nearest(weight / columns, kept), columns

    @property
    def weight(self) -> Float[Tensor, "out inputs"]:
        """The weights, made anew from the codes in the format of the scales. Some models ask a layer for them."""
        codes = in_tiles(unpack(self.codes), self.tile).to(self.scale.dtype)
        return in_rows((codes + self.zero[..., None]) * self.scale[..., None]) * self.columns

    def forward(self, input: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch out"]:
        """The layer's output, as :class:`torch.nn.Linear` gives it for these weights."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """What a printed model says of the layer."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}, "
            f"tile={self.tile}, bits=4"
        )


def _squared_error(weight: Tensor, codes: Tensor, scale: Tensor, zero: Tensor, columns: Tensor) -> Tensor:
    """What rounding makes of each tile, as the sum of the squares of the differences, (tiles,)."""
    made = (codes + zero.float()[..., None]) * scale.float()[..., None] * columns
    return (made - weight).square().sum((1, 2))
