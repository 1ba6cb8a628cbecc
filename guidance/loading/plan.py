"""The plan for loading a model: the device, the number format and offload that fit into its memory, and the files to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from guidance.catalogue import FAMILY_OF_CLASS, MODELS, ModelEntry, nearest_kin
from guidance.loading.files import ChosenFiles, choose_files, is_weight_file
from guidance.memory import DTYPES, Placement, choose_placement
from guidance.quantize.kinds import NONE


@dataclass(frozen=True)
class LoadingPlan:
    """What to read of a model, and how.

    Attributes:
        files: the files to read.
        placement: number format and offload.
    """

    files: ChosenFiles
    placement: Placement


def plan_loading(
    name: str, index: Mapping[str, object], sizes: Mapping[str, int], device: str, quantize: str = NONE
) -> LoadingPlan:
    """Choose how a model is loaded and which of its files that takes.

    Args:
        name: the model's id.
        index: contents of its ``model_index.json``.
        sizes: size in bytes of every file in its repository, by its path.
        device: ``cpu``, ``cuda`` or ``mps``.
        quantize: how weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS`.

    Raises:
        InputError: the model does not fit into the memory that is free, or holds no weights that diffusers could read.
    """
    placement = placement_for(MODELS.get(name) or _estimated_entry(name, index, sizes), device, quantize)
    return LoadingPlan(choose_files(index, sizes, placement.dtype), placement)


def resolved_device(device: str) -> str:
    """``cpu``, ``cuda`` or ``mps`` for a device that was asked for, where ``auto`` is CUDA or MPS if there is one.

    Raises:
        InputError: the device is not there.
    """
    import torch

    from reswd_torch.matching.samples import resolve_device

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return resolve_device(device)


def placement_for(entry: ModelEntry, device: str, quantize: str = NONE) -> Placement:
    """Choose a placement by the memory that is free now.

    Args:
        entry: the model.
        device: ``cpu``, ``cuda`` or ``mps``.
        quantize: as for :func:`plan_loading`.

    Raises:
        InputError: the model does not fit.
    """
    import psutil
    import torch

    host = psutil.virtual_memory().available
    if device == "cuda":
        return choose_placement(entry, torch.cuda.mem_get_info()[0], host, quantize=quantize)
    if device == "mps":
        return choose_placement(entry, torch.mps.recommended_max_memory(), host, quantize=quantize)
    return choose_placement(entry, None, host, quantize=quantize)


def _estimated_entry(name: str, index: Mapping[str, object], sizes: Mapping[str, int]) -> ModelEntry:
    """An entry for a model that is not in the catalogue.

    The numbers of parameters follow from the sizes of the weight files, taken as half precision. Everything else is that of
    a model of the same family.
    """
    dtype = _half_precision()
    billions: dict[str, float] = {}
    for path, size in choose_files(index, sizes, dtype).files.items():
        if is_weight_file(path):
            component = path.partition("/")[0]
            billions[component] = billions.get(component, 0.0) + size / DTYPES["float16"] / 1e9
    family = FAMILY_OF_CLASS.get(str(index["_class_name"]), "sd")
    alike = nearest_kin(family)
    return replace(
        alike,
        id=name,
        dtype=dtype,
        denoiser=billions.pop("transformer", 0.0) + billions.pop("unet", 0.0),
        vae=billions.pop("vae", 0.0),
        text_encoders=tuple(billions.values()),
    )


def _half_precision() -> str:
    """The number format of two bytes that suits this machine, a key of ``DTYPES``."""
    import torch

    bf16 = not torch.cuda.is_available() or torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if bf16 else "float16"
