"""What tests of painted pictures share: a small job's parts, the record inside a PNG, and the embedded pipeline as it is kept."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from guidance.known import EMBEDDED
from guidance.text_to_image import Generation
from reswd_torch.matching import color_distance
from tests.conftest import photograph

SAIL = Generation("a sailboat", seed=5, steps=3)
BLUE_AND_RED = "#1d3557:3,#e63946"
_GUIDED_ATTRIBUTES = {"step", "set_timesteps", "prepare_latents"}
"""What guidance puts on a pipeline and its scheduler while it works, and takes off again."""


def warm_picture(folder: Path) -> Path:
    """A small picture in warm light, warm.png."""
    path = folder / "warm.png"
    Image.fromarray(np.rint(photograph(2, 40, 56, (1.0, 0.75, 0.5)) * 255).astype(np.uint8)).save(path)
    return path


def is_untouched(pipe: Any) -> bool:
    """Whether nothing of guidance is left on a pipeline."""
    return not _GUIDED_ATTRIBUTES & (vars(pipe).keys() | vars(pipe.scheduler).keys())


def pixels(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8."""
    return np.asarray(image.convert("RGB"))


def pixels_of(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 of a file."""
    with Image.open(path) as image:
        return pixels(image)


def record_of(path: Path) -> dict[str, Any]:
    """The record in a PNG."""
    with Image.open(path) as image:
        record = json.loads(image.info["reswd"])
    assert isinstance(record, dict)
    return record


def colors_in(text: str) -> torch.Tensor:
    """(N, 3): kept colours, unpacked by what is written about them: 16 bits each, low byte first."""
    words = np.frombuffer(base64.b64decode(text), "<u2").reshape(-1, 3)
    return torch.from_numpy(words.astype(np.float64) / 65535).float()


def colors_of_record(record: dict[str, Any]) -> torch.Tensor:
    """(N, 3): the reference's colours in a record."""
    return colors_in(record["reference"]["colors"])


def distance(shown: np.ndarray, colors: torch.Tensor) -> float:
    """Of (H, W, 3) uint8 to (N, 3) colours, CIE Lab units."""
    return color_distance(torch.from_numpy(shown.reshape(-1, 3) / 255).float(), colors)


def copy_of_model(folder: Path) -> Path:
    """The embedded model in a folder of somebody's own."""
    shutil.copytree(EMBEDDED, folder)
    return folder


def counted_steps(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one with each call of the denoiser."""
    calls: list[int] = []
    original = pipe.unet.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(pipe.unet, "forward", forward)
    return calls
