""".clf, .ctf, .3dl, .spi3d, .hald.png and .icc, against OpenColorIO, ffmpeg and LittleCMS, which read them themselves."""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
from pathlib import Path

import av
import cv2
import numpy as np
import PIL
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch import Cdl, Grade, Lut3D, load_grade
from reswd_torch.errors import InputError
from reswd_torch.grade.formats import format_for, suffixes_to_read
from reswd_torch.grade.hald_level import level_for
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut_chain import LutChain

LOOK = Grade(Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4))
BENT = Grade(Lut3D.sample(lambda colours: 0.9 * colours**1.2 + 0.08 * colours.flip(-1), 33))
COLOURS = torch.rand(4000, 3, generator=torch.Generator().manual_seed(4))
LATTICES = [".3dl", ".spi3d", ".hald.png", ".icc"]
STEPS = {".3dl": 1 / 4095, ".spi3d": 1e-6, ".hald.png": 1 / 65535, ".icc": 1 / 65535}
"""How far apart the numbers of a format are."""


def by_opencolorio(path: Path, colours: torch.Tensor) -> torch.Tensor:
    told = ocio.FileTransform(str(path), "", ocio.INTERP_TETRAHEDRAL)
    processor = ocio.Config.CreateRaw().getProcessor(told).getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS)
    out = np.ascontiguousarray(colours.numpy()).copy()
    processor.applyRGB(out)
    return torch.from_numpy(out)


@pytest.mark.parametrize("suffix", [".clf", ".ctf"])
@pytest.mark.parametrize("grade", [LOOK, BENT], ids=["ten numbers", "lattice"])
def test_lists_of_operations_hold_every_grade_as_it_is(suffix: str, grade: Grade, tmp_path: Path) -> None:
    path = grade.save(tmp_path / f"look{suffix}", description="me & <you>")
    loaded = load_grade(path)
    assert type(loaded.transform) is type(grade.transform) and loaded.notes == ()
    assert torch.equal(loaded.apply(COLOURS), grade.apply(COLOURS)) or grade is BENT
    torch.testing.assert_close(loaded.apply(COLOURS), grade.apply(COLOURS), atol=2e-7, rtol=0)
    torch.testing.assert_close(by_opencolorio(path, COLOURS), grade.apply(COLOURS), atol=2e-6, rtol=0)
    assert "<Description>me &amp; &lt;you&gt;</Description>" in path.read_text()


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_tables_of_another_program_stay_tables(strength: float, tmp_path: Path) -> None:
    curve = torch.linspace(0, 1, 64)[:, None] ** torch.tensor([0.8, 1.1, 1.3])
    chain = Grade(LutChain((Lut1D(curve, (-0.1,) * 3, (1.2,) * 3), Lut3D(BENT.transform.values, foreign=True))))
    chain = chain.at_strength(strength)
    loaded = load_grade(chain.save(tmp_path / "look.clf"))
    near = 1e-6 if strength == 1.0 else 2e-2
    torch.testing.assert_close(loaded.apply(COLOURS), chain.apply(COLOURS), atol=near, rtol=0)
    assert isinstance(loaded.transform, LutChain if strength == 1.0 else Lut3D)


@pytest.mark.parametrize("suffix", LATTICES)
@pytest.mark.parametrize("size", [17, 33, 65])
def test_lattices_are_exact_at_their_points(suffix: str, size: int, tmp_path: Path) -> None:
    path = LOOK.save(tmp_path / f"look{suffix}", cube_size=size)
    loaded = load_grade(path)
    assert isinstance(loaded.transform, Lut3D) and not loaded.is_cdl
    found = format_for(path)
    assert found is not None and loaded.transform.size == found.points(size)
    points = LOOK.lattice(loaded.transform.size).values
    assert (loaded.transform.values - points).abs().max() <= 0.51 * STEPS[suffix] + 1e-6


@pytest.mark.parametrize("suffix", [".3dl", ".spi3d"])
def test_opencolorio_reads_the_same(suffix: str, tmp_path: Path) -> None:
    path = BENT.save(tmp_path / f"look{suffix}")
    torch.testing.assert_close(load_grade(path).apply(COLOURS), by_opencolorio(path, COLOURS), atol=3e-6, rtol=0)
    torch.testing.assert_close(by_opencolorio(path, COLOURS), BENT.apply(COLOURS), atol=1e-3, rtol=0)


