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


def files() -> Iterator[Odd]:
    """One line a file."""
    for name, content, outcome in _cubes():
        yield Odd(f"{name}.cube", content if isinstance(content, bytes) else content.encode(), outcome)
    for name, content, outcome in _cdls():
        yield Odd(name, content if isinstance(content, bytes) else content.encode(), outcome)
