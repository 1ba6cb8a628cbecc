"""Models of the Hugging Face hub: its cache on this machine, downloads, and its errors in words a person can act on."""

from __future__ import annotations

import errno
import glob
import io
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from guidance.catalogue import EMBEDDED_ID
from guidance.loading.files import INDEX, file_sizes, is_complete, is_weight_file, read_index
from guidance.loading.model_ids import did_you_mean
from guidance.loading.plan import LoadingPlan, plan_loading
from guidance.loading.progress import LOADING_AT, MonotoneProgress
from guidance.memory import GIB
from guidance.quantize.kinds import NONE
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from tqdm.std import tqdm

_LARGE = 2**20
"""Size in bytes above which a file is downloaded by itself, so that the progress can name it."""


def fetch_model(
    name: str,
    device: str,
    supported: Callable[[str], bool],
    offline: bool,
    tell: MonotoneProgress,
    quantize: str = NONE,
) -> tuple[Path, LoadingPlan]:
    """Make sure that all files of a model are on this machine.

    Args:
        name: ``owner/name`` of the model's repository on the hub.
        device: ``cpu``, ``cuda`` or ``mps``, where the model will run.
        supported: says by the name of the pipeline's class whether it can be used.
        offline: use the cache only.
        tell: receives the progress.
        quantize: how weights are stored once they are read, one of :data:`guidance.quantize.QUANTIZATIONS`.

    Returns:
        The folder of the model in the hub's cache, and the plan for loading it.

    Raises:
        InputError: the model cannot be had, or cannot be used; see :func:`guidance.loading.load`.
    """
    tell(0.0, f"looking for {name}")
    cached = _from_cache(name, device, supported, quantize)
    if cached is not None:
        return cached
    if offline:
        raise InputError(
            f"{name} is not complete in the cache, and downloading is off: load it once with a network, or choose "
            f"{EMBEDDED_ID}, which needs none"
        )
    try:
        return _download(name, device, supported, tell, quantize)
    except InputError:
        raise
    except BaseException as error:
        if tell.stopped is not None:
            raise tell.stopped from None
        explained = _explained(name, error)
        if explained is None:
            raise
        raise explained from error


def _from_cache(
    name: str, device: str, supported: Callable[[str], bool], quantize: str
) -> tuple[Path, LoadingPlan] | None:
    """Folder and plan of a model whose files are all in the hub's cache; None for any other. This asks no network."""
    import huggingface_hub as hub
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    file = hub.try_to_load_from_cache(name, INDEX)
    if not isinstance(file, str):
        return None
    folder = Path(file).parent
    index = read_index(Path(file), name, supported)
    try:
        sizes = {item.path: item.size for item in hub.get_cached_repo_tree(name)}
    except (
        CachedRepoTreeNotFoundError
    ):  # an older huggingface_hub fetched it, or the download stopped before its first file
        sizes = file_sizes(folder)
    if not any(is_weight_file(path) for path in sizes):
        return None
    plan = plan_loading(name, index, sizes, device, quantize)
    return (folder, plan) if is_complete(folder, index, plan.files) else None


def _download(
    name: str, device: str, supported: Callable[[str], bool], tell: MonotoneProgress, quantize: str
) -> tuple[Path, LoadingPlan]:
    """Download the files of a model that are not in the cache yet; returns its folder and plan."""
    import huggingface_hub as hub

    # Everything that follows asks for this one commit, should the repository change meanwhile.
    revision = hub.resolve_revision(name)
    silent = _reporting_bar(MonotoneProgress(None), 0, 1, INDEX)
    index = read_index(Path(hub.hf_hub_download(name, INDEX, revision=revision, tqdm_class=silent)), name, supported)
    listing = hub.list_repo_tree(name, recursive=True, revision=revision)
    sizes = {item.path: item.size for item in listing if isinstance(item, hub.RepoFile)}
    plan = plan_loading(name, index, sizes, device, quantize)
    missing = {
        path: size
        for path, size in plan.files.files.items()
        if not isinstance(hub.try_to_load_from_cache(name, path, revision=revision), str)
    }
    _check_disk(name, sum(missing.values()))
    folder = ""
    done, total = 0, max(sum(missing.values()), 1)
    for batch in _batches(plan.files.files, missing):
        text = batch[0] if missing.get(batch[0], 0) > _LARGE else "configuration"
        folder = hub.snapshot_download(
            name,
            revision=revision,
            allow_patterns=[glob.escape(path) for path in batch],
            tqdm_class=_reporting_bar(tell, done, total, text),
        )
        if tell.stopped is not None:
            raise tell.stopped
        done += sum(missing.get(path, 0) for path in batch)
    return Path(folder), plan


