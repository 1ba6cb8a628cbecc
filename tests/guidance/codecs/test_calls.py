"""Calls of autoencoders: which gradients there are, and float32 where float16 overflows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from guidance.codecs import codec_for
from reswd_torch import InputError
from tests.guidance import tiny
from tests.guidance.codecs.latents import last_latents, random_grid


def _half(**config: Any) -> Any:
    pipe = tiny.tiny_pipeline("sdxl")
    pipe.vae.register_to_config(**config)
    pipe.vae.half()
    return pipe


def test_the_vae_of_sdxl_runs_in_float32_for_a_call_and_stays_what_it_was() -> None:
    pipe = _half()
    before = {name: (value, value.data_ptr(), value.clone()) for name, value in pipe.vae.named_parameters()}
    codec, picture = codec_for(pipe), torch.rand(1, 3, 32, 32)
    latents = last_latents(pipe)
    pixels = codec.decode(latents)
    encoded = codec.encode(picture)
    after = dict(pipe.vae.named_parameters())
    for name, (value, place, bits) in before.items():
        assert after[name] is value
        assert value.data_ptr() == place
        assert value.dtype == torch.float16
        assert torch.equal(value, bits)

    wide = copy.copy(pipe)
    wide.vae = copy.deepcopy(pipe.vae).float()
    assert torch.equal(codec_for(wide).decode(latents), pixels)
    assert torch.equal(codec_for(wide).encode(picture), encoded)
    torch.testing.assert_close(pixels.clamp(0, 1), tiny.run(pipe), rtol=0, atol=2e-5)  # which upcasts too


def test_a_gradient_through_the_upcast_is_that_of_the_float32_vae() -> None:
    pipe = _half()
    grid = random_grid(pipe).requires_grad_()
    pixels = codec_for(pipe).decode(grid)
    assert pipe.vae.dtype == torch.float16  # again, before the gradient is asked for
    (gradient,) = torch.autograd.grad(pixels.square().mean(), grid)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in pipe.vae.parameters())
    pipe.vae.float()
    (wanted,) = torch.autograd.grad(codec_for(pipe).decode(grid).square().mean(), grid)
    torch.testing.assert_close(gradient, wanted)


def test_an_exception_inside_the_upcast_vae_leaves_it_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = _half()
    before = dict(pipe.vae.named_parameters())
    seen: list[torch.dtype] = []

    def fail(z: torch.Tensor) -> None:
        seen.append(pipe.vae.dtype)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(pipe.vae.decoder, "forward", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        codec_for(pipe).decode(random_grid(pipe).requires_grad_())
    assert seen == [torch.float32]
    assert pipe.vae.dtype == torch.float16
    assert all(value is before[name] and value.requires_grad for name, value in pipe.vae.named_parameters())


def test_a_vae_that_does_not_overflow_stays_in_float16() -> None:
    pipe = _half(force_upcast=False)
    seen: list[torch.dtype] = []
    pipe.vae.decoder.register_forward_pre_hook(lambda module, args: seen.append(args[0].dtype))
    assert codec_for(pipe).decode(random_grid(pipe)).dtype == torch.float32
    assert seen == [torch.float16]


def test_an_upcast_vae_cannot_checkpoint() -> None:
    pipe = _half()
    pipe.vae.enable_gradient_checkpointing()
    with pytest.raises(InputError, match=r"float16, which overflows.* pipe\.vae\.to\(torch\.float32\)"):
        codec_for(pipe).decode(random_grid(pipe).requires_grad_())
    with torch.no_grad():
        codec_for(pipe).decode(random_grid(pipe))


@pytest.mark.parametrize("half", [False, True])
def test_the_hook_of_an_offloaded_vae_runs_once_a_call(half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate import cpu_offload_with_hook

    pipe = _half() if half else tiny.tiny_pipeline("sdxl")
    grid = random_grid(pipe)
    wanted = codec_for(pipe).decode(grid)
    cpu_offload_with_hook(pipe.vae, "cpu")
    calls: list[Any] = []
    enter = pipe.vae._hf_hook.pre_forward

    def count(module: Any, *args: Any, **more: Any) -> Any:
        calls.append(module)
        return enter(module, *args, **more)

    monkeypatch.setattr(pipe.vae._hf_hook, "pre_forward", count)
    assert torch.equal(codec_for(pipe).decode(grid), wanted)
    assert calls == [pipe.vae]


@pytest.mark.parametrize("family", ["sd15", "flux2"])
def test_gradient_checkpointing_gives_the_same_gradient(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    grid = random_grid(pipe).requires_grad_()
    (plain,) = torch.autograd.grad(codec_for(pipe).decode(grid).square().mean(), grid)
    pipe.vae.enable_gradient_checkpointing()
    (again,) = torch.autograd.grad(codec_for(pipe).decode(grid).square().mean(), grid)
    torch.testing.assert_close(again, plain)
    assert all(parameter.grad is None for parameter in pipe.vae.parameters())


def test_gradients_reach_the_grid_and_no_weight(pipe: Any) -> None:
    asking = [parameter.requires_grad for parameter in pipe.vae.parameters()]
    assert all(asking)
    grid = random_grid(pipe).requires_grad_()
    with torch.no_grad():  # as pipelines run
        assert not codec_for(pipe).decode(grid).requires_grad
        with torch.enable_grad():
            codec_for(pipe).decode(grid).square().mean().backward()  # even so
    assert grid.grad is not None
    assert (grid.grad.abs().amax((1, 2, 3)) > 1e-6).all()
    assert all(parameter.grad is None for parameter in pipe.vae.parameters())
    assert [parameter.requires_grad for parameter in pipe.vae.parameters()] == asking
