"""Loading a text-to-image pipeline: the embedded one, one of the hub, or a folder."""

from __future__ import annotations

import errno
import glob
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guidance.catalogue import EMBEDDED_ID, FAMILY_OF_CLASS, MODELS, ModelEntry, closest
from guidance.memory import DTYPES, GIB, Placement, choose_placement, memory_estimate
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

INDEX = "model_index.json"
LOADING_AT = 0.95
"""Share of the progress that a download takes; reading the files is the rest."""
Progress = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1 and never falling, and what is being done. May raise, which stops. Comes from
another thread while a file is on its way."""

# model.safetensors, diffusion_pytorch_model.fp16-00001-of-00002.safetensors and the like, with their indices
_WEIGHTS = re.compile(
    r"(?P<stem>model|diffusion_pytorch_model|pytorch_model)(?:\.(?P<variant>[a-z0-9]+))?(?P<shard>-\d{5}-of-\d{5})?"
    r"\.(?P<kind>safetensors|bin)$"
)
_SHARDS_INDEX = re.compile(
    r"(?P<stem>model|diffusion_pytorch_model|pytorch_model)\.(?P<kind>safetensors|bin)\.index"
    r"(?:\.(?P<variant>[a-z0-9]+))?\.json$"
)
_AUXILIARY = (".json", ".txt", ".model", ".jinja", ".tiktoken")
"""Endings of what a tokenizer, a scheduler or a configuration is made of."""


@dataclass(frozen=True)
class LoadedModel:
    """A pipeline that is ready to paint.

    Attributes:
        pipe: the pipeline of diffusers, without progress bars of its own.
        model: its entry in the catalogue; None if it has none.
        placement: number format and offload, and the estimate behind them.
    """

    pipe: DiffusionPipeline
    model: ModelEntry | None
    placement: Placement


def supported(class_name: str) -> bool:
    """Whether the colours of pipelines of this class of diffusers can be steered."""
    return class_name in FAMILY_OF_CLASS


def load(
    model_id: str,
    device: str = "auto",
    progress: Progress | None = None,
    offline: bool = False,
    supported: Callable[[str], bool] = supported,
) -> LoadedModel:
    """Load a model, after downloading what is missing.

    A model that is complete in the hub's cache (``HF_HOME``) is loaded from there without asking the hub. A download that
    stops, by an error or because ``progress`` raised, leaves the files that are complete, and the next one goes on with the
    rest: huggingface_hub 2.4 starts the file that was on its way anew. With ``hf_xet`` a stop may take effect only at the
    end of that file. Code from a repository is never run.

    Args:
        model_id: an id of the catalogue; ``owner/name`` of any other repository of the hub; or a folder that holds
            ``model_index.json``. An id of the catalogue is never taken for a folder.
        device: ``cpu``, ``cuda``, ``mps``, or ``auto``: CUDA or MPS if there is one.
        progress: see :data:`Progress`.
        offline: use the embedded model, the cache and folders only.
        supported: says by the name of the pipeline's class whether it can be used. Asked before anything large is
            downloaded.

    Raises:
        InputError: there is no such model, device or folder; the hub asks for an account or consent, or is out of reach;
            it is no pipeline, or one of an unsupported class; it does not fit into memory or onto the disk; or a package
            is missing.
    """
    tell = _Monotone(progress)
    name = model_id.strip()
    if name == EMBEDDED_ID:
        return _load_embedded(device, tell)
    place = _place(device)
    entry = MODELS.get(name)
    folder = local_folder(model_id)
    if folder is None:
        folder, files, placement = _fetch(name, entry, place, supported, offline, tell)
    else:
        index = _read_index(folder / INDEX, name, supported)
        sizes = _sizes(folder)
        placement = _placement(_rough_entry(name, index, sizes), place)
        files = choose_files(index, sizes, placement.dtype)
    tell(LOADING_AT, f"loading {name}")
    pipe = _read(name, folder, files, placement, place)
    tell(1.0, f"{name} is ready")
    return LoadedModel(pipe, entry, placement)


def _load_embedded(device: str, tell: Progress) -> LoadedModel:
    from guidance.text_to_image import load_embedded

    entry = MODELS[EMBEDDED_ID]
    tell(0.0, f"loading {EMBEDDED_ID}")
    pipe = load_embedded(device)
    tell(1.0, f"{EMBEDDED_ID} is ready")
    return LoadedModel(pipe, entry, Placement("float32", "none", memory_estimate(entry, entry.width, entry.height)))


class _Monotone:
    """Progress that never falls, and that remembers why it was stopped."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.share = 0.0
        self.stopped: BaseException | None = None

    def __call__(self, share: float, text: str) -> None:
        if self.progress is None:
            return
        self.share = max(self.share, min(share, 1.0))
        try:
            self.progress(self.share, text)
        except BaseException as error:
            # From a thread of the hub's, where it may get lost: whoever started that thread looks here.
            self.stopped = error
            raise


