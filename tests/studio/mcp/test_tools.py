"""Every tool gives the bytes of the command line, and tells what it did in numbers and words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio.media.allowed import Allowed
from studio.service.batch import here
from studio.service.batch.workers import threads
from tests.conftest import digest
from tests.studio.command_line import Reswd
from tests.studio.mcp.sessions import answer, refusal, with_client

NAMES = ["match_colours", "apply_grade", "match_folder", "guide_generation", "describe_grade"]


def test_tools_are_listed_with_what_they_take_and_give(folder: Path) -> None:
    listed = with_client(Allowed((folder,)), lambda client: client.list_tools()).tools
    assert [tool.name for tool in listed] == NAMES
    for tool in listed:
        assert tool.description and tool.title and tool.annotations is not None
        assert tool.inputSchema["additionalProperties"] is False
        assert all(one.get("description") for one in tool.inputSchema["properties"].values()), tool.name
        assert tool.outputSchema is not None and tool.outputSchema["type"] == "object"
    match, *_, describe = listed
    assert set(match.inputSchema["required"]) == {"source", "output"}
    assert "mood" in match.inputSchema["properties"]["aim"]["enum"]
    (strength, _) = match.inputSchema["properties"]["strength"]["anyOf"]
    assert "up to 4" in match.inputSchema["properties"]["strength"]["description"] and strength["type"] == "number"
    assert describe.annotations is not None and describe.annotations.readOnlyHint
    assert match.annotations is not None and not match.annotations.readOnlyHint


def test_match_colours_writes_the_bytes_of_reswd_match(reswd: Reswd, folder: Path) -> None:
    told = answer(
        folder, "match_colours", source="a.png", reference="warm.png", output="tool.png", aim="colours", strength=0.8,
        seed=3, transform="cdl", trims={"saturation": 0.9}, grade_files=["tool.cube", "tool.cc"], settings_file="tool.json",
    )  # fmt: skip
    ran = reswd(
        *("match", folder / "a.png", folder / "warm.png", "-o", folder / "line.png", "--aim", "colours"),
        *("--strength", 0.8, "--seed", 3, "--transform", "cdl", "--saturation", 0.9),
        *("--grade", folder / "line.cube", "--grade", folder / "line.cc"),
    )
    assert ran.code == 0, ran.err
    for suffix in (".png", ".cube", ".cc"):
        assert digest(folder / f"tool{suffix}") == digest(folder / f"line{suffix}"), suffix
    assert f"distance {told['distance_before']:.2f} -> {told['distance_after']:.2f}" in ran.out
    assert told["distance_after"] < told["distance_before"] and "CIE Lab" in told["distance_means"]
    assert told["output"] == str(folder / "tool.png") and told["whole"] and told["seconds"] > 0
    assert set(told["files"].values()) == {str(folder / f"tool{one}") for one in (".png", ".cube", ".cc", ".json")}
    assert told["grade"]["kind"] == "cdl" and len(told["grade"]["cdl"]["slope"]) == 3
    assert (
        "Kind: CDL, ten numbers." in told["grade"]["in_words"] and told["grade"]["in_words"].split(". ")[0] in ran.out
    )


def test_a_palette_and_a_palette_file_are_the_same(reswd: Reswd, folder: Path) -> None:
    (folder / "two.css").write_text(":root { --a: #1d3557; --b: #e63946; }")
    answer(folder, "match_colours", source="a.png", palette="two.css", output="file.png")
    answer(folder, "match_colours", source="a.png", palette="#1d3557,#e63946", output="text.png")
    assert reswd("match", folder / "a.png", "--palette", "#1d3557,#e63946", "-o", folder / "line.png").code == 0
    assert digest(folder / "file.png") == digest(folder / "text.png") == digest(folder / "line.png")


def test_apply_grade_writes_the_bytes_of_reswd_apply(reswd: Reswd, folder: Path) -> None:
    look, shots = folder / "look.cube", folder / "shots"
    assert reswd("match", folder / "a.png", folder / "warm.png", "-o", folder / "o.png", "--cube", look).code == 0
    told = answer(
        folder,
        "apply_grade",
        grade="look.cube",
        sources=["shots/x.png", "shots/y.jpg"],
        output_folder="tool",
        strength=0.5,
    )
    ran = reswd("apply", look, shots / "x.png", shots / "y.jpg", "-o", folder / "line", "--strength", 0.5)
    assert ran.code == 0, ran.err
    for name in ("x.png", "y.jpg"):
        assert digest(folder / "tool" / name) == digest(folder / "line" / name)
    assert [one["output"] for one in told["results"]] == [str(folder / "tool" / name) for name in ("x.png", "y.jpg")]
    assert told["done"] == 2 and told["grade"]["strength"] == 0.5
    (folder / "bad.png").write_bytes(b"no picture")
    told = answer(folder, "apply_grade", grade="look.cube", sources=["bad.png", "a.png"], output_folder="other")
    assert told["done"] == 1 and [bool(one["error"]) for one in told["results"]] == [True, False]
    assert "bad.png" in refusal(folder, "apply_grade", grade="look.cube", sources=["bad.png"], output_folder="third")


@pytest.mark.parametrize("series", [False, True])
def test_match_folder_writes_the_bytes_of_reswd_batch(
    reswd: Reswd, folder: Path, series: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "local", threads)  # processes take seconds to start, and give the same bytes
    told = answer(
        folder, "match_folder", folder="shots", reference="warm.png", output_folder="tool", series=series,
        output_format="png16",
    )  # fmt: skip
    extra = ["--series"] if series else []
    ran = reswd(
        *(
            "batch",
            folder / "shots",
            "-o",
            folder / "line",
            "--target",
            folder / "warm.png",
            "--format",
            "png16",
            *extra,
        )
    )
    assert ran.code == 0, ran.err
    made = sorted(one.name for one in (folder / "tool").iterdir())
    assert made == sorted(one.name for one in (folder / "line").iterdir())
    for name in made:
        if not name.startswith(("report", "run")):
            assert digest(folder / "tool" / name) == digest(folder / "line" / name), name
    assert (told["pictures"], told["done"], told["failed"], told["left"]) == (3, 3, 0, 0)
    assert [row["file"] for row in told["rows"]] == ["x.png", "y.jpg", "z.png"]
    assert all(row["distance_after"] < row["distance_before"] for row in told["rows"])
    assert told["report"] == str(folder / "tool" / "report.csv")
    again = {"folder": "shots", "reference": "warm.png", "output_folder": "tool", "series": series}
    said = refusal(folder, "match_folder", **again, output_format="png16")
    assert "holds a run already" in said and "resume=true" in said
    (folder / "tool" / "x.png").unlink()
    assert answer(folder, "match_folder", **again, output_format="png16", resume=True)["done"] == 3
    assert digest(folder / "tool" / "x.png") == digest(folder / "line" / "x.png")
    assert "give one of them" in refusal(folder, "match_folder", **again, resume=True, overwrite=True)


def test_guide_generation_writes_the_bytes_of_reswd_guide(reswd: Reswd, folder: Path) -> None:
    asked = {"palette": "#1d3557:3,#e63946", "steps": 2, "seed": 7, "model": "pocket-64"}
    told = answer(folder, "guide_generation", prompt="a sailboat", output="tool.png", plain=True, **asked)
    ran = reswd(
        *("guide", "a sailboat", "--palette", asked["palette"], "-o", folder / "line.png", "--steps", 2, "--seed", 7),
        *("--plain", "--model", "pocket-64"),
    )
    assert ran.code == 0, ran.err
    for end in (".png", "-plain.png"):
        assert digest(folder / f"tool{end}") == digest(folder / f"line{end}")
    assert f"{told['distance_after']:.1f} (plain image: {told['distance_before']:.1f})" in ran.out
    assert told["plain"] == str(folder / "tool-plain.png")


def test_guide_generation_takes_places_and_colours_to_avoid(reswd: Reswd, folder: Path) -> None:
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    mask.save(folder / "left.png")
    asked = {"palette": "#1d3557:3,#e63946", "steps": 2, "model": "pocket-64", "avoid": "#ffffff"}
    places = [{"mask": "left.png", "reference": "warm.png"}]
    answer(folder, "guide_generation", prompt="a sailboat", output="tool.png", places=places, **asked)
    ran = reswd(
        *("guide", "a sailboat", "--palette", asked["palette"], "-o", folder / "line.png", "--steps", 2),
        *("--model", "pocket-64", "--avoid", "#ffffff", "--place", f"{folder / 'left.png'}={folder / 'warm.png'}"),
    )
    assert ran.code == 0, ran.err
    assert digest(folder / "tool.png") == digest(folder / "line.png")
    outside = [{"mask": "../left.png", "palette": "#fff"}]
    asked |= {"prompt": "a sailboat", "output": "o.png"}
    assert "goes up" in refusal(folder, "guide_generation", places=outside, **asked)
    assert "nothing to steer" in refusal(folder, "guide_generation", places=[{"mask": "left.png"}], **asked)


def test_a_prompt_is_never_a_path(folder: Path) -> None:
    asked = {"palette": "#1d3557,#e63946", "steps": 1, "model": "pocket-64"}
    told = answer(folder, "guide_generation", prompt="../../etc/x", output=str(folder / "shots"), **asked)
    assert Path(told["output"]) == folder / "shots" / "etc x.png"
    assert not list(folder.parent.glob("etc*"))
    said = refusal(folder, "guide_generation", prompt="/etc/passwd", output="../x.png", **asked)
    assert "goes up" in said


def test_a_model_that_is_not_there_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"prompt": "a dog", "palette": "#1d3557,#e63946", "output": "o.png"}
    assert "pocket-64" in refusal(folder, "guide_generation", model="nope", **asked)
    outside = folder.parent / "weights"
    outside.mkdir()
    (outside / "model_index.json").write_text("{}")
    for name in (str(outside), "/etc", "~/weights", "../weights"):
        said = refusal(folder, "guide_generation", model=name, **asked)
        assert "does not lie below" in said or "goes up" in said
    monkeypatch.chdir(folder.parent)
    assert f"{folder / 'weights'}' is not there" in refusal(folder, "guide_generation", model="weights", **asked)
    assert not (folder / "o.png").exists()


@pytest.mark.parametrize("suffix", [".cc", ".cube", ".clf", ".json"])
def test_describe_grade_tells_what_a_file_holds(folder: Path, suffix: str) -> None:
    made = {"settings_file": "look.json"} if suffix == ".json" else {"grade_files": [f"look{suffix}"]}
    before = answer(
        folder, "match_colours", source="a.png", reference="warm.png", output="o.png", transform="cdl", **made
    )
    told = answer(folder, "describe_grade", grade=f"look{suffix}")
    assert told["file"] == str(folder / f"look{suffix}")
    assert 0 < told["moves_mean"] < told["moves_most"] <= 1
    assert "sRGB" in told["for_space"]
    assert ("Resolve" in told["programs"]) == (suffix not in (".json", ".cc"))
    if suffix in (".cc", ".json"):
        assert told["grade"]["kind"] == "cdl" and told["grade"]["size"] is None
        assert told["grade"]["cdl"]["slope"] == pytest.approx(before["grade"]["cdl"]["slope"], abs=1e-5)
    if suffix == ".cube":
        assert (told["grade"]["kind"], told["grade"]["size"], told["grade"]["cdl"]) == ("lut", 33, None)
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        ["a.png", "o.png", "shots", "warm.png", f"look{suffix}"]
    )
