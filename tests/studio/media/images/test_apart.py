"""Files of strangers: what can blow up is decoded in another process, which gives the same and ends at its limits."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.media.images import apart, limits, read_picture, read_reduced
from tests.studio.media.images.files_for_tests import FILES, encoded, refused


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A process that reads files of strangers."""
    monkeypatch.setattr(limits, "_public", True)
    yield monkeypatch
    while apart._idle:
        apart._end(apart._idle.pop())


def limited(monkeypatch: pytest.MonkeyPatch, **changes: float) -> None:
    monkeypatch.setattr(limits, "STRANGERS", replace(limits.STRANGERS, **changes))


def test_who_reads_for_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.setattr(limits, "_public", False)
    assert limits.current() is limits.OWN
    monkeypatch.setenv("SPACE_ID", "someone/space")
    assert limits.current() is limits.STRANGERS
    monkeypatch.delenv("SPACE_ID")
    limits.choose(public=True)
    assert limits.current() is limits.STRANGERS
    limits.choose(public=False)
    assert limits.current() is limits.OWN


@pytest.mark.parametrize(("host", "expected"), [("0.0.0.0", limits.STRANGERS), ("127.0.0.1", limits.OWN)])
def test_an_app_that_others_reach_reads_for_strangers(
    host: str, expected: limits.Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.ui import limits as visits
    from studio.ui.app import strangers_come

    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.setattr(limits, "_public", host == "127.0.0.1")
    monkeypatch.setattr(visits, "_chosen", visits.OWN)
    strangers_come(host)
    assert limits.current() is expected


def test_the_other_process_gives_the_same(public: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for kind, data in FILES.items():
        path = tmp_path / f"a.{kind}"
        path.write_bytes(data)
        for read in (read_picture, read_reduced):
            public.setattr(limits, "_public", False)
            want = read(path)
            public.setattr(limits, "_public", True)
            got = read(path)
            np.testing.assert_array_equal(got.pixels, want.pixels)
            assert (got.icc, got.notes, got.container, got.full_size) == (
                want.icc,
                want.notes,
                want.container,
                want.full_size,
            )
    assert len(apart._idle) == 1  # one process for all


def test_a_process_that_is_just_ending_costs_no_picture(public: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It seems to be alive when it is taken, as one that was killed a moment ago."""
    path = tmp_path / "a.webp"
    path.write_bytes(FILES["webp"])
    ending = [sys.executable, "-c", "import time; time.sleep(1)"]
    apart._idle.append(subprocess.Popen(ending, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    assert read_picture(path).width == 120


def test_errors_are_those_of_this_process(
    public: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    public.chdir(tmp_path)
    path = Path("a.webp")
    path.write_bytes(FILES["webp"][:500])
    refused(path, "cut short or damaged")
    path = tmp_path / "a.tif"
    path.write_bytes(FILES["lzw.tif"][:500])
    refused(path, "cut short or damaged")
    assert capfd.readouterr() == ("", "")


def test_a_decoder_that_takes_long_is_ended_and_the_next_file_is_read(
    public: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.jp2"
    Image.new("RGB", (3000, 3000), (10, 20, 30)).save(path)
    assert path.stat().st_size < 1000 and read_picture(path).width == 3000
    limited(public, seconds=0.05)
    refused(path, "decoding takes longer than 0.05 s", "save it as JPEG or PNG")
    limited(public, seconds=60)
    assert read_picture(path).width == 3000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and limits the memory of a process")
def test_a_decoder_that_takes_much_memory_is_refused(public: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    Image.new("RGB", (5000, 4000)).save(path, lossless=True)
    limited(public, memory=60 << 20)
    refused(path)
    limited(public, memory=2 << 30)
    assert read_picture(path).width == 5000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and limits the memory of a process")
def test_a_deep_png_that_takes_much_memory_is_refused(public: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.zeros((3000, 4000, 4), np.uint16), "png16"))
    limited(public, memory=120 << 20)
    refused(path)
    limited(public, memory=2 << 30)
    assert read_picture(path).bits == 16


def test_a_process_that_died_is_replaced(public: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(FILES["gif"])
    read_picture(path)
    apart._idle[0].kill()
    apart._idle[0].wait()
    assert read_picture(path).width == 120


def test_the_process_ends_with_the_program() -> None:
    code = "import studio.media.images.apart as a, psutil; print(a._start().pid)"
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    import time

    import psutil

    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    raise AssertionError("it goes on")


@pytest.mark.parametrize(("suffix", "pixels"), [("jpg", 120), ("webp", 64), ("tif", 120)])
def test_limits_are_lower_for_strangers(
    suffix: str, pixels: int, public: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(FILES[suffix])
    limited(public, pixels=120 * 90, packed_pixels=120 * 90)
    read_picture(path)
    limited(public, **({"pixels": 10_000} if pixels == 120 else {"packed_pixels": 10_000}))
    refused(path, "120 x 90", "the limit is 0.01")


def test_packed_formats_have_a_lower_limit_for_everybody(tmp_path: Path) -> None:
    path, data = tmp_path / "a.webp", bytearray(FILES["lossless.webp"])
    at = data.index(b"VP8L") + 9  # 14 bits of width less one, 14 of height less one (WebP lossless, section 3)
    struct.pack_into(
        "<I", data, at, (12_000 - 1) | (12_000 - 1) << 14 | struct.unpack_from("<I", data, at)[0] & 0xF0000000
    )
    path.write_bytes(data)
    refused(path, "12000 x 12000 is 144 megapixels and the limit is 100")


def test_an_icon_that_hides_a_huge_picture(tmp_path: Path) -> None:
    """The directory says 16 x 16, the PNG inside is of another size."""
    stream = io.BytesIO()
    Image.new("1", (5000, 4000)).save(stream, "PNG")
    data = stream.getvalue()
    path = tmp_path / "a.ico"
    path.write_bytes(struct.pack("<HHH4B2HII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(data), 22) + data)
    refused(path, "far above the limit of 1 megapixels", call=lambda place: read_picture(place, max_pixels=1_000_000))
    assert read_picture(path).full_size == (4000, 5000)


def test_a_gif_of_many_frames_is_not_walked(tmp_path: Path) -> None:
    import time

    path, head = tmp_path / "a.gif", FILES["gif"]
    frame = head[head.index(b"\x2c") : -1]
    small = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    path.write_bytes(head[: head.index(b"\x2c")] + frame + small * 300_000 + b";")
    begin = time.process_time()
    assert read_picture(path).notes[0] == "first frame of an animation"
    assert time.process_time() - begin < 2
