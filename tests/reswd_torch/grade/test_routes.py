"""The CPU's shortcuts, NumPy for a CDL and OpenColorIO for a lattice, give the plain path's answer and stay out of its way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from torch.fx.experimental.proxy_tensor import make_fx

from reswd_torch.grade import Cdl, Lut3D, cdl, routes, transforms
from tests.conftest import ROOT
from tests.reswd_torch.grade.test_cdl import CDLS
from tests.reswd_torch.grade.test_kernels import some_colours

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def random_lut(size: int, low: float = 0.0, high: float = 1.0) -> Lut3D:
    drawn = torch.rand(size, size, size, 3, generator=torch.Generator().manual_seed(size))
    return Lut3D(low + (high - low) * drawn)


def same(grade: Cdl | Lut3D, colours: torch.Tensor) -> None:
    torch.testing.assert_close(grade.apply(colours), grade._plain(colours), atol=1e-6, rtol=0, equal_nan=True)


GRADES = [LOOK, Cdl(LOOK.slope, LOOK.offset), Cdl(saturation=0.0), random_lut(3)]


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """That many threads, and parts and tiles so small that a hundred colours are many."""
    monkeypatch.setattr(routes, "PART", 32)
    monkeypatch.setattr(cdl, "_TILE", 7)
    monkeypatch.setattr(transforms, "_TILE", 7)
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@QUICK
@given(CDLS)
def test_any_cdl(grade: Cdl) -> None:
    colours = some_colours()
    colours[:, 0] = colours[:, 0].clamp(-10, 10)
    same(grade, colours)


@pytest.mark.parametrize("size", [2, 5, 9, 17])
def test_any_lattice(size: int) -> None:
    colours = some_colours().repeat(5, 1)
    assert colours.numel() > size**3, "too few for OpenColorIO to be asked"
    same(random_lut(size), colours)
    torch.testing.assert_close(
        random_lut(size, -2, 3).apply(colours), random_lut(size, -2, 3)._plain(colours), atol=5e-6, rtol=0
    )


def test_a_lattice_beyond_opencolorio() -> None:
    size = 130
    fine = Lut3D.sample(LOOK.apply, size)
    colours = torch.rand(size**3 // 3 + 1, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(fine.apply(colours), fine._plain(colours))


@pytest.mark.parametrize(
    "shape", [(3,), (1, 3), (31, 3), (32, 3), (33, 3), (10, 13, 3), (2, 3, 25, 3), (0, 3), (4, 0, 3)]
)
def test_any_shape_in_any_parts(shape: tuple[int, ...], threads: int) -> None:
    colours = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    kept = colours.clone()
    for grade in GRADES:
        same(grade, colours)
    assert torch.equal(colours, kept)


def test_any_strides(threads: int) -> None:
    block = torch.rand(3, 40, 31, generator=torch.Generator().manual_seed(2))
    negated = torch.complex(block[..., :3], -block[..., :3].flip(0)).conj().imag
    assert negated.is_neg()
    views = [
        block.permute(1, 2, 0),
        block.permute(2, 1, 0),
        block[0, :, :3],
        block[:, ::2, 5:8],
        block[0, 0, :3].expand(90, 3),
    ]
    for colours in [*views, negated]:
        for grade in GRADES:
            same(grade, colours)


@pytest.mark.parametrize("grade", GRADES)
def test_nan_stays_nan(grade: Cdl | Lut3D, threads: int) -> None:
    colours = torch.rand(100, 3, generator=torch.Generator().manual_seed(3))
    colours[40, 1] = colours[70, 0] = torch.nan
    graded = grade.apply(colours)
    assert graded.isnan().any(-1).nonzero().flatten().tolist() == [40, 70]
    same(grade, colours)


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore:.*torch.jit:DeprecationWarning")
def test_transformed_and_traced_functions_go(grade: Cdl | Lut3D) -> None:
    colours = 0.1 + 0.8 * torch.rand(20, 3, generator=torch.Generator().manual_seed(4))
    wanted = grade._plain(colours)
    other = torch.rand(20, 3, generator=torch.Generator().manual_seed(5))

    def same_function(function: object) -> None:
        assert callable(function)
        torch.testing.assert_close(function(colours), wanted)
        torch.testing.assert_close(function(other), grade._plain(other))

    if isinstance(grade, Cdl):  # what a lattice looks up depends on the numbers: it was never for vmap and make_fx
        same_function(torch.func.vmap(grade.apply))
        same_function(make_fx(lambda rgb: grade.apply(rgb))(colours))
    same_function(torch.jit.trace(grade.apply, (colours,)))

    direction = torch.ones_like(colours)
    followed = colours.clone().requires_grad_()
    (backward,) = torch.autograd.grad(grade.apply(followed).sum(), followed)
    (double,) = torch.autograd.grad(grade.apply(followed.double()).sum(), followed)
    torch.testing.assert_close(backward, double, atol=1e-4, rtol=1e-4)
    value, forward = torch.func.jvp(grade.apply, (colours,), (direction,))
    torch.testing.assert_close(value, wanted)
    torch.testing.assert_close(forward.sum(), backward.sum(), atol=1e-3, rtol=1e-4)
    with torch.autograd.forward_ad.dual_level():
        dual = grade.apply(torch.autograd.forward_ad.make_dual(colours, direction))
        assert torch.equal(torch.autograd.forward_ad.unpack_dual(dual).tangent, forward)


@pytest.mark.parametrize("grade", GRADES)
def test_without_gradients_the_shortcut_serves_what_could_have_some(grade: Cdl | Lut3D, threads: int) -> None:
    followed = torch.rand(100, 3, generator=torch.Generator().manual_seed(6)).requires_grad_()
    wanted = grade._plain(followed.detach())
    for context in (torch.no_grad, torch.inference_mode):
        with context():
            assert routes.as_array(followed) is not None
            graded = grade.apply(followed)
        assert not graded.requires_grad
        torch.testing.assert_close(graded, wanted, atol=1e-6, rtol=0)


ALONE = """
import sys, torch
from reswd_torch import Cdl, Lut3D

colours = torch.rand(20, 3, generator=torch.Generator().manual_seed(7))
look = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
wanted = [grade.apply(colours) for grade in (look, Lut3D.sample(look.apply, 3))]
assert not {"triton", "reswd_torch.grade.kernels"} & set(sys.modules), "the CPU has no use for kernels"
for grade, expected in zip((look, Lut3D.sample(look.apply, 3)), wanted):
    compiled = torch.compile(grade.apply, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(colours), expected, atol=1e-6, rtol=0)
"""


def test_in_a_process_of_its_own_nothing_of_triton_is_imported_and_functions_compile_whole() -> None:
    """Without the run-time checks of the types, which PyTorch's compiler cannot follow."""
    ran = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr[-2000:]
