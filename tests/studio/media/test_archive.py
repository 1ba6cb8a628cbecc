"""ZIPs and loose uploads from strangers."""

from __future__ import annotations

import io
import os
import shutil
import stat
import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pytest

from reswd_torch.errors import InputError
from studio.media.archive import Limits, gather, is_zip, pack, unpack
from studio.media.portable import Names

SMALL = Limits(files=5, total=10_000)


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def test_the_tree_comes_out(tmp_path: Path) -> None:
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w") as out:
        out.writestr("top.jpg", b"1")
        out.mkdir("empty")
        out.writestr("day 2/ü.jpg", b"2")
        out.writestr("win\\dows.jpg", b"3")
    assert is_zip(place) and unpack(place, tmp_path / "out", SMALL) == 3
    found = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert found == {"top.jpg", "day 2/ü.jpg", "win/dows.jpg"}


@pytest.mark.parametrize(
    "name", ["../x.jpg", "a/../../x.jpg", "/etc/x.jpg", "C:/x.jpg", "..\\x.jpg", "\\\\host\\x.jpg"]
)
def test_names_that_lead_out_are_refused_as_a_whole(name: str, tmp_path: Path) -> None:
    place = zipped(tmp_path / "a.zip", **{"good.jpg": b"1", name: b"2"})
    with pytest.raises(InputError, match="leads out of it"):
        unpack(place, tmp_path / "in" / "out", SMALL)
    assert not (tmp_path / "in").exists() and not (tmp_path / "x.jpg").exists()


def test_names_are_those_that_their_programs_meant(tmp_path: Path) -> None:
    """macOS writes UTF-8 without its mark; Info-ZIP writes UTF-8 beside a name in another encoding (APPNOTE.TXT, 4.6.9)."""
    place, names = tmp_path / "a.zip", {"q1.jpg": "é.jpg".encode(), "q3.jpg": b"\x82 .jpg", "plain.jpg": b"plain.jpg"}
    with zipfile.ZipFile(place, "w") as out:
        for name in names:
            out.writestr(name, b"1")
        beside = zipfile.ZipInfo("x_.jpg")
        named = struct.pack("<BI", 1, zlib.crc32(b"x_.jpg")) + "日.jpg".encode()
        beside.extra = struct.pack("<HH", 0x7075, len(named)) + named
        out.writestr(beside, b"2")
    content = place.read_bytes()
    for name, meant in names.items():
        content = content.replace(name.encode(), meant)
    place.write_bytes(content)
    assert unpack(place, tmp_path / "out", SMALL) == 4
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"é.jpg", "é .jpg", "plain.jpg", "日.jpg"}


def test_a_name_that_is_too_long_is_quoted(tmp_path: Path) -> None:
    place = zipped(tmp_path / "a.zip", **{"good.jpg": b"1", "é" * 130 + ".jpg": b"2"})
    with pytest.raises(InputError, match=r"a\.zip: the ZIP holds é+….*too long for a name here"):
        unpack(place, tmp_path / "out", SMALL)
    assert not (tmp_path / "out").exists()


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match=r"a link \(link\.jpg\)"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)


def test_too_many_and_too_much(tmp_path: Path) -> None:
    many = zipped(tmp_path / "many.zip", **{f"{n}.jpg": b"x" for n in range(6)})
    with pytest.raises(InputError, match="holds 6 files; the limit is 5 files"):
        unpack(many, tmp_path / "out", SMALL)
    much = zipped(tmp_path / "much.zip", **{"a.jpg": bytes(10_001)})
    with pytest.raises(InputError, match="unpacks to more than is taken"):
        unpack(much, tmp_path / "out", SMALL)


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    """The list says 100 bytes; a million come."""
    honest = zipped(tmp_path / "a.zip", **{"a.jpg": bytes(1_000_000)}).read_bytes()
    lying = honest.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 100))
    assert lying != honest
    (tmp_path / "a.zip").write_bytes(lying)
    with pytest.raises(InputError):
        unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= SMALL.total


