"""Grades with the conversions around them, against files that OpenColorIO reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade, Lut3D
from reswd_torch.spaces import SpaceChoice, choose_spaces, conversion, process_list_text, through
from reswd_torch.spaces.chain import graded_in

LOOK = Cdl((1.1, 0.95, 0.9), (0.03, -0.02, 0.01), (1.05, 0.98, 1.1), 0.85)
BEYOND = np.random.default_rng(1).uniform(-0.2, 1.2, (500, 3)).astype(np.float32)
CODES = BEYOND.clip(0.0, 1.0)
CLF = "Academy/ASC Common LUT Format"


def chosen(source: str = "arri_logc3_ei800", **more: str) -> SpaceChoice:
    return choose_spaces(source, config="ocio://studio-config-latest", **more)


def by_file(path: Path, colours: np.ndarray) -> np.ndarray:
    """Oracle: OpenColorIO reads the file and grades with it, with nothing approximated."""
    out = colours.copy()
    processor = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(path)))
    processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(out)
    return out


@pytest.mark.parametrize("suffix", [".cc", ".ccc"])
def test_ten_numbers_in_acescct_are_those_that_opencolorio_reads(tmp_path: Path, suffix: str) -> None:
    """Beyond 0..1 too: ACEScct has colours there, and its CDL does not clamp them."""
    place = Grade(LOOK, encoding="ACEScct").save(tmp_path / f"look{suffix}")
    found = graded_in(chosen(), LOOK)(BEYOND)
    assert np.abs(found - by_file(place, BEYOND)).max() <= 1e-5
    assert found.min() < 0.0 and found.max() > 1.0


def test_ten_numbers_of_a_display_clamp_as_the_standard_says() -> None:
    found = graded_in(chosen("srgb_display"), LOOK)(BEYOND)
    wanted = LOOK.apply(torch.from_numpy(BEYOND)).numpy()
    assert np.abs(found - wanted).max() <= 1e-5 and found.min() >= 0.0 and found.max() <= 1.0


def test_a_grade_is_applied_between_the_conversions() -> None:
    choice = chosen(output="ACEScg")
    working = graded_in(choice, LOOK)(conversion(choice.config, choice.source, "ACEScct")(CODES))
    wanted = conversion(choice.config, "ACEScct", "ACEScg")(working)
    found = through(choice, LOOK)(CODES)
    assert (np.abs(found - wanted) / np.maximum(np.abs(wanted), 1.0)).max() < 1e-4
    plain = conversion(choice.config, choice.source, "ACEScg")(CODES)
    assert np.array_equal(through(choice, None)(CODES), plain)


@pytest.mark.parametrize("suffix", [".clf", ".ctf"])
@pytest.mark.parametrize("kind", ["cdl", "lut"])
@pytest.mark.parametrize(
    ("source", "output"),
    [("arri_logc3_ei800", "arri_logc3_ei800"), ("slog3_sgamut3cine", "srgb_display"), ("apple_log", "acescct")],
)
def test_a_list_holds_the_conversions(tmp_path: Path, suffix: str, kind: str, source: str, output: str) -> None:
    choice = chosen(source, output=output)
    transform = LOOK if kind == "cdl" else Lut3D.sample(LOOK.apply)
    name = CLF if suffix == ".clf" else "Color Transform Format"
    text = process_list_text(choice, transform, name, suffix=suffix, description="a & b", cube_size=33)
    place = tmp_path / f"look{suffix}"
    place.write_text(text, encoding="utf-8")
    assert choice.source in text and choice.output in text
    assert np.abs(by_file(place, CODES).clip(0, 1) - through(choice, transform)(CODES).clip(0, 1)).max() < 1 / 1023


def test_what_a_clf_cannot_hold_is_refused_and_a_ctf_named() -> None:
    choice = chosen("rec2100_pq_display", working="acescct")
    with pytest.raises(InputError, match=r"\.clf has no place .*Rec\.2100-PQ - Display.*save it as \.ctf"):
        process_list_text(choice, LOOK, CLF, suffix=".clf", description="", cube_size=33)
