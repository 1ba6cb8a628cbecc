"""The memory estimate agrees with figures made by hand, and placements fit into the memory that is given."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from guidance import core
from guidance.catalogue import CATALOGUE, EMBEDDED_ID, MODELS, ModelEntry
from guidance.memory import GIB, OFFLOADS, TWO_AT_ONCE, USABLE, choose_placement, memory_estimate
from reswd_torch import InputError

SDXL = MODELS["stabilityai/stable-diffusion-xl-base-1.0"]
FLUX = MODELS["black-forest-labs/FLUX.1-dev"]
POCKET = MODELS[EMBEDDED_ID]


def test_the_estimate_is_the_one_made_by_hand() -> None:
    # SDXL in half precision, its decoder in single: 3.469e9 * 2 bytes, and per pixel 768 * 4 + 2560, guided 128 more; the
    # autoencoder's weights become single precision, which guidance copies them to
    weights = (2.567 + 0.123 + 0.695 + 0.084) * 1e9 * 2 / 2**30
    plain = memory_estimate(SDXL, 1024, 1024, guided=False)
    assert plain.weights == pytest.approx(weights)
    assert plain.working == pytest.approx(5.5 + 0.084e9 * 2 / 2**30)
    assert plain.host == 0
    assert plain.device == pytest.approx(weights + plain.working)
    guided = memory_estimate(SDXL, 1024, 1024, "model")
    assert guided.weights == pytest.approx((2.567 + 0.084) * 1e9 * 2 / 2**30)
    assert guided.working == pytest.approx(5.625 + 0.084e9 * 4 / 2**30)
    assert guided.host == pytest.approx(weights)
    assert str(plain) == "about 12.1 GiB (estimate: weights 6.5, pictures 5.7)"


def test_a_small_guided_picture_takes_the_encoder_twice() -> None:
    # at 512 x 512 both pictures are encoded at once: 2 * 640 numbers a pixel, where the decoder holds 768
    sd = MODELS["stable-diffusion-v1-5/stable-diffusion-v1-5"]
    plain, guided = (memory_estimate(sd, 512, 512, guided=each).working * GIB / 512**2 for each in (False, True))
    assert plain == pytest.approx(768 * 2 + 2560)
    assert guided == pytest.approx(1280 * 2 + 2560 + 128)
    assert memory_estimate(sd, 1024, 1024).working * GIB / 1024**2 == pytest.approx(768 * 2 + 2560 + 128)
    assert TWO_AT_ONCE * 2 == core._PIXELS_AT_ONCE


def test_the_estimate_meets_the_published_peaks_it_was_fitted_to() -> None:
    klein = MODELS["black-forest-labs/FLUX.2-klein-4B"]
    assert memory_estimate(klein, 1024, 1024, guided=False).device * GIB / 1e9 == pytest.approx(20, rel=0.1)
    assert memory_estimate(klein, 1024, 1024, "model", guided=False).device * GIB / 1e9 == pytest.approx(13, rel=0.1)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_more_needs_more(entry: ModelEntry) -> None:
    sizes = [memory_estimate(entry, side, side).device for side in (64, 512, 1024, 2048)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4
    offloads = [memory_estimate(entry, 512, 512, offload).device for offload in OFFLOADS]
    assert offloads == sorted(offloads, reverse=True)
    for offload in OFFLOADS:
        guided, plain = (memory_estimate(entry, 512, 512, offload, guided).device for guided in (True, False))
        assert guided > plain
    single, half = (memory_estimate(entry, 512, 512, dtype=dtype).device for dtype in ("float32", "float16"))
    assert single > half
    assert memory_estimate(replace(entry, denoiser=entry.denoiser + 1), 512, 512).device > offloads[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"offload": "disk"}, r"unknown offload 'disk': choose one of none, model, sequential"),
        ({"dtype": "int4"}, r"unknown dtype 'int4': choose one of float32"),
        ({"width": 0}, r"size 0 x 64 is out of range"),
    ],
)
def test_an_estimate_of_nonsense_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        memory_estimate(POCKET, **{"width": 64, "height": 64, **arguments})  # type: ignore[arg-type]


def test_placement_takes_the_fastest_that_fits() -> None:
    host = 256 * GIB
    for memory, offload in ((80, "none"), (32, "model"), (16, "sequential")):
        placed = choose_placement(FLUX, memory * GIB, host)
        assert (placed.offload, placed.dtype) == (offload, "bfloat16")
        assert placed.estimate == memory_estimate(FLUX, 1024, 1024, offload)
        assert placed.estimate.device <= USABLE * memory
    assert choose_placement(FLUX, 32 * GIB, host, guided=False).offload == "model"
    assert choose_placement(SDXL, 16 * GIB, host).offload == "none"


def test_on_the_cpu_everything_is_single_precision_and_stays() -> None:
    placed = choose_placement(SDXL, None, 64 * GIB)
    assert (placed.dtype, placed.offload) == ("float32", "none")
    assert placed.estimate == memory_estimate(SDXL, 1024, 1024, dtype="float32")
    assert choose_placement(POCKET, None, GIB).offload == "none"


def test_what_does_not_fit_is_refused_with_what_to_turn() -> None:
    advice = r"15.2 GiB are free: choose a smaller width and height, or a smaller model, such as \S+"
    message = rf"FLUX.1-dev at 4096 x 4096 needs about 6\d.* even with sequential offload, and {advice}"
    with pytest.raises(InputError, match=message):
        choose_placement(FLUX, 16 * GIB, 256 * GIB, 4096, 4096)
    with pytest.raises(
        InputError, match=r"FLUX.1-dev needs 31.4 GiB of the host's memory .* 15.2 GiB are free: choose"
    ):
        choose_placement(FLUX, 24 * GIB, 16 * GIB)
    with pytest.raises(
        InputError, match=r"FLUX.1-dev at 1024 x 1024 needs about .* on the CPU, and 15.2 GiB .* use a GPU"
    ):
        choose_placement(FLUX, None, 16 * GIB)


def test_the_model_that_a_refusal_offers_fits() -> None:
    with pytest.raises(InputError) as caught:
        choose_placement(FLUX, None, 24 * GIB)
    offered = re.search(r"such as (\S+),", str(caught.value))
    assert offered
    assert choose_placement(MODELS[offered[1]], None, 24 * GIB).offload == "none"


def test_four_bits_take_the_bytes_made_by_hand() -> None:
    # of FLUX.1-dev 0.999 of the denoiser and 0.9 of the encoders at 0.5625 bytes, the rest and the autoencoder at 2
    few, whole = 0.5 + 2 * 2 / 64, 2
    denoiser = 11.901 * (0.999 * few + 0.001 * whole)
    encoders = [size * (0.9 * few + 0.1 * whole) for size in (0.123, 4.762)]
    found = memory_estimate(FLUX, 1024, 1024, quantize="sinq")
    everything = denoiser + sum(encoders) + 0.084 * whole
    assert found.weights == pytest.approx(everything * 1e9 / GIB)
    # while the denoiser is read it is there with all its bits
    assert found.loading == pytest.approx((everything + 11.901 * whole - denoiser) * 1e9 / GIB)
    assert memory_estimate(FLUX, 1024, 1024).loading == 0
    assert memory_estimate(FLUX, 1024, 1024, "model", quantize="sinq").weights == pytest.approx(
        (denoiser + 0.084 * whole) * 1e9 / GIB
    )


def test_a_unet_of_convolutions_gains_less_than_a_transformer() -> None:
    shares = [
        memory_estimate(MODELS[name], 512, 512, quantize="sinq").weights
        / memory_estimate(MODELS[name], 512, 512).weights
        for name in ("stable-diffusion-v1-5/stable-diffusion-v1-5", SDXL.id, FLUX.id)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.7 and shares[2] < 0.4


def test_auto_quantizes_what_would_not_fit() -> None:
    host = 256 * GIB
    for memory, quantize, offload in (
        (80, "none", "none"),
        (32, "none", "model"),
        (20, "sinq", "none"),
        (10, "sinq", "model"),
    ):
        placed = choose_placement(FLUX, memory * GIB, host, quantize="auto", width=512, height=512)
        assert (placed.quantize, placed.offload) == (quantize, offload)
        assert placed.estimate == memory_estimate(FLUX, 512, 512, offload, quantize=quantize)
    assert choose_placement(FLUX, None, 60 * GIB, quantize="auto").quantize == "sinq"
    assert choose_placement(SDXL, None, 60 * GIB, quantize="auto").quantize == "none"
    assert choose_placement(SDXL, None, 60 * GIB, quantize="sinq").quantize == "sinq"


def test_a_refusal_says_that_fewer_bits_would_fit() -> None:
    fits = r"use a GPU$"
    with pytest.raises(
        InputError, match=r"such as \S+, or quantize its weights \('sinq' fits\), or a smaller size"
    ) as caught:
        choose_placement(FLUX, None, 60 * GIB)
    assert re.search(fits, str(caught.value))
    assert choose_placement(FLUX, None, 60 * GIB, quantize="sinq").quantize == "sinq"
    with pytest.raises(InputError) as caught:
        choose_placement(FLUX, None, 24 * GIB)
    assert "quantize" not in str(caught.value)
    with pytest.raises(
        InputError, match=r"FLUX\.1-dev needs \d+\.\d GiB of the host's memory while its weights are read"
    ):
        choose_placement(FLUX, 24 * GIB, 16 * GIB, quantize="sinq")
    with pytest.raises(
        InputError, match=r"1024, quantized as 'bnb-nf4', needs about .* even with model offload"
    ) as caught:
        choose_placement(FLUX, 8 * GIB, 64 * GIB, quantize="bnb-nf4")
    offered = re.search(r"such as (\S+)$", str(caught.value))
    assert offered
    assert choose_placement(MODELS[offered[1]], 8 * GIB, 64 * GIB, quantize="bnb-nf4").offload in ("none", "model")
    with pytest.raises(InputError, match=r"unknown quantization 'int3': choose one of none, sinq, auto, torchao-int4"):
        choose_placement(FLUX, None, 24 * GIB, quantize="int3")
    with pytest.raises(InputError, match=r"unknown quantization 'int3'"):
        memory_estimate(FLUX, 64, 64, quantize="int3")
