"""The Triton kernels give the plain path's answer.

The comparisons run on a card (marker ``gpu``), and everywhere in Triton's interpreter, in a process of their own: Triton reads
``TRITON_INTERPRET`` when it is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from reswd_torch.grade import Cdl, Lut3D, routes
from reswd_torch.grade.lut3d import identity_lattice

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
DEVICE = "cpu" if INTERPRETED else "cuda"
on_card: Callable[[Callable], Callable] = (lambda test: test) if INTERPRETED else pytest.mark.gpu

CDLS = [
    Cdl(),
    Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4),
    Cdl((0.0, 3.0, 1.0), (0.3, -1.0, -0.5), (0.2, 4.0, 1.0), 0.0),
    Cdl((1.1, 1.0, 0.7), (0.0, -0.2, 0.1)),
    Cdl(power=(0.45, 1.0, 2.2)),
    Cdl(saturation=1.5),
]
HALVES = [torch.float16, torch.bfloat16]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some_colours(dtype: torch.dtype = torch.float32) -> Tensor:
    """(1283, 3): inside the cube, on its corners, edges, greys and planes, far outside, infinite, and as near to 0 as can be."""
    inside = torch.rand(1000, 3, generator=generator())
    edges = torch.randint(0, 2, (100, 3), generator=generator(1)).float()
    edges[8:, 0] = torch.rand(92, generator=generator(2))
    greys = torch.linspace(0, 1, 66).unsqueeze(1).expand(-1, 3)
    outside = torch.randn(114, 3, generator=generator(3)) * 3
    odd = torch.tensor([[1e-30, 1e-7, -0.0], [torch.inf, -torch.inf, 0.5], [0.5, 1 - 6e-8, 1 + 1e-7]])
    return torch.cat((inside, edges, greys, outside, odd)).to(dtype)


def random_lut(size: int) -> Lut3D:
    return Lut3D(torch.rand(size, size, size, 3, generator=generator(size)))


def same(ours: Tensor, plain: Tensor) -> None:
    """Within 2e-6 for float32, within one rounding for shorter floats; NaN in the same places."""
    assert ours.dtype == plain.dtype and ours.shape == plain.shape
    tolerance = max(2e-6, torch.finfo(ours.dtype).eps if ours.dtype in HALVES else 0.0)
    torch.testing.assert_close(ours.cpu(), plain.cpu(), atol=tolerance, rtol=0, equal_nan=True)


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The kernels, on the way that Cdl.apply and Lut3D.apply take; a failure is an error and no fallback."""
    from reswd_torch.grade import kernels as module

    monkeypatch.setattr(routes, "KERNEL_DEVICES", (DEVICE,))
    monkeypatch.setattr(routes, "_kernels", lambda: module)
    monkeypatch.setattr(routes, "_failed", set())
    yield module
    assert not routes._failed


@on_card
@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize("cdl", CDLS)
def test_cdl_kernel(kernels: ModuleType, cdl: Cdl, dtype: torch.dtype) -> None:
    colours = some_colours(dtype).to(DEVICE)
    direct = kernels.cdl(colours, cdl.slope, cdl.offset, cdl.power, cdl.saturation)
    same(direct, cdl._plain(colours))
    torch.testing.assert_close(cdl.apply(colours), direct, atol=0, rtol=0, equal_nan=True)


@on_card
def test_a_power_of_1_leaves_its_channel_to_the_bit(kernels: ModuleType) -> None:
    colours = torch.rand(1000, 3, generator=generator(8)).to(DEVICE)
    assert torch.equal(Cdl(power=(0.45, 1.0, 2.2)).apply(colours)[:, 1], colours[:, 1])
    assert torch.equal(Cdl().apply(colours), colours)


@on_card
@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize("size", [2, 17, 33, 65])
def test_lut_kernel(kernels: ModuleType, size: int, dtype: torch.dtype) -> None:
    lut, colours = random_lut(size), some_colours(dtype).to(DEVICE)
    direct = kernels.lut(colours, lut._table(colours), size)
    same(direct, lut._plain(colours))
    torch.testing.assert_close(lut.apply(colours), direct, atol=0, rtol=0, equal_nan=True)


@on_card
@pytest.mark.parametrize("size", [2, 17, 33])
def test_lut_kernel_on_the_lattice_and_between(kernels: ModuleType, size: int) -> None:
    """Where two fractions are equal, or one is 0, the simplices meet."""
    lut = random_lut(size)
    on = identity_lattice(size)[:9, :9, :9].reshape(-1, 3).to(DEVICE)
    same(lut.apply(on), lut._plain(on))
    halves = identity_lattice(2 * size - 1)[-9:, -9:, -9:].reshape(-1, 3).to(DEVICE)
    same(lut.apply(halves), lut._plain(halves))


