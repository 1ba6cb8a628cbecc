"""The quantized layer: closer than round-to-nearest where there are outliers, and a module like any other."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

from guidance.quantize import SinqLinear
from reswd_torch import InputError


def _layer(rows: bool = False, columns: bool = False, dtype: torch.dtype = torch.float32) -> nn.Linear:
    """A layer of 96 outputs and 256 inputs; with rows or columns that are twenty times as large as the others."""
    random = torch.Generator().manual_seed(0)
    layer = nn.Linear(256, 96, dtype=dtype)
    weight = torch.randn(96, 256, generator=random) * 0.02
    if rows:
        weight[::19] *= 20
    if columns:
        weight[:, ::31] *= 20
    layer.weight.data.copy_(weight)
    layer.bias.data.copy_(torch.randn(96, generator=random) * 0.1)
    return layer.requires_grad_(False)


def _error(layer: nn.Linear, method: str) -> float:
    inputs = torch.randn(128, 256, generator=torch.Generator().manual_seed(1), dtype=torch.float32)
    wanted = layer(inputs)
    made = SinqLinear.from_linear(layer, method=method)(inputs)
    return float((made - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("rows", [False, True])
def test_dual_scales_halve_the_error_where_columns_stick_out(rows: bool) -> None:
    layer = _layer(rows, columns=True)
    assert _error(layer, "sinq") < 0.65 * _error(layer, "rtn")
    assert _error(layer, "sinq") < 0.12


def test_dual_scales_cost_nothing_where_nothing_sticks_out() -> None:
    """Rows have scales of their own either way."""
    for layer in (_layer(), _layer(rows=True)):
        assert _error(layer, "sinq") == pytest.approx(_error(layer, "rtn"), rel=0.06)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_every_number_format_computes(dtype: torch.dtype) -> None:
    layer = _layer(True, True, dtype)
    made = SinqLinear.from_linear(layer)
    inputs = torch.randn(2, 3, 256, generator=torch.Generator().manual_seed(1)).to(dtype)
    found, wanted = made(inputs), layer(inputs)
    assert found.dtype == dtype and found.shape == (2, 3, 96)
    assert float((found - wanted).float().norm() / wanted.float().norm()) < 0.12
    assert {made.scale.dtype, made.zero.dtype, made.columns.dtype} == {dtype}


@pytest.mark.parametrize("size", [1e-7, 400.0])
def test_half_precision_holds_the_scales_of_tiny_and_of_huge_weights(size: float) -> None:
    layer = _layer(True, True)
    layer.weight.data *= size / 0.02 / 20
    half = copy.deepcopy(layer).half()
    made = SinqLinear.from_linear(half)
    wanted = half.weight.float()
    limit = 0.12 if size > 1e-3 else 0.5  # of weights this small, half precision itself holds two bits
    assert float((made.weight.float() - wanted).norm() / wanted.norm()) < limit


def test_it_takes_a_fifth_of_the_bytes() -> None:
    layer = nn.Linear(1024, 1024, dtype=torch.bfloat16)
    made = SinqLinear.from_linear(layer)
    taken, before = (
        sum(each.numel() * each.element_size() for each in module.parameters()) for module in (made, layer)
    )
    assert taken == 1024 * 512 + 2 * (2 * 16 * 1024 + 1024 + 1024)
    assert taken < 0.3 * before


def test_a_change_of_format_leaves_the_codes() -> None:
    made = SinqLinear.from_linear(_layer(True, True))
    before = made.weight
    for dtype in (torch.bfloat16, torch.float16):
        moved = copy.deepcopy(made).to(dtype)
        assert moved.codes.dtype == torch.uint8 and torch.equal(moved.codes, made.codes)
        assert moved.weight.dtype == dtype and moved.bias is not None and moved.bias.dtype == dtype
        off = (moved.weight.float() - before).abs()
        # the zero, of up to a thousand steps, is rounded as well
        assert float(off.norm() / before.norm()) < 8 * torch.finfo(dtype).eps
    assert torch.equal(copy.deepcopy(made).half().float().codes, made.codes)


def test_the_state_comes_back() -> None:
    made = SinqLinear.from_linear(_layer(True, True))
    file = io.BytesIO()
    torch.save(made.state_dict(), file)
    file.seek(0)
    other = SinqLinear(256, 96, True, 64)
    other.load_state_dict(torch.load(file, weights_only=True))
    inputs = torch.randn(5, 256, generator=torch.Generator().manual_seed(1))
    assert torch.equal(other(inputs), made(inputs))


def test_a_new_layer_gives_nothing_but_its_bias() -> None:
    layer = SinqLinear(64, 8, True, 32)
    assert torch.equal(layer(torch.ones(2, 64)), torch.zeros(2, 8))


def test_gradients_reach_the_inputs_and_no_weight() -> None:
    made = SinqLinear.from_linear(_layer())
    inputs = torch.ones(1, 256, requires_grad=True)
    made(inputs).sum().backward()
    torch.testing.assert_close(inputs.grad, made.weight.sum(0)[None])
    assert not any(each.requires_grad for each in made.parameters())


def test_one_and_two_threads_make_the_same_bytes() -> None:
    layer = nn.Linear(2048, 512)
    before, states = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            states.append(SinqLinear.from_linear(layer).state_dict())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_large_layers_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = _layer(True, True)
    whole = SinqLinear.from_linear(layer)
    monkeypatch.setattr("guidance.quantize.linear._AT_ONCE", 2 * 64 * 96)
    parts = SinqLinear.from_linear(layer)
    difference = (whole.weight - parts.weight).norm() / whole.weight.norm()
    assert float(difference) < 0.05 and float(difference) < 0.5 * _error(layer, "sinq")


def test_what_cannot_be_is_refused() -> None:
    layer = _layer()
    with pytest.raises(InputError, match=r"to_q: a tile of 100 does not fit its 256 inputs"):
        SinqLinear.from_linear(layer, "to_q", tile=100)
    with pytest.raises(InputError, match=r"to_q: no tile fits its 17 inputs: leave this layer as it is"):
        SinqLinear.from_linear(nn.Linear(17, 4), "to_q")
    with pytest.raises(InputError, match=r"unknown method 'best': choose sinq or rtn"):
        SinqLinear.from_linear(layer, method="best")
    with pytest.raises(InputError, match=r"a tile of 3 does not fit 9 inputs"):
        SinqLinear(9, 4, False, 3)
    layer.weight.data[3, 4] = torch.nan
    with pytest.raises(InputError, match=r"to_q: its weights are not all finite"):
        SinqLinear.from_linear(layer, "to_q")


def test_accelerate_moves_it_layer_by_layer() -> None:
    """As sequential offload does: everything waits, codes and all, and comes when the layer is called."""
    accelerate = pytest.importorskip("accelerate")
    model = nn.Sequential(SinqLinear.from_linear(_layer(True, True)))
    inputs = torch.randn(5, 256, generator=torch.Generator().manual_seed(1))
    wanted = model(inputs)
    offloaded = accelerate.cpu_offload(model, torch.device("cpu"))
    assert {each.device.type for each in offloaded.parameters()} == {"meta"}
    assert torch.equal(offloaded(inputs), wanted)


@pytest.mark.gpu
def test_cuda_computes_what_the_cpu_computes() -> None:
    layer = _layer(True, True)
    made = SinqLinear.from_linear(layer)
    inputs = torch.randn(5, 256, generator=torch.Generator().manual_seed(1))
    there = copy.deepcopy(made).to("cuda")
    torch.testing.assert_close(there(inputs.cuda()).cpu(), made(inputs), rtol=1e-3, atol=1e-3)
    found = SinqLinear.from_linear(layer, device="cuda")
    assert found.codes.device.type == "cpu"
    assert float((found.weight - made.weight).norm() / made.weight.norm()) < 0.02
