"""The head of all records: what is written, which versions are read, and what is refused."""

from __future__ import annotations

import json

import pytest

from reswd_torch import __version__
from reswd_torch.errors import InputError
from studio.records.format import BATCH, FORMAT, GUIDED, MATCH, PAINTED, VERSION, from_text, to_text


@pytest.mark.parametrize("kind", [MATCH, BATCH, GUIDED, PAINTED])
def test_every_kind_has_the_same_head(kind: str) -> None:
    text = to_text(kind, {"colour": "red"})
    record = json.loads(text)
    assert list(record) == ["format", "format_version", "kind", "made_with", "colour"]
    assert (record["format"], record["format_version"], record["kind"]) == ("reswd-studio", 2, kind)
    assert record["made_with"]["reswd-studio"] == __version__
    for name in ("python", "torch", "numpy", "pillow", "opencolorio"):
        assert record["made_with"][name][0].isdigit()
    assert from_text(text) == record
    assert text.endswith("}\n")


def test_a_field_must_not_hide_the_head() -> None:
    with pytest.raises(AssertionError):
        to_text(MATCH, {"kind": BATCH})


@pytest.mark.parametrize("kind", [MATCH, BATCH, GUIDED])
def test_version_1_had_a_head_for_each_kind(kind: str) -> None:
    """The guided pictures among them had no version at all."""
    for version in ({"format_version": 1}, {}):
        record = {"format": f"reswd-studio {kind}", **version, "colour": "red"}
        assert from_text(json.dumps(record)) == record | {"kind": kind}


def test_version_1_of_a_plain_picture_had_no_head() -> None:
    record = {"model": "pocket-64", "prompt": "a sailboat", "seed": 3}
    assert from_text(json.dumps(record)) == record | {"kind": PAINTED}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            {"format": FORMAT, "format_version": VERSION + 1, "kind": MATCH},
            "format version 3; this program reads 1 and 2",
        ),
        ({"format": FORMAT, "kind": MATCH}, "format version None"),
        ({"format": f"{FORMAT} {MATCH}", "format_version": 2}, "format version 2"),
        ({"format": f"{FORMAT} {PAINTED}", "format_version": 1}, "no record of this program"),
        ({"format": f"{FORMAT} something"}, "no record of this program"),
        ({"format": "something else", "format_version": VERSION, "kind": MATCH}, "no record of this program"),
        ({"format": None}, "no record of this program"),
        ({"format": [FORMAT]}, "no record of this program"),
        ({"format": FORMAT, "format_version": VERSION, "kind": 5}, "no kind"),
        ({"prompt": "a sailboat"}, "no record of this program"),
        ({}, "no record of this program"),
        ([], "no record of this program"),
        (None, "no record of this program"),
        ("text", "no record of this program"),
    ],
)
def test_what_is_refused(record: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        from_text(json.dumps(record))
    assert "\n" not in str(caught.value)


def test_what_is_no_json_is_left_to_the_caller() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        from_text("{")
    with pytest.raises(ValueError, match="nested too deeply"):
        from_text("[" * 100_000)