def test_damaged_encrypted_and_empty(tmp_path: Path) -> None:
    good = zipped(tmp_path / "good.zip", **{"a.jpg": bytes(range(256)) * 20}).read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(good[:60] + bytes(10) + good[70:])
    with pytest.raises(InputError, match="damaged"):
        unpack(broken, tmp_path / "1", SMALL)
    broken.write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError, match="damaged"):
        unpack(broken, tmp_path / "2", SMALL)
    locked = bytearray(good)
    locked[6] |= 1
    locked[good.index(b"PK\x01\x02") + 8] |= 1
    broken.write_bytes(bytes(locked))
    with pytest.raises(InputError, match="encrypted"):
        unpack(broken, tmp_path / "3", SMALL)
    with pytest.raises(InputError, match="empty"):
        unpack(zipped(tmp_path / "none.zip"), tmp_path / "4", SMALL)
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as out:
        out.writestr("a.jpg", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("a.jpg", b"2")
    with pytest.raises(InputError, match="the same name"):
        unpack(tmp_path / "twice.zip", tmp_path / "5", SMALL)


def test_a_refused_zip_leaves_nothing(tmp_path: Path) -> None:
    """Its list says that it is small. What was written before that turned out a lie is gone."""
    path = tmp_path / "lies.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("sub/first.jpg", bytes(8000))
        out.writestr("second.jpg", bytes(8000))
    content = path.read_bytes().replace(struct.pack("<I", 8000), struct.pack("<I", 80))
    path.write_bytes(content)
    with pytest.raises(InputError):
        unpack(path, tmp_path / "out", Limits(files=5, total=9000))
    assert list((tmp_path / "out").rglob("*")) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_unfold_at_one_go_are_refused(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as made:
        made.writestr("a.jpg", bytes(9000))
    with pytest.raises(InputError, match=r"a\.jpg is packed in a way that is not read"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_whatever_byte_is_wrong_it_is_one_line(method: int, tmp_path: Path) -> None:
    path, out = tmp_path / "odd.zip", tmp_path / "out"
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("a.jpg", b"0123456789" * 5)
    whole = path.read_bytes()
    for at in range(len(whole)):
        for value in (0, 0x3A, 0x80, 0xFF):
            path.write_bytes(whole[:at] + bytes([value]) + whole[at + 1 :])
            try:
                unpack(path, out, SMALL)
            except InputError as error:
                assert "\n" not in str(error)
                assert not out.exists() or list(out.iterdir()) == []
            shutil.rmtree(out, ignore_errors=True)


def test_loose_files_keep_a_tree_and_clashes_are_numbered(tmp_path: Path) -> None:
    files = []
    for number, name in enumerate(["a.jpg", "A.jpg", "sub/a.jpg", "a.jpg"]):
        path = tmp_path / "uploads" / str(number) / "stored"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes([number]))
        files.append((path, name))
    notes = gather(files, tmp_path / "out", SMALL)
    found = {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes()[0] for p in (tmp_path / "out").rglob("*.jpg")}
    assert found == {"a.jpg": 0, "A (2).jpg": 1, "sub/a.jpg": 2, "a (3).jpg": 3}
    assert len(notes) == 2 and "a second a.jpg became a (3).jpg" in notes
    for name in ("../a.jpg", "/a.jpg", "", "C:\\a.jpg"):
        with pytest.raises(InputError, match="is no name for a picture"):
            gather([(files[0][0], name)], tmp_path / "other", SMALL)
    with pytest.raises(InputError, match="more than is taken"):
        gather([(files[0][0], f"{n}.jpg") for n in range(6)], tmp_path / "other", SMALL)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    for name, content in (
        ("a.jpg", b"1"),
        ("sub/b.png", b"2"),
        ("report.csv", b"3"),
        (".lock", b"4"),
        ("run.json", b"5"),
    ):
        (tmp_path / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / name).write_bytes(content)
    packed = pack(tmp_path / "results", tmp_path / "out.zip", {"run.json": "instead"})
    with zipfile.ZipFile(io.BytesIO(packed.read_bytes())) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == {
            "a.jpg": b"1",
            "sub/b.png": b"2",
            "report.csv": b"3",
            "run.json": b"instead",
        }


def gathered(folder: Path, names: list[str]) -> tuple[dict[str, str], list[str]]:
    """What became of files of these names: the number of each by the path that it got, and the notes."""
    files = []
    for number, name in enumerate(names):
        path = folder / "uploads" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
        files.append((path, name))
    notes = gather(files, folder / "out", Limits())
    out = folder / "out"
    return {p.relative_to(out).as_posix(): p.read_text() for p in out.rglob("*") if p.is_file()}, notes


@pytest.mark.parametrize(
    ("names", "become"),
    [
        (["a", "a/b.png", "a/c.png", "A"], ["a", "a (2)/b.png", "a (2)/c.png", "A (3)"]),
        (["a/b.png", "a", "a (2)"], ["a/b.png", "a (2)", "a (2) (2)"]),
        (["x/a.png", "X/A.png", "x/a.png"], ["x/a.png", "x/A (2).png", "x/a (3).png"]),
        (["\u00e9.png", "e\u0301.png"], ["\u00e9.png", "e\u0301 (2).png"]),  # one name to macOS
        (["CON.png", "con", "aux.tar.gz", "com1", "COM\u00b9.jpg", "nul .png", "console.png"],
         ["CON_.png", "con_", "aux_.tar.gz", "com1_", "COM\u00b9_.jpg", "nul _.png", "console.png"]),
        (["a.png.", "b.png ", "c/. ./d.png"], ["a.png_", "b.png_", "c/___/d.png"]),
        (['a<b>"c"|d?e*.png', "x/y:z.png", "tab\there\nline.png"],
         ["a_b__c__d_e_.png", "x/y_z.png", "tab_here_line.png"]),
        (["\ud800.png", "\udce9.png", "\ud83d\ude00 \ude00.png"], ["_.png", "_ (2).png", "__ _.png"]),
    ],
)  # fmt: skip
def test_every_name_becomes_one_that_every_system_can_have(names: list[str], become: list[str], tmp_path: Path) -> None:
    found, notes = gathered(tmp_path, names)
    assert found == {name: str(number) for number, name in enumerate(become)}
    assert len(notes) == sum(one != other for one, other in zip(names, become, strict=True))
    assert all(note.isprintable() for note in notes)
    with zipfile.ZipFile(pack(tmp_path / "out", tmp_path / "out.zip")) as packed:
        assert sorted(packed.namelist()) == sorted(become)


@pytest.mark.parametrize("letter", ["x", "\u65e5", "\U0001f3a8", "e\u0301"])
def test_names_beyond_the_longest_are_cut_and_stay_apart(letter: str, tmp_path: Path) -> None:
    long = [f"{letter * 300}.png", f"{letter * 301}.png", f"a.{letter * 300}", f"{letter * 300}/b.png"]
    found, notes = gathered(tmp_path, long)
    assert sorted(found.values()) == ["0", "1", "2", "3"] and len(notes) == 4 and max(map(len, notes)) < 500
    for name in found:
        assert all(len(os.fsencode(part)) <= 240 for part in name.split("/"))
    assert sum(name.endswith(".png") for name in found) == 3
    with pytest.raises(InputError, match="too deep in folders"):
        gathered(tmp_path, ["a/" * 2000 + "b.png"])


def test_ten_thousand_equal_names_take_no_second(tmp_path: Path) -> None:
    begun = time.process_time()  # what others do on a busy machine does not count
    names = Names()
    given = {names.give(PurePosixPath("day/a.png")) for _ in range(10_000)}
    assert len(given) == 10_000 and PurePosixPath("day/a (10000).png") in given
    assert time.process_time() - begun < 1


def test_what_is_there_already_is_neither_replaced_nor_entered(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("new")
    (tmp_path / "out" / "folder.png").mkdir(parents=True)
    (tmp_path / "out" / "file.png").write_text("old")
    for name in ("folder.png", "file.png"):
        with pytest.raises(InputError, match=f"{name} could not be taken"):
            gather([(tmp_path / "in", name)], tmp_path / "out", SMALL)
    assert list((tmp_path / "out" / "folder.png").iterdir()) == []
    assert (tmp_path / "out" / "file.png").read_text() == "old"


def test_without_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr("os.link", refused)
    found, _ = gathered(tmp_path, ["a.png", "a.png"])
    assert found == {"a.png": "0", "a (2).png": "1"}


def test_times_that_a_zip_cannot_hold_and_links_that_it_must_not(tmp_path: Path) -> None:
    """PKWARE, APPNOTE.TXT, section 4.4.6: years from 1980 to 2107."""
    results = tmp_path / "results"
    results.mkdir()
    for name, year in (("old.png", -315619200), ("epoch.png", 0), ("late.png", 4_500_000_000)):
        (results / name).write_bytes(b"1")
        os.utime(results / name, (year, year))
    (results / "link.png").symlink_to("/etc/passwd")
    with zipfile.ZipFile(pack(results, tmp_path / "out.zip")) as packed:
        assert {entry.filename: entry.date_time[0] for entry in packed.infolist()} == {
            "old.png": 1980, "epoch.png": 1980, "late.png": 2107,
        }  # fmt: skip


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="file names there are Unicode")
def test_names_of_the_disk_that_are_no_text_are_packed_as_some(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    for name in (b"caf\xe9.png", b"caf\xe8.png", b"A.png", b"a.png", b"back\\slash.png", b"nul.png"):
        Path(os.fsdecode(os.fsencode(results) + b"/" + name)).write_bytes(name)
    with zipfile.ZipFile(pack(results, tmp_path / "out.zip")) as packed:
        names = packed.namelist()
        assert sorted(names) == ["A.png", "a (2).png", "back_slash.png", "caf_ (2).png", "caf_.png", "nul_.png"]
        assert {packed.read(name) for name in names} == {path.read_bytes() for path in results.iterdir()}
