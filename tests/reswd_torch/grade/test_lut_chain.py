"""LUTs of other programs as transforms: every route, strengths, records, files, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch import Cdl, Grade, InputError, Lut3D, load_grade
from reswd_torch.grade import Lut1D, LutChain
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.grade.kinds import in_cube
from reswd_torch.grade.lut3d import identity_lattice
from studio.service.render import render
from tests.reswd_torch.grade.luts_for_tests import by_opencolorio

LOW, HIGH = (-0.1, 0.0, -0.2), (1.2, 1.5, 2.0)


def curve(size: int = 33, low: tuple = (0.0,) * 3, high: tuple = (1.0,) * 3) -> Lut1D:
    ramp = torch.linspace(0, 1, size)[:, None]
    return Lut1D(ramp ** torch.tensor([0.6, 1.4, 2.2]), low, high)


def lattice(size: int = 9) -> Lut3D:
    values = identity_lattice(size)
    return Lut3D(torch.stack((values[..., 0] ** 0.7, values[..., 1] * 1.5 - 0.2, values[..., 2] * values[..., 0]), -1))


CHAINS = {
    "curves": LutChain((curve(),)),
    "curves with a domain": LutChain((curve(1000, LOW, HIGH),)),
    "domain": LutChain((Lut1D.scale(LOW, HIGH), lattice())),
    "shaper": LutChain((curve(64, (-0.1,) * 3, (1.1,) * 3), lattice())),
    "shaper and range": LutChain((curve(64), Lut1D.scale((0.1,) * 3, (0.9,) * 3), lattice())),
    "domains a channel": LutChain((curve(64, LOW, HIGH), lattice())),
}
every_chain = pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())


def some_colours(count: int = 3000) -> torch.Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(0)) * 1.4 - 0.2


@every_chain
@pytest.mark.parametrize("share", [1.0, 0.4, 1.7])
def test_every_route_gives_the_same(chain: LutChain, share: float) -> None:
    chain, colours = chain.at_strength(share), some_colours()
    wanted = chain._plain(colours.double())
    for found in (chain.apply(colours), chain._plain(colours), chain.apply(colours.reshape(30, 100, 3)).reshape(-1, 3)):
        torch.testing.assert_close(found.double(), wanted, atol=1e-5, rtol=0)
    for dtype in (torch.float16, torch.bfloat16):
        found = chain.apply(colours.to(dtype))
        assert found.dtype == dtype
        torch.testing.assert_close(found, chain._plain(colours.to(dtype).double()).to(dtype))


@every_chain
def test_gradients(chain: LutChain) -> None:
    colours = (some_colours(20).double() * 0.5 + 0.2).requires_grad_(True)
    chain.at_strength(0.7).apply(colours).sum().backward()
    step = 1e-7
    for channel in range(3):
        moved = torch.zeros(3, dtype=torch.float64)
        moved[channel] = step
        with torch.no_grad():
            slope = (chain.at_strength(0.7).apply(colours + moved) - chain.at_strength(0.7).apply(colours)).sum(
                -1
            ) / step
        # the entries of a lattice are float32
        torch.testing.assert_close(colours.grad[:, channel], slope, atol=2.0 if chain.lattice else 1e-4, rtol=0)


@every_chain
def test_nan_stays_nan_and_infinity_is_clamped(chain: LutChain) -> None:
    colours = torch.full((5, 3), 0.5)
    colours[1, 2], colours[2, 0], colours[3, 1] = torch.nan, torch.inf, -torch.inf
    graded = chain.apply(colours)
    assert graded[[0, 2, 3, 4]].isfinite().all() and graded[1, 2].isnan()
    assert torch.equal(graded.isnan(), chain._plain(colours).isnan())


@every_chain
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_strength_moves_every_result_along_its_line(chain: LutChain, dtype: type) -> None:
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(1).integers(0, top + 1, (40, 50, 3), dtype)
    source = pixels.astype(np.float64) / top
    full = chain._plain(torch.from_numpy(source)).numpy()
    for strength in (0.0, 0.5, 1.0, 1.5):
        wanted = (source + strength * (full - source)).clip(0, 1) * top
        assert np.abs(render(pixels, Grade(chain, strength)) - wanted).max() <= 0.5 + 3e-6 * top
    assert np.array_equal(render(pixels, Grade(chain, 0.0)), pixels)


def test_strength_of_a_lattice_beyond_the_range_is_mixed_before_it_is_clipped() -> None:
    stop = Lut3D(identity_lattice(5) * 2)
    colours = torch.rand(500, 3, generator=torch.Generator().manual_seed(1))
    for strength in (0.5, 1.0, 2.0):
        wanted = (colours + strength * colours).clamp(0, 1)
        torch.testing.assert_close(Grade(stop, strength).apply(colours), wanted, atol=1e-6, rtol=0)


def test_a_lattice_from_a_file_is_mixed_before_it_is_clipped(tmp_path: Path) -> None:
    """Also one inside 0..1, at a strength above 1; in settings too. A fitted one keeps its entries in 0..1, as ever."""
    fitted = Lut3D(torch.rand(3, 3, 3, 3, generator=torch.Generator().manual_seed(2)))
    Grade(fitted).save(tmp_path / "a.cube", cube_size=17)
    loaded = load_grade(tmp_path / "a.cube")
    colours = torch.rand(500, 3, generator=torch.Generator().manual_seed(1))
    full = torch.from_numpy(by_opencolorio(tmp_path / "a.cube")(colours.numpy()))
    for strength in (0.5, 1.0, 2.5):
        wanted = (colours + strength * (full - colours)).clamp(0, 1)
        for grade in (loaded, grade_from_record(json.loads(json.dumps(loaded.to_record())))):
            torch.testing.assert_close(grade.apply(colours, strength=strength), wanted, atol=2e-6, rtol=0)
    assert not fitted.at_strength(2.5).leaves_range


@every_chain
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_saved_cube_means_the_same_in_opencolorio(chain: LutChain, strength: float, tmp_path: Path) -> None:
    grade = Grade(chain, strength)
    path = grade.save(tmp_path / "again.cube", cube_size=17)
    colours = some_colours(5000).clamp(0, 1)
    theirs, ours = by_opencolorio(path)(colours.numpy()).clip(0, 1), grade.apply(colours).numpy()
    error = grade.cube_error(17)
    assert np.abs(theirs - ours).max() <= max(2e-6, 1.2 * error.max)
    kept = isinstance(in_cube(grade.effective, 17), LutChain)
    assert kept == ("sampled on a lattice of 65 points" not in path.read_text())
    if kept:
        assert np.abs(theirs - ours).max() <= 2e-6
        assert isinstance(load_grade(path).transform, LutChain)


def test_what_is_saved_as_it_is() -> None:
    kept = {name for name, chain in CHAINS.items() if in_cube(chain, 33) is chain}
    assert kept == set(CHAINS) - {"domains a channel"}
    assert isinstance(in_cube(CHAINS["shaper"].at_strength(0.5), 33), Lut3D)
    fine = LutChain((Lut1D.scale(LOW, HIGH), Lut3D(identity_lattice(130))))
    assert in_cube(fine, 33).size == 65  # OpenColorIO could not read its lattice


@every_chain
def test_settings_hold_a_chain_exactly(chain: LutChain) -> None:
    grade = Grade(chain, 0.8, encoding="Rec.709")
    again = grade_from_record(json.loads(json.dumps(grade.to_record())))
    assert (again.strength, again.encoding) == (0.8, "Rec.709")
    assert torch.equal(again.apply(some_colours().clamp(0, 1)), grade.apply(some_colours().clamp(0, 1)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record["steps"].reverse(),
        lambda record: record["steps"].extend(record["steps"] * 2),
        lambda record: record["steps"].clear(),
        lambda record: record.update(share="nan"),
        lambda record: record["steps"][0].update(high=[-1, -1, -1]),
        lambda record: record["steps"][0].update(size=7),
        lambda record: record["steps"][0].pop("values"),
        lambda record: record.update(steps=5),
        lambda record: record.update(steps=[3, 4]),
    ],
)
def test_damaged_settings_are_refused(spoil) -> None:
    record = json.loads(json.dumps(Grade(CHAINS["shaper"]).to_record()))
    spoil(record)
    with pytest.raises(InputError):
        grade_from_record(record)


def test_what_is_said() -> None:
    assert CHAINS["curves"].describe().startswith("1-D LUT, 33 entries; moves colours by ")
    assert CHAINS["domain"].kind() == "3-D LUT, 9 points a side"
    assert CHAINS["shaper"].kind() == "1-D LUT, 64 entries and 3-D LUT, 9 points a side"
    mean, most = LutChain((Lut1D(torch.tensor([[0.0] * 3, [2.0] * 3])),)).movement()
    assert (mean, most) == (pytest.approx(0.25, abs=0.01), pytest.approx(0.5, abs=0.01))


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
def test_identity(share: float) -> None:
    ramp = torch.linspace(0, 1, 1024)[:, None].repeat(1, 3)
    wide = Lut1D(ramp * 3 - 1, (-1.0,) * 3, (2.0,) * 3)
    for same in (LutChain((Lut1D(ramp),)), LutChain((wide,)), LutChain((Lut1D(ramp), Lut3D(identity_lattice(17))))):
        assert same.at_strength(share).is_identity
    assert CHAINS["shaper"].at_strength(share).is_identity == (share == 0.0)
    bumped = ramp.clone()
    bumped[777, 1] += 0.01
    assert not LutChain((Lut1D(bumped),)).is_identity
    assert not LutChain((Lut1D(ramp, (0.1,) * 3, (0.9,) * 3),)).is_identity


@pytest.mark.parametrize("steps", [(), (lattice(), curve()), (lattice(), lattice())])
def test_chains_that_are_none(steps: tuple) -> None:
    with pytest.raises(InputError, match="chain"):
        LutChain(steps)


@pytest.mark.parametrize(
    ("values", "low", "high", "said"),
    [
        (torch.zeros(1, 3), 0.0, 1.0, "shape"),
        (torch.tensor([[0.0, 0.0, 0.0], [1.0, torch.nan, 1.0]]), 0.0, 1.0, "finite"),
        (torch.zeros(2, 3), 1.0, 1.0, "range of inputs"),
        (torch.zeros(2, 3), 0.0, float("inf"), "range of inputs"),
    ],
)
def test_tables_that_are_none(values: torch.Tensor, low: float, high: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Lut1D(values, (low,) * 3, (high,) * 3)


def test_grades_stay_in_range_where_they_always_did() -> None:
    colours = torch.rand(100, 3)
    assert torch.equal(Grade(Cdl((3.0, 3.0, 3.0))).apply(colours), Cdl((3.0, 3.0, 3.0)).apply(colours))
    graded = Grade(CHAINS["domain"]).apply(colours)
    assert graded.min() >= 0 and graded.max() <= 1 and CHAINS["domain"].apply(colours).min() < 0
