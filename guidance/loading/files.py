"""Which files of a repository diffusers needs for a pipeline, and whether a folder holds all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from guidance.catalogue import FAMILY_OF_CLASS
from reswd_torch.errors import InputError

INDEX = "model_index.json"
"""The file of a pipeline that names its class and its components."""

# These match names such as model.safetensors or diffusion_pytorch_model.fp16-00001-of-00002.safetensors, ...
_WEIGHTS = re.compile(
    r"(?P<stem>model|diffusion_pytorch_model|pytorch_model)(?:\.(?P<variant>[a-z0-9]+))?(?P<shard>-\d{5}-of-\d{5})?"
    r"\.(?P<kind>safetensors|bin)$"
)
# ... and the files that list the shards, such as model.safetensors.index.fp16.json.
_SHARDS_INDEX = re.compile(
    r"(?P<stem>model|diffusion_pytorch_model|pytorch_model)\.(?P<kind>safetensors|bin)\.index"
    r"(?:\.(?P<variant>[a-z0-9]+))?\.json$"
)
_AUXILIARY = (".json", ".txt", ".model", ".jinja", ".tiktoken")
"""Endings of the files that make up a tokenizer, a scheduler or a configuration."""
_VARIANTS = {"float16": "fp16", "bfloat16": "bf16"}
"""The suffix of weight files that are stored in a number format."""


@dataclass(frozen=True)
class ChosenFiles:
    """The files of a repository that a pipeline is read from.

    Attributes:
        files: size in bytes of each file, by its path in the repository.
        variant: suffix of the weight files to load; None for weight files without a suffix.
    """

    files: dict[str, int]
    variant: str | None

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(self.files.values())


_LARGEST_INDEX = 1 << 20
"""Bytes; an index names a dozen components."""


def read_index(file: Path, name: str, supported: Callable[[str], bool]) -> dict[str, object]:
    """Read ``model_index.json`` and check that the pipeline can be used.

    Args:
        file: the path of ``model_index.json``.
        name: the model's name, for error messages.
        supported: says by the name of the pipeline's class whether it can be used.

    Raises:
        InputError: this is no index of a pipeline, or its class is not supported.
    """
    try:
        if not file.is_file():  # a folder, or a pipe that would be waited for
            raise OSError("there is no such file")
        if file.stat().st_size > _LARGEST_INDEX:
            raise ValueError(f"{file.stat().st_size} bytes, which no index has")
        index = json.loads(file.read_text(encoding="utf-8"))
        class_name = index["_class_name"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{name}: its {INDEX} is not that of a diffusers pipeline ({error}): choose another"
        ) from error
    if not (isinstance(class_name, str) and supported(class_name)):
        raise InputError(
            f"{name} is a {class_name}, whose colours cannot be steered yet: choose a model of one of "
            f"{', '.join(FAMILY_OF_CLASS)}"
        )
    return dict(index)


def choose_files(index: Mapping[str, object], sizes: Mapping[str, int], dtype: str) -> ChosenFiles:
    """Choose the files that diffusers reads of a repository, so that each weight is there once.

    Of every component these are its configuration, and its weights: as safetensors where there are any, in the variant
    closest to ``dtype``, and whole or in shards, whichever the component's library prefers. Not chosen are ``.bin`` files
    beside safetensors, checkpoints in one file, ONNX, Flax, other variants, and Python code.

    Args:
        index: contents of ``model_index.json``.
        sizes: size in bytes of every file in the repository, by its path.
        dtype: a key of ``guidance.memory.DTYPES``.

    Raises:
        InputError: a component holds no weights that diffusers could read.
    """
    libraries = _component_libraries(index)
    weights: dict[str, dict[str | None, list[str]]] = {}  # by component and variant
    chosen = {INDEX: sizes.get(INDEX, 0)}
    for path, size in sizes.items():
        folder, _, file = path.rpartition("/")
        if folder not in libraries:
            continue
        match = _WEIGHTS.match(file) or _SHARDS_INDEX.match(file)
        if match:
            weights.setdefault(folder, {}).setdefault(match["variant"], []).append(path)
        elif file.endswith(_AUXILIARY) and ".index." not in file:
            chosen[path] = size
    variant, kept = _one_variant(weights, dtype)
    for folder, paths in kept.items():
        for path in _one_set(paths, libraries[folder]):
            chosen[path] = sizes[path]
    return ChosenFiles(chosen, variant)


def _one_variant(
    weights: Mapping[str, Mapping[str | None, list[str]]], dtype: str
) -> tuple[str | None, dict[str, list[str]]]:
    """The variant for the whole pipeline, and each component's weight files in it.

    A component that does not have the variant is read without a suffix, as diffusers does.
    """
    for variant in dict.fromkeys((_VARIANTS.get(dtype), None, "fp16", "bf16")):
        kept = {folder: kinds.get(variant) or kinds.get(None) or [] for folder, kinds in weights.items()}
        if all(kept.values()) and any(variant in kinds for kinds in weights.values()):
            return variant, kept
    lacking = next((folder for folder, kinds in weights.items() if None not in kinds), "any component")
    raise InputError(f"there are no weights of {lacking} that diffusers could read: choose another repository")


def _one_set(paths: list[str], library: str) -> list[str]:
    """One complete set among the weight files of one component in one variant."""
    safe = [path for path in paths if ".safetensors" in path] or paths
    shards = [path for path in safe if re.search(r"-\d{5}-of-\d{5}\.", path) or path.endswith(".json")]
    whole = [path for path in safe if path not in shards]
    # Some repositories (Sana 1024) hold one set beside a leftover of the other. Of the two, diffusers looks for shards
    # first, and transformers for the whole file.
    prefers_shards = library == "diffusers" and any(path.endswith(".json") for path in shards)
    return shards if shards and (prefers_shards or not whole) else whole


def _component_libraries(index: Mapping[str, object]) -> dict[str, str]:
    """The library that each component of a pipeline comes from, by the component's folder."""
    return {
        part: value[0]
        for part, value in index.items()
        if not part.startswith("_") and isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
    }


def is_weight_file(path: str) -> bool:
    """Whether a file of a repository holds weights of a component."""
    return _WEIGHTS.match(path.rpartition("/")[2]) is not None


def file_sizes(folder: Path) -> dict[str, int]:
    """Size in bytes of every file below a folder, by its path relative to the folder."""
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in folder.rglob("*") if file.is_file()}


def is_complete(folder: Path, index: Mapping[str, object], files: ChosenFiles) -> bool:
    """Whether a folder holds a whole pipeline.

    It then holds every chosen file, every shard that a list of shards names, and for each component that has a
    configuration of its own its weights.
    """
    if not all((folder / path).is_file() for path in files.files):
        return False
    lists = [folder / path for path in files.files if _SHARDS_INDEX.match(path.rpartition("/")[2])]
    if not all(map(_shards_are_there, lists)):
        return False
    for part in _component_libraries(index):
        there = [path for path in files.files if path.startswith(f"{part}/")]
        has_configuration = any(path.endswith("/config.json") for path in there)
        if not there or (has_configuration and not any(is_weight_file(path) for path in there)):
            return False
    return True


def _shards_are_there(listing: Path) -> bool:
    """Whether every shard that a list names lies beside it. Of a list that cannot be read, none does."""
    try:
        shards = set(json.loads(listing.read_text(encoding="utf-8"))["weight_map"].values())
        return all(listing.with_name(shard).is_file() for shard in shards)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