@on_card
@pytest.mark.parametrize(
    "shape", [(3,), (1, 3), (511, 3), (512, 3), (513, 3), (7, 11, 3), (2, 3, 5, 3), (0, 3), (4, 0, 3)]
)
def test_kernels_keep_any_shape(kernels: ModuleType, shape: tuple[int, ...]) -> None:
    colours = torch.rand(shape, generator=generator(4)).to(DEVICE)
    for grade in (CDLS[1], random_lut(5)):
        same(grade.apply(colours), grade._plain(colours))


@on_card
def test_kernels_take_any_strides(kernels: ModuleType) -> None:
    block = torch.rand(3, 40, 31, generator=generator(5)).to(DEVICE)
    views = [
        block.permute(1, 2, 0),
        block.permute(2, 1, 0),
        block[0, :, :3],
        block[:, ::2, 5:8],
        block[0, 0, :3].expand(9, 3),
    ]
    for colours in views:
        for grade in (CDLS[1], random_lut(5)):
            same(grade.apply(colours), grade._plain(colours))


@on_card
def test_kernels_let_nan_through_as_the_plain_path(kernels: ModuleType) -> None:
    colours = torch.rand(8, 3, generator=generator(6))
    for place, channels in enumerate([(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)]):
        colours[place, list(channels)] = torch.nan
    colours = colours.to(DEVICE)
    for grade in (*CDLS, random_lut(5)):
        graded = grade.apply(colours)
        assert bool(graded[:7].isnan().any(-1).all()) and not bool(graded[7].isnan().any())
        same(graded, grade._plain(colours))


@on_card
def test_float64_and_followed_colours_take_the_plain_path(kernels: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "_kernels", lambda: pytest.fail("a kernel was asked for"))
    colours = torch.rand(20, 3, generator=generator(7)).to(DEVICE)
    for grade in (CDLS[1], random_lut(5)):
        assert grade.apply(colours.double()).dtype == torch.float64
        followed = colours.clone().requires_grad_()
        grade.apply(followed).sum().backward()
        assert followed.grad is not None and bool(followed.grad.isfinite().all())


@on_card
def test_a_kernel_that_fails_leaves_it_to_the_plain_path(kernels: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def broken(*_: object) -> Tensor:
        tried.append(1)
        raise OSError("no C compiler")

    monkeypatch.setattr(kernels, "cdl", broken)
    colours = some_colours().to(DEVICE)
    for _ in range(2):
        same(CDLS[1].apply(colours), CDLS[1]._plain(colours))
    assert tried == [1]
    routes._failed.clear()


@pytest.mark.skipif(INTERPRETED, reason="needs Triton's compiler")
@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize("architecture", [75, 80, 90])
def test_the_kernels_compile_without_a_card(
    architecture: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """To machine code, from the very arguments of a launch, and with no product contracted with a sum."""
    pytest.importorskip("triton", reason="Triton is made for Linux alone")
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver

    from reswd_torch.grade import kernels

    compiled = []

    def warm_up(kernel: Any, grid: tuple[int, ...]) -> Callable:
        return lambda *args, **options: compiled.append(kernel.warmup(*args, grid=grid, **options))

    stand_in = SimpleNamespace(
        get_current_target=lambda: GPUTarget("cuda", architecture, 32),
        get_current_device=lambda: 1000 + architecture,  # what is compiled here is not for a card that is there
        get_current_stream=lambda _: 0,
    )
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(type(kernels._cdl_kernel), "__getitem__", warm_up)
    monkeypatch.setattr(driver, "_active", stand_in)
    colours, lut = some_colours(dtype), random_lut(3)
    for cdl in CDLS:
        kernels.cdl(colours, cdl.slope, cdl.offset, cdl.power, cdl.saturation)
    kernels.lut(colours, lut._table(colours), lut.size)
    kernels.lut(colours.T.contiguous().T, lut._table(colours), lut.size)
    assert len(compiled) == len(CDLS) + 2
    for kernel in compiled:
        assert len(kernel.asm["cubin"]) > 1000
        assert "fma.rn.f32" not in kernel.asm["ptx"]


@pytest.mark.skipif(INTERPRETED, reason="this is the process that it starts")
def test_the_kernels_in_tritons_interpreter() -> None:
    pytest.importorskip("triton", reason="Triton is made for Linux alone")
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", __file__]
    ran = subprocess.run(
        command,
        env=os.environ | {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "47 passed, 10 skipped" in ran.stdout, ran.stdout[-400:]
