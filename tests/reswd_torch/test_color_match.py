"""The layer: the numbers of match and apply, gradients, states, and its place in pipelines."""

from __future__ import annotations

import copy
import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reswd_torch import ColorMatch, InputError, match
from reswd_torch.grade.trims import Trims
from reswd_torch.settings import MatchSettings
from tests.conftest import ROOT, photograph

kinds = pytest.mark.parametrize("transform", ["cdl", "lut"])


def batch(*seeds: int, height: int = 40, width: int = 48, low: float = 0.0, high: float = 1.0) -> Tensor:
    pictures = np.stack([low + (high - low) * photograph(seed, height, width) for seed in seeds])
    return torch.from_numpy(pictures.astype(np.float32)).movedim(-1, 1)


SOURCE, TARGET = batch(1), batch(2, height=50)


@kinds
def test_the_numbers_are_those_of_match_and_apply(transform: str) -> None:
    images, reference = batch(1, 3), batch(2, 4, height=30)
    grade = match(images, reference, transform=transform)
    assert torch.equal(ColorMatch(transform=transform)(images, reference), grade.apply(images))
    for strength in (0.5, 1.5, 0.0):
        layer = ColorMatch(reference, strength=strength, transform=transform, method="mkl")
        expected = match(images, reference, transform=transform, strength=strength, method="mkl").apply(images)
        assert torch.equal(layer(images), expected)


def test_one_grade_each() -> None:
    images, references = batch(1, 3), batch(2, 4)
    layer = ColorMatch(per_sample=True, method="mkl")
    for given in (references, references[:1]):
        found = layer(images, given)
        for place, image in enumerate(images):
            reference = given[min(place, len(given) - 1)]
            assert torch.equal(found[place], match(image, reference, method="mkl").apply(image))
    together = ColorMatch(method="mkl")(images, references)
    assert not torch.equal(found, together)
    with pytest.raises(InputError, match="3 references do not fit 2 images"):
        layer(images, batch(1, 2, 3))


@pytest.mark.parametrize("reference", ["array", "codes", "one", "palette"])
def test_references_of_any_kind(reference: str) -> None:
    wanted = photograph(2)
    given = {
        "array": {"reference": wanted},
        "codes": {"reference": torch.from_numpy(np.rint(wanted * 255).astype(np.uint8)).movedim(-1, 0)},
        "one": {"reference": torch.from_numpy(wanted).movedim(-1, 0)},
        "palette": {"palette": "#204060:3,#d0a070"},
    }[reference]
    found = ColorMatch(**given, aim="colours")(SOURCE)
    expected = match(SOURCE[0], given.get("reference"), palette=given.get("palette"), aim="colours").apply(SOURCE[0])
    assert torch.equal(found[0], expected)


