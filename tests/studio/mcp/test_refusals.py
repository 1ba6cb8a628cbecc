"""Paths that tools do not touch, and arguments that are none: one line each, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.media.allowed import Allowed
from tests.studio.command_line import snapshot
from tests.studio.conftest import write
from tests.studio.mcp.sessions import refusal, said, with_client

MATCH: dict[str, Any] = {"source": "a.png", "reference": "warm.png", "output": "o.png"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"source": "/etc/hostname"}, ("source '/etc/hostname'", "does not lie below")),
        ({"source": "/no/such/place.png"}, ("does not lie below",)),
        ({"reference": "../secret.png"}, ("reference", "goes up by '..'")),
        ({"reference": "shots/../warm.png"}, ("goes up by '..'",)),
        ({"reference": "shots\\..\\warm.png"}, ("goes up by '..'",)),
        ({"mask": "~root/x.png"}, ("mask",)),
        ({"output": "/tmp/o.png"}, ("output", "does not lie below")),
        ({"output": "../o.png"}, ("output", "goes up")),
        ({"output": "con.png"}, ("Windows refuses the name 'con.png'", "con_.png")),
        ({"output": "a:b.png"}, ("Windows refuses", "a_b.png")),
        ({"output": "o.png."}, ("Windows refuses",)),
        ({"output": "  "}, ("output", "empty")),
        ({"output": "o\0.png"}, ("no file can have this name",)),
        ({"output": "x" * 400 + ".png"}, ("x" * 40,)),
        ({"output": "warm.png"}, ("would replace an input",)),
        ({"output": "shots"}, ("shots",)),
        ({"output": "nowhere/o.png"}, ("does not exist",)),
        ({"grade_files": ["look.cube", "../look.cc"]}, ("grade_files", "goes up")),
        ({"settings_file": "/tmp/look.json"}, ("settings_file", "does not lie below")),
        ({"reference": None, "palette": "/etc/x.css"}, ("palette", "does not lie below")),
        ({"palette": "#112233"}, ("more than one reference", "give one of them")),
        ({"reference": None}, ("no reference", "palette")),
        ({"source": None}, ("source",)),
        ({"reference": "gone.png"}, ("gone.png",)),
        ({"method": "magic"}, ("unknown method 'magic'", "fast")),
        ({"strength": 9}, ("strength 9", "less than or equal to 4")),
        ({"strength": "much"}, ("strength 'much'", "number")),
        ({"trims": {"glow": 1}}, ("unknown trim 'glow'",)),
        ({"cube_size": 5}, ("cube size 5",)),
        ({"colour": "red"}, ("unknown argument 'colour'",)),
        ({"source_space": "Nowhere Log"}, ("Nowhere Log",)),
        ({"source": "shots/%04d.png"}, ("no frames",)),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    folder: Path, changed: dict[str, Any], words: tuple[str, ...]
) -> None:
    before = snapshot(folder.parent)
    line = refusal(folder, "match_colours", **MATCH | changed)
    assert all(each in line for each in words), line
    assert len(line) < 700
    assert snapshot(folder.parent) == before


def test_links_out_of_the_folders_are_seen_through(folder: Path) -> None:
    secret = write(folder.parent / "secret.png", 5)
    (folder / "link.png").symlink_to(secret)
    (folder / "away").symlink_to(folder.parent)
    (folder / "inside.png").symlink_to(folder / "a.png")
    (folder / "round.png").symlink_to(folder / "round.png")
    (folder / "dangling.png").symlink_to(folder.parent / "new.png")
    for changed in (
        {"source": "link.png"}, {"reference": "away/secret.png"}, {"output": "away/o.png"}, {"output": "dangling.png"},
        {"output": "link.png", "overwrite": True}, {"grade_files": ["away/look.cube"]},
    ):  # fmt: skip
        assert "does not lie below" in refusal(folder, "match_colours", **MATCH | changed), changed
    assert "round.png" in refusal(folder, "match_colours", **MATCH | {"source": "round.png"})
    assert "does not lie below" in refusal(
        folder, "apply_grade", grade="away/l.cube", sources=["a.png"], output_folder="o"
    )
    assert "does not lie below" in refusal(
        folder, "match_folder", folder="shots", reference="warm.png", output_folder="away/o"
    )
    assert "does not lie below" in refusal(folder, "describe_grade", grade="link.png")
    assert [one.name for one in folder.parent.iterdir() if one.is_file()] == ["secret.png"]
    with_client(Allowed((folder,)), lambda client: client.call_tool("match_colours", MATCH | {"source": "inside.png"}))
    assert (folder / "o.png").is_file()


def test_frames_and_results_do_not_follow_links_out(folder: Path) -> None:
    secret = write(folder.parent / "secret.png", 5)
    for number in (1, 2):
        write(folder / f"f.{number:04d}.png", number)
    (folder / "f.0003.png").symlink_to(secret)
    line = refusal(folder, "match_colours", source="f.%04d.png", reference="warm.png", output="g.%04d.png")
    assert "link out of the folders" in line
    write(folder / "shots" / "deep" / "d.png", 8)
    (folder / "out").mkdir()
    (folder / "out" / "deep").symlink_to(folder.parent)
    line = refusal(folder, "match_folder", folder="shots", reference="warm.png", output_folder="out", recursive=True)
    assert "link out of the folders" in line
    assert not (folder.parent / "d.png").exists()


def test_files_that_exist_are_replaced_with_overwrite_alone(folder: Path) -> None:
    (folder / "o.png").write_bytes(b"mine")
    (folder / "out").mkdir()
    (folder / "out" / "a.png").write_bytes(b"mine")
    assert "overwrite=true" in refusal(folder, "match_colours", **MATCH)
    look = MATCH | {"output": "p.png", "grade_files": ["o.png.cube"]}
    assert not with_client(Allowed((folder,)), lambda client: client.call_tool("match_colours", look)).isError
    line = refusal(folder, "apply_grade", grade="o.png.cube", sources=["a.png"], output_folder="out")
    assert "overwrite=true" in line
    line = refusal(folder, "guide_generation", prompt="x", palette="#112233", output="o.png", steps=1)
    assert "overwrite=true" in line
    assert (folder / "o.png").read_bytes() == (folder / "out" / "a.png").read_bytes() == b"mine"
    replaced = MATCH | {"overwrite": True}
    assert not with_client(Allowed((folder,)), lambda client: client.call_tool("match_colours", replaced)).isError
    assert (folder / "o.png").read_bytes() != b"mine"


def test_a_folder_may_be_for_reading_alone(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    places = Allowed((results,), (folder,))
    ask = {"source": str(folder / "a.png"), "reference": "warm.png"}
    refused = with_client(
        places, lambda client: client.call_tool("match_colours", ask | {"output": str(folder / "o.png")})
    )
    assert refused.isError and "may only be read" in said(refused)
    done = with_client(places, lambda client: client.call_tool("match_colours", ask | {"output": "o.png"}))
    assert not done.isError and (results / "o.png").is_file()
    inner = Allowed((folder / "shots",), (folder,))
    done = with_client(
        inner, lambda client: client.call_tool("match_colours", ask | {"output": str(folder / "shots" / "o.png")})
    )
    assert not done.isError


def test_settings_that_name_a_config_anywhere_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)
    spaces = {"source_space": "ACEScct", "output_space": "ACEScct"}
    made = with_client(
        Allowed((folder,)),
        lambda client: client.call_tool("match_colours", MATCH | spaces | {"settings_file": "look.json"}),
    )
    assert not made.isError, said(made)
    config = folder.parent / "config.ocio"
    config.write_text("ocio_profile_version: 2")
    record = json.loads((folder / "look.json").read_text())
    record["spaces"]["config"] = None
    record["inputs"]["config"] = record["inputs"]["source"] | {"path": str(config)}
    (folder / "look.json").write_text(json.dumps(record))
    for tool, ask in (
        ("apply_grade", {"grade": "look.json", "sources": ["a.png"], "output_folder": "out"}),
        ("match_folder", {"grade": "look.json", "folder": "shots", "output_folder": "out"}),
    ):
        assert "built-in configs and $OCIO" in refusal(folder, tool, **ask)
    assert not (folder / "out").exists()


def test_a_tool_that_is_none_is_said(folder: Path) -> None:
    assert "match_colours" in refusal(folder, "paint_the_fence")


def test_a_fault_is_a_line_without_a_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody foresaw\nthis")

    monkeypatch.setattr("studio.service.deliver", broken, raising=False)
    assert "internal fault (ZeroDivisionError: nobody foresaw this)" in refusal(folder, "match_colours", **MATCH)
