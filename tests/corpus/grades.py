"""Odd grade files: .cube (Adobe, Cube LUT Specification 1.0; OpenColorIO's and Resolve's keywords) and CDLs (ASC CDL v1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.corpus.odd import Grades, Odd, Refused

PROBES = ((0.0, 0.0, 0.0), (0.25, 0.5, 0.75), (1.0, 1.0, 1.0), (0.1, 0.9, 0.3))
SAME = Grades(PROBES, PROBES)


def _cube(size: int = 2, *head: str, function=lambda v: v, end: str = "\n") -> str:  # type: ignore[no-untyped-def]
    """A 3-D .cube of a curve that is the same for the three channels."""
    lines = [*head, f"LUT_3D_SIZE {size}"]
    for b, g, r in product(range(size), repeat=3):
        lines.append(" ".join(f"{function(v / (size - 1)):.9g}" for v in (r, g, b)))
    return end.join(lines) + end


def _curve(values: list[float], *head: str) -> str:
    """A 1-D .cube of one curve for the three channels."""
    return "\n".join([*head, f"LUT_1D_SIZE {len(values)}", *(f"{v:.9g} {v:.9g} {v:.9g}" for v in values)]) + "\n"


def _mapped(function) -> Grades:  # type: ignore[no-untyped-def]
    return Grades(PROBES, tuple(tuple(function(v) for v in colour) for colour in PROBES))


def _cubes() -> Iterator[tuple[str, str | bytes, Grades | Refused]]:
    plain = _cube()
    yield "plain", plain, SAME
    yield "title-and-remarks", _cube(2, 'TITLE "a # b"', "# remark", "", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 1 1 1"), SAME
    yield "small-letters", plain.lower(), SAME
    yield "cr-ends", plain.replace("\n", "\r"), SAME
    yield "crlf-ends", plain.replace("\n", "\r\n"), SAME
    yield "tabs", plain.replace(" ", "\t"), SAME
    yield "no-last-end", plain.rstrip("\n"), SAME
    yield "ends-in-ctrl-z", plain + "\x1a", SAME
    yield "utf8-mark", plain.encode("utf-8-sig"), SAME
    yield "utf16", plain.encode("utf-16"), SAME
    yield "utf16-big", b"\xfe\xff" + plain.encode("utf-16-be"), SAME
    yield "latin1-remark", b"# caf\xe9\n" + plain.encode(), SAME
    yield "unknown-keyword", _cube(2, "LUT_MADE_BY somebody else"), SAME
    yield "exponents", plain.replace("1", "1.0e0").replace("LUT_3D_SIZE 2", "LUT_3D_SIZE 2"), SAME
    yield "tiny-numbers", plain.replace("\n0 ", "\n1e-38 ").replace("\n1e-38 0", "\n1e-45 1e-400"), SAME
    yield (
        "size-3",
        _cube(3, function=lambda v: v * v),
        Grades(((0.5, 0.0, 1.0), (0.25, 0.25, 0.25)), ((0.25, 0, 1), (0.125,) * 3)),
    )
    # Values outside 0..1 are clipped after the look-up, not before it: +1 stop, and legal to full range.
    yield "one-stop-up", _cube(2, function=lambda v: 2 * v), _mapped(lambda v: min(1.0, 2 * v))
    yield (
        "legal-to-full",
        _cube(2, function=lambda v: (1023 * v - 64) / 876),
        _mapped(lambda v: min(1.0, max(0.0, (1023 * v - 64) / 876))),
    )
    yield "domain", _cube(2, "DOMAIN_MIN -1 -1 -1", "DOMAIN_MAX 1 1 1", function=lambda v: 2 * v - 1), SAME
    yield "input-range", _cube(2, "LUT_3D_INPUT_RANGE 0 2", function=lambda v: 2 * v), SAME
    yield "curve", _curve([0.0, 0.25, 1.0]), _mapped(lambda v: v / 2 if v < 0.5 else 0.25 + (v - 0.5) * 1.5)
    gamma = _curve([(i / 1023) ** (1 / 2.4) for i in range(1024)])
    yield "curve-of-a-gamma", gamma, Grades(((1 / 255,) * 3,), ((_between(1 / 255, 1023, 1 / 2.4),) * 3,))
    yield "curve-outside", _curve([-1.0, 2.0]), _mapped(lambda v: min(1.0, max(0.0, 3 * v - 1)))
    yield "curve-input-range", _curve([0.0, 2.0], "LUT_1D_INPUT_RANGE 0 2"), SAME
    shaped = "LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n0 0 0\n.5 .5 .5\n" + _cube().partition("\n")[2]
    yield "shaper", shaped, _mapped(lambda v: v / 2)
    # One clear line, with the number of the line where one is wrong.
    yield "decimal-commas", plain.replace("0 0 0", "0,0 0,0 0,0"), Refused("line 2")
    yield "two-columns", plain.replace("1 0 0\n", "1 0\n"), Refused("line 3")
    yield "four-columns", plain.replace("1 0 0\n", "1 0 0 0\n"), Refused("line 3")
    yield "a-word", plain.replace("1 0 0\n", "1 zero 0\n"), Refused("line 3")
    yield "nan", plain.replace("1 0 0\n", "nan nan nan\n"), Refused("line 3")
    yield "infinite", plain.replace("1 0 0\n", "1 1e999 0\n"), Refused("line 3")
    yield "hexadecimal", plain.replace("1 0 0\n", "0x1 0 0\n"), Refused("line 3")
    yield "underscore", plain.replace("1 0 0\n", "1_0 0 0\n"), Refused("line 3")
    yield "row-missing", plain.rsplit("\n", 2)[0] + "\n", Refused("7")
    yield "row-too-many", plain + "1 1 1\n", Refused("8")
    yield "no-size", plain.partition("\n")[2], Refused("LUT_3D_SIZE")
    yield "size-1", "LUT_3D_SIZE 1\n0 0 0\n", Refused("LUT_3D_SIZE")
    yield "size-huge", "LUT_3D_SIZE 99999\n0 0 0\n", Refused("LUT_3D_SIZE")
    yield "size-negative", "LUT_3D_SIZE -2\n0 0 0\n", Refused("LUT_3D_SIZE")
    yield "size-no-number", "LUT_3D_SIZE two\n0 0 0\n", Refused("LUT_3D_SIZE")
    yield "domain-upside-down", _cube(2, "DOMAIN_MIN 1 1 1", "DOMAIN_MAX 0 0 0"), Refused("DOMAIN")
    yield "domain-of-words", _cube(2, "DOMAIN_MIN a b c"), Refused("DOMAIN_MIN")
    yield "empty", "", Refused("")
    yield "zeros", bytes(999), Refused("")
    yield "picture", b"\x89PNG\r\n\x1a\n" + bytes(99), Refused("")
    ctf = '<ProcessList id="1" version="1.7"><Reference path="/dev/zero" inBitDepth="32f" outBitDepth="32f"/></ProcessList>'
    yield "ctf", ctf, Refused("")
    yield "json", '{"lut": [0, 0, 0]}', Refused("")


def _to_full(value: float) -> float:
    """A code value of the range 64..940 of 1023 in the full range."""
    return (1023 * value - 64) / 876


def _between(value: float, steps: int, power: float) -> float:
    """What a curve of ``steps`` equal parts gives between two of its points."""
    at = value * steps
    low = int(at)
    return (low / steps) ** power * (1 - at + low) + ((low + 1) / steps) ** power * (at - low)


_SOP = "<SOPNode><Slope>2 1 1</Slope><Offset>0 0.1 0</Offset><Power>1 1 2</Power></SOPNode>"
_CC = f'<ColorCorrection id="a">{_SOP}<SatNode><Saturation>1</Saturation></SatNode></ColorCorrection>'
_GRADED = Grades(((0.25, 0.5, 0.5), (1.0, 1.0, 1.0)), ((0.5, 0.6, 0.25), (1.0, 1.0, 1.0)))


def _cdls() -> Iterator[tuple[str, str | bytes, Grades | Refused]]:
    yield "plain.cc", _CC, _GRADED
    yield "declared.cc", f'<?xml version="1.0" encoding="UTF-8"?>\n{_CC}', _GRADED
    spaced = _CC.replace('id="a"', 'id="a" xmlns="urn:ASC:CDL:v1.2"')
    yield "namespace.cc", spaced, _GRADED
    prefixed = _CC.replace("<", "<c:").replace("<c:/", "</c:").replace('id="a"', 'id="a" xmlns:c="urn:ASC:CDL:v1.2"')
    yield "prefix.cc", prefixed, _GRADED
    yield "utf16.cc", f'<?xml version="1.0" encoding="UTF-16"?>{_CC}'.encode("utf-16"), _GRADED
    yield "remark.cc", _CC.replace("<SOPNode>", "<!-- by hand --><Description>é</Description><SOPNode>"), _GRADED
    yield (
        "two.ccc",
        f"<ColorCorrectionCollection>{_CC}{_CC.replace('2 1 1', '1 1 1')}</ColorCorrectionCollection>",
        _GRADED,
    )
    decision = f"<ColorDecisionList><ColorDecision>{_CC}</ColorDecision></ColorDecisionList>"
    yield "plain.cdl", decision, _GRADED
    referring = '<ColorDecisionList><ColorDecision><ColorCorrectionRef ref="a"/></ColorDecision></ColorDecisionList>'
    yield "referring.cdl", referring, Refused("")
    yield (
        "saturation-alone.cc",
        '<ColorCorrection id="a"><SatNode><Saturation>0</Saturation></SatNode></ColorCorrection>',
        Grades(((1.0, 0.0, 0.0),), ((0.2126,) * 3,)),
    )
    yield "nothing.cc", '<ColorCorrection id="a"/>', SAME
    yield "commas.cc", _CC.replace("2 1 1", "2,0 1,0 1,0"), Refused("Slope")
    yield "two-slopes.cc", _CC.replace("2 1 1", "2 1"), Refused("Slope")
    yield "nan.cc", _CC.replace("2 1 1", "nan 1 1"), Refused("Slope")
    yield "negative-power.cc", _CC.replace("1 1 2", "1 1 -2"), Refused("")
    yield "negative-slope.cc", _CC.replace("2 1 1", "-2 1 1"), Refused("")
    yield "huge.cc", _CC.replace("2 1 1", f"{'9' * 400} 1 1"), Refused("Slope")
    yield "not-closed.cc", _CC[:-4], Refused("")
    yield "other-root.cc", "<html/>", Refused("root")
    laughs = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>' + _CC.replace("2 1 1", "&c;")
    yield "document-type.cc", laughs, Refused("document type")
    outside = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + _CC.replace("2 1 1", "&b;")
    yield "entity-of-a-file.cc", outside, Refused("document type")
    yield "empty.cc", "", Refused("")
    yield "deep.cc", "<a>" * 5000 + "</a>" * 5000, Refused("")


def _xml(*operations: str, head: str = 'id="a" compCLFversion="3.0"') -> str:
    return f"<ProcessList {head}>{''.join(operations)}</ProcessList>"


_SAME_DEPTH = 'inBitDepth="32f" outBitDepth="32f"'
_ASC = f'<ASC_CDL {_SAME_DEPTH} style="Fwd">{_SOP}</ASC_CDL>'
_NO_CLAMP = _ASC.replace("Fwd", "FwdNoClamp")
_HALVED = f'<Matrix {_SAME_DEPTH}><Array dim="3 3">0.5 0 0 0 0.5 0 0 0 0.5</Array></Matrix>'
_DOUBLED = f'<LUT1D {_SAME_DEPTH}><Array dim="2 1">0 1</Array></LUT1D>'
_EIGHT_BITS = '<LUT1D inBitDepth="8i" outBitDepth="10i"><Array dim="2 3">0 0 0 1023 1023 1023</Array></LUT1D>'
_CORNERS = " ".join(f"{r} {g} {b}" for r, g, b in product((0, 1), repeat=3))
_LATTICE = f'<LUT3D {_SAME_DEPTH}><Array dim="2 2 2 3">{_CORNERS}</Array></LUT3D>'


def _spi3d(size: int = 2, places: str = "") -> str:
    rows = (
        f"{r} {g} {b} {r / (size - 1):.6f} {g / (size - 1):.6f} {b / (size - 1):.6f}"
        for r, g, b in product(range(size), repeat=3)
    )
    return "\n".join(["SPILUT 1.0", "3 3", places or f"{size} {size} {size}", *rows]) + "\n"


def _3dl(size: int = 17) -> str:
    steps = [round(1023 * each / (size - 1)) for each in range(size)]
    rows = (
        " ".join(str(round(4095 * each / (size - 1))) for each in colour) for colour in product(range(size), repeat=3)
    )
    return "\n".join([" ".join(map(str, steps)), *rows]) + "\n"


def _hald() -> bytes:
    """The Hald picture of level 2 of the identity."""
    import cv2
    import numpy as np

    number = np.arange(64)
    places = np.stack([number // 16, number // 4 % 4, number % 4], -1) / 3  # blue first, as OpenCV has it
    return bytes(cv2.imencode(".png", np.rint(places * 65535).astype(np.uint16).reshape(8, 8, 3))[1])


def _link(dtype: str = ">u2", size: int = 2) -> bytes:
    """A device link that changes nothing."""
    import numpy as np

    from reswd_torch.profiles.icc import pack_link

    bits = 8 if dtype == "u1" else 16
    top, curve = 2**bits - 1, np.linspace(0, 1, 256 if bits == 8 else 2)
    axis = np.linspace(0, 1, size)
    lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    numbers = np.rint(np.concatenate([*[curve] * 3, lattice.ravel(), *[curve] * 3]) * top).astype(dtype).tobytes()
    head = b"mft1" if bits == 8 else b"mft2"
    ends = b"" if bits == 8 else b"\0\2\0\2"
    matrix = np.rint(np.eye(3) * 65536).astype(">i4").tobytes()
    return pack_link("same", "sRGB", head + bytes(4) + bytes([3, 3, size, 0]) + matrix + ends + numbers)


def _others() -> Iterator[tuple[str, str | bytes, Grades | Refused]]:
    """Files for other programs: CLF (S-2014-006), CTF, .3dl, .spi3d, Hald pictures and device links."""
    yield "ten-numbers.clf", _xml(_ASC), _GRADED
    yield "declared.ctf", '<?xml version="1.0" encoding="UTF-8"?>\n' + _xml(_ASC, head='version="1.3" id="a"'), _GRADED
    yield "no-clamp.clf", _xml(_NO_CLAMP), Grades(((0.25, 0.5, 0.5),), ((0.5, 0.6, 0.25),))
    yield "nothing.clf", _xml(), Refused("")
    yield "matrix.clf", _xml(_HALVED), _mapped(lambda v: v / 2)
    yield "domain.clf", _xml(_HALVED, _DOUBLED), _mapped(lambda v: v / 2)
    yield "lattice.clf", _xml(_LATTICE), SAME
    yield "ten-bits.clf", _xml(_EIGHT_BITS), SAME
    yield "lattice-between.clf", _xml(_LATTICE, _HALVED), _mapped(lambda v: v / 2)
    yield "utf16.clf", f'<?xml version="1.0" encoding="UTF-16"?>{_xml(_ASC)}'.encode("utf-16"), _GRADED
    yield "referring.ctf", _xml('<Reference path="a.cc"/>', head='version="1.3" id="a"'), Refused("refers")
    yield "document-type.clf", "<!DOCTYPE a []>" + _xml(_ASC), Refused("document type")
    yield "dim-of-millions.clf", _xml(_LATTICE.replace("2 2 2 3", "129 129 129 3")), Refused("fewer")
    yield "dim-of-words.clf", _xml(_LATTICE.replace("2 2 2 3", "a b c d")), Refused("")
    yield "not-closed.clf", _xml(_ASC)[:-4], Refused("")
    yield "plain.spi3d", _spi3d(), SAME
    yield "crlf.spi3d", _spi3d(3).replace("\n", "\r\n"), SAME
    yield "sizes-of-millions.spi3d", _spi3d(2, "9999 9999 9999"), Refused("")
    yield "more-than-there-are.spi3d", _spi3d(2, "100 100 100"), Refused("fewer")
    yield "far-places.spi3d", _spi3d().replace("1 1 1 ", "7 7 7 "), Refused("")
    yield "plain.3dl", _3dl(), SAME._replace(within=0.51 / 4095)
    yield "remark.3dl", "# by hand\n" + _3dl(), SAME._replace(within=0.51 / 4095)
    yield "one-row-short.3dl", _3dl().rsplit("\n", 2)[0] + "\n", Refused("")
    yield "words.3dl", _3dl().replace("4095", "white"), Refused("no row of whole numbers")
    yield "plain.hald.png", _hald(), SAME
    yield "by-another.png", _hald(), SAME
    yield "cut.hald.png", _hald()[:-60], Refused("")
    yield "sixteen-bits.icc", _link(), SAME
    yield "eight-bits.icc", _link("u1", 5), SAME._replace(within=0.51 / 255)
    yield "cut.icc", _link()[:-40], Refused("")
    yield "no-profile.icc", b"\0" * 300, Refused("device link")


def files() -> Iterator[Odd]:
    """One line a file."""
    for name, content, outcome in _cubes():
        yield Odd(f"{name}.cube", content if isinstance(content, bytes) else content.encode(), outcome)
    for name, content, outcome in (*_cdls(), *_others()):
        yield Odd(name, content if isinstance(content, bytes) else content.encode(), outcome)
