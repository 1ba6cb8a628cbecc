"""What files are by their names."""

from __future__ import annotations

from studio.kinds import is_clip


def test_names_of_clips() -> None:
    assert all(is_clip(f"a{suffix}") for suffix in (".mp4", ".MOV", ".mkv", ".mts", ".mxf"))
    assert not any(is_clip(f"a{suffix}") for suffix in (".jpg", ".cube", ".braw", ""))
