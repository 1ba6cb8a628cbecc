"""Reading the recipe: presets, and errors that name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.config import FILE, read_config


def test_the_gpu_preset_is_larger_and_shares_the_rest() -> None:
    small, large = read_config("pocket-64"), read_config("gpu")
    assert 96 <= large.data.size <= 128
    assert large.data.size > small.data.size
    assert large.denoiser.channels > small.denoiser.channels
    assert large.data.shares == small.data.shares
    assert large.work != small.work
    assert large.downloads == small.downloads


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(ValueError, match="'tpu'"):
        read_config("tpu")


def test_a_misspelt_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(FILE.read_text(encoding="utf-8").replace("draws = 96", "drwas = 96"), encoding="utf-8")
    with pytest.raises(ValueError, match="drwas"):
        read_config("pocket-64", file=file)
