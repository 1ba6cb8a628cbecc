"""Loading a model by its id, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guidance.catalogue import EMBEDDED_IDS, FAMILY_OF_CLASS, MODELS, ModelEntry
from guidance.loading.files import INDEX, file_sizes, read_index
from guidance.loading.hub import fetch_model
from guidance.loading.model_ids import local_folder
from guidance.loading.pipeline import load_embedded, read_pipeline
from guidance.loading.plan import plan_loading, resolved_device
from guidance.loading.progress import LOADING_AT, MonotoneProgress
from guidance.memory import Placement, memory_estimate
from guidance.quantize.kinds import AUTO, NONE, check_quantization, check_usable
from guidance.shipped import embedded_model
from reswd_torch.progress import OnProgress

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


@dataclass(frozen=True)
class LoadedModel:
    """A pipeline that is ready to paint.

    Attributes:
        pipe: the pipeline of diffusers, with its own progress bars switched off.
        model: the model's entry in the catalogue; None if it is not in there.
        placement: number format, offload and quantization, and the memory estimate that they were chosen by.
    """

    pipe: DiffusionPipeline
    model: ModelEntry | None
    placement: Placement


def supported(class_name: str) -> bool:
    """Whether guidance can steer the colours of pipelines of this class of diffusers."""
    return class_name in FAMILY_OF_CLASS


def load(
    model_id: str,
    device: str = "auto",
    progress: OnProgress | None = None,
    offline: bool = False,
    supported: Callable[[str], bool] = supported,
    quantize: str = NONE,
) -> LoadedModel:
    """Load a model, after downloading the files that are missing.

    A model that is complete in the hub's cache (``HF_HOME``) is loaded from there without asking the hub. If a download
    stops, by an error or because ``progress`` raised an exception, the files that are complete stay, and the next download
    goes on with the rest. The file that was on its way is downloaded anew (huggingface_hub 2.4). With ``hf_xet``, a stop may
    take effect only at the end of that file. Code from a repository is never run.

    Args:
        model_id: an id of the catalogue, which is never taken for a folder; ``owner/name`` of any other repository of the
            hub; or a folder that holds ``model_index.json``.
        device: ``cpu``, ``cuda``, ``mps``, or ``auto``, which is CUDA or MPS if there is one and else the CPU.
        progress: receives the progress, a share that never falls; while a file is on its way, from another thread.
        offline: use the embedded models, the cache and folders only.
        supported: says by the name of the pipeline's class whether it can be used. It is asked before anything large is
            downloaded.
        quantize: how weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS`. What ``"auto"`` came to is in the
            model's placement; the embedded model it leaves as it is.

    Raises:
        InputError: there is no such model, device or folder; the hub asks for an account or consent, or is out of reach;
            the model is no pipeline, or a pipeline of an unsupported class; it does not fit into memory or onto the disk;
            the quantization is unknown or cannot be used here; or a package is missing.
    """
    tell = MonotoneProgress(progress)
    name = model_id.strip()
    check_quantization(quantize)
    if name in EMBEDDED_IDS:
        return _embedded_model(name, device, tell, NONE if quantize == AUTO else quantize)
    place = resolved_device(device)
    check_usable(quantize, place)
    folder = local_folder(model_id)
    if folder is None:
        folder, plan = fetch_model(name, place, supported, offline, tell, quantize)
    else:
        index = read_index(folder / INDEX, name, supported)
        plan = plan_loading(name, index, file_sizes(folder), place, quantize)
    tell(LOADING_AT, f"loading {name}")
    pipe = read_pipeline(name, folder, plan, place)
    tell(1.0, f"{name} is ready")
    return LoadedModel(pipe, MODELS.get(name), plan.placement)


def _embedded_model(name: str, device: str, tell: OnProgress, quantize: str) -> LoadedModel:
    entry = MODELS[name]
    tell(0.0, f"loading {name}")
    pipe = load_embedded(device, embedded_model(name), quantize)
    tell(1.0, f"{name} is ready")
    estimate = memory_estimate(entry, entry.width, entry.height, quantize=quantize)
    return LoadedModel(pipe, entry, Placement("float32", "none", estimate, quantize))
