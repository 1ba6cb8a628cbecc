"""Odd records: settings as JSON, and the settings in painted PNGs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.corpus.containers import png, text
from tests.corpus.odd import Grades, Odd, Refused, quarters

_CDL = {"slope": [2, 1, 1], "offset": [0, 0.1, 0], "power": [1, 1, 2], "saturation": 1.0}
_RECORD = {
    "format": "reswd-studio",
    "format_version": 2,
    "kind": "match settings",
    "settings": {"method": "fast", "strength": 1.0, "seed": 0},
    "palette": None,
    "inputs": {"source": {"path": "a.png", "sha256": "0"}, "target": {"path": "b.png", "sha256": "1"}},
    "at": None,
    "encoding": "sRGB",
    "grade": {"strength": 1.0, "encoding": "sRGB", "kind": "cdl", "cdl": _CDL},
}
_GRADED = Grades(((0.25, 0.5, 0.5),), ((0.5, 0.6, 0.25),))
_NO_NUMBERS: tuple[object, ...] = (None, True, "1", [], {}, float("nan"), float("inf"), 10**400, -(10**400), 1e999)


def _with(value: object, *way: str) -> str:
    """The record with one field replaced."""
    record: dict[str, Any] = json.loads(json.dumps(_RECORD))
    inner = record
    for name in way[:-1]:
        inner = inner[name]
    inner[way[-1]] = value
    return json.dumps(record)


def _settings() -> Iterator[tuple[str, str, Grades | Refused]]:
    refused = Refused("")
    yield "plain", json.dumps(_RECORD), _GRADED
    for number, value in enumerate(_NO_NUMBERS):
        yield f"strength-{number}", _with(value, "grade", "strength"), refused
        yield f"slope-{number}", _with([value] * 3, "grade", "cdl", "slope"), refused
        yield f"saturation-{number}", _with(value, "grade", "cdl", "saturation"), refused
        if value is not None:
            yield f"seed-{number}", _with(value, "settings", "seed"), refused
            yield f"at-{number}", _with([value], "at"), refused
    yield "two-slopes", _with([1, 1], "grade", "cdl", "slope"), refused
    yield "negative-power", _with([1, 1, -1], "grade", "cdl", "power"), refused
    yield "kind-unknown", _with("magic", "grade", "kind"), refused
    yield "grade-list", _with([], "grade"), refused
    yield "inputs-list", _with([], "inputs"), refused
    yield "inputs-bare", _with({"source": {}}, "inputs"), refused
    yield "palette-number", _with(3, "palette"), refused
    yield "method-unknown", _with("magic", "settings", "method"), refused
    yield "field-unknown", _with(1, "settings", "magic"), refused
    yield (
        "lattice-odd",
        _with({"kind": "lut", "size": 3, "values": "AAAA", "strength": 1, "encoding": ""}, "grade"),
        refused,
    )
    yield (
        "lattice-no-base64",
        _with({"kind": "lut", "size": 2, "values": "?", "strength": 1, "encoding": ""}, "grade"),
        refused,
    )
    huge = {"kind": "lut", "size": 10**9, "values": "", "strength": 1, "encoding": ""}
    yield "lattice-huge", _with(huge, "grade"), refused
    yield "version-99", _with(99, "format_version"), Refused("version")
    yield "version-word", _with("two", "format_version"), Refused("version")
    yield "other-kind", _with("batch run", "kind"), refused
    yield "other-json", '{"a": 1}', refused
    yield "list", "[]", refused
    yield "number", "1", refused
    yield "no-json", "{", refused
    yield "empty", "", refused
    yield "deep", "[" * 100000, refused
    yield "long-number", "1" * 100000, refused


def _painted() -> Iterator[tuple[str, str]]:
    plain: dict[str, Any] = {
        "format": "reswd-studio",
        "format_version": 2,
        "kind": "painted picture",
        "model": "pocket-64",
    }
    plain |= {
        "prompt": "a lion",
        "seed": 0,
        "steps": 4,
        "width": 64,
        "height": 64,
        "guidance_scale": 1.0,
        "negative_prompt": "",
    }
    for field, value in (
        ("model", 3),
        ("seed", 10**400),
        ("steps", "x"),
        ("width", -1),
        ("height", [64]),
        ("prompt", None),
    ):
        yield f"{field}", json.dumps(plain | {field: value})
    yield (
        "guided",
        json.dumps(plain | {"kind": "guided picture", "reference": {"name": 1, "colors": "?"}, "guidance": {}}),
    )
    yield "deep", "[" * 100000
    yield "nothing", ""


def files() -> Iterator[Odd]:
    """One line a file."""
    for name, content, outcome in _settings():
        yield Odd(f"{name}.json", content.encode(), outcome)
    yield Odd("not-utf8.json", b"\xff\xfe{}", Refused(""))


def painted() -> Iterator[Odd]:
    """PNGs whose settings are broken: all are refused."""
    for name, record in _painted():
        yield Odd(f"painted-{name}.png", png(quarters(), text("reswd-studio", record.encode())), Refused(""))