def _place(device: str) -> str:
    import torch

    from reswd_torch.matching.match import resolve_device

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return resolve_device(device)


def _placement(entry: ModelEntry, place: str) -> Placement:
    import psutil
    import torch

    host = psutil.virtual_memory().available
    if place == "cuda":
        return choose_placement(entry, torch.cuda.mem_get_info()[0], host)
    if place == "mps":
        return choose_placement(entry, torch.mps.recommended_max_memory(), host)
    return choose_placement(entry, None, host)


def local_folder(model_id: str) -> Path | None:
    """The folder that a model id stands for; None for one of the catalogue or of the hub. Asks no network.

    Raises:
        InputError: it can be neither; or only a folder, and none with a pipeline is there.
    """
    name = model_id.strip()
    folder = None if name in MODELS else _local(name)
    if folder is None and name not in MODELS and not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise InputError(
            f"model {model_id!r} is neither a folder nor a name such as 'owner/name': {_did_you_mean(name)}"
        )
    return folder


def _local(name: str) -> Path | None:
    """The folder that ``name`` is, if it is one; an InputError if it can only be meant as one."""
    folder = Path(name).expanduser()
    if name and (folder / INDEX).is_file():
        return folder.resolve()
    looks_like_a_path = name.startswith((".", "~")) or folder.is_absolute() or name.count("/") > 1 or "\\" in name
    if name and looks_like_a_path:
        what = f"holds no {INDEX}" if folder.is_dir() else "is not there"
        raise InputError(f"folder {name!r} {what}: give a folder that diffusers wrote with save_pretrained")
    return None


def _did_you_mean(name: str) -> str:
    close = closest(name)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"give one of the catalogue, such as {EMBEDDED_ID} or stabilityai/sdxl-turbo"


def _read_index(file: Path, name: str, supported: Callable[[str], bool]) -> dict[str, Any]:
    """``model_index.json``, if it is that of a pipeline we can use."""
    try:
        index = json.loads(file.read_text(encoding="utf-8"))
        class_name = index["_class_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{name}: its {INDEX} is not that of a diffusers pipeline ({error}): choose another"
        ) from error
    if not (isinstance(class_name, str) and supported(class_name)):
        raise InputError(
            f"{name} is a {class_name}, whose colours cannot be steered yet: choose a model of one of "
            f"{', '.join(FAMILY_OF_CLASS)}"
        )
    return dict(index)


def _components(index: dict[str, Any]) -> dict[str, str]:
    """Folder and library of the parts that a pipeline has."""
    return {
        part: value[0]
        for part, value in index.items()
        if not part.startswith("_") and isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
    }


@dataclass(frozen=True)
class ChosenFiles:
    """What is needed of a repository.

    Attributes:
        files: size in bytes by path.
        variant: suffix of the weight files to load, None for those without one.
    """

    files: dict[str, int]
    variant: str | None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.files.values())


