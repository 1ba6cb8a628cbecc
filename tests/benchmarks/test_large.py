"""What large models take is counted right: against every allocation of small ones, and against sizes known otherwise."""

from __future__ import annotations

import copy
import functools
from typing import Any

import pytest
import torch
from torch import nn

from benchmarks.large.accounting import of_autoencoder, stored_bytes, working_of
from benchmarks.large.live import LiveBytes, peak_of, profiled_peak_of
from benchmarks.large.published import PUBLISHED, build
from guidance.catalogue import CATALOGUE, EMBEDDED_IDS, MODELS
from guidance.loading import load_embedded
from guidance.memory import GIB, OTHER_BYTES, memory_estimate
from guidance.quantize.replace import model_bytes, quantize_linears
from guidance.shipped import embedded_model
from tests.guidance import tiny

ORDER = 8 * 24 * 128**2
"""Bytes of the order that NumPy finds of 128 x 128 colours along 24 directions. The profiler does not see NumPy's memory."""


def test_live_bytes_are_those_made_by_hand() -> None:
    x = torch.zeros(1000, device="meta")

    def work() -> torch.Tensor:
        first = x + 1  # 4,000 bytes
        second = first.double()  # 8,000 more
        del first  # a view keeps what it looks at, and is nothing of its own
        view = second[:10]
        del second
        return view + torch.ones(2000, device="meta").sum()  # 8,000 more, while the 8,000 are there

    assert peak_of(work) == pytest.approx(16_000, abs=200)
    with LiveBytes() as live:
        held = x * 2
        assert live.live == 4000
        del held
        assert live.live == 0 and live.peak == 4000


def test_attention_holds_no_map_of_all_pairs() -> None:
    query = torch.zeros(1, 1, 4096, 64, device="meta")
    attend = functools.partial(nn.functional.scaled_dot_product_attention, query, query, query)
    assert peak_of(attend) == 4096 * 64 * 4
    assert peak_of(attend, fused=False) > 4096**2 * 4


@pytest.mark.parametrize("family", ["pocket-64", "sdxl", "sana"])
def test_on_meta_the_same_is_counted_as_of_real_tensors_and_seen_by_the_profiler(family: str) -> None:
    embedded = family in EMBEDDED_IDS
    pipe: Any = load_embedded("cpu", embedded_model(family)) if embedded else tiny.shared_pipeline(family)
    asked = (type(pipe).__name__, pipe.vae_scale_factor, 128, 128)
    counted = of_autoencoder(copy.deepcopy(pipe.vae).to("meta"), *asked)
    assert counted == of_autoencoder(pipe.vae, *asked, functools.partial(peak_of, fused=False))
    seen = of_autoencoder(pipe.vae, *asked, profiled_peak_of)
    # The profiler also sees what convolutions need inside themselves.
    assert counted[0] == pytest.approx(seen[0], rel=0.25) and counted[0] <= seen[0]
    assert counted[1] == pytest.approx(seen[1] + ORDER, rel=0.25)


def test_the_decoder_of_a_megapixel_holds_the_three_maps_that_the_estimate_says() -> None:
    vae = build(PUBLISHED["stable-diffusion-v1-5/stable-diffusion-v1-5"].vae, torch.bfloat16)
    plain, guided = of_autoencoder(vae, "StableDiffusionPipeline", 8, 1024, 1024)
    assert plain == pytest.approx(768 * 2 * 1024**2, rel=0.01)
    assert plain <= guided < 1.05 * plain  # at a megapixel guidance takes no more than the pipeline's own last decode
    plain, guided = of_autoencoder(vae, "StableDiffusionPipeline", 8, 512, 512)
    assert guided == pytest.approx(1280 * 2 * 512**2, rel=0.05)  # below it encodes two pictures at once


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        "stabilityai/sdxl-turbo",
        "Qwen/Qwen-Image",
        "Efficient-Large-Model/Sana_1600M_1024px_BF16_diffusers",
        "Tongyi-MAI/Z-Image-Turbo",
    ],
)
def test_the_estimate_is_what_is_counted_and_its_margin(model: str) -> None:
    entry, counted = MODELS[model], working_of(model)
    pixels = entry.width * entry.height
    assert counted.step < counted.plain  # so the denoiser's own maps need no place in the estimate
    for guided in (False, True):
        estimated = memory_estimate(entry, entry.width, entry.height, guided=guided).working * GIB
        assert estimated - OTHER_BYTES * pixels == pytest.approx(counted.peak(guided), rel=0.15)


@pytest.mark.parametrize("entry", [each for each in CATALOGUE if each.id in PUBLISHED], ids=lambda entry: entry.id)
def test_published_shapes_have_the_numbers_of_the_catalogue(entry: Any) -> None:
    shapes = PUBLISHED[entry.id]
    counts = [stored_bytes(build(part)) / 4e9 for part in (shapes.denoiser, *shapes.encoders, shapes.vae)]
    assert counts == pytest.approx([entry.denoiser, *entry.text_encoders, entry.vae], abs=0.005)


def test_every_model_that_is_not_embedded_has_its_shapes() -> None:
    assert set(PUBLISHED) == set(MODELS) - set(EMBEDDED_IDS)


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_four_bits_are_counted_as_the_real_ones_are(part: str) -> None:
    model = copy.deepcopy(getattr(load_embedded("cpu", embedded_model("pocket-64")), part))
    assert stored_bytes(model) == model_bytes(model)
    counted = stored_bytes(model, "sinq")
    quantize_linears(model)
    assert counted == model_bytes(model)
