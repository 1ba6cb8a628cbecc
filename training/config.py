"""The recipe as records; the values are in ``config.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

FILE = Path(__file__).with_name("config.toml")
PRESETS = ("cpu", "gpu")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Shares:
    """What share of the compositions shows what; see ``config.toml``."""

    keyword: float
    recoloured: float
    background_unnamed_white: float
    background_unnamed_any: float
    background_white: float
    background_solid: float
    held_out_backgrounds: float
    held_out_colours: float


@dataclass(frozen=True)
class Data:
    """Pictures and captions: sizes in pixels, shares of the draws."""

    size: int
    art_size: tuple[int, int]
    shift: int
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
    photographs: float
    permuted: float
    average: float
    seed: int


@dataclass(frozen=True)
class Denoiser:
    """Architecture and schedule of the denoiser (``diffusers.UNet2DConditionModel``)."""

    channels: tuple[int, ...]
    heads: tuple[int, ...]
    layers: int
    batch: int
    steps: int
    learning_rate: float
    warm_up: int
    caption_dropout: float
    average: float
    seed: int


@dataclass(frozen=True)
class Classifier:
    """Schedule of the classifier that the evaluation asks."""

    steps: int
    batch: int
    learning_rate: float
    seed: int


@dataclass(frozen=True)
class Sampling:
    """How the model is sampled: these become the pipeline's recommended settings."""

    steps: int
    guidance_scale: float


@dataclass(frozen=True)
class Config:
    """Everything that decides what the model becomes, and where work in progress lies."""

    data: Data
    autoencoder: Autoencoder
    denoiser: Denoiser
    classifier: Classifier
    sampling: Sampling
    work: Path = field(default=Path("build/training"))

    @property
    def downloads(self) -> Path:
        """Where the packages lie as they came."""
        return self.work.parent / "downloads"


def read_config(preset: str = "cpu", work: Path | None = None, file: Path = FILE) -> Config:
    """The recipe with one of the :data:`PRESETS`. Raises ValueError for an unknown preset or a key that is not known."""
    if preset not in PRESETS:
        raise ValueError(f"no preset {preset!r}: choose one of {', '.join(PRESETS)}")
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    other = {name: values.pop(name, {}) for name in PRESETS}
    _merge(values, other[preset])
    values["work"] = str(work or Path("build/training") / preset)
    return _record(Config, values, file.name)


def _merge(values: dict[str, Any], over: dict[str, Any]) -> None:
    for name, value in over.items():
        if isinstance(value, dict):
            _merge(values.setdefault(name, {}), value)
        else:
            values[name] = value


def _record(kind: type[_T], values: dict[str, Any], where: str) -> _T:
    hints = get_type_hints(kind)
    unknown = values.keys() - hints.keys()
    missing = {each.name for each in fields(kind)} - values.keys()  # type: ignore[arg-type]
    if unknown or missing:
        raise ValueError(f"{where}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    made: dict[str, Any] = {}
    for name, value in values.items():
        if is_dataclass(hints[name]):
            made[name] = _record(hints[name], value, f"{where} [{name}]")  # type: ignore[arg-type]
        elif isinstance(value, list):
            made[name] = tuple(value)
        else:
            made[name] = Path(value) if hints[name] is Path else value
    return kind(**made)