def choose_files(index: dict[str, Any], sizes: dict[str, int], dtype: str) -> ChosenFiles:
    """The files that diffusers reads of a repository, each weight once.

    Of every component: its configuration, and its weights as safetensors where there are any, in the variant closest to
    ``dtype``, whole or in shards, whichever its library prefers. Not: ``.bin`` beside safetensors, checkpoints in one file,
    ONNX, Flax, other variants, and Python code.

    Args:
        index: contents of ``model_index.json``.
        sizes: size in bytes by path, of everything in the repository.
        dtype: a key of ``guidance.memory.DTYPES``.

    Raises:
        InputError: a component that holds no weights we can read.
    """
    parts = _components(index)
    weights: dict[str, dict[str | None, list[str]]] = {}
    chosen = {INDEX: sizes.get(INDEX, 0)}
    for path, size in sizes.items():
        folder, _, file = path.rpartition("/")
        if folder not in parts:
            continue
        match = _WEIGHTS.match(file) or _SHARDS_INDEX.match(file)
        if match:
            weights.setdefault(folder, {}).setdefault(match["variant"], []).append(path)
        elif file.endswith(_AUXILIARY) and ".index." not in file:
            chosen[path] = size
    half = {"float16": "fp16", "bfloat16": "bf16"}.get(dtype)
    for variant in dict.fromkeys((half, None, "fp16", "bf16")):
        # One variant for the whole pipeline: a component without it is read without a suffix, as diffusers does.
        kept = {folder: kinds.get(variant) or kinds.get(None) for folder, kinds in weights.items()}
        if all(kept.values()) and any(variant in kinds for kinds in weights.values()):
            break
    else:
        lacking = next((folder for folder, kinds in weights.items() if None not in kinds), "any component")
        raise InputError(f"there are no weights of {lacking} that diffusers could read: choose another repository")
    for folder, paths in kept.items():
        for path in _one_of_each(paths or [], parts[folder]):
            chosen[path] = sizes[path]
    return ChosenFiles(chosen, variant)


def _one_of_each(paths: list[str], library: str) -> list[str]:
    """Of the weight files of one component in one variant, one complete set."""
    safe = [path for path in paths if ".safetensors" in path] or paths
    shards = [path for path in safe if re.search(r"-\d{5}-of-\d{5}\.", path) or path.endswith(".json")]
    whole = [path for path in safe if path not in shards]
    # A leftover beside the other happens (Sana 1024). diffusers looks for shards first, transformers for the whole.
    prefers_shards = library == "diffusers" and any(path.endswith(".json") for path in shards)
    return shards if shards and (prefers_shards or not whole) else whole


def _rough_entry(name: str, index: dict[str, Any], sizes: dict[str, int]) -> ModelEntry:
    """An entry for a model that the catalogue does not know, by the sizes of its files, taken as half precision."""
    dtype = _half()
    files = choose_files(index, sizes, dtype).files
    billions: dict[str, float] = {}
    for path, size in files.items():
        part = path.partition("/")[0]
        if _WEIGHTS.match(path.rpartition("/")[2]):
            billions[part] = billions.get(part, 0.0) + size / DTYPES["float16"] / 1e9
    family = FAMILY_OF_CLASS.get(index["_class_name"], "sd")
    alike = next(entry for entry in reversed(MODELS.values()) if entry.family == family)
    return ModelEntry(
        **{
            **vars(alike),
            "id": name,
            "dtype": dtype,
            "denoiser": billions.pop("transformer", 0.0) + billions.pop("unet", 0.0),
            "vae": billions.pop("vae", 0.0),
            "text_encoders": tuple(billions.values()),
        }
    )


def _half() -> str:
    import torch

    bf16 = not torch.cuda.is_available() or torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if bf16 else "float16"


def _fetch(
    name: str,
    entry: ModelEntry | None,
    place: str,
    supported: Callable[[str], bool],
    offline: bool,
    tell: _Monotone,
) -> tuple[Path, ChosenFiles, Placement]:
    """Folder of a model of the hub, with all its files there."""
    tell(0.0, f"looking for {name}")
    cached = _from_cache(name, entry, place, supported)
    if cached is not None:
        return cached
    if offline:
        raise InputError(
            f"{name} is not complete in the cache, and downloading is off: load it once with a network, or choose "
            f"{EMBEDDED_ID}, which needs none"
        )
    try:
        return _download(name, entry, place, supported, tell)
    except InputError:
        raise
    except BaseException as error:
        if tell.stopped is not None:
            raise tell.stopped from None
        explained = _explain(name, error)
        if explained is None:
            raise
        raise explained from error


