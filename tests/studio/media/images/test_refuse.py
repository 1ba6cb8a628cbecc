"""Files that cannot be pictures are refused with one line that has the path and says what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.media.images import (
    read_mask,
    read_picture,
    read_reduced,
    supported_output,
)
from studio.media.images.refuse import file_hash
from tests.studio.media.images.files_for_tests import refused


@pytest.mark.parametrize("call", [read_picture, read_reduced, lambda p: read_mask(p, (2, 2))])
def test_what_is_no_picture(call: Callable[[Path], object], tmp_path: Path) -> None:
    refused(tmp_path / "none.jpg", "no such file", "check the name", call=call)
    refused(tmp_path, "folder", "give a picture file", call=call)
    (tmp_path / "empty.png").touch()
    refused(tmp_path / "empty.png", "empty", "copy or export", call=call)
    for name in ("text.jpg", "text"):
        (tmp_path / name).write_text("this is a text and no picture\n" * 9)
        refused(tmp_path / name, "not a picture", "give JPEG", call=call)
    (tmp_path / "drawing.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    refused(tmp_path / "drawing.png", "not a picture", call=call)


KINDS = {"pfm": "display encoding", "hdr": "16-bit"}
KINDS |= {"mov": "export still frames", "cin": "log converted", "braw": "export still frames", "svg": "as PNG"}


@pytest.mark.parametrize(("suffix", "part"), KINDS.items())
def test_kinds_that_need_converting_first(suffix: str, part: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b"II*\0" + bytes(99))
    refused(tmp_path / f"a.{suffix}", f".{suffix} ", part)


def test_read_only_folder_and_unreadable_file(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may do anything
    refused(photo, "reading is not permitted", "permissions")
    refused(photo.with_name("a.png"), "cannot be written to", "permissions", call=supported_output)


def test_hash_of_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.png: .*no such file"):
        file_hash(tmp_path / "nothing.png")
    with pytest.raises(InputError, match="this is a folder"):
        file_hash(tmp_path)
