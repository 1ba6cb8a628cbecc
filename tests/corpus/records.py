"""Odd records: settings as JSON, and the settings in painted PNGs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.corpus.containers import png, text
from tests.corpus.odd import Grades, Holds, Odd, Refused, quarters

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
_TRIMS = {
    "exposure": 0.5, "contrast": 1.2, "temperature": 20.0, "tint": -10.0, "saturation": 0.8, "black": 0.02, "white": -0.05,
    "lift": [0.1, 0.0, -0.1], "gamma": [1.1, 1.0, 0.9], "gain": [1.0, 1.1, 1.2], "only": "colour", "neutralise": 0.3,
}  # fmt: skip
_RANGE = {"colors": "#c83c32, #46a050", "tolerance": 10.0, "softness": 5.0, "feather": 3.0}
_LATTICE = np.stack(np.meshgrid(*[[0.1, 0.8]] * 3, indexing="ij"), axis=-1)
_MASK = png(quarters())
_ALL = _RECORD | {
    "settings": {
        "method": "fast", "strength": 0.8, "seed": 0, "transform": "lut", "aim": "mood", "trims": _TRIMS,
        "pairs": [["#c83c32", "#46a050"], ["#3250aa", "#808080"]],
    },
    "inputs": {
        "source": {"path": "a.png", "sha256": "0"},
        "target": {"path": "b.png", "sha256": "1"},
        "mask": {"path": "m.png", "sha256": "2", "data": base64.b64encode(_MASK).decode()},
    },
    "mask_colors": _RANGE,
    "target_mask_colors": _RANGE,
}  # fmt: skip
"""Settings in which everything is said that can be."""
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
        yield f"trim-{number}", _with({"exposure": value}, "settings", "trims"), refused
        yield f"tolerance-{number}", _with(_RANGE | {"tolerance": value}, "mask_colors"), refused
    yield "everything", json.dumps(_ALL), _GRADED
    yield (
        "trimmed",
        _with({"gain": [0.5, 0.5, 0.5]}, "grade", "trims"),
        Grades(((0.25, 0.5, 0.5),), ((0.25, 0.3, 0.125),)),
    )
    neutral = _RECORD["grade"] | {"strength": 0.0, "trims": {"neutralise": 1.0}, "gains": [0.5, 1.0, 1.5]}
    yield "neutral", _with(neutral, "grade"), Grades(((0.25, 0.5, 0.5),), ((0.125, 0.5, 0.75),))
    yield "trim-unknown", _with({"hue": 1}, "settings", "trims"), refused
    yield "trims-list", _with([], "grade", "trims"), refused
    yield "gains-two", _with([1, 1], "grade", "gains"), refused
    yield "pairs-contradict", _with([["#000000", "#111111"], ["#000", "#222222"]], "settings", "pairs"), refused
    yield "pairs-many", _with([[f"#0000{n:02x}", "#111111"] for n in range(17)], "settings", "pairs"), refused
    yield "pair-of-one", _with([["#000000"]], "settings", "pairs"), refused
    yield "mask-of-no-colour", _with(_RANGE | {"colors": ""}, "mask_colors"), refused
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


def whole() -> Iterator[Odd]:
    """Settings in which everything is said that can be, also in their grade; what comes of them depends on many numbers."""
    for kind, transform in (
        ("cdl", {"cdl": _CDL}),
        ("lut", {"size": 2, "values": base64.b64encode(_LATTICE.astype("<f4").tobytes()).decode()}),
    ):
        for only in ("all", "lightness", "colour"):
            trims = _TRIMS | {"only": only}
            grade = {"strength": 0.8, "encoding": "sRGB", "trims": trims, "gains": [1.1, 1.0, 0.9], "kind": kind}
            yield Odd(f"{kind}-{only}.json", json.dumps(_ALL | {"grade": grade | transform}).encode(), Holds(1))


def painted() -> Iterator[Odd]:
    """PNGs whose settings are broken: all are refused."""
    for name, record in _painted():
        yield Odd(f"painted-{name}.png", png(quarters(), text("reswd-studio", record.encode())), Refused(""))
