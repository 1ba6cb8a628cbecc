"""The front door: every method on photographs, odd pictures, wrong input, and the public face as it is documented."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

import reswd_torch.matching.match  # the function of the same name must survive this
from reswd_torch import Cdl, Grade, InputError, Lut3D, MatchSettings, match, srgb_to_lab
from reswd_torch.matching import fitting
from reswd_torch.settings import METHODS
from tests.conftest import asset, photograph

PAIRS = [("lagoon-jetty.jpg", "mountain-sunset.jpg"), ("forest-stream.jpg", "warm-room.jpg")]
FLAT = np.full((8, 9, 3), 0.4, np.float32)


def test_public_face(source: np.ndarray, target: np.ndarray, tmp_path) -> None:
    """As on the Public face of the design: import, match, apply, save, report."""
    grade = match(source, target)
    result = grade.apply(source)
    assert (result.shape, result.dtype, type(result)) == (source.shape, source.dtype, np.ndarray)
    assert grade.save(tmp_path / "look.cube").is_file()
    assert grade.report.distance_after < grade.report.distance_before
    assert grade.report.seconds > 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        grade.report.seconds = 0  # type: ignore[misc]
    assert callable(match)
    assert reswd_torch.match is match


COMBINATIONS = [
    (method, transform, pair)
    for method in METHODS
    for transform in (None, "cdl", "lut")
    for pair in PAIRS
    if (method, transform) != ("reswd", "lut") or pair == PAIRS[0]  # the slowest combination runs on one pair
]


@pytest.mark.parametrize(("method", "transform", "pair"), COMBINATIONS)
def test_every_method_brings_photographs_closer(method: str, transform: str | None, pair: tuple[str, str]) -> None:
    settings = MatchSettings(method=method, transform=transform, aim="colours", samples=1024)
    grade = match(asset(pair[0], 160), asset(pair[1], 160), settings=settings)
    assert grade.report.distance_after < 0.8 * grade.report.distance_before
    assert isinstance(grade.transform, Lut3D if settings.resolved_transform == "lut" else Cdl)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("transform", [None, "cdl"])
def test_identical_pictures(method: str, transform: str | None) -> None:
    picture = asset("fig-red-bowl.jpg", 160)
    grade = match(picture, picture.copy(), method=method, transform=transform)
    assert grade.report.distance_before == 0
    assert grade.report.distance_after < 1e-3
    everything = np.stack(np.meshgrid(*[np.linspace(0, 1, 17)] * 3, indexing="ij"), -1)
    assert np.abs(grade.apply(everything) - everything).max() < 1e-3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("one", "other"),
    [(FLAT, None), (None, FLAT), (FLAT, 1 - FLAT), (FLAT[:1, :1], None), (None, FLAT[:1, :1]), (FLAT * 0.05, FLAT * 2)],
    ids=["flat to picture", "picture to flat", "flat to flat", "1x1 to picture", "picture to 1x1", "dark to bright"],
)
def test_odd_pictures(method: str, one: np.ndarray | None, other: np.ndarray | None) -> None:
    source, target = photograph(1) if one is None else one, photograph(2) if other is None else other
    grade = match(source, target, method=method, samples=256)
    assert grade.report.distance_after < grade.report.distance_before
    result = grade.apply(source)
    assert np.isfinite(result).all()
    assert 0 <= result.min() <= result.max() <= 1


def test_unequal_sizes_and_kinds(source: np.ndarray) -> None:
    large = photograph(5, 200, 300)
    by_array = match(source, large, aim="colours")
    by_tensor = match(torch.from_numpy(source), torch.from_numpy(large), aim="colours")
    assert by_array.transform == by_tensor.transform
    assert by_array.report.distance_after < by_array.report.distance_before
    assert isinstance(by_tensor.apply(torch.from_numpy(source)), torch.Tensor)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_dtypes_lead_to_the_same_grade(source: np.ndarray, target: np.ndarray, dtype: str) -> None:
    expected = match(source, target, aim="colours")
    found = match(source.astype(dtype), target.astype(dtype), aim="colours")
    torch.testing.assert_close(found.transform.vector(), expected.transform.vector(), atol=5e-3, rtol=0)
    assert found.apply(source.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("method", ["fast", "reswd", "mkl"])
def test_seeds_reproduce_bit_for_bit(method: str) -> None:
    one, other = photograph(1, 120, 160), photograph(2, 120, 160)
    first, again, another = (
        match(one, other, method=method, seed=seed, samples=500).apply(one).tobytes() for seed in (7, 7, 8)
    )
    assert first == again
    assert first != another


def test_pixels_of_weight_0_do_not_count(source: np.ndarray, target: np.ndarray) -> None:
    """Whatever stands under the mask, the grade is the same; without the mask it is another."""
    weights, target_weights = np.ones(source.shape[:2], bool), np.ones(target.shape[:2])
    weights[:20], target_weights[:, 30:] = False, 0
    spoilt, spoilt_target = source.copy(), target.copy()
    spoilt[:20], spoilt_target[:, 30:] = [1, 0, 1], [0, 1, 0]
    masks = {"source_weights": weights, "target_weights": target_weights}
    clean, masked = (match(*pair, aim="colours", **masks) for pair in ((source, target), (spoilt, spoilt_target)))
    assert masked.transform == clean.transform
    assert match(spoilt, spoilt_target, aim="colours").transform != clean.transform


def test_palette(source: np.ndarray) -> None:
    grade = match(source, palette="#204060:3,#d0a070")
    assert grade.report.distance_after < grade.report.distance_before
    mean = grade.apply(source).mean((0, 1))
    wanted = (3 * np.array([0x20, 0x40, 0x60]) + np.array([0xD0, 0xA0, 0x70])) / 4 / 255
    assert np.abs(mean - wanted).max() < np.abs(source.mean((0, 1)) - wanted).max()
    with pytest.raises(InputError, match="'#20406'"):
        match(source, palette="#20406")


def test_strength_is_kept_and_measured(source: np.ndarray, target: np.ndarray) -> None:
    none, half, full = (match(source, target, strength=s) for s in (0, 0.5, 1))
    assert none.apply(source).tobytes() == source.tobytes()
    assert none.report.distance_after == none.report.distance_before
    assert full.report.distance_after < half.report.distance_after < none.report.distance_after
    assert np.array_equal(half.apply(source), full.apply(source, strength=0.5))


@pytest.mark.parametrize("transform", ["cdl", "lut"])
@pytest.mark.parametrize("method", ["fast", "reswd"])
def test_progress_is_told_and_may_stop(method: str, transform: str) -> None:
    told: list[tuple[float, str]] = []
    pictures = photograph(1), photograph(2)
    options = {"method": method, "transform": transform, "samples": 128}
    match(*pictures, progress=lambda share, what: told.append((share, what)), **options)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert all(what for _, what in told)

    class Stopped(Exception):
        pass

    def stop(share: float, what: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        match(*pictures, progress=stop, **options)


def with_value(value: float) -> np.ndarray:
    picture = photograph(1)
    picture[3, 4, 1] = value
    return picture


GOOD = photograph(1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: match(GOOD), "either a target picture or a palette"),
        (lambda: match(GOOD, GOOD, palette="#fff"), "not both"),
        (lambda: match(with_value(np.nan), GOOD), "source holds NaN or Inf"),
        (lambda: match(GOOD, with_value(np.inf)), "target holds NaN or Inf"),
        (lambda: match(with_value(255.0), GOOD), "source has values from .* to 255"),
        (lambda: match(GOOD, with_value(-1.0)), "target has values from -1"),
        (lambda: match(GOOD[None, None], GOOD), r"source has shape \(1, 1, 48, 64, 3\)"),
        (lambda: match(GOOD, GOOD[..., :1]), r"target has shape \(48, 64, 1\)"),
        (lambda: match(GOOD, GOOD[0]), r"target has shape \(64, 3\): give one picture"),
        (lambda: match(GOOD[:0], GOOD), "holds no colours"),
        (lambda: match((GOOD * 255).astype("i4"), GOOD), "source has dtype int32"),
        (lambda: match([[[0.0, 0.0, 0.0]]], GOOD), "source is a list"),
        (lambda: match("a.jpg", "b.jpg"), "source a.jpg: there is no such file"),
        (lambda: match(GOOD, GOOD, method="best"), "unknown method 'best'"),
        (lambda: match(GOOD, GOOD, transform="cube"), "unknown transform 'cube'"),
        (lambda: match(GOOD, GOOD, device="tpu"), "unknown device 'tpu'"),
        (lambda: match(GOOD, GOOD, stength=1), "unknown setting 'stength': choose from method"),
        (lambda: match(GOOD, GOOD, strength=9), "strength 9"),
        (lambda: match(GOOD, GOOD, source_weights=np.zeros((48, 64))), "source_weights is zero everywhere"),
        (lambda: match(GOOD, GOOD, target_weights=np.ones((4, 4))), r"target_weights has shape \(4, 4\)"),
    ],
)
def test_refused_in_one_line(call, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there(device: str) -> None:
    if {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[device]:
        pytest.skip(f"{device} is there")
    with pytest.raises(InputError, match=f"device '{device}' is not available here: choose auto or cpu"):
        match(GOOD, photograph(2), device=device)


@pytest.mark.parametrize("method", ["reinhard", "mkl", "histogram"])
def test_a_cdl_fitted_to_a_closed_form_comes_near_its_result(method: str) -> None:
    source, target = asset(PAIRS[0][0], 160), asset(PAIRS[0][1], 160)
    closed, ten = match(source, target, method=method), match(source, target, method=method, transform="cdl")
    gap = np.abs(closed.apply(source) - ten.apply(source)).mean()
    assert gap < 0.5 * np.abs(closed.apply(source) - source).mean()


def test_the_inputs_and_the_global_generator_are_left_alone(source: np.ndarray, target: np.ndarray) -> None:
    kept, kept_target, state = source.copy(), target.copy(), torch.random.get_rng_state()
    for method in METHODS:
        assert isinstance(match(source, target, method=method, samples=128), Grade)
    assert np.array_equal(source, kept)
    assert np.array_equal(target, kept_target)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.gpu
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_cuda_equals_the_cpu(method: str, transform: str) -> None:
    source, target = asset(PAIRS[0][0]), asset(PAIRS[0][1])
    cpu, gpu = (match(source, target, method=method, transform=transform, device=device) for device in ("cpu", "cuda"))
    assert gpu.report.device == "cuda"
    there = gpu.apply(torch.from_numpy(source).cuda())
    assert there.is_cuda
    if (method, transform) == ("reswd", "lut"):
        # Hundreds of steps of Adam along signs take another path where two numbers are rounded otherwise, and end as near.
        assert gpu.report.distance_after == pytest.approx(cpu.report.distance_after, rel=0.05)
        return
    assert np.abs(there.cpu().numpy() - cpu.apply(source)).max() <= 1 / 255


@pytest.mark.parametrize(("from_level", "to_level"), [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)])
def test_clipped_pictures_can_come_back(from_level: float, to_level: float) -> None:
    """A black or white picture lies on the clamp of the CDL, where only a one-sided derivative leads away."""
    source, target = (np.full((8, 8, 3), level, dtype=np.float32) for level in (from_level, to_level))
    assert np.abs(match(source, target, aim="colours").apply(source) - to_level).max() < 0.01


@pytest.mark.parametrize("method", ["fast", "reswd"])
@pytest.mark.parametrize(
    ("source", "target"), [("fig-red-bowl", "forest-stream"), ("dandelion-golden-light", "dogs-at-window")]
)
def test_a_reference_without_a_cast_leaves_greys_grey(
    source: str, target: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ramp = np.repeat(np.linspace(0.05, 0.95, 19, dtype=np.float32)[:, None], 3, axis=1)

    def colour_of_greys() -> float:
        grade = match(asset(f"{source}.jpg"), asset(f"{target}.jpg"), method=method, aim="colours")
        return float(srgb_to_lab(torch.from_numpy(grade.apply(ramp)))[:, 1:].norm(dim=1).mean())

    held = colour_of_greys()
    monkeypatch.setattr(fitting, "GREY_WEIGHT", 0.0)
    free = colour_of_greys()
    assert free > 12
    assert held < 0.8 * free
