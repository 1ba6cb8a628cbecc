"""Damaged TIFFs: libtiff prints nothing on the terminal, and what others print there meanwhile is not lost."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

import pytest
import tifffile

from studio.media.images.chatter import without_libtiff
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import encoded, refused


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "group4", "tiff_adobe_deflate", "packbits"])
def test_damaged_tiffs_are_refused_silently(
    compression: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.tif"
    pixels = scene(90, 120)[..., 0] > 99 if compression == "group4" else scene(90, 120)
    path.write_bytes(encoded(pixels, "TIFF", compression=compression))
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        at, size = page.dataoffsets[0], page.databytecounts[0]
    data = bytearray(path.read_bytes())
    data[at + size // 3 : at + size // 2] = b"\xff" * (size // 2 - size // 3)
    path.write_bytes(data)
    if compression not in ("jpeg", "packbits", "group4"):  # which may still be a picture
        refused(path, "cut short or damaged")
    else:
        from reswd_torch.errors import InputError
        from studio.media.images import read_picture

        try:
            read_picture(path)
        except InputError as error:
            assert "\n" not in str(error)
    assert capfd.readouterr() == ("", "")
    assert not [r for r in caplog.records if r.name != "tifffile" and r.levelno > logging.INFO]


def test_what_others_print_meanwhile_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    with without_libtiff():
        os.write(2, b"LZWDecode: Corrupted table.\n")
        other = threading.Thread(target=lambda: print("a progress bar", file=sys.stderr, flush=True))
        other.start()
        other.join()
        os.write(2, b"unfinished")
    os.write(2, b" business\n")
    assert capfd.readouterr().err in ("a progress bar\nunfinished business\n", "unfinished business\na progress bar\n")
