"""Plans for models that the catalogue does not know, by the sizes of their files."""

from __future__ import annotations

import psutil
import pytest

from guidance.catalogue import MODELS
from guidance.loading.plan import plan_loading, resolved_device
from guidance.memory import memory_estimate
from reswd_torch import InputError

INDEX = {
    "_class_name": "StableDiffusion3Pipeline",
    "transformer": ["diffusers", "SD3Transformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
}
SIZES = {
    "model_index.json": 500,
    "transformer/diffusion_pytorch_model.safetensors": 4 * 10**9,
    "vae/diffusion_pytorch_model.safetensors": 2 * 10**8,
    "text_encoder/model.safetensors": 10**9,
}


@pytest.fixture
def free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 GiB of the host's memory are free."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 64 * 2**30}))


def test_an_unknown_model_is_estimated_by_its_files(free_memory: None) -> None:
    """Two bytes of a file are one number, and four bytes of memory on the CPU."""
    plan = plan_loading("someone/own-sd3", INDEX, SIZES, "cpu")
    assert (plan.placement.dtype, plan.placement.offload) == ("float32", "none")
    assert plan.placement.estimate.weights == pytest.approx(2 * 5.2e9 / 2**30)
    assert plan.files.size == sum(SIZES.values())


def test_a_model_of_the_catalogue_is_estimated_by_its_entry(free_memory: None) -> None:
    entry = MODELS["stabilityai/stable-diffusion-3.5-medium"]
    plan = plan_loading(entry.id, INDEX, SIZES, "cpu")
    assert plan.placement.estimate == memory_estimate(entry, entry.width, entry.height, dtype="float32")


def test_a_device_that_does_not_exist_is_refused() -> None:
    assert resolved_device("cpu") == "cpu"
    assert resolved_device("auto") in ("cpu", "cuda", "mps")
    with pytest.raises(InputError, match="abacus"):
        resolved_device("abacus")
