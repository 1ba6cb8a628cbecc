"""Colours to avoid: out of the reference, out of pictures without a contour, and out of what every family paints."""

from __future__ import annotations

import re

import pytest
import torch

from guidance import PaletteCallback
from guidance.attach import guide
from guidance.avoiding import RADIUS, Avoidance, read_allowed, share_inside
from guidance.reference import Reference, read_reference
from guidance.settings import GuidanceSettings
from reswd_torch import InputError
from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.palette import hex_of
from tests.conftest import asset
from tests.guidance import tiny
from tests.guidance.steering import changed_denoiser, guided_run

RED = "#c1121f"


def _lab(picture: torch.Tensor) -> torch.Tensor:
    return srgb_to_lab(picture.permute(0, 2, 3, 1))


def _most_common(pictures: torch.Tensor) -> str:
    """The colour of a pixel that most others are near to."""
    colors = pictures.permute(0, 2, 3, 1).reshape(-1, 3)[::7]
    lab = srgb_to_lab(colors)
    return hex_of(colors[int((torch.cdist(lab, lab) < RADIUS).sum(dim=1).argmax())].tolist())


# Out of the reference


def test_a_picture_loses_its_colours_near_an_avoided_one_and_no_other() -> None:
    picture = asset("fig-red-bowl.jpg", 128)
    whole = read_reference(picture).colors
    (left,) = read_allowed(picture, GuidanceSettings(avoid=RED))
    near = (srgb_to_lab(whole) - srgb_to_lab(read_reference(RED).colors[:1])).norm(dim=1) < RADIUS
    assert 0 < int(near.sum()) < len(whole)
    assert torch.equal(left.colors, whole[~near])


def test_nothing_to_avoid_leaves_the_reference_as_it_is() -> None:
    reference = Reference(torch.rand(9, 3))
    assert read_allowed(reference, GuidanceSettings()) == (reference,)


@pytest.mark.parametrize(
    ("palette", "avoid", "said"),
    [
        ("#1d3557:3, #c1121f", "#00ff00, #c1121f", "#c1121f is in the palette and #c1121f is to be avoided"),
        ("#c00f1e, #bb1020", "#c8182a", "no colour of the palette #c00f1e, #bb1020 is left without #c8182a"),
    ],
)
def test_a_palette_that_contradicts_is_refused_with_both_quoted(palette: str, avoid: str, said: str) -> None:
    pipe = tiny.shared_pipeline("sd3")
    with pytest.raises(InputError, match=re.escape(said)), guide(pipe, palette, avoid=avoid):
        raise AssertionError("not reached")
    assert "step" not in vars(pipe.scheduler)


def test_a_picture_of_avoided_colours_alone_is_refused() -> None:
    with pytest.raises(InputError, match=r"no colour of the reference \(such as #.{6}.*\) is left without #808080"):
        read_allowed(torch.full((4, 4, 3), 0.5), GuidanceSettings(avoid="#808080"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"avoid": "#12345g"}, "colours to avoid: palette entry '#12345g' is not a hex colour"),
        ({"avoid": " "}, "colours to avoid: palette ' ' names no colour"),
        ({"avoid": 5}, "colours to avoid: palette 5 is no text"),
        ({"avoid": ["#fff"]}, "give one text"),
        ({"avoid": "#fff " * 17}, "17 colours to avoid: give at most 16"),
        ({"avoid": "#fff", "method": "gradient"}, "need method='transport'"),
    ],
)
def test_what_cannot_be_avoided_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        GuidanceSettings(**options)  # type: ignore[arg-type]


# Out of a picture


def test_nothing_of_a_picture_stays_inside_and_what_is_far_stays_as_it_is() -> None:
    pixels = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    avoid = f"{RED}, #d62839, #808080, #000000, #ffffff"
    references = read_allowed([tiny.COOL, "#2a9d8f"], GuidanceSettings(avoid=avoid))
    moved = Avoidance(avoid, references)(pixels, detail=False)
    assert share_inside(pixels, avoid) > 0.05
    assert share_inside(moved, avoid) < 1e-4
    assert float(moved.min()) >= 0 and float(moved.max()) <= 1
    centres = srgb_to_lab(torch.cat([read_reference(each).colors[:1] for each in avoid.split(", ")]))
    far = torch.cdist(_lab(pixels).reshape(-1, 3), centres).min(dim=1).values > 2 * RADIUS
    assert far.any()
    rows = [each.permute(0, 2, 3, 1).reshape(-1, 3)[far] for each in (pixels, moved)]
    assert torch.equal(*rows)


