"""Models whose linear layers are replaced."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from guidance.quantize import SinqLinear, quantize_linears
from guidance.quantize.replace import model_bytes
from reswd_torch import InputError
from tests.guidance.tiny import FAMILIES, run, tiny_pipeline


class Model(nn.Module):
    """A model with a layer of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(100, 64)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64)) for _ in range(2))
        self.odd = nn.Linear(64, 37)
        self.narrow = nn.Linear(37, 64)
        self.single = nn.Linear(64, 1)
        self.attention = nn.MultiheadAttention(64, 2)
        self.conv = nn.Conv2d(4, 4, 1)
        self.head = nn.Linear(64, 100, bias=False)
        self.head.weight = self.embed.weight


def test_what_can_be_quantized_is_and_the_rest_says_why() -> None:
    model = Model()
    before = model_bytes(model)
    calls: list[tuple[int, int]] = []
    report = quantize_linears(model, keep=("blocks.1",), on_layer=lambda done, of: calls.append((done, of)))
    names = {name for name, module in model.named_modules() if isinstance(module, SinqLinear)}
    assert names == {"blocks.0.0", "blocks.0.2", "odd"}
    assert report.layers == 3 and calls == [(1, 3), (2, 3), (3, 3)]
    assert report.skipped == {
        "blocks.1.0": "asked for",
        "blocks.1.2": "asked for",
        "narrow": "37 inputs have no even divisor from 16 up",
        "single": "too small to gain",
        "attention.out_proj": "a NonDynamicallyQuantizableLinear",
        "head": "its weights are shared",
    }
    assert (report.bytes_before, report.bytes_after) == (before, model_bytes(model))
    assert report.bytes_after < before
    assert str(report) == f"3 layers in 4 bits, 6 kept: {report.bytes_after / before:.0%} of the bytes"
    assert model.head.weight is model.embed.weight


def test_a_tile_that_does_not_fit_names_its_layer_before_anything_is_replaced() -> None:
    model = Model()
    with pytest.raises(InputError, match=r"blocks\.0\.0: a tile of 48 does not fit its 64 inputs"):
        quantize_linears(model, tile=48)
    assert not any(isinstance(module, SinqLinear) for module in model.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_paints_with_a_quantized_denoiser(family: str) -> None:
    pipe: Any = tiny_pipeline(family)
    denoiser = getattr(pipe, "unet", None) or pipe.transformer
    wanted = run(pipe)
    report = quantize_linears(denoiser)
    assert report.layers >= 5 and report.bytes_after < report.bytes_before
    made = run(pipe)
    assert bool(torch.isfinite(made).all())
    assert made.shape == wanted.shape
    assert 0 < float((made - wanted).abs().mean()) < 0.2
