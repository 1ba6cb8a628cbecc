"""The recipe as dataclasses. Their values are in ``config.toml``, which says what each means."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import TypeVar, get_type_hints

FILE = Path(__file__).with_name("config.toml")
PRESETS = ("pocket-64", "pocket-128", "gpu")
_T = TypeVar("_T")
Table = dict[str, object]
"""A table of a TOML file; tables in it are of the same type."""


@dataclass(frozen=True)
class Shares:
    """The shares of compositions that show one thing or another."""

    keyword: float
    recoloured: float
    second: float
    place: float
    photograph: float
    background_unnamed_white: float
    background_unnamed_any: float
    background_white: float
    background_solid: float
    held_out_backgrounds: float
    held_out_colours: float


@dataclass(frozen=True)
class Data:
    """Pictures and captions; sizes are in pixels."""

    size: int
    art_size: tuple[int, int]
    shift: int
    turn: float
    grid: int
    draws: int
    seed: int
    shares: Shares


@dataclass(frozen=True)
class Autoencoder:
    """Architecture and schedule of the autoencoder (``diffusers.AutoencoderKL``)."""

    channels: tuple[int, ...]
    layers: int
    latent_channels: int
    groups: int
    batch: int
    steps: int
    learning_rate: float
    kl: float
    start: str
    aligned: float
    photographs: float
    permuted: float
    average: float
    seed: int


@dataclass(frozen=True)
class Decoder:
    """Schedule of the decoder's last training by itself; with 0 steps there is none."""

    batch: int
    steps: int
    learning_rate: float
    critic: float
    average: float
    seed: int


@dataclass(frozen=True)
class Denoiser:
    """Architecture and schedule of the denoiser (``diffusers.UNet2DConditionModel``)."""

    channels: tuple[int, ...]
    heads: tuple[int, ...]
    layers: int
    start: str
    batch: int
    steps: int
    learning_rate: float
    warm_up: int
    caption_dropout: float
    average: float
    seed: int


@dataclass(frozen=True)
class Classifier:
    """Schedule of the classifier with which the evaluation judges samples."""

    steps: int
    batch: int
    learning_rate: float
    seed: int


@dataclass(frozen=True)
class Probe:
    """Sizes and schedule of the probe that says what a prompt means to the text encoder."""

    dimensions: int
    notes: int
    hidden: int
    sentences: int
    steps: int
    batch: int
    learning_rate: float
    noise: float
    average: float
    rejected: float
    seed: int


@dataclass(frozen=True)
class Sampling:
    """How the model is sampled. The exported model recommends these settings."""

    steps: int
    guidance_scale: float


@dataclass(frozen=True)
class Config:
    """Everything that decides what the model becomes, and the folder for work in progress."""

    data: Data
    autoencoder: Autoencoder
    decoder: Decoder
    denoiser: Denoiser
    classifier: Classifier
    probe: Probe
    sampling: Sampling
    work: Path = field(default=Path("build/training"))

    @property
    def downloads(self) -> Path:
        """The folder of the packages as they were downloaded."""
        return self.work.parent / "downloads"


def read_config(preset: str = "pocket-128", work: Path | None = None, file: Path = FILE) -> Config:
    """Read the recipe.

    Args:
        preset: one of :data:`PRESETS`, whose values replace the others.
        work: folder for work in progress; None for ``build/training/PRESET``.
        file: the TOML file.

    Raises:
        ValueError: the preset or a key of the file is unknown, or a key is missing.
    """
    if preset not in PRESETS:
        raise ValueError(f"no preset {preset!r}: choose one of {', '.join(PRESETS)}")
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    other: dict[str, Table] = {name: values.pop(name, {}) for name in PRESETS}
    _merge(values, other[preset])
    values["work"] = str(work or Path("build/training") / preset)
    return _record(Config, values, file.name)


def _merge(values: Table, over: Table) -> None:
    """Put the values of one table over those of another, table within table."""
    for name, value in over.items():
        inner = values.setdefault(name, {}) if isinstance(value, dict) else None
        if isinstance(value, dict) and isinstance(inner, dict):
            _merge(inner, value)
        else:
            values[name] = value


def _record(kind: type[_T], values: Table, where: str) -> _T:
    """A table as an object of a dataclass; ``where`` names the table in errors."""
    hints = get_type_hints(kind)
    unknown = values.keys() - hints.keys()
    missing = {each.name for each in fields(kind)} - values.keys()  # type: ignore[arg-type]
    if unknown or missing:
        raise ValueError(f"{where}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    made: Table = {}
    for name, value in values.items():
        if is_dataclass(hints[name]):
            if not isinstance(value, dict):
                raise ValueError(f"{where}: {name} is {value!r}, not a table")
            made[name] = _record(hints[name], value, f"{where} [{name}]")  # type: ignore[arg-type]
        elif isinstance(value, list):
            made[name] = tuple(value)
        else:
            made[name] = Path(str(value)) if hints[name] is Path else value
    return kind(**made)
