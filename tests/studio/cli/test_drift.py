"""reswd drift."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.service.drift import moments
from tests.studio.command_line import Reswd, assert_refused
from tests.studio.service.drift.made import COUNT, MOMENTS, clean, drifted, numbered, off, pictures, save


@pytest.fixture
def frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(moments, "MOMENTS", MOMENTS)
    return numbered(tmp_path / "in", drifted(clean()))


def test_frames_go_through_a_path_and_its_files_say_what_it_is(reswd: Reswd, frames: Path, tmp_path: Path) -> None:
    first, last = save(tmp_path / "first.png", clean()[0]), save(tmp_path / "last.png", clean()[-1])
    lists = [tmp_path / f"path.{suffix}" for suffix in ("csv", "edl", "ccc")]
    flags = [word for path in lists for word in (f"--{path.suffix[1:]}", path)]
    ran = reswd(
        "drift",
        frames,
        "-o",
        tmp_path / "out.####.png",
        "--anchor",
        f"f1001={first}",
        "--anchor",
        f"f1024={last}",
        *flags,
    )
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith(f"{COUNT} frames, {MOMENTS} key frames, sRGB")
    assert "events of one CDL, at most dE2000" in lines[1]
    assert lines[2:] == [f"wrote {path}" for path in (tmp_path / "out.####.png", *lists)]
    assert off(pictures(tmp_path, "out.{}.png", COUNT, 1001), clean()) < 2.0
    again = reswd("drift", frames, "-o", tmp_path / "again.####.png", "--path", lists[0], "--json")
    assert json.loads(again.out)["key_frames"] == MOMENTS
    for number in range(1001, 1001 + COUNT):
        files = [(tmp_path / f"{name}.{number}.png").read_bytes() for name in ("out", "again")]
        assert files[0] == files[1]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "nowhere to put the result: give -o OUT"),
        (("--csv", "path.txt"), "path.txt: give a name that ends in .csv"),
        (("--csv", "a.csv", "--anchor", "look.png"), "--anchor 'look.png': give TIME=PICTURE"),
        (("--csv", "a.csv", "--anchor", "f9=none.png"), "none.png: there is no such picture for the anchor at f9"),
        (("--csv", "a.csv", "--cuts", "some"), "unknown cuts 'some': choose one of auto, none"),
        (("--csv", "a.csv", "--rate", "0"), "0 is no number of frames a second"),
        (("--csv", "a.csv", "--path", "b.csv", "--anchor-first"), "b.csv: a path that is given needs no anchors"),
        (("-o", "a.####.png", "--path", "b.csv"), "b.csv: cannot be read"),
        (("-o", "a.png",), "stands for many frames"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(reswd: Reswd, frames: Path, flags: tuple[str, ...], said: str) -> None:
    assert_refused(reswd("drift", frames, *flags), said)


def test_a_damaged_csv_and_a_single_picture_are_refused(reswd: Reswd, frames: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "b.csv"
    damaged.write_text("frame,grade\n1,2\n", encoding="utf-8")
    assert_refused(
        reswd("drift", frames, "-o", tmp_path / "a.####.png", "--path", damaged), damaged, "the first line must be"
    )
    single = numbered(tmp_path / "one", clean()[:1])
    assert_refused(reswd("drift", single, "--csv", tmp_path / "a.csv"), "has one frame only")
