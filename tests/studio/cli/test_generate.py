"""``reswd generate``: from a prompt to a PNG that says how it was made."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guidance.known import read_known
from guidance.text_to_image import Generation
from studio.jobs import PaintJob
from studio.records.painted import read_painted
from studio.service.guide import pipelines
from tests.studio.command_line import Reswd
from tests.studio.service.guide.paintings_for_tests import pixels_of, record_of


def test_a_prompt_becomes_a_png_with_its_settings(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "dog.png"
    ran = reswd("generate", "a blue dog", "-o", out, "--steps", 3, "--seed", 7, "--negative", "red")
    assert ran.code == 0, ran.err
    assert ran.out.strip() == f"wrote {out}"
    assert ran.err == ""
    with Image.open(out) as image:
        assert image.size == (64, 64)
    settings = record_of(out)
    assert settings.pop("made_with")["reswd-studio"]
    assert settings == {
        "format": "reswd-studio",
        "format_version": 2,
        "kind": "painted picture",
        "model": "pocket-64",
        "prompt": "a blue dog",
        "negative_prompt": "red",
        "seed": 7,
        "steps": 3,
        "guidance_scale": 2.5,
    }
    again = tmp_path / "again.png"
    assert reswd("generate", "a blue dog", "-o", again, "--steps", 3, "--seed", 7, "--negative", "red").code == 0
    assert np.array_equal(pixels_of(out), pixels_of(again))
    assert {file.name for file in tmp_path.iterdir()} == {"dog.png", "again.png"}


def test_every_flag_reaches_the_picture(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "dog.png"
    flags = ("--negative", "grey", "--seed", 4294967295, "--steps", 2, "--scale", 4.5, "--device", "cpu")
    assert reswd("generate", "a red dog", "-o", out, *flags).code == 0
    assert read_painted(out) == PaintJob(Generation("a red dog", "grey", 4294967295, 2, 4.5))
    assert [key[:2] for key in pipelines._kept] == [("pocket-64", "cpu")]


def test_a_prompt_outside_its_world_gets_a_hint_and_a_picture(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    ran = reswd("generate", "an elefant", "-o", out, "--steps", 1)
    assert ran.code == 0
    assert "elephant" in ran.err
    assert out.is_file()


def test_the_list_shows_everything(reswd: Reswd) -> None:
    ran = reswd("generate", "--list")
    assert ran.code == 0
    for name in read_known().names:
        assert name in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--list"),
        (("a dog",), "-o OUT"),
        (("", "-o", "out.png"), "empty"),
        (("a dog", "-o", "out.jpg"), r"\.png"),
        (("a dog", "-o", "nowhere/out.png"), "does not exist"),
        (("a dog", "-o", "out.png", "--steps", "0"), "0 steps"),
        (("a dog", "-o", "out.png", "--steps", "many"), "'many'"),
        (("a dog", "-o", "out.png", "--scale", "99"), "99"),
        (("a dog", "-o", "out.png", "--seed", "-3"), "-3"),
        (("a dog", "-o", "out.png", "--device", "tpu"), "'tpu'"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    reswd: Reswd,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = reswd("generate", *arguments)
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) == 1
    assert re.search(said, ran.err)
    assert not list(tmp_path.iterdir())


def test_an_existing_picture_stays_without_overwrite(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    assert reswd("generate", "a dog", "-o", out, "--steps", 1).code == 2
    assert out.read_bytes() == b"mine"
    assert reswd("generate", "a dog", "-o", out, "--steps", 1, "--overwrite").code == 0
    assert out.read_bytes() != b"mine"
