"""The entries of the catalogue agree with the installed diffusers and with the files of the embedded model."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from guidance.catalogue import (
    CATALOGUE,
    CHECKED,
    EMBEDDED_ID,
    FAMILY_OF_CLASS,
    MODEL_FAMILIES,
    MODELS,
    ModelEntry,
    closest,
)
from guidance.known import EMBEDDED, read_known
from guidance.memory import DTYPES

POCKET = MODELS[EMBEDDED_ID]


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: ModelEntry) -> None:
    import diffusers

    assert entry.id == EMBEDDED_ID or re.fullmatch(r"[\w.-]+/[\w.-]+", entry.id)
    assert entry.label
    assert entry.family in MODEL_FAMILIES
    assert entry.checked in CHECKED
    assert entry.dtype in DTYPES
    assert entry.width % entry.multiple == 0 == entry.height % entry.multiple
    assert entry.steps >= 1
    assert entry.scale >= 0
    assert min(entry.denoiser, entry.vae, *entry.text_encoders) > 0
    assert entry.parameters_source
    if not entry.source.startswith("https://"):
        root = EMBEDDED.parents[2] if entry.id == EMBEDDED_ID else Path(diffusers.__file__).parents[1]
        assert (root / entry.source).is_file()


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_an_entry_fits_the_installed_pipeline(entry: ModelEntry) -> None:
    import diffusers

    assert FAMILY_OF_CLASS[entry.pipeline] == entry.family
    call = inspect.signature(getattr(diffusers, entry.pipeline).__call__).parameters
    assert entry.scale_argument in call
    assert {"prompt", "num_inference_steps", "width", "height", "generator"} <= set(call)
    assert "negative_prompt" in call or not entry.negative_prompt
    if entry.source.startswith("diffusers/") and entry.scale:  # the defaults of the call, as the entry claims
        assert call["num_inference_steps"].default == entry.steps
        assert call[entry.scale_argument].default == entry.scale


def test_classes_exist_and_every_family_has_a_model() -> None:
    import diffusers

    assert all(hasattr(diffusers, name) for name in FAMILY_OF_CLASS)
    assert {entry.family for entry in CATALOGUE} == set(MODEL_FAMILIES) == set(FAMILY_OF_CLASS.values())
    assert len(MODELS) == len(CATALOGUE)


def test_only_the_embedded_model_claims_to_have_run() -> None:
    assert [entry.id for entry in CATALOGUE if entry.checked == "run"] == [EMBEDDED_ID]
    known = read_known()
    assert (POCKET.width, POCKET.height) == (known.size, known.size)
    assert (POCKET.steps, POCKET.scale) == (known.steps, known.guidance_scale)


def test_the_size_of_the_embedded_model_is_that_of_its_files() -> None:
    from safetensors import safe_open

    def billions(part: str) -> float:
        total = 0
        for file in (EMBEDDED / part).glob("*.safetensors"):
            with safe_open(file, "np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 - not a mapping
                    size = 1
                    for length in tensors.get_slice(name).get_shape():
                        size *= length
                    total += size
        return total / 1e9

    assert POCKET.denoiser == pytest.approx(billions("unet"), abs=1e-6)
    assert POCKET.text_encoders == (pytest.approx(billions("text_encoder"), abs=1e-6),)
    assert POCKET.vae == pytest.approx(billions("vae"), abs=1e-6)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("black-forest-labs/FLUX.1-dev", {"guidance_embeds": True}),
        ("Qwen/Qwen-Image", {}),
        ("black-forest-labs/FLUX.2-dev", {}),
        ("Tongyi-MAI/Z-Image-Turbo", {}),
    ],
)
def test_denoisers_have_the_size_of_the_class_that_diffusers_builds(model: str, options: dict[str, bool]) -> None:
    import diffusers
    from accelerate import init_empty_weights

    names = {"flux": "Flux", "qwen": "QwenImage", "flux2": "Flux2", "zimage": "ZImage"}
    with init_empty_weights():
        built = getattr(diffusers, f"{names[MODELS[model].family]}Transformer2DModel")(**options)
    count = sum(parameter.numel() for parameter in built.parameters())
    assert MODELS[model].denoiser == pytest.approx(count / 1e9, abs=1e-3)


def test_did_you_mean() -> None:
    assert closest("black-forest-labs/FLUX1-schnel")[0] == "black-forest-labs/FLUX.1-schnell"
    assert closest("sdxl-turbo")[0] == "stabilityai/sdxl-turbo"
    assert closest("stability/sdxl-turbo")[0] == "stabilityai/sdxl-turbo"
    assert closest("pocket64") == (EMBEDDED_ID,)
    assert closest("zzzzzzzz") == ()


def test_the_catalogue_loads_neither_torch_nor_diffusers() -> None:
    script = (
        "import sys, guidance.catalogue, guidance.memory, guidance.loading\n"
        "print(sorted({'torch', 'diffusers', 'huggingface_hub'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "[]", ran.stderr
