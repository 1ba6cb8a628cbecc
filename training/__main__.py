"""``python -m training STEP`` runs one step of the recipe that made the embedded models; ``all`` runs every step."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS
from guidance.shipped import embedded_model

if TYPE_CHECKING:
    import torch

    from training.art import Thing
    from training.config import Config

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


class Preset(StrEnum):
    """The sizes of the models and the lengths of their training: see config.toml."""

    pocket_64 = "pocket-64"
    pocket_128 = "pocket-128"
    gpu = "gpu"


PresetOption = Annotated[Preset, typer.Option(help="The model that is made; gpu makes one that no CPU trains.")]
WorkOption = Annotated[Path | None, typer.Option(help="Folder for work in progress.  [default: build/training/PRESET]")]
ModelOption = Annotated[
    Path | None, typer.Option(help="Folder of the exported model.  [default: the embedded one of the preset]")
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda, or auto, which takes cuda if there is one.")]


def _folder(preset: Preset, model: Path | None) -> Path:
    """The folder of the exported model. A preset that is no embedded model takes the place of the default one."""
    return model or embedded_model(preset.value if preset.value in EMBEDDED_IDS else EMBEDDED_ID)


def _start(preset: Preset, work: Path | None, device: str) -> tuple[Config, list[Thing], torch.device]:
    """Read the recipe, fetch what is not there yet, and return the recipe, its objects and the device to compute on."""
    import torch

    from training.art import load_things
    from training.config import read_config
    from training.packages import fetch

    config = read_config(preset.value, work)
    config.work.mkdir(parents=True, exist_ok=True)
    fetch(config.downloads)
    wanted = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    return config, load_things(config.downloads), torch.device(wanted)


@app.command()
def data(preset: PresetOption = Preset.pocket_128, work: WorkOption = None) -> None:
    """Fetch the packages and check their licences, checksums and counts."""
    config, things, _ = _start(preset, work, "cpu")
    hues = sum(thing.hue is not None for thing in things)
    print(f"{len(things)} objects, {hues} of one hue, in {config.downloads}")


@app.command()
def autoencoder(
    preset: PresetOption = Preset.pocket_128, work: WorkOption = None, device: DeviceOption = "auto"
) -> None:
    """Train the autoencoder."""
    from training import autoencoder as room

    room.run(*_start(preset, work, device))


@app.command()
def decoder(preset: PresetOption = Preset.pocket_128, work: WorkOption = None, device: DeviceOption = "auto") -> None:
    """Train the autoencoder's decoder further, by itself. This can run beside the denoiser's training."""
    from training import decoder as room

    room.run(*_start(preset, work, device))


@app.command()
def denoiser(preset: PresetOption = Preset.pocket_128, work: WorkOption = None, device: DeviceOption = "auto") -> None:
    """Train the denoiser on the autoencoder's latents."""
    from training import denoiser as room

    room.run(*_start(preset, work, device))


@app.command()
def export(preset: PresetOption = Preset.pocket_128, work: WorkOption = None, model: ModelOption = None) -> None:
    """Write the trained parts as a stock diffusers folder."""
    from training import export as room

    config, things, _ = _start(preset, work, "cpu")
    folder = _folder(preset, model)
    room.run(config, things, folder)
    print(f"wrote {folder}")


@app.command()
def probe(
    preset: PresetOption = Preset.pocket_128,
    work: WorkOption = None,
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Train the probe that says what a prompt means to the text encoder."""
    from training import probe as room

    config, things, place = _start(preset, work, device)
    folder = _folder(preset, model)
    room.run(config, things, folder, place)
    print(f"wrote the probe into {folder}")


@app.command()
def evaluate(
    preset: PresetOption = Preset.pocket_128,
    work: WorkOption = None,
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Train the classifier that judges pictures, then measure the exported model and draw its sheets."""
    from training import evaluate as room

    config, things, place = _start(preset, work, device)
    numbers = room.run(config, things, _folder(preset, model), place)
    verdicts = numbers["bars"]
    assert isinstance(verdicts, dict)
    for name, verdict in verdicts.items():
        print(f"{name}: {verdict}")


@app.command()
def alignment(preset: PresetOption = Preset.pocket_128, work: WorkOption = None, device: DeviceOption = "auto") -> None:
    """Try whether a tokenizer that is aligned to a frozen encoder makes the denoiser learn faster (an experiment)."""
    from training import alignment as room

    for name, numbers in room.run(*_start(preset, work, device)).items():
        print(f"{name}: {numbers}")


@app.command()
def keep(preset: PresetOption = Preset.pocket_128, work: WorkOption = None) -> None:
    """Keep an unfinished training in the repository, so that it can go on elsewhere."""
    from training import begun as room
    from training.config import read_config

    config = read_config(preset.value, work)
    print(f"kept {', '.join(room.keep(config, room.folder(preset.value)))} in {room.folder(preset.value)}")


@app.command()
def restore(preset: PresetOption = Preset.pocket_128, work: WorkOption = None) -> None:
    """Go on with a training that was kept: put its parts into the folder for work in progress."""
    from training import begun as room
    from training.config import read_config

    config = read_config(preset.value, work)
    print(f"put {', '.join(room.restore(config, room.folder(preset.value))) or 'nothing'} into {config.work}")


@app.command("all")
def whole_recipe(
    preset: PresetOption = Preset.pocket_128,
    work: WorkOption = None,
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Run every step in turn; a step that was cut off continues where it stood."""
    data(preset, work)
    autoencoder(preset, work, device)
    decoder(preset, work, device)
    denoiser(preset, work, device)
    export(preset, work, model)
    probe(preset, work, model, device)
    evaluate(preset, work, model, device)


if __name__ == "__main__":
    app()
