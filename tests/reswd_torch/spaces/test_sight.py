"""What matches see: standard range in sRGB, HDR in PQ, and each of the other. Oracle: OpenColorIO and the numbers of BT.2408."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch import InputError
from reswd_torch.appearance import SRGB, light_to_pq, pq_appearance, pq_to_light
from reswd_torch.color import srgb_to_linear
from reswd_torch.spaces import (
    appearance_in,
    choose_spaces,
    config_place,
    source_view,
    target_view,
    view_of,
    working_view,
)
from reswd_torch.spaces.sight import is_seen_as_graded, seen_in_hdr

PLACE = config_place("ocio://studio-config-latest")
PQ, HLG, P3_PQ = "Rec.2100-PQ - Display", "Rec.2100-HLG - Display", "ST2084-P3-D65 - Display"
CODES = np.random.default_rng(0).uniform(0.02, 0.98, (200, 3)).astype(np.float32)


def light(codes: np.ndarray) -> np.ndarray:
    """cd/m2 of PQ codes."""
    return pq_to_light(torch.from_numpy(codes).double())[0].numpy()


@pytest.mark.parametrize("space", [PQ, HLG, P3_PQ])
def test_hdr_is_seen_as_pq(space: str) -> None:
    choice = choose_spaces(space, config=PLACE)
    assert seen_in_hdr(choice) and appearance_in(choice) is pq_appearance()
    assert choice.working == space, "HDR is graded in its own space"
    assert is_seen_as_graded(choice) == (space == PQ)
    config = ocio.Config.CreateFromFile(PLACE)
    wanted = CODES.copy()
    config.getProcessor(space, PQ).getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(wanted)
    np.testing.assert_array_equal(source_view(choice)(CODES), wanted)
    np.testing.assert_allclose(working_view(choice, inverse=True)(working_view(choice)(CODES)), CODES, atol=2e-3)


@pytest.mark.parametrize("space", ["sRGB - Display", "ACEScct", "ARRI LogC4", "Rec.1886 Rec.709 - Display"])
def test_standard_range_is_seen_as_before(space: str) -> None:
    choice = choose_spaces(space, config=PLACE)
    assert not seen_in_hdr(choice) and appearance_in(choice) is SRGB
    np.testing.assert_array_equal(source_view(choice)(CODES), view_of(PLACE, space)(CODES))
    assert target_view(choice)(CODES) is CODES, "what its file says is in sRGB already"


@pytest.mark.parametrize("target", [None, "sRGB - Display"])
def test_white_of_standard_range_is_seen_at_203(target: str | None) -> None:
    choice = choose_spaces(PQ, target=target, config=PLACE)
    seen = light(target_view(choice)(np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0]], np.float32)))
    np.testing.assert_allclose(seen[0], 203, rtol=2e-3)
    assert seen[1].max() < 1e-3
    assert seen[2, 0] > 3 * seen[2, 1] > 3 * seen[2, 2], "the primaries are those of the reference"
    assert 30 < seen[2] @ (0.2627, 0.678, 0.0593) < 60, "red of sRGB has 0.21 of white's luminance"


def test_hdr_in_standard_range_keeps_its_highlights_apart() -> None:
    """Below three quarters of reference white it is shown as it is, above it is brought into range."""
    choice = choose_spaces("sRGB - Display", target=PQ, config=PLACE)
    levels = np.array([2.0, 20.0, 100.0, 203.0, 600.0, 1000.0, 4000.0])
    codes = light_to_pq(torch.from_numpy(levels))[:, None].expand(-1, 3).numpy().astype(np.float32)
    shown = target_view(choice)(codes)
    np.testing.assert_allclose(shown.max(axis=1), shown.min(axis=1), atol=1e-4)
    assert (np.diff(shown[:, 0]) > 0).all() and shown.max() < 1
    np.testing.assert_allclose(srgb_to_linear(torch.from_numpy(shown[:3, 0])).numpy(), levels[:3] / 203, rtol=2e-3)


def test_light_of_a_scene_is_seen_in_hdr_through_the_config_s_view() -> None:
    choice = choose_spaces(PQ, target="ACEScct", config=PLACE)
    grey = np.full((1, 3), 0.4135884, np.float32)  # 0.18
    assert 5 < light(target_view(choice)(grey)).mean() < 40
    bright = light(target_view(choice)(np.full((1, 3), 0.7, np.float32))).mean()
    assert 400 < bright <= 1001


def test_a_config_without_pq_is_refused_for_hdr(tmp_path: Path) -> None:
    config = ocio.Config.CreateRaw()
    config.addColorSpace(
        ocio.ColorSpace(name="Own HDR", encoding="hdr-video", referenceSpace=ocio.REFERENCE_SPACE_DISPLAY)
    )
    place = tmp_path / "own.ocio"
    place.write_text(config.serialize())
    with pytest.raises(InputError, match="has no 'Rec.2100-PQ - Display'"):
        choose_spaces("Own HDR", config=str(place))
