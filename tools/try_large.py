"""Try a text-to-image model on this machine, plain, matched afterwards and guided, and fill a row of the handbook's table.

    python -m tools.try_large MODEL [--steps N] [--prompts N] [--out FOLDER] [--quantize KIND] [--offload] [--device DEVICE]

MODEL is an id of the catalogue (``reswd generate --models``), another repository of the Hugging Face hub, or a folder that
diffusers wrote. A model of the hub is downloaded if it is not in the cache; whether it fits into memory is said before that.
Each prompt is painted toward another photograph of ``assets/`` with the settings of the model's makers, with the same seed plain
and guided; the plain picture is matched afterwards with our CDL and, where color-matcher is installed, with its hm-mkl-hm.

Printed are versions, card and driver, a line for each picture, and the row of the table: the medians over all prompts of W2 (RGB,
exact, 1,024 samples, as in ``python -m benchmarks.guidance``) and of seconds, and the peak of memory: on CUDA what PyTorch
allocated, on the CPU what the process held. FOLDER gets the pictures and ``figures.json``. Needs the extras guide and dev.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from guidance.quantize.kinds import NONE, QUANTIZATIONS, installed
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from benchmarks.guidance.photographs import Photograph
    from guidance.catalogue import ModelEntry
    from guidance.loading import LoadedModel
    from guidance.reference import Reference

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = (
    "a lighthouse at dusk",
    "a red apple on a wooden table",
    "a sailboat on a calm lake",
    "a portrait of an old fisherman",
    "a city street in the rain",
    "a bowl of fruit by a window",
    "a mountain village in winter",
    "a dog on a meadow",
)
"""What is painted, one after the other. A ninth prompt is the first one again with another seed."""
MATCHES = {"CDL": "cdl", "hm-mkl-hm": "hm-mkl-hm"}
"""The matches afterwards by their name in the table: the first is ours, the other color-matcher's."""
WAYS = ("plain", *MATCHES, "guided")
HEAD = (
    "| model | size, steps | weights | machine | W2 plain | then CDL | then hm-mkl-hm | guided | seconds plain | guided "
    "| in guidance | GiB plain | guided | estimate |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass
class Found:
    """What was measured of one prompt.

    Attributes:
        prompt, photograph, seed: what was painted, and toward which colours.
        w2: the distance of each of :data:`WAYS` that was tried.
        seconds: time of each. That of a match is the match alone.
        in_guidance: the seconds of the guided picture that guidance itself took.
    """

    prompt: str
    photograph: str
    seed: int
    w2: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    in_guidance: float = 0.0


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see python -m tools.try_large --help")


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m tools.try_large", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", metavar="MODEL", help="id of the catalogue or of the hub, or a folder")
    parser.add_argument("--steps", type=int, help="denoising steps; those of the model's makers if left out")
    parser.add_argument("--prompts", type=int, default=4, metavar="N", help="how many prompts; 4 if left out")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where pictures go; build/try_large/MODEL if left out"
    )
    parser.add_argument("--quantize", choices=QUANTIZATIONS, default=NONE, help="weights in fewer bits")
    parser.add_argument(
        "--offload", action="store_true", help="keep components in the host's memory even where all of them fit"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps or auto, which is a GPU if there is one")
    chosen = parser.parse_args(given)
    if chosen.prompts < 1:
        raise InputError(f"--prompts {chosen.prompts} is out of range: give 1 or more")
    return chosen


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; 2 where its input cannot be used, which is said in one line."""
    try:
        chosen = _arguments(sys.argv[1:] if given is None else given)
        _try(chosen)
    except InputError as error:
        print(f"try_large: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _try(chosen: argparse.Namespace) -> None:
    from guidance.loading.plan import resolved_device
    from studio.service.guide.run import default_generation

    name, device = chosen.model.strip(), resolved_device(chosen.device)
    if chosen.offload and device == "cpu":
        raise InputError("--offload moves components to a GPU, and the device is cpu: leave it out")
    # This refuses a number of steps that no model takes before anything is loaded.
    default_generation(name, PROMPTS[0], steps=chosen.steps)
    out = _folder(chosen.out or ROOT / "build" / "try_large" / name.strip("/").replace("/", "--"))
    about = _machine(device)
    print("\n".join(f"{what}: {value}" for what, value in about.items()), flush=True)
    loaded, entry = _loaded(name, device, chosen.quantize, chosen.offload)
    found, peaks, size, steps = _painted(name, loaded, entry, chosen, device, out)
    row = _row(name, loaded, about, found, peaks, size, steps)
    figures = {
        "model": name,
        "machine": about,
        "placement": asdict(loaded.placement),
        "size": list(size),
        "steps": steps,
        "peak_gib": peaks,
        "pictures": [asdict(each) for each in found],
        "row": row,
    }
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8", newline="")
    print(f"\n{HEAD}\n{row}\n\npictures and figures.json: {out}")


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: no folder can be made there ({error.strerror}): give another one") from error
    return out


def _machine(device: str) -> dict[str, str]:
    """Versions, card and driver."""
    import torch

    about = {"machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"}
    for package in ("torch", "diffusers", "transformers", "accelerate", "reswd-studio"):
        try:
            about[package] = version(package)
        except PackageNotFoundError:
            about[package] = "not installed"
    if device == "cuda":
        card = torch.cuda.get_device_properties(0)
        about["card"] = f"{card.name}, {card.total_memory / 2**30:.0f} GiB"
        about["driver"] = f"{_driver()}, CUDA {torch.version.cuda}"
    else:
        about["card"] = {"mps": "Apple GPU (mps)"}.get(device, f"CPU, {torch.get_num_threads()} threads")
        about["driver"] = "none"
    return about


def _driver() -> str:
    """The version of NVIDIA's driver."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _loaded(name: str, device: str, quantize: str, offload: bool) -> tuple[LoadedModel, ModelEntry]:
    """The model, ready to paint, after saying how it will be placed. Raises InputError where it does not fit."""
    from guidance.catalogue import EMBEDDED_IDS, MODELS
    from guidance.loading import load
    from guidance.loading.plan import placement_for
    from guidance.memory import memory_estimate
    from studio.service.guide.run import entry_of

    if name in MODELS and name not in EMBEDDED_IDS:  # of others nothing is known before their files are
        planned = placement_for(MODELS[name], device, quantize)
        print(f"{name} fits: {planned.estimate}, {planned.dtype}, {planned.offload} offload", flush=True)
    loaded = load(name, device, quantize=quantize)
    entry = entry_of(loaded)
    if offload and loaded.placement.offload == "none":
        pipe: Any = loaded.pipe
        pipe.enable_model_cpu_offload(device=device)
        kind, dtype = loaded.placement.quantize, loaded.placement.dtype
        estimate = memory_estimate(entry, entry.width, entry.height, "model", dtype=dtype, quantize=kind)
        loaded = replace(loaded, placement=replace(loaded.placement, offload="model", estimate=estimate))
    return loaded, entry


def _painted(
    name: str, loaded: LoadedModel, entry: ModelEntry, chosen: argparse.Namespace, device: str, out: Path
) -> tuple[list[Found], dict[str, float], tuple[int, int], int]:
    """Paint and match everything: the figures, the peaks of memory in GiB, the size of the pictures and their steps.

    All plain pictures come first and all matches last. On the CPU a peak cannot be taken back, so the guided one is that of both.
    """
    from benchmarks.guidance.photographs import REPORTED, photograph
    from guidance.attach import guide
    from guidance.text_to_image import generate
    from studio.service.guide.run import default_generation

    def wanted(number: int, steps: int | None) -> Any:
        prompt, seed = PROMPTS[number % len(PROMPTS)], number // len(PROMPTS)
        return default_generation(name, prompt, steps=steps, seed=seed)

    def paint(number: int, steps: int | None) -> Image:
        return generate(loaded.pipe, wanted(number, steps), scale_argument=entry.scale_argument)

    paint(0, 1)  # it makes what is made once, such as kernels, so that no picture's time holds it
    found, plain, guided, peaks = [], [], [], {}
    _forget_peak(device)
    for number in range(chosen.prompts):
        asked = wanted(number, chosen.steps)
        found.append(Found(asked.prompt, REPORTED[number % len(REPORTED)], asked.seed))
        image, found[-1].seconds["plain"] = _timed(lambda number=number: paint(number, chosen.steps))  # type: ignore[misc]
        plain.append(image)
    peaks["plain"] = _peak(device)
    _forget_peak(device)
    for number, each in enumerate(found):
        with guide(loaded.pipe, photograph(each.photograph).colors) as done:
            image, each.seconds["guided"] = _timed(lambda number=number: paint(number, chosen.steps))  # type: ignore[misc]
        guided.append(image)
        each.in_guidance = done.seconds
    peaks["guided"] = _peak(device)
    for number, (each, before, after) in enumerate(zip(found, plain, guided, strict=True)):
        reference = photograph(each.photograph)
        for way, picture in {"plain": before, **_matched(before, each, reference), "guided": after}.items():
            picture.save(out / f"{number:02d}-{way}.png")
            each.w2[way] = _distance(picture, reference.colors)
        told = ", ".join(f"{way} {w2:.3f}" for way, w2 in each.w2.items())
        print(f"{each.prompt}, toward {each.photograph}: W2 {told}", flush=True)
    return found, peaks, plain[0].size, wanted(0, chosen.steps).steps


def _matched(plain: Image, found: Found, reference: Photograph) -> dict[str, Image]:
    """The plain picture matched afterwards, by our CDL and by color-matcher where it is installed; their times are noted."""
    from benchmarks.guidance.afterwards import matched
    from benchmarks.guidance.painting import to_image

    pictures = {}
    for way, how in MATCHES.items():
        if way == "CDL" or installed("color_matcher"):
            pictures[way], found.seconds[way] = _timed(
                lambda how=how: to_image(matched(_tensor(plain), reference, how))  # type: ignore[misc]
            )
    return pictures


def _tensor(picture: Image) -> Tensor:
    """(3, height, width) float32, 0..1."""
    import numpy as np
    import torch

    return torch.from_numpy(np.asarray(picture.convert("RGB"), dtype=np.float32) / 255).permute(2, 0, 1)


def _distance(picture: Image, reference: Reference) -> float:
    from benchmarks.guidance.nearness import w2

    return w2(_tensor(picture), reference)


def _timed(work: Callable[[], Image]) -> tuple[Image, float]:
    """What work returns, and its seconds. A picture that is there has left the GPU."""
    began = time.perf_counter()
    made = work()
    return made, time.perf_counter() - began


def _forget_peak(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()


def _peak(device: str) -> float:
    """The peak of memory so far, GiB: on CUDA what PyTorch allocated since it was forgotten, elsewhere what the process held."""
    import torch

    from benchmarks.memory import peak_mib

    return torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else peak_mib() / 2**10


def _row(
    name: str,
    loaded: LoadedModel,
    about: dict[str, str],
    found: Sequence[Found],
    peaks: dict[str, float],
    size: tuple[int, int],
    steps: int,
) -> str:
    """The row of the table."""
    placed = loaded.placement
    weights = placed.dtype + ("" if placed.quantize == NONE else f", {placed.quantize}")
    weights += "" if placed.offload == "none" else f", {placed.offload} offload"

    def median(values: list[float], form: str) -> str:
        return format(statistics.median(values), form) if values else "not tried"

    cells = [name, f"{size[0]} x {size[1]}, {steps}", weights, f"{about['card']}, torch {about['torch']}"]
    cells += [median([each.w2[way] for each in found if way in each.w2], ".3f") for way in WAYS]
    cells += [median([each.seconds[way] for each in found], ".2f") for way in ("plain", "guided")]
    cells.append(median([each.in_guidance for each in found], ".2f"))
    cells += [f"{peaks[way]:.1f}" for way in ("plain", "guided")]
    return f"| {' | '.join(cells)} | {placed.estimate.device:.1f} |"


if __name__ == "__main__":
    raise SystemExit(main())