@kinds
def test_gradients_to_the_images(transform: str) -> None:
    layer = ColorMatch(TARGET, transform=transform).fit(SOURCE)
    inside = torch.rand(1, 3, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2
    assert torch.autograd.gradcheck(layer, (inside.requires_grad_(),))
    images = SOURCE.clone().requires_grad_()
    ColorMatch(TARGET, transform=transform)(images).mean().backward()
    assert images.grad is not None and torch.isfinite(images.grad).all() and float(images.grad.abs().sum()) > 0


@kinds
def test_gradients_to_the_strength(transform: str) -> None:
    fitted = ColorMatch(TARGET, transform=transform, aim="colours").fit(SOURCE)
    inside = torch.rand(1, 3, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2

    def at(strength: Tensor, images: Tensor) -> Tensor:
        layer = ColorMatch(TARGET, strength=strength)
        layer.grade = fitted.grade
        return layer(images)

    strength = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(at, (strength, inside.requires_grad_()))
    for share in (0.0, 0.3, 1.0, 1.7, 4.0):
        expected = fitted.grade.apply(SOURCE, strength=share)
        torch.testing.assert_close(at(torch.tensor(share), SOURCE), expected, atol=2e-6, rtol=0)


def test_a_strength_is_learned() -> None:
    layer = ColorMatch(TARGET, strength=nn.Parameter(torch.tensor(0.2)), transform="cdl", aim="colours").fit(SOURCE)
    wanted = layer.grade.apply(SOURCE, strength=0.8)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.05)
    for _ in range(80):
        optimiser.zero_grad()
        nn.functional.mse_loss(layer(SOURCE), wanted).backward()
        optimiser.step()
    assert float(layer.strength.detach()) == pytest.approx(0.8, abs=0.02)


@kinds
@pytest.mark.parametrize("strength", [0.6, nn.Parameter(torch.tensor(0.6))], ids=["number", "parameter"])
def test_states_carry_a_fitted_grade(transform: str, strength: float | nn.Parameter) -> None:
    layer = ColorMatch(strength=strength, transform=transform).fit(SOURCE, TARGET)
    stored = io.BytesIO()
    torch.save(layer.state_dict(), stored)
    stored.seek(0)
    other = ColorMatch(strength=copy.deepcopy(strength), transform=transform)
    with pytest.raises(InputError, match="there is no reference"):
        other(SOURCE)
    other.load_state_dict(torch.load(stored, weights_only=True))
    assert torch.equal(other(SOURCE), layer(SOURCE))
    assert torch.equal(copy.deepcopy(layer)(SOURCE), layer(SOURCE))
    other.load_state_dict(ColorMatch(strength=strength).state_dict())
    assert other.grade is None


def test_a_fitted_grade_gives_way_to_a_reference_that_comes_with_the_images() -> None:
    layer = ColorMatch(aim="colours").fit(SOURCE, TARGET)
    kept = layer(SOURCE)
    other = batch(5)
    assert torch.equal(layer(SOURCE, other), ColorMatch(other, aim="colours")(SOURCE))
    assert torch.equal(layer(SOURCE), kept)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dtype_and_shape_stay(dtype: torch.dtype) -> None:
    for layer in (ColorMatch(TARGET, method="mkl"), ColorMatch(TARGET, strength=torch.tensor(0.5), transform="cdl")):
        for images in (SOURCE.to(dtype), SOURCE[0].to(dtype)):
            found = layer(images)
            assert (found.dtype, found.shape) == (dtype, images.shape)
            assert 0 <= float(found.min()) <= float(found.max()) <= 1


def test_in_a_sequence_and_under_autocast() -> None:
    layer = ColorMatch(TARGET, transform="cdl")
    pipeline = nn.Sequential(nn.Upsample(scale_factor=2, mode="bicubic"), layer)
    found = pipeline(SOURCE)
    assert found.shape == (1, 3, 80, 96) and 0 <= float(found.min()) <= float(found.max()) <= 1
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(layer(SOURCE), ColorMatch(TARGET, transform="cdl")(SOURCE))


COMPILED = """
import torch
from reswd_torch import ColorMatch

images, reference = (torch.rand(2, 3, 20, 24, generator=torch.Generator().manual_seed(seed)) ** seed for seed in (1, 2))
for transform in ("cdl", "lut"):
    for strength in (0.8, torch.tensor(0.8)):
        layer = ColorMatch(reference, strength=strength, transform=transform)
        wanted = layer(images)
        torch.testing.assert_close(torch.compile(layer, backend="eager")(images), wanted, atol=2e-6, rtol=0)
        layer.fit(images)
        compiled = torch.compile(layer, backend="eager", fullgraph=True)
        torch.testing.assert_close(compiled(images), wanted, atol=2e-6, rtol=0)
"""


def test_compiled_whole_where_the_grade_is_fitted() -> None:
    """Without the run-time checks of the types, which PyTorch's compiler cannot follow."""
    ran = subprocess.run([sys.executable, "-c", COMPILED], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr[-2000:]


def test_values_a_resize_moved_out_are_taken_and_the_input_is_left_alone() -> None:
    images = SOURCE * 1.1 - 0.05
    kept = images.clone()
    assert torch.isfinite(ColorMatch(TARGET * 1.05)(images)).all()
    assert torch.equal(images, kept)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ColorMatch(TARGET, palette="#fff"), "either a reference or a palette"),
        (lambda: ColorMatch(TARGET, strength=5), "strength 5 is out of range"),
        (lambda: ColorMatch(TARGET, strength=torch.ones(2)), r"strength is a tensor of shape \(2,\)"),
        (lambda: ColorMatch(TARGET, strength=torch.tensor(1.0), trims=Trims(contrast=1.2)), "does not go with trims"),
        (lambda: ColorMatch(TARGET, methd="mkl"), "unknown setting 'methd'"),
        (lambda: ColorMatch(TARGET.movedim(1, -1)), "reference has shape"),
        (lambda: ColorMatch(TARGET)(SOURCE[0, 0]), r"images has shape \(40, 48\)"),
        (lambda: ColorMatch(TARGET)(SOURCE.movedim(1, -1)), r"images has shape \(1, 40, 48, 3\)"),
        (lambda: ColorMatch(TARGET)(SOURCE.byte()), "images has dtype torch.uint8"),
        (lambda: ColorMatch(TARGET)(SOURCE.numpy()), "images is a ndarray"),
        (lambda: ColorMatch(TARGET)(SOURCE * float("nan")), "images holds NaN or Inf"),
        (lambda: ColorMatch()(SOURCE), "there is no reference"),
        (lambda: ColorMatch()(SOURCE, SOURCE[:0]), "reference has shape"),
    ],
)
def test_refused_in_one_line(call, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.gpu
@kinds
def test_on_cuda(transform: str) -> None:
    layer = ColorMatch(TARGET, transform=transform).cuda()
    found = layer(SOURCE.cuda())
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), layer(SOURCE), atol=1e-5, rtol=0)


def test_the_strength_of_the_settings_holds_where_none_is_given() -> None:
    settings = MatchSettings(strength=0.5, method="mkl")
    assert ColorMatch(TARGET, settings=settings).strength == 0.5
    assert ColorMatch(TARGET, settings=settings, strength=1.0).strength == 1.0
