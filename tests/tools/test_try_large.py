"""The tool that tries a large model: it runs on small ones, and says in one line what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import psutil
import pytest
from PIL import Image

from benchmarks.guidance.nearness import w2
from benchmarks.guidance.photographs import REPORTED, photograph
from guidance.memory import GIB
from tests.guidance.loading.local_hub import copy_of_embedded
from tests.guidance.tiny import tiny_pipeline
from tools.try_large import HEAD, PROMPTS, _tensor, main

WAYS = {"plain", "CDL", "hm-mkl-hm", "guided"}


def _tried(model: str, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[dict, str]:
    assert main([model, "--out", str(out), "--device", "cpu", *more]) == 0
    return json.loads((out / "figures.json").read_text()), capsys.readouterr().out


def test_the_embedded_model_fills_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, told = _tried("pocket-64", tmp_path, capsys, "--steps", "2", "--prompts", "1")
    assert (figures["size"], figures["steps"]) == ([64, 64], 2)
    assert [each["prompt"] for each in figures["pictures"]] == list(PROMPTS[:1])
    for number, each in enumerate(figures["pictures"]):
        reference = photograph(REPORTED[number]).colors
        for way in {"plain", "CDL", "guided"}:
            with Image.open(tmp_path / f"{number:02d}-{way}.png") as opened:
                assert each["w2"][way] == pytest.approx(w2(_tensor(opened), reference))
        assert each["w2"]["guided"] < each["w2"]["plain"] and each["w2"]["CDL"] < each["w2"]["plain"]
        assert 0 < each["in_guidance"] < each["seconds"]["guided"]
    assert figures["pictures"] and 0 < figures["peak_gib"]["plain"] <= figures["peak_gib"]["guided"]
    head, row = HEAD.splitlines()[0], figures["row"]
    assert f"{HEAD}\n{row}\n" in told and row.count("|") == head.count("|")
    assert row.startswith("| pocket-64 | 64 x 64, 2 | float32 | CPU")
    assert all(f"{package}: " in told for package in ("torch", "diffusers", "transformers", "reswd-studio", "driver"))


@pytest.mark.parametrize("family", ["sdxl", "sd3"])
def test_a_folder_of_another_family_is_tried(family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / family
    tiny_pipeline(family).save_pretrained(folder)
    figures, _ = _tried(str(folder), tmp_path / "out", capsys, "--steps", "2", "--prompts", "1")
    (each,) = figures["pictures"]
    assert each["w2"]["guided"] < each["w2"]["plain"] and set(each["w2"]) <= WAYS
    assert len(list((tmp_path / "out").glob("00-*.png"))) == len(each["w2"])


@pytest.mark.slow
def test_four_bits_are_noted_in_the_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, _ = _tried("pocket-64", tmp_path, capsys, "--steps", "1", "--prompts", "1", "--quantize", "sinq")
    assert figures["placement"]["quantize"] == "sinq" and "| float32, sinq |" in figures["row"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "model 'nonsense' is neither a folder nor a name such as 'owner/name'"),
        (["pocket-46"], "did you mean pocket-64"),
        (["pocket-64", "--prompts", "0"], "--prompts 0 is out of range: give 1 or more"),
        (["pocket-64", "--prompts", "some"], "invalid int value: 'some'"),
        (["pocket-64", "--steps", "0"], "0 steps are out of range"),
        (["pocket-64", "--quantize", "int3"], "invalid choice: 'int3'"),
        (["pocket-64", "--device", "tpu"], "tpu"),
        (["pocket-64", "--device", "cpu", "--offload"], "the device is cpu: leave it out"),
        ([], "MODEL"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.try_large.ROOT", tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("try_large: ") and error.count("\n") == 1 and said in error


def test_a_model_of_an_unsupported_family_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of_embedded(tmp_path / "mine", _class_name="AudioLDMPipeline")
    assert main([str(folder), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "is a AudioLDMPipeline, whose colours cannot be steered yet" in error


def test_a_model_that_does_not_fit_is_refused_before_the_hub_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=16 * GIB))
    for name in ("resolve_revision", "list_repo_tree", "snapshot_download"):
        monkeypatch.setattr(huggingface_hub, name, None, raising=False)
    flux = "black-forest-labs/FLUX.1-dev"
    assert main([flux, "--out", str(tmp_path), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"{flux} at 1024 x 1024 needs about " in error
    assert "15.2 GiB of memory are free: choose a smaller model, such as " in error


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["pocket-64", "--out", str(tmp_path / "file")]) == 2
    assert "no folder can be made there" in capsys.readouterr().err