def _from_cache(
    name: str, entry: ModelEntry | None, place: str, supported: Callable[[str], bool]
) -> tuple[Path, ChosenFiles, Placement] | None:
    """A model whose files are all in the hub's cache, None for any other. Asks no network."""
    import huggingface_hub as hub
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    file = hub.try_to_load_from_cache(name, INDEX)
    if not isinstance(file, str):
        return None
    folder = Path(file).parent
    index = _read_index(Path(file), name, supported)
    try:
        sizes = {item.path: item.size for item in hub.get_cached_repo_tree(name)}
    except CachedRepoTreeNotFoundError:  # fetched by an older hub, or stopped before its first file
        sizes = _sizes(folder)
    if not any(_WEIGHTS.match(path.rpartition("/")[2]) for path in sizes):
        return None
    placement = _placement(entry or _rough_entry(name, index, sizes), place)
    files = choose_files(index, sizes, placement.dtype)
    return (folder, files, placement) if _complete(folder, index, files) else None


def _sizes(folder: Path) -> dict[str, int]:
    """Size in bytes of every file below a folder, by path."""
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in folder.rglob("*") if file.is_file()}


def _complete(folder: Path, index: dict[str, Any], files: ChosenFiles) -> bool:
    """Whether a folder holds every file, every shard that an index names, and weights of every component that has some."""
    if not all((folder / path).is_file() for path in files.files):
        return False
    for path in files.files:
        if _SHARDS_INDEX.match(path.rpartition("/")[2]):
            listed = json.loads((folder / path).read_text(encoding="utf-8"))["weight_map"].values()
            if not all((folder / path).with_name(shard).is_file() for shard in set(listed)):
                return False
    for part in _components(index):
        there = [path.rpartition("/")[2] for path in files.files if path.startswith(f"{part}/")]
        if not there or ("config.json" in there and not any(_WEIGHTS.match(file) for file in there)):
            return False
    return True


def _download(
    name: str, entry: ModelEntry | None, place: str, supported: Callable[[str], bool], tell: _Monotone
) -> tuple[Path, ChosenFiles, Placement]:
    import huggingface_hub as hub

    # One commit for all that follows, should the repository change meanwhile.
    revision = hub.resolve_revision(name)
    silent = _bar(_Monotone(None), 0, 1, INDEX)
    index = _read_index(Path(hub.hf_hub_download(name, INDEX, revision=revision, tqdm_class=silent)), name, supported)
    listing = hub.list_repo_tree(name, recursive=True, revision=revision)
    sizes = {item.path: item.size for item in listing if isinstance(item, hub.RepoFile)}
    placement = _placement(entry or _rough_entry(name, index, sizes), place)
    files = choose_files(index, sizes, placement.dtype)
    missing = {
        path: size
        for path, size in files.files.items()
        if not isinstance(hub.try_to_load_from_cache(name, path, revision=revision), str)
    }
    _check_disk(name, sum(missing.values()))
    folder = ""
    done = 0
    # The small files at once, then each file of weights by itself: only so is it known which one is on its way.
    large = [path for path in missing if missing[path] > 2**20]
    for batch in ([path for path in files.files if path not in large], *([path] for path in large)):
        text = batch[0] if batch[0] in large else "configuration"
        bar = _bar(tell, done, max(sum(missing.values()), 1), text)
        folder = hub.snapshot_download(
            name,
            revision=revision,
            allow_patterns=[glob.escape(path) for path in batch],
            tqdm_class=bar,
        )
        if tell.stopped is not None:
            raise tell.stopped
        done += sum(missing.get(path, 0) for path in batch)
    return Path(folder), files, placement


