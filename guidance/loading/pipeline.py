"""Reading a pipeline from a folder with diffusers, and moving it to the device where it will run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS
from guidance.known import EMBEDDED
from guidance.loading.files import INDEX
from guidance.loading.plan import LoadingPlan
from guidance.loading.quantized import quantized_arguments
from guidance.quantize.kinds import NONE, check_usable
from guidance.shipped import NO_MODEL, embedded_model
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

_ENCODER = "text_encoder"
"""The part that all embedded models have in common, and the name of its folder."""


def load_embedded(device: str = "auto", folder: Path = EMBEDDED, quantize: str = NONE) -> DiffusionPipeline:
    """Load a model that ships with the project, in float32 and without a network.

    The embedded models share their text encoder. The package reswd-models holds its weights once, so a folder that lacks them
    gets the encoder of the first embedded model that has them.

    Args:
        device: ``cpu``, ``cuda``, ``mps``, or ``auto``, which is CUDA if there is one and else the CPU.
        folder: that of another embedded model (:func:`guidance.shipped.embedded_model`), or one that holds a model of the
            same kind; left out, that of the default, :data:`guidance.catalogue.EMBEDDED_ID`.
        quantize: how weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS` but ``"auto"``.

    Raises:
        InputError: diffusers is not installed, the folder holds no model, no embedded model has the text encoder that it
            lacks, the device is not there, or the quantization cannot be used here.
    """
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder}: {NO_MODEL}")
    import torch

    from reswd_torch.matching.samples import resolve_device

    place = "cuda" if device == "auto" and torch.cuda.is_available() else resolve_device(device)
    check_usable(quantize, place)
    try:
        with _quiet_libraries():
            from diffusers import DiffusionPipeline

            few_bits = quantized_arguments(folder, quantize, "float32", None, place)
            parts = _shared_encoder(folder) | few_bits
            pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True, dtype=torch.float32, **parts)
    except ImportError as error:
        raise InputError(
            f"generating needs diffusers and transformers ({error}): pip install 'reswd-studio[guide]'"
        ) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(place)


def _shared_encoder(folder: Path) -> dict[str, Any]:
    """The text encoder for a folder that lacks its weights, as an argument for diffusers; nothing for a folder that has them.

    Raises:
        InputError: no embedded model has these weights.
    """
    if _has_encoder(folder):
        return {}
    lender = next((each for each in map(embedded_model, EMBEDDED_IDS) if _has_encoder(each)), None)
    if lender is None:
        raise InputError(
            f"{folder / _ENCODER}: the weights are missing, and no other embedded model has them: install reswd-models anew"
        )
    import torch
    from transformers import AutoModel

    return {
        _ENCODER: AutoModel.from_pretrained(lender / _ENCODER, local_files_only=True, dtype=torch.float32),
    }


def _has_encoder(folder: Path) -> bool:
    """Whether a folder holds the weights of its text encoder."""
    return any((folder / _ENCODER).glob("*.safetensors"))


def read_pipeline(name: str, folder: Path, plan: LoadingPlan, device: str) -> DiffusionPipeline:
    """Read the files of a plan and put the pipeline where it will run.

    Args:
        name: the model's name, for error messages.
        folder: the folder that holds the files.
        plan: files, number format, offload and quantization.
        device: ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InputError: a package is missing, the model does not fit into the device's memory, or its files cannot be read.
    """
    import torch

    placement = plan.placement
    try:
        with _quiet_libraries():
            from diffusers import DiffusionPipeline

            few_bits = quantized_arguments(folder, placement.quantize, placement.dtype, plan.files, device)
            pipe = DiffusionPipeline.from_pretrained(
                folder,
                local_files_only=True,
                dtype=getattr(torch, placement.dtype),
                variant=plan.files.variant,
                **few_bits,
            )
        pipe.set_progress_bar_config(disable=True)
        if placement.offload == "model":
            pipe.enable_model_cpu_offload(device=device)
        elif placement.offload == "sequential":
            pipe.enable_sequential_cpu_offload(device=device)
        else:
            pipe = pipe.to(device)
    except InputError:
        raise
    except ImportError as error:
        raise InputError(f"{name} needs a package that is not installed ({_first_line(error)}): install it") from error
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"{name} does not fit into the memory of {device}, estimated at {placement.estimate}: end other programs that "
            f"use it, or choose a smaller model, such as {EMBEDDED_ID}"
        ) from error
    except Exception as error:  # the files may be anybody's, and several libraries stumble over them in many ways
        raise InputError(
            f"{name} could not be read from {folder} ({_first_line(error)}): get it anew, or choose another model"
        ) from error
    return pipe


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Silence diffusers and transformers: progress bars for half a second of loading help nobody, and their warnings do not
    apply here, such as the one about a text encoder that is not CLIP, which is what the embedded model has."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    libraries = (diffusers_logging, transformers_logging)
    before = [(library, library.get_verbosity(), library.is_progress_bar_enabled()) for library in libraries]
    for library in libraries:
        library.set_verbosity_error()
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library, verbosity, had_bar in before:
            library.set_verbosity(verbosity)
            if had_bar:
                library.enable_progress_bar()


def _first_line(error: BaseException) -> str:
    """The first line of an exception's message, or the name of its class if it has none."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
