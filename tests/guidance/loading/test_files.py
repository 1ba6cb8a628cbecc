"""Only those files of a repository are chosen that diffusers reads, with each weight once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from guidance.loading import choose_files, load
from reswd_torch import InputError
from tests.guidance.loading.local_hub import copy_of_embedded

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "safety_checker": [None, None],
}
SMALL = (
    "unet/config.json",
    "text_encoder/config.json",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
    "scheduler/scheduler_config.json",
)
"""Files that are chosen whatever the weights are."""


def _chosen(weights: list[str], dtype: str) -> tuple[list[str], str | None]:
    everything = ["README.md", "model_index.json", "v1-5-pruned.ckpt", "v1-5-pruned.safetensors", *SMALL, *weights]
    files = choose_files(INDEX, dict.fromkeys(everything, 10), dtype)
    assert files.size == 10 * len(files.files)
    return sorted(set(files.files) - {"model_index.json", *SMALL}), files.variant


def test_only_the_weights_that_are_read_are_chosen() -> None:
    unet, text = "unet/diffusion_pytorch_model", "text_encoder/model"
    many = [f"{unet}.{end}" for end in ("bin", "fp16.bin", "safetensors", "fp16.safetensors", "non_ema.safetensors")]
    many += [f"{text}.safetensors", f"{text}.fp16.safetensors", f"{text}.onnx", "text_encoder/pytorch_model.bin"]
    many += ["text_encoder/flax_model.msgpack", "safety_checker/model.safetensors", "unet/code.py"]
    assert _chosen(many, "float16") == ([f"{text}.fp16.safetensors", f"{unet}.fp16.safetensors"], "fp16")
    assert _chosen(many, "float32") == ([f"{text}.safetensors", f"{unet}.safetensors"], None)
    assert _chosen(many, "bfloat16") == ([f"{text}.safetensors", f"{unet}.safetensors"], None)
    # A component without the variant is read without a suffix, one that has nothing else decides for all.
    assert _chosen([f"{unet}.fp16.safetensors", f"{text}.safetensors"], "float16")[1] == "fp16"
    assert _chosen([f"{unet}.fp16.safetensors", f"{text}.safetensors"], "float32")[1] == "fp16"
    pickled = ["text_encoder/pytorch_model.bin", f"{unet}.bin"]
    assert _chosen(pickled, "float16") == (pickled, None)


def test_shards_and_a_whole_file_are_not_both_chosen() -> None:
    def both(stem: str) -> list[str]:
        shards = [f"{stem}-0000{part}-of-00002.safetensors" for part in (1, 2)]
        return [f"{stem}.safetensors", f"{stem}.safetensors.index.json", *shards]

    unet, text = both("unet/diffusion_pytorch_model"), both("text_encoder/model")
    assert _chosen([*unet, *text], "float32") == (sorted([text[0], *unet[1:]]), None)
    assert _chosen([*unet[1:], *text[1:]], "float32") == (sorted([*unet[1:], *text[1:]]), None)
    variant = [f"{unet[0][:-12]}.{end}" for end in ("safetensors.index.fp16.json", "fp16-00001-of-00001.safetensors")]
    assert _chosen([*unet, *variant, text[0]], "float16") == (sorted([*variant, text[0]]), "fp16")


def test_a_repository_without_readable_weights_is_refused() -> None:
    with pytest.raises(InputError, match="no weights of unet that diffusers could read"):
        _chosen(["unet/diffusion_pytorch_model.fp8.safetensors", "text_encoder/model.safetensors"], "float16")


def test_a_folder_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(InputError, match="its model_index.json is not that of a diffusers pipeline"):
        load(str(tmp_path), "cpu")
    shutil.rmtree(tmp_path)
    copy_of_embedded(tmp_path)
    (tmp_path / "unet" / "config.json").unlink()
    with pytest.raises(InputError, match="could not be read from"):
        load(str(tmp_path), "cpu")
