"""Reading a pipeline from a folder with diffusers, and moving it to the device where it will run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from guidance.catalogue import EMBEDDED_ID
from guidance.known import EMBEDDED
from guidance.loading.files import INDEX
from guidance.loading.plan import LoadingPlan
from guidance.loading.quantized import quantized_arguments
from guidance.quantize.kinds import NONE, check_usable
from guidance.shipped import NO_MODEL
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


def load_embedded(device: str = "auto", folder: Path = EMBEDDED, quantize: str = NONE) -> DiffusionPipeline:
    """Load the model that ships with the project, in float32 and without a network.

    Args:
        device: ``cpu``, ``cuda``, ``mps``, or ``auto``, which is CUDA if there is one and else the CPU.
        folder: another folder that holds a model of the same kind.
        quantize: how weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS` but ``"auto"``.

    Raises:
        InputError: diffusers is not installed, the folder holds no model, the device is not there, or the quantization cannot
            be used here.
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
            pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True, dtype=torch.float32, **few_bits)
    except ImportError as error:
        raise InputError(
            f"generating needs diffusers and transformers ({error}): pip install 'reswd-studio[guide]'"
        ) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(place)


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
