"""``reswd generate``: from a prompt to a PNG that says how it was made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guidance.known import read_known
from guidance.text_to_image import Generation
from studio.service.guide import png as generated
from tests.studio.cli.test_match import reswd  # noqa: F401 - a fixture


def test_a_prompt_becomes_a_png_with_its_settings(reswd, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    out = tmp_path / "dog.png"
    ran = reswd("generate", "a blue dog", "-o", out, "--steps", 3, "--seed", 7, "--negative", "red")
    assert ran.code == 0, ran.err
    assert ran.out.strip() == f"wrote {out}"
    assert ran.err == ""
    with Image.open(out) as image:
        assert image.size == (64, 64)
        settings = json.loads(image.text["reswd"])  # type: ignore[attr-defined]
    assert settings == {
        "model": "pocket-64", "prompt": "a blue dog", "negative_prompt": "red", "seed": 7, "steps": 3,
        "guidance_scale": 2.5,
    }  # fmt: skip
    again = tmp_path / "again.png"
    assert reswd("generate", "a blue dog", "-o", again, "--steps", 3, "--seed", 7, "--negative", "red").code == 0
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(Image.open(again)))
    assert {file.name for file in tmp_path.iterdir()} == {"dog.png", "again.png"}


def test_a_prompt_outside_its_world_gets_a_hint_and_a_picture(reswd, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    out = tmp_path / "out.png"
    ran = reswd("generate", "an elefant", "-o", out, "--steps", 1)
    assert ran.code == 0
    assert "did you mean elephant" in ran.err
    assert out.is_file()


def test_the_list_shows_everything(reswd) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
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
def test_bad_input_is_one_line_and_code_2(reswd, tmp_path: Path, monkeypatch, arguments, said) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    monkeypatch.chdir(tmp_path)
    ran = reswd("generate", *arguments)
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) == 1
    assert re.search(said, ran.err)
    assert not list(tmp_path.iterdir())


def test_an_existing_picture_stays_without_overwrite(reswd, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    assert reswd("generate", "a dog", "-o", out, "--steps", 1).code == 2
    assert out.read_bytes() == b"mine"
    assert reswd("generate", "a dog", "-o", out, "--steps", 1, "--overwrite").code == 0
    assert out.read_bytes() != b"mine"


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    image = Image.new("RGB", (4, 4))
    monkeypatch.setattr(image, "save", full)
    with pytest.raises(generated.InputError, match="No space left"):
        generated.save(image, Generation("a dog"), tmp_path / "out.png")
    assert not list(tmp_path.iterdir())
