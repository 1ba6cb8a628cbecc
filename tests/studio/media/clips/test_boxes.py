"""An index that claims more samples than the file has bytes is refused before FFmpeg makes room for them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.kinds import CLIP_SUFFIXES
from studio.media.clips.boxes import claims_too_much
from studio.media.clips.read import read_facts
from tests.studio.media.clips.made import FRAMES, make_clip

MANY = 500_000_000
"""Samples for which FFmpeg takes 15 GB and minutes: with 50 million it was 1.8 GB and 22 s."""


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def claiming(path: Path, count: int) -> Path:
    """A clip whose 17 kB claim that it has ``count`` samples of one byte each."""
    content = bytearray(make_clip(path, "png", "rgb24", audio=False).read_bytes())
    sizes, chunks, times = (content.index(kind) for kind in (b"stsz", b"stsc", b"stts"))
    content[sizes + 8 : sizes + 16] = struct.pack(">II", 1, count)
    content[chunks + 16 : chunks + 20] = struct.pack(">I", count)
    content[times + 12 : times + 16] = struct.pack(">I", count)
    path.write_bytes(content)
    return path


def test_an_index_of_one_size_is_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.mov: its index claims more than the file holds"):
        read_facts(claiming(tmp_path / "a.mov", MANY))


@pytest.mark.parametrize(
    "content",
    [
        box(
            b"moov",
            box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stsz", struct.pack(">III", 0, 1, MANY)))))),
        ),
        box(b"moov", box(b"trak", box(b"stts", struct.pack(">IIII", 0, 1, MANY, 1)))),
        box(b"moov", box(b"trak", box(b"ctts", struct.pack(">IIIIII", 0, 2, 5, 1, MANY, 1)))),
        box(b"moof", box(b"traf", box(b"trun", struct.pack(">III", 0, MANY, 0)))),
        box(b"ftyp", b"qt  ") + struct.pack(">I4sQ", 1, b"moov", 36) + box(b"stsz", struct.pack(">III", 0, 9, MANY)),
        box(
            b"moov", box(b"cmov", box(b"cmvd", bytes(4) + zlib.compress(box(b"stsz", struct.pack(">III", 0, 1, MANY)))))
        ),
        box(b"moov", box(b"cmov", box(b"cmvd", bytes(4) + zlib.compress(bytes(70_000_000))))),
    ],
    ids=["stsz", "stts", "ctts", "trun", "64 bits", "compressed", "inflates"],
)
def test_every_table_that_may_claim_is_seen(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert claims_too_much(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 40, b"RIFF\x10\0\0\0AVI ", box(b"moov", b"\0\0\0\x02stsz"), b"\x1aE\xdf\xa3" * 9]
)
def test_what_is_no_index_claims_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert not claims_too_much(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.avi", "a.mkv", "a.ts"])
def test_honest_clips_are_read(name: str, tmp_path: Path) -> None:
    assert Path(name).suffix in CLIP_SUFFIXES
    path = make_clip(tmp_path / name, "mpeg4", audio=name not in ("a.avi",), movflags="")
    assert not claims_too_much(path) and read_facts(path).size[0] > 0
    fragments = make_clip(tmp_path / "f.mp4", movflags="frag_keyframe+empty_moov")
    assert not claims_too_much(fragments) and FRAMES > 0
