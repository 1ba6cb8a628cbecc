"""Palette files, written here as their formats are described."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette
from studio.media.palettes import LARGEST_FILE, MOST_COLORS, is_palette_file, palette_text, read_palette_file
from tests.corpus.palettes import GROUP_END, aco, ase, group, swatch


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def colours(path: Path) -> str:
    palette, notes = read_palette_file(path)
    assert notes == ()
    assert parse_palette(palette_text(palette)) == palette, "it travels in settings as text, without loss"
    return palette_text(palette)


def test_ase_of_all_models_in_groups(tmp_path: Path) -> None:
    content = ase(
        group("Grüße"),
        swatch(b"RGB ", 1.0, 0.5, 0.0, name="Straße 日本"),
        swatch(b"CMYK", 0.0, 1.0, 1.0, 0.2),
        GROUP_END,
        swatch(b"Gray", 0.4),
        swatch(b"LAB ", 0.5322, 80.0, 66.0),
        swatch(b"RGB ", 1.0, 0.5, 0.0),
    )
    found = colours(written(tmp_path, "a.ASE", content)).split(", ")
    assert found[:3] == ["#ff8000", "#cc0000", "#666666"]
    assert len(found) == 4, "the colour that comes twice is taken once"


@pytest.mark.parametrize(
    ("lab", "rgb"), [((1.0, 0, 0), "#ffffff"), ((0.5439, 80.8, 69.9), "#ff0000"), ((0.2957, 68.3, -112.0), "#0000ff")]
)
def test_lab_is_relative_to_d50(tmp_path: Path, lab: tuple[float, float, float], rgb: str) -> None:
    """The primaries of sRGB in D50, as every colour-managed program shows them."""
    found = parse_palette(colours(written(tmp_path, "lab.ase", ase(swatch(b"LAB ", *lab)))))
    assert found.colors[0] == pytest.approx(parse_palette(rgb).colors[0], abs=2 / 255)


@pytest.mark.parametrize("version", [1, 2])
def test_aco_of_all_models(tmp_path: Path, version: int) -> None:
    colors = (
        (0, 65535, 32768, 0, 0),
        (1, 21845, 65535, 65535, 0),
        (2, 65535, 0, 0, 52428),
        (7, 10000, 0, 0, 0),
        (8, 4000, 0, 0, 0),
        (9, 10000, 0, 0, 0),
    )
    content = aco(1, *colors) + (aco(2, *colors) if version == 2 else b"")
    expected = "#ff8000, #00ff00, #cc0000, #ffffff, #666666, #00ffff"
    assert colours(written(tmp_path, "a.aco", content)) == expected
    assert colours(written(tmp_path, "only.aco", aco(version, *colors))) == expected


def test_aco_of_a_negative_lab(tmp_path: Path) -> None:
    r, g, b = parse_palette(colours(written(tmp_path, "a.aco", aco(1, (7, 2957, 6830, 65536 - 11200, 0))))).colors[0]
    assert (r < 0.05, g < 0.05, b > 0.95) == (True, True, True)


def test_gpl(tmp_path: Path) -> None:
    content = "GIMP Palette\nName: Abend\nColumns: 4\n#\n  0 128 255\tHimmel\n255 255 255\n\n0 128 255 again\n"
    assert colours(written(tmp_path, "a.gpl", content)) == "#0080ff, #ffffff"
    assert colours(written(tmp_path, "b.gpl", b"\xef\xbb\xbfGIMP Palette\r\n1 2 3 caf\xc3\xa9\r\n")) == "#010203"
    assert colours(written(tmp_path, "c.gpl", b"GIMP Palette\n1 2 3 caf\xe9\n")) == "#010203"


def test_css_in_order_without_doubles(tmp_path: Path) -> None:
    sheet = """
    /* #111111 is a comment; red too */
    @import url(tan.css);
    :root { --brand-red: #C1272D; --ink: rgb(12 34 56 / 80%); --shade: hsl(120, 100%, 25%); --b: var(--blue) }
    a.orange:hover, #facade { color: rebeccapurple; background: url("data:image/png;x,#222222") #c1272d; }
    p::after { content: "olive"; border: 1px solid rgba(100%, 50%, 0%, .5); color: transparent; fill: #0000 }
    b { color: hsl(0.5turn 100% 50%); background: linear-gradient(#fff, Gold 20%, tan(3)) }"""
    expected = "#c1272d, #0c2238, #008000, #663399, #ff8000, #00ffff, #ffffff, #ffd700"
    assert colours(written(tmp_path, "a.css", sheet)) == expected


def test_css_cut_off_and_without_braces(tmp_path: Path) -> None:
    assert colours(written(tmp_path, "a.css", "--a: #abc; --b: #123456 /* never closed #fff")) == "#aabbcc, #123456"


def test_first_64_of_many_are_taken_and_said(tmp_path: Path) -> None:
    lines = "\n".join(f"{n % 256} {n // 256} 7" for n in range(500))
    palette, notes = read_palette_file(written(tmp_path, "many.gpl", f"GIMP Palette\n{lines}\n"))
    assert len(palette.colors) == len(palette.weights) == MOST_COLORS
    assert palette.colors[63] == (63 / 255, 0, 7 / 255)
    assert notes == ("many.gpl: the first 64 of 500 colours were taken",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ase", b"", "does not start with ASEF"),
        ("a.ase", b"ASEF\0\1", "ends within"),
        ("a.ase", b"ASEF\0\7\0\0\0\0\0\0", "version 7"),
        ("a.ase", ase(), "holds no colour"),
        ("a.ase", ase(count=4_000_000_000), "holds no colour"),
        ("a.ase", ase(struct.pack(">HI", 1, 4_000_000_000)), "4000000000 bytes is longer"),
        ("a.ase", ase(struct.pack(">HIH", 1, 2, 65535)), "within its name"),
        ("a.ase", ase(swatch(b"HEXA", 1.0)), "'HEXA' is unknown"),
        ("a.ase", ase(swatch(b"RGB ", float("nan"), 0, 0)), "component"),
        ("a.ase", ase(swatch(b"RGB ", 1.0)), "ends within"),
        ("a.aco", b"\0", "ends within"),
        ("a.aco", b"\0\3\0\1", "version 3"),
        ("a.aco", struct.pack(">HH", 1, 65535), "ends within"),
        ("a.aco", aco(1, (3, 0, 0, 0, 0)), "Pantone"),
        ("a.aco", struct.pack(">HH5HI", 2, 1, 0, 0, 0, 0, 0, 4_000_000_000), "longer than the file"),
        ("a.gpl", "JASC-PAL", "'JASC-PAL'"),
        ("a.gpl", "", "no GIMP palette"),
        ("a.gpl", "GIMP Palette\n1 2\n", "line 2, '1 2'"),
        ("a.gpl", "GIMP Palette\n1 2 256\n", "0 to 255"),
        ("a.css", "a { color: inherit }", "holds no colour"),
        ("a.css", b"\x00\xff\xfe" * 50, "holds no colour"),
        ("a.txt", "#fff", "give .ase, .aco, .gpl or .css"),
    ],
)
def test_damaged_or_hostile_file_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | str, said: str
) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(InputError, match=said) as caught:
        read_palette_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_large_missing_and_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        read_palette_file(written(tmp_path, "large.css", b" " * (LARGEST_FILE + 1)))
    with pytest.raises(InputError, match="no such file"):
        read_palette_file(tmp_path / "none.ase")
    (tmp_path / "folder.ase").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_palette_file(tmp_path / "folder.ase")


@pytest.mark.parametrize("word", ["/*", "url(", "rgb(", '"', "#", "a:", "rgb(1 ", "hsl(1,2,", "{", "tan", "/**", "'\n"])
def test_hostile_style_sheet_takes_no_time(tmp_path: Path, word: str) -> None:
    path = written(tmp_path, "bad.css", ("a:" + word * (LARGEST_FILE // len(word)))[:LARGEST_FILE])
    start = time.process_time()
    with pytest.raises(InputError, match="holds no colour"):
        read_palette_file(path)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("text", "is_one"), [("a.ase", True), (" B.CSS ", True), ("#fff:2", False), ("#fff, x", False), ("a.jpg", False)]
)
def test_palette_files_are_told_from_colours(text: str, is_one: bool) -> None:
    assert is_palette_file(text) == is_one