def _bar(tell: _Monotone, done: int, total: int, text: str) -> type[Any]:
    """A class of progress bars that draws nothing and reports the bytes it is told of.

    The hub makes several: one counts files, one bytes that came, one bytes that were written. The furthest of the two
    that count bytes is reported.
    """
    from tqdm.std import tqdm

    class Bar(tqdm):
        monitor_interval = 0  # no thread that watches it

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "file": io.StringIO(), "disable": False})

        def display(self, *args: Any, **options: Any) -> None:
            """Nothing: this bar is not for a terminal."""

        def update(self, n: float | None = 1) -> bool | None:
            drawn = super().update(n)
            if self.unit == "B":
                bytes_done = min(done + self.n, total)
                gigabytes = f"{bytes_done / 1e9:.2f} of {total / 1e9:.2f} GB"
                tell(LOADING_AT * bytes_done / total, f"downloading {text}: {gigabytes}")
            return drawn

    return Bar


def _check_disk(name: str, size: int) -> None:
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).expanduser().absolute()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        raise InputError(
            f"{name} needs {size / GIB:.1f} GiB more on the disk, and {free / GIB:.1f} GiB are free in {cache}: free some, "
            "or set HF_HOME to a folder on a larger disk"
        )


def _explain(name: str, error: BaseException) -> InputError | None:
    """What a person can do about an error of the hub's; None if that is nothing."""
    from huggingface_hub import errors

    chain = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    # The hub hides the cause when it looks into the cache after a failure: the most telling of the chain counts.
    for link in chain:
        if isinstance(link, errors.GatedRepoError):
            return InputError(
                f"{name} asks for consent: accept its licence at https://huggingface.co/{name}, then set HF_TOKEN or run "
                "'hf auth login'"
            )
        if isinstance(link, errors.RepositoryNotFoundError):
            return InputError(
                f"the hub has no model {name!r} that is open to you: {_did_you_mean(name)} (a private one needs HF_TOKEN, or "
                "'hf auth login')"
            )
        if isinstance(link, errors.RemoteEntryNotFoundError):
            return InputError(
                f"{name} is no diffusers pipeline, it holds no {INDEX}: choose a repository that the hub marks 'Diffusers'"
            )
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT):
            return InputError(
                f"the disk is full, {name} is not complete: free some space, or set HF_HOME to a folder on a larger disk, and "
                "load it again: what has arrived is kept"
            )
    for link in chain:
        if isinstance(link, errors.HfHubHTTPError):
            status = link.response.status_code
            return InputError(f"the hub answered {status} for {name}: try again later, or choose {EMBEDDED_ID}")
    for link in chain:
        lost = isinstance(
            link, (ConnectionError, TimeoutError, errors.LocalEntryNotFoundError, errors.RevisionResolutionError)
        )
        # httpx or httpx2, whichever the hub is built on: both call the root of these errors so
        if lost or any(base.__name__ == "TransportError" for base in type(link).__mro__):
            return InputError(
                f"the hub is out of reach and {name} is not complete in the cache: connect to the network and try again, or "
                f"choose {EMBEDDED_ID}, which works offline, as do models that were loaded before"
            )
    return None


def _read(name: str, folder: Path, files: ChosenFiles, placement: Placement, place: str) -> DiffusionPipeline:
    """Files to a pipeline, where it will run."""
    import torch

    from guidance.text_to_image import _quiet

    try:
        with _quiet():
            from diffusers import DiffusionPipeline

            pipe = DiffusionPipeline.from_pretrained(
                folder, local_files_only=True, dtype=getattr(torch, placement.dtype), variant=files.variant
            )
        pipe.set_progress_bar_config(disable=True)
        if placement.offload == "model":
            pipe.enable_model_cpu_offload(device=place)
        elif placement.offload == "sequential":
            pipe.enable_sequential_cpu_offload(device=place)
        else:
            pipe = pipe.to(place)
    except ImportError as error:
        raise InputError(f"{name} needs a package that is not installed ({_line(error)}): install it") from error
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"{name} does not fit into the memory of {place}, estimated at {placement.estimate}: end other programs that use "
            f"it, or choose a smaller model, such as {EMBEDDED_ID}"
        ) from error
    except (OSError, ValueError, LookupError) as error:
        raise InputError(
            f"{name} could not be read from {folder} ({_line(error)}): get it anew, or choose another model"
        ) from error
    return pipe


def _line(error: BaseException) -> str:
    """The first line of a message."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


__all__ = ["ChosenFiles", "LoadedModel", "Progress", "choose_files", "load", "local_folder", "supported"]
