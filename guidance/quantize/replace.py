"""Quantizing the linear layers of a model in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from torch import nn

from guidance.quantize.linear import SinqLinear
from guidance.quantize.tiles import SMALLEST_TILE, tile_for


@dataclass
class QuantizeReport:
    """What was quantized of a model.

    Attributes:
        layers: how many linear layers were quantized.
        bytes_before, bytes_after: bytes of all parameters and buffers of the model, without and with it.
        skipped: for the name of each linear layer that stayed as it was, why.
    """

    layers: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    skipped: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        kept = f", {len(self.skipped)} kept" if self.skipped else ""
        return f"{self.layers} layers in 4 bits{kept}: {self.bytes_after / self.bytes_before:.0%} of the bytes"


def quantize_linears(
    model: nn.Module,
    tile: int | None = None,
    method: str = "sinq",
    device: object = None,
    keep: Collection[str] = (),
    on_layer: Callable[[int, int], None] | None = None,
) -> QuantizeReport:
    """Replace every linear layer of a model by a :class:`~guidance.quantize.SinqLinear`, in place.

    One layer is replaced after the other, so that no more than one is there twice. A layer stays as it is where its weights
    are shared with another module, where a subclass of :class:`torch.nn.Linear` may do more than multiply, where codes and
    scales would take no less memory, and where no tile fits. Convolutions and embeddings stay as well.

    Args:
        model: the denoiser, or a text encoder. If it is a linear layer itself, nothing can be replaced.
        tile: see :func:`guidance.quantize.tiles.tile_for`.
        method: one of :data:`guidance.quantize.linear.METHODS`.
        device: where scales are searched; None for each layer's own. The layers stay where they are.
        keep: names, or the beginnings of names up to a dot, of layers that stay as they are.
        on_layer: is called after each layer with the number of layers done and of all. It may raise an exception, which
            leaves the model half quantized.

    Raises:
        InputError: the tile that was asked for does not fit a layer, or weights are not finite.
    """
    report = QuantizeReport(bytes_before=model_bytes(model))
    chosen: list[tuple[str, nn.Linear]] = []
    users = Counter(
        id(value) for module in model.modules() for value in module._parameters.values() if value is not None
    )
    for name, module in model.named_modules():
        if not isinstance(module, nn.Linear) or not name:
            continue
        reason = kept_as_it_is(name, module, tile, keep, users[id(module.weight)])
        if reason is None:
            chosen.append((name, module))
        else:
            report.skipped[name] = reason
    for done, (name, linear) in enumerate(chosen, 1):
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, SinqLinear.from_linear(linear, name, tile, method, device))
        if on_layer is not None:
            on_layer(done, len(chosen))
    report.layers, report.bytes_after = len(chosen), model_bytes(model)
    return report


def kept_as_it_is(name: str, linear: nn.Linear, tile: int | None, keep: Collection[str], users: int) -> str | None:
    """Why a layer is not quantized; None for one that is."""
    if any(name == each or name.startswith(f"{each}.") for each in keep):
        return "asked for"
    if type(linear) is not nn.Linear:
        return f"a {type(linear).__name__}"
    if users > 1:
        return "its weights are shared"
    size = tile_for(linear.in_features, name, tile)
    if size is None:
        return f"{linear.in_features} inputs have no even divisor from {SMALLEST_TILE} up"
    number = linear.weight.element_size()
    scales = 2 * linear.out_features * linear.in_features // size + linear.in_features
    if linear.weight.numel() // 2 + scales * number >= linear.weight.numel() * number:
        return "too small to gain"
    return None


def model_bytes(model: nn.Module) -> int:
    """Bytes of all parameters and buffers of a model, each counted once."""
    return sum(value.numel() * value.element_size() for value in {*model.parameters(), *model.buffers()})
