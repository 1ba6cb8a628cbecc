"""The memory estimate agrees with figures made by hand, and placements fit into the memory that is given."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from guidance.catalogue import CATALOGUE, EMBEDDED_ID, MODELS, ModelEntry
from guidance.memory import GIB, OFFLOADS, USABLE, choose_placement, memory_estimate
from reswd_torch import InputError

SDXL = MODELS["stabilityai/stable-diffusion-xl-base-1.0"]
FLUX = MODELS["black-forest-labs/FLUX.1-dev"]
POCKET = MODELS[EMBEDDED_ID]


def test_the_estimate_is_the_one_made_by_hand() -> None:
    # SDXL in half precision, its decoder in single: 3.469e9 * 2 bytes, and per pixel 768 * 4 + 2560, guided 128 more
    weights = (2.567 + 0.123 + 0.695 + 0.084) * 1e9 * 2 / 2**30
    plain = memory_estimate(SDXL, 1024, 1024, guided=False)
    assert plain.weights == pytest.approx(weights)
    assert plain.working == pytest.approx(5.5)
    assert plain.host == 0
    assert plain.device == pytest.approx(weights + 5.5)
    guided = memory_estimate(SDXL, 1024, 1024, "model")
    assert guided.weights == pytest.approx((2.567 + 0.084) * 1e9 * 2 / 2**30)
    assert guided.working == pytest.approx(5.625)
    assert guided.host == pytest.approx(weights)
    assert str(plain) == "about 12.0 GiB (estimate: weights 6.5, pictures 5.5)"


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
