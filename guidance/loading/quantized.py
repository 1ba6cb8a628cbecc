"""Reading the large parts of a pipeline with their weights in few bits."""

from __future__ import annotations

import gc
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from guidance.loading.files import INDEX, ChosenFiles
from guidance.quantize.kinds import NONE, SINQ, SINQ_PACKAGE, TILE
from reswd_torch.errors import InputError

_DENOISERS = ("transformer", "unet")
"""Names of the component that denoises."""
_READ_BY_SINQ = ("CLIPTextModel", "Gemma2Model", "MistralModel", "Qwen3Model")
"""Text encoders that transformers 5.24 and sinq 0.2.0 were seen to read right, on the CPU. They fail on T5 and on models with a
tied head, and read a BERT wrong, so all others get our own module."""


def quantized_arguments(
    folder: Path, quantize: str, dtype: str, files: ChosenFiles | None, device: str
) -> dict[str, object]:
    """Further arguments for ``DiffusionPipeline.from_pretrained``, so that the denoiser and the text encoders are quantized.

    Parts that our own module quantizes are read here, one after the other, so that only one of them is ever in memory with
    all its bits.

    Args:
        folder: the folder of the pipeline.
        quantize: one of :data:`guidance.quantize.QUANTIZATIONS` but ``"auto"``.
        dtype: number format of everything else, a key of :data:`guidance.memory.DTYPES`.
        files: the files that are read; None for weight files without a suffix.
        device: ``cpu``, ``cuda`` or ``mps``: where scales are searched.

    Raises:
        InputError: a weight is not finite, or a part comes from another library than diffusers or transformers.
    """
    if quantize == NONE:
        return {}
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    libraries: dict[str, list[str]] = {
        part: value
        for part, value in index.items()
        if isinstance(value, list) and len(value) == 2 and value[0] is not None
    }
    denoisers = [part for part in _DENOISERS if part in libraries]
    encoders = [part for part in libraries if part.startswith("text_encoder")]
    if quantize == SINQ:
        parts = [*denoisers, *encoders]
        return {part: _read_quantized(folder / part, libraries[part], dtype, files, device) for part in parts}
    from diffusers import PipelineQuantizationConfig

    mapping: dict[str, object]
    if quantize == SINQ_PACKAGE:
        theirs = [part for part in encoders if libraries[part][1] in _READ_BY_SINQ]
        ours = [part for part in (*denoisers, *encoders) if part not in theirs]
        mapping = {part: _sinq_config() for part in theirs}
        own = {part: _read_quantized(folder / part, libraries[part], dtype, files, device) for part in ours}
        return own | ({"quantization_config": PipelineQuantizationConfig(quant_mapping=mapping)} if mapping else {})
    mapping = {part: _config(quantize, "diffusers", dtype) for part in denoisers}
    mapping |= {part: _config(quantize, "transformers", dtype) for part in encoders}
    return {"quantization_config": PipelineQuantizationConfig(quant_mapping=mapping)}


def _read_quantized(folder: Path, component: list[str], dtype: str, files: ChosenFiles | None, device: str) -> object:
    """Read one part of a pipeline and quantize it by our own module. Raises InputError."""
    import torch

    from guidance.quantize.replace import quantize_linears

    library, class_name = component
    if library not in ("diffusers", "transformers"):  # the file may be anybody's, and names code to import
        raise InputError(f"{folder.name} is a {class_name} of {library}, which cannot be quantized: choose {NONE!r}")
    kind: Any = getattr(import_module(library), class_name)
    variant = files.variant if files is not None else None
    if files is not None and not any(f".{variant}." in p or f".{variant}-" in p for p in _of(files, folder.name)):
        variant = None
    part = kind.from_pretrained(folder, local_files_only=True, dtype=getattr(torch, dtype), variant=variant)
    quantize_linears(part, device=device)
    gc.collect()
    return part.eval()


def _of(files: ChosenFiles, part: str) -> list[str]:
    """The names of the files of one part."""
    return [path.partition("/")[2] for path in files.files if path.startswith(f"{part}/")]


def _sinq_config() -> object:
    """The configuration of the package sinq, for a text encoder."""
    from transformers import SinqConfig

    return SinqConfig(nbits=4, group_size=TILE)


def _config(quantize: str, library: str, dtype: str) -> object:
    """The configuration of another package's quantizer, in the words of diffusers or of transformers."""
    import torch

    ours: Any = import_module(library)
    package, _, bits = quantize.partition("-")
    if package == "torchao":
        import torchao.quantization as torchao

        if bits == "int4":
            return ours.TorchAoConfig(torchao.Int4WeightOnlyConfig(int4_packing_format="tile_packed_to_4d"))
        return ours.TorchAoConfig(torchao.Int8WeightOnlyConfig())
    if package == "bnb":
        if bits == "int8":
            return ours.BitsAndBytesConfig(load_in_8bit=True)
        return ours.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=getattr(torch, dtype)
        )
    return ours.QuantoConfig(**{"weights_dtype" if library == "diffusers" else "weights": bits})