def test_ffmpeg_reads_the_hald_picture(tmp_path: Path) -> None:
    path = BENT.save(tmp_path / "look.hald.png", cube_size=65)
    pixels = (COLOURS[:3600].reshape(60, 60, 3).numpy() * 65535).astype(np.uint16)
    hald = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGR2RGB)
    assert hald.shape == (512, 512, 3) and hald.dtype == np.uint16
    graph = av.filter.Graph()
    sources = [
        graph.add_buffer(width=each.shape[1], height=each.shape[0], format="rgb48le", time_base="1/25")
        for each in (pixels, hald)
    ]
    graded, sink = graph.add("haldclut", "interp=tetrahedral"), graph.add("buffersink")
    for place, source in enumerate(sources):
        source.link_to(graded, 0, place)
    graded.link_to(sink)
    graph.configure()
    for source, each in zip(sources, (pixels, hald), strict=True):
        source.push(av.VideoFrame.from_ndarray(each, format="rgb48le"))
        source.push(None)
    theirs = sink.pull().to_ndarray(format="rgb48le") / 65535
    ours = BENT.apply(torch.from_numpy(pixels / np.float32(65535))).numpy()
    assert np.abs(theirs - ours).max() < 3e-4


def little_cms() -> ctypes.CDLL:
    """The one in Pillow's wheel, else the system's."""
    bundled = sorted(Path(PIL.__file__).parent.parent.glob("pillow.libs/liblcms2*"))
    library = ctypes.CDLL(str(bundled[0]) if bundled else ctypes.util.find_library("lcms2"))
    library.cmsOpenProfileFromMem.restype = library.cmsCreateTransform.restype = ctypes.c_void_p
    return library


def by_little_cms(profile: bytes, codes: np.ndarray) -> np.ndarray:
    """(N, 3) uint16 through a device link, without LittleCMS's own optimisations."""
    library, rgb_16, without = little_cms(), (4 << 16) | (3 << 3) | 2, 0x0100
    handle = library.cmsOpenProfileFromMem(profile, len(profile))
    assert handle, "LittleCMS opens it"
    transform = library.cmsCreateTransform(ctypes.c_void_p(handle), rgb_16, None, rgb_16, 0, without)
    assert transform, "LittleCMS makes a transform of it"
    out = np.empty_like(codes)
    library.cmsDoTransform(
        ctypes.c_void_p(transform),
        codes.ctypes.data_as(ctypes.c_void_p),
        out.ctypes.data_as(ctypes.c_void_p),
        len(codes),
    )
    return out


def test_little_cms_grades_by_the_device_link(tmp_path: Path) -> None:
    path = BENT.save(tmp_path / "look.icc", description="Ä look")
    codes = np.ascontiguousarray((COLOURS.numpy() * 65535).astype(np.uint16))
    theirs = by_little_cms(path.read_bytes(), codes) / 65535
    ours = BENT.apply(torch.from_numpy(codes / np.float32(65535))).numpy()
    assert np.abs(theirs - ours).max() < 1e-4
    assert path.read_bytes() == BENT.save(tmp_path / "again.icc", description="Ä look").read_bytes()


def test_a_device_link_of_eight_bits_and_curves_behind_is_read(tmp_path: Path) -> None:
    ramp = np.arange(256)
    back = np.rint(255 * (ramp / 255) ** 1.5)
    axis = np.rint(np.linspace(0, 255, 5))
    lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    head = b"mft1\0\0\0\0" + bytes([3, 3, 5, 0]) + np.rint(np.eye(3) * 65536).astype(">i4").tobytes()
    numbers = np.concatenate([*[255 - ramp] * 3, lattice.ravel(), *[back] * 3]).astype(np.uint8)
    from reswd_torch.profiles.icc import pack_link

    path = tmp_path / "negative.icc"
    path.write_bytes(pack_link("negative", "sRGB", head + numbers.tobytes()))
    loaded = load_grade(path)
    assert "the curves behind its lattice were taken at the 5 lattice points" in loaded.notes[0]
    points = torch.linspace(0, 1, 5)[:, None].repeat(1, 3)
    torch.testing.assert_close(loaded.apply(points), (1 - points) ** 1.5, atol=5e-3, rtol=0)


CLF = '<?xml version="1.0" encoding="UTF-8"?><ProcessList id="a" compCLFversion="3.0">{}</ProcessList>'
MATRIX = (
    '<Matrix inBitDepth="32f" outBitDepth="32f"><Array dim="3 3">0.8 0.2 0 0.1 0.8 0.1 0 0.3 0.7</Array></Matrix>'
    '<Log inBitDepth="32f" outBitDepth="32f" style="log10"/>'
)


