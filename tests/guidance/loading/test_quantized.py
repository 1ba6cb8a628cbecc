"""Models that are loaded with their weights in few bits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from guidance import Generation, generate
from guidance.loading import load
from guidance.quantize import SinqLinear
from guidance.quantize.kinds import BACKENDS, installed
from guidance.quantize.replace import model_bytes
from reswd_torch import InputError
from tests.guidance.loading.local_hub import copy_of_embedded

APPLE = Generation("a red apple on a green background", seed=1, steps=12)


def _pixels(pipe: object) -> np.ndarray:
    return np.asarray(generate(pipe, APPLE), dtype=np.float32) / 255  # type: ignore[arg-type]


def test_the_embedded_model_paints_nearly_the_same_picture() -> None:
    plain, few = load("pocket-64", "cpu").pipe, load("pocket-64", "cpu", quantize="sinq").pipe
    for part in (few.unet, few.text_encoder):
        assert sum(isinstance(module, SinqLinear) for module in part.modules()) > 20
    assert model_bytes(few.unet) < 0.7 * model_bytes(plain.unet)
    wanted, found = _pixels(plain), _pixels(few)
    difference = np.sqrt(((wanted - found) ** 2).mean())
    assert 0 < difference < 0.12
    assert np.corrcoef(wanted.ravel(), found.ravel())[0, 1] > 0.9
    assert np.array_equal(_pixels(few), found)


def test_a_folder_is_read_as_the_embedded_model_is(tmp_path: Path) -> None:
    folder = copy_of_embedded(tmp_path)
    loaded = load(str(folder), "cpu", quantize="sinq")
    assert loaded.placement.quantize == "sinq"
    own = load("pocket-64", "cpu", quantize="sinq")
    found, wanted = (each.pipe.unet.state_dict() for each in (loaded, own))
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_auto_leaves_a_small_model_as_it_is(tmp_path: Path) -> None:
    for name in ("pocket-64", str(copy_of_embedded(tmp_path))):
        loaded = load(name, "cpu", quantize="auto")
        assert loaded.placement.quantize == "none"
        assert not any(isinstance(module, SinqLinear) for module in loaded.pipe.unet.modules())


def test_code_of_another_library_is_not_imported(tmp_path: Path) -> None:
    folder = copy_of_embedded(tmp_path)
    index = json.loads((folder / "model_index.json").read_text())
    index["text_encoder"] = ["subprocess", "Popen"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="text_encoder is a Popen of subprocess, which cannot be quantized"):
        load(str(folder), "cpu", quantize="sinq")


def test_what_cannot_be_used_is_refused_before_loading(tmp_path: Path) -> None:
    for name in ("pocket-64", str(copy_of_embedded(tmp_path))):
        with pytest.raises(InputError, match="unknown quantization 'int3'"):
            load(name, "cpu", quantize="int3")
        with pytest.raises(InputError, match="'torchao-int4' runs on CUDA only"):
            load(name, "cpu", quantize="torchao-int4")
        for quantize, backend in BACKENDS.items():
            if not backend.needs_cuda and not installed(backend.package):
                with pytest.raises(InputError, match=f"{quantize!r} needs the package {backend.install}"):
                    load(name, "cpu", quantize=quantize)


@pytest.mark.parametrize("quantize", ["torchao-int8", "quanto-int8"])
def test_other_packages_quantize_where_they_are_installed(quantize: str) -> None:
    if not installed(BACKENDS[quantize].package):
        pytest.skip(f"{BACKENDS[quantize].install} is not installed")
    few = load("pocket-64", "cpu", quantize=quantize).pipe
    difference = np.abs(_pixels(few) - _pixels(load("pocket-64", "cpu").pipe)).mean()
    assert 0 < difference < 0.03
