"""Painting with the model that ships with the project: offline, with stock diffusers, from prompts."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from guidance.known import EMBEDDED
from guidance.loading import load_embedded
from guidance.text_to_image import Generation, generate
from reswd_torch import InputError


@pytest.fixture(scope="module")
def pipe() -> Any:
    return load_embedded("cpu")


def _corners(image: Any) -> np.ndarray:
    pixels = np.asarray(image).astype(int)
    return np.median([pixels[:2, :2], pixels[:2, -2:], pixels[-2:, :2], pixels[-2:, -2:]], axis=(0, 1, 2))


def test_it_is_a_stock_folder_that_loads_without_network() -> None:
    script = (
        "import socket; socket.socket.connect = None\n"
        "from diffusers import DiffusionPipeline\n"
        f"pipe = DiffusionPipeline.from_pretrained({str(EMBEDDED)!r}, local_files_only=True)\n"
        "image = pipe('a red apple on a blue background', num_inference_steps=2, guidance_scale=2.5).images[0]\n"
        "print(type(pipe).__name__, image.size)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "StableDiffusionPipeline (64, 64)"


def test_a_background_has_the_colour_that_was_asked_for(pipe: Any) -> None:
    red, green, blue = _corners(generate(pipe, Generation("a lemon on a blue background", seed=1)))
    assert blue > red + 60
    assert blue > green + 40
    red, green, blue = _corners(generate(pipe, Generation("a lemon on a red background", seed=1)))
    assert red > green + 80
    assert red > blue + 80


def test_seeds_reproduce_and_differ(pipe: Any) -> None:
    one, again, other = (np.asarray(generate(pipe, Generation("a dog", seed=seed, steps=8))) for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_progress_counts_every_step_and_may_stop(pipe: Any) -> None:
    seen: list[tuple[int, int]] = []
    generate(pipe, Generation("a dog", steps=4), lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]

    class Enough(Exception):
        pass

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise Enough

    with pytest.raises(Enough):
        generate(pipe, Generation("a dog", steps=4), stop)
    generate(pipe, Generation("a dog", steps=2))  # and the pipeline still works


def test_a_prompt_of_a_book_is_refused_before_any_work() -> None:
    for words in ({"prompt": "boat " * 2001}, {"prompt": "a boat", "negative_prompt": "x" * 10_001}):
        with pytest.raises(InputError, match="characters: give 10000 at most"):
            Generation(**words)  # type: ignore[arg-type]


def test_a_long_prompt_and_unknown_words_do_no_harm(pipe: Any) -> None:
    image = generate(pipe, Generation("zzyzx xylophone 猫 " * 12, steps=2))
    assert image.size == (64, 64)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prompt": "  "}, "empty"),
        ({"seed": -1}, "-1"),
        ({"seed": 2**32}, "4294967296"),
        ({"steps": 0}, "0 steps"),
        ({"steps": 1000}, "1000 steps"),
        ({"guidance_scale": -0.5}, "-0.5"),
        ({"guidance_scale": float("nan")}, "nan"),
    ],
)
def test_what_cannot_be_painted_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Generation(**({"prompt": "a dog"} | changed))


@pytest.mark.gpu
def test_on_cuda_the_same_seed_paints_nearly_the_same_picture(pipe: Any) -> None:
    wanted = Generation("a lemon on a blue background", seed=1)
    apart = np.asarray(generate(load_embedded("cuda"), wanted)).astype(int) - np.asarray(generate(pipe, wanted))
    assert np.abs(apart).mean() < 3