def test_other_operations_are_sampled_and_said(tmp_path: Path) -> None:
    path = tmp_path / "theirs.clf"
    path.write_text(CLF.format(MATRIX.replace('style="log10"', 'style="antiLog2"')))
    loaded = load_grade(path)
    assert "sampled on a lattice of 65 points" in loaded.notes[0] and "outside 0..1" in loaded.notes[1]
    wanted = by_opencolorio(path, COLOURS)
    assert wanted.max() > 1.0
    torch.testing.assert_close(loaded.effective.apply(COLOURS), wanted, atol=1e-3, rtol=0)


BAD = {
    "doctype.clf": (b'<!DOCTYPE x [<!ENTITY a "b">]><ProcessList id="a"/>', "declares a document type"),
    "other.clf": (CLF.format('<Reference path="/etc/passwd"/>').encode(), "refers to another file"),
    "huge.clf": (
        CLF.format(
            '<LUT3D inBitDepth="32f" outBitDepth="32f"><Array dim="129 129 129 3">0 0 0</Array></LUT3D>'
        ).encode(),
        "holds fewer entries",
    ),
    "words.clf": (
        CLF.format('<LUT1D inBitDepth="32f" outBitDepth="32f"><Array dim="2 3">a b c d e f</Array></LUT1D>').encode(),
        "not a readable .clf",
    ),
    "cut within a letter.clf": (
        CLF.format(f"<ASC_CDL inBitDepth='{'ö' * 300}'/>").encode(),
        "not a readable .clf",
    ),
    "infinite.clf": (CLF.format(MATRIX.replace("0.8 0.2", "inf 0.2")).encode(), "infinite.clf: "),
    "html.clf": (b"<html/>", "its root is 'html'"),
    "empty.ctf": (b"", "not a readable .ctf"),
    "words.3dl": (b"hello", "no row of whole numbers"),
    "few.3dl": (b"0 512 1023\n0 0 0\n1 1 1\n", "not a readable .3dl"),
    "few.spi3d": (b"SPILUT 1.0\n3 3\n129 129 129\n0 0 0 0 0 0\n", "holds fewer rows"),
    "uneven.spi3d": (b"SPILUT 1.0\n3 3\n2 3 2\n", "a lattice of 2 x 3 x 2"),
    "none.spi3d": (b"SPILUT", "begins with SPILUT"),
    "photo.png": (b"\xff\xd8\xff", "not a PNG"),
    "profile.icc": (b"\0" * 200, "not a device link"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_grade_is_one_line(name: str, tmp_path: Path) -> None:
    content, said = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        load_grade(path)
    message = str(raised.value)
    assert message.startswith(str(path)) and said in message and "\n" not in message


def test_a_photograph_is_no_hald_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(InputError, match="64 x 48 pixels are no Hald picture, which is a square of side 64, 216, 512"):
        load_grade(path)
    cv2.imwrite(str(path), np.zeros((64, 64, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="damaged|no Hald"):
        load_grade(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hald_pictures_of_other_programs(dtype: type, tmp_path: Path) -> None:
    """Level 4, made by its definition: red fastest, then green, then blue."""
    number = np.arange(64 * 64)
    places = np.stack([number % 16, number // 16 % 16, number // 256], -1) / 15
    pixels = np.rint((1 - places) * np.iinfo(dtype).max).astype(dtype).reshape(64, 64, 3)
    path = tmp_path / "negative.png"
    cv2.imwrite(str(path), pixels[..., ::-1])
    torch.testing.assert_close(load_grade(path).apply(COLOURS), 1 - COLOURS, atol=3e-3, rtol=0)


def test_names() -> None:
    assert suffixes_to_read() == (".cc", ".ccc", ".cdl", ".cube", ".clf", ".ctf", ".3dl", ".spi3d", ".png", ".icc")
    assert [level_for(size) for size in (17, 33, 65)] == [4, 6, 8]
    hald = format_for(Path("a.b/Look.HALD.png"))
    assert hald is not None and hald.suffix == ".hald.png"
    assert format_for(Path("look.png")) is None and format_for(Path(".hald.png")) is None
    with pytest.raises(InputError, match="a grade is saved as"):
        LOOK.save(Path("look.png"))


def test_a_device_link_is_checked_to_its_end(tmp_path: Path) -> None:
    path = BENT.save(tmp_path / "look.icc", cube_size=17)
    whole = path.read_bytes()
    start = whole.index(b"mft2")
    for content, said in (
        (whole[:start] + struct.pack(">4s", b"mAB ") + whole[start + 4 :], "not of the types lut8 or lut16"),
        (whole[: start + 10] + b"\xff" + whole[start + 11 :], "its tables end early"),
        (whole[: start + 8] + b"\4" + whole[start + 9 :], "no lattice of three channels"),
        (whole[: start + 48] + b"\0\1" + whole[start + 50 :], "curves of 1 and 2 entries"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=said):
            load_grade(path)
