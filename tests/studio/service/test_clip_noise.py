"""Nothing that FFmpeg and its encoders say reaches the terminal, and what a broken clip raises is one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from studio.service.apply import apply_to_file
from tests.studio.media.clips.made import make_clip

LOOK = Grade(Cdl((0.9, 1.0, 1.1)))
MADE = {
    "a.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "b.mkv": {"codec": "libsvtav1"},
    "c.webm": {"codec": "libvpx-vp9", "audio": False},
    "d.avi": {"codec": "mpeg4", "audio": False, "options": {"bf": "2"}},
    "e.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "f.ts": {"codec": "mpeg2video"},
    "g.mp4": {"codec": "libx264", "rotation": 90},
}


@pytest.mark.parametrize("name", MADE)
def test_nothing_is_printed(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = make_clip(tmp_path / name, **MADE[name])  # type: ignore[arg-type]
    whole = source.read_bytes()
    capfd.readouterr()
    apply_to_file(LOOK, source, tmp_path / f"o{source.suffix}")
    random = np.random.default_rng(5)
    broken = bytearray(whole)
    for place in random.integers(len(whole) // 8, len(whole), 40):
        broken[place] ^= 0x5A
    for number, content in enumerate((bytes(broken), whole[: len(whole) // 2])):
        (tmp_path / name).write_bytes(content)
        try:
            apply_to_file(LOOK, source, tmp_path / f"{number}{source.suffix}")
        except InputError as error:
            assert "\n" not in str(error)
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.mark.parametrize("name", ["a.mp4", "d.avi", "f.ts", "c.webm"])
def test_clips_with_random_damage_never_raise_anything_else(name: str, tmp_path: Path) -> None:
    """The mutations of an hour's fuzzing in small: bits, lengths of boxes, missing and doubled pieces, at fixed seeds."""
    whole = make_clip(tmp_path / name, **MADE[name]).read_bytes()  # type: ignore[arg-type]
    for seed in range(25):
        random = np.random.default_rng(seed)
        content = bytearray(whole)
        for _ in range(int(random.integers(1, 20))):
            place = int(random.integers(0, len(content) if seed % 2 else min(2000, len(content))))
            kind = random.random()
            if kind < 0.5:
                content[place] = int(random.integers(256))
            elif kind < 0.7:
                content[place : place + 4] = b"\xff\xff\xff\xff"
            elif kind < 0.85:
                del content[place : place + int(random.integers(1, 50))]
            else:
                content[place:place] = content[place : place + 60]
        (tmp_path / name).write_bytes(bytes(content))
        try:
            apply_to_file(LOOK, tmp_path / name, tmp_path / f"o{Path(name).suffix}", overwrite=True)
        except InputError as error:
            assert "\n" not in str(error)