def test_a_gradient_through_an_avoided_colour_gets_no_contour() -> None:
    """It goes past the centre at some distance, as nearly all do, and is bent around the ball."""
    ramp = torch.linspace(-60, 60, 241)
    lab = torch.stack([50 + 0 * ramp, ramp, 10 + 0 * ramp], dim=-1).expand(6, 241, 3)
    pixels = lab_to_srgb(lab).clamp(0, 1).permute(2, 0, 1)[None]
    grey = hex_of(lab_to_srgb(torch.tensor([50.0, 0.0, 0.0])).tolist())
    reference = read_reference(hex_of(lab_to_srgb(torch.tensor([50.0, 0.0, 60.0])).tolist()))
    moved = Avoidance(grey, [reference])(pixels)
    steps = [(_lab(each)[0, :, 1:] - _lab(each)[0, :, :-1]).norm(dim=-1) for each in (pixels, moved)]
    assert share_inside(pixels, grey) > 0.2
    assert share_inside(moved, grey) == 0
    assert float(steps[0].max()) < 0.6
    assert float(steps[1].max()) < 3.0
    hue = _lab(moved)[0, 3, 100:141, 2]
    assert float(hue.min()) > 15, "it goes round on the side of the wanted colour"


def test_texture_on_an_avoided_colour_is_kept() -> None:
    light = 50 + 3 * torch.sin(torch.arange(64.0)[None, :] * 1.3) * torch.ones(64, 1)
    lab = torch.stack([light, torch.full_like(light, 4.0), torch.full_like(light, 2.0)], dim=-1)
    pixels = lab_to_srgb(lab).permute(2, 0, 1)[None]
    moved = Avoidance("#777777", [read_reference(tiny.WARM)])(pixels)
    assert share_inside(moved, "#777777") == 0
    assert float(_lab(moved)[0].std(dim=1).mean(dim=0).norm()) > 0.3 * float(light.std(dim=1).mean())


# Out of what a pipeline paints


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_family_paints_without_an_avoided_colour(family: str) -> None:
    pipe = tiny.shared_pipeline(family)
    reference = asset("mountain-sunset.jpg", 64)
    with changed_denoiser(pipe, lambda call, output: None) as calls:
        before = guided_run(pipe, reference)
        counted = len(calls)
        avoid = _most_common(before)
        after = guided_run(pipe, reference, avoid=avoid)
        assert len(calls) == 2 * counted
    assert share_inside(before, avoid) > 0.1
    assert share_inside(after, avoid) < 0.2 * share_inside(before, avoid)
    assert torch.equal(guided_run(pipe, reference, avoid=avoid), after)


def test_an_embedded_model_paints_without_an_avoided_colour_by_a_callback_and_at_little_strength() -> None:
    from diffusers import DDIMScheduler

    from guidance import load_embedded
    from guidance.shipped import embedded_model

    pipe = load_embedded("cpu", embedded_model("pocket-64"))
    pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)  # type: ignore[attr-defined]
    reference = asset("mountain-sunset.jpg", 64)

    def painted(**more: object) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        return pipe("a sailboat", num_inference_steps=8, generator=generator, output_type="pt", **more).images  # type: ignore[operator]

    before = painted(callback_on_step_end=PaletteCallback(reference))
    avoid = _most_common(before)
    assert share_inside(before, avoid) > 0.1
    assert share_inside(painted(callback_on_step_end=PaletteCallback(reference, avoid=avoid)), avoid) < 0.02
    with guide(pipe, reference, avoid=avoid, strength=0.3):
        assert share_inside(painted(), avoid) < 0.02
    plain = painted()
    with guide(pipe, reference, avoid=avoid, strength=0.0):
        assert torch.equal(painted(), plain)