def _batches(paths: Sequence[str] | dict[str, int], missing: dict[str, int]) -> list[list[str]]:
    """The paths to download together: first everything small at once, then each large file by itself."""
    large = [path for path, size in missing.items() if size > _LARGE]
    return [[path for path in paths if path not in large], *([path] for path in large)]


def _reporting_bar(tell: MonotoneProgress, done: int, total: int, text: str) -> type[tqdm]:
    """A class of progress bars that draws nothing and reports the bytes that it is told of.

    The hub makes several bars: one counts files, one the bytes that came, one the bytes that were written. Of the two that
    count bytes, the one that is further ahead is reported.

    Args:
        tell: receives the progress.
        done: bytes of the download that arrived before this bar begins.
        total: bytes of the whole download.
        text: what is downloaded now.
    """
    from tqdm.std import tqdm

    class ReportingBar(tqdm):
        monitor_interval = 0  # tqdm then starts no thread to watch the bar

        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **{**options, "file": io.StringIO(), "disable": False})

        def display(self, *args: object, **options: object) -> None:
            """Draw nothing: this bar is not for a terminal."""

        def update(self, n: float | None = 1) -> bool | None:
            drawn = super().update(n)
            if self.unit == "B":
                bytes_done = min(done + self.n, total)
                gigabytes = f"{bytes_done / 1e9:.2f} of {total / 1e9:.2f} GB"
                tell(LOADING_AT * bytes_done / total, f"downloading {text}: {gigabytes}")
            return drawn

    return ReportingBar


def _check_disk(name: str, size: int) -> None:
    """Raise InputError if ``size`` more bytes do not fit onto the disk of the cache."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).expanduser().absolute()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        raise InputError(
            f"{name} needs {size / GIB:.1f} GiB more on the disk, and {free / GIB:.1f} GiB are free in {cache}: free some, "
            "or set HF_HOME to a folder on a larger disk"
        )


def _explained(name: str, error: BaseException) -> InputError | None:
    """What a person can do about an exception that a download ended with; None if nothing is known.

    After a failure the hub looks into the cache, and what it raises then hides the cause. So the whole chain of causes is
    searched for the most telling exception.
    """
    from huggingface_hub import errors

    chain = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    for link in chain:
        explained = _explained_exactly(name, link)
        if explained is not None:
            return explained
    for link in chain:
        if isinstance(link, errors.HfHubHTTPError):
            status = link.response.status_code
            return InputError(f"the hub answered {status} for {name}: try again later, or choose {EMBEDDED_ID}")
    if any(_lost_connection(link) for link in chain):
        return InputError(
            f"the hub is out of reach and {name} is not complete in the cache: connect to the network and try again, or "
            f"choose {EMBEDDED_ID}, which works offline, as do models that were loaded before"
        )
    return None


def _explained_exactly(name: str, error: BaseException) -> InputError | None:
    """What a person can do about an exception that names its own reason; None for any other."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return InputError(
            f"{name} asks for consent: accept its licence at https://huggingface.co/{name}, then set HF_TOKEN or run "
            "'hf auth login'"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return InputError(
            f"the hub has no model {name!r} that is open to you: {did_you_mean(name)} (a private one needs HF_TOKEN, or "
            "'hf auth login')"
        )
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return InputError(
            f"{name} is no diffusers pipeline, it holds no {INDEX}: choose a repository that the hub marks 'Diffusers'"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError(
            f"the disk is full, {name} is not complete: free some space, or set HF_HOME to a folder on a larger disk, and "
            "load it again: what has arrived is kept"
        )
    return None


def _lost_connection(error: BaseException) -> bool:
    """Whether an exception says that the hub could not be reached."""
    from huggingface_hub import errors

    known = (ConnectionError, TimeoutError, errors.LocalEntryNotFoundError, errors.RevisionResolutionError)
    # The hub is built on httpx or httpx2. Both call the root of their network errors TransportError.
    return isinstance(error, known) or any(base.__name__ == "TransportError" for base in type(error).__mro__)
