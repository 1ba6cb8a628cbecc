"""Which containers names mean, and what is no clip before it is opened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.media.clips.names import check_clip, clip_suffix, need_av


def test_containers_by_suffix() -> None:
    assert clip_suffix(Path("a.MKV")) == "matroska"
    assert clip_suffix(Path("a.m4v")) == "mp4"
    with pytest.raises(InputError, match=r"a\.gif: a clip is written as \.3g2, "):
        clip_suffix(Path("a.gif"))


def test_what_cannot_be_a_clip(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    for path, says in (
        (tmp_path, "a folder"),
        (tmp_path / "no.mp4", "no such file"),
        (tmp_path / "empty.mp4", "empty"),
    ):
        with pytest.raises(InputError, match=says):
            check_clip(path)


def test_without_pyav_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r'pip install "reswd-studio\[video\]"'):
        need_av()
