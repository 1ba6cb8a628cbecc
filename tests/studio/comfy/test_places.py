from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from reswd_torch.errors import InputError
from studio.comfy.host import grade_choices
from studio.comfy.places import grade_files, input_place, output_place

OUTSIDE = [
    "../../x",
    "..", "a/../../x", "/etc/x", "C:\\x", "C:x", "\\\\server\\x", "..\\x", "~/x", "", "   ", ".", "a\0b", "a\nb",
    "x" * 300, 'a"b', "a|b", "a?b", "CON:x",
]  # fmt: skip


@pytest.mark.parametrize("prefix", OUTSIDE)
def test_no_prefix_leads_outside(tmp_path: Path, prefix: str) -> None:
    folder = tmp_path / "output"
    folder.mkdir()
    with pytest.raises(InputError) as error:
        output_place(folder, prefix, ".cube")
    assert "\n" not in str(error.value) and list(tmp_path.rglob("*")) == [folder]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("secret")
    (tmp_path / "input").mkdir()
    with pytest.raises(InputError):
        input_place([tmp_path / "input"], name)


def test_links_do_not_lead_outside_either(tmp_path: Path) -> None:
    folder, other = tmp_path / "output", tmp_path / "other"
    folder.mkdir(), other.mkdir()
    (other / "look.cube").write_text("")
    (folder / "link").symlink_to(other)
    with pytest.raises(InputError, match="leads outside"):
        output_place(folder, "link/look", ".cube")
    with pytest.raises(InputError, match="leads outside"):
        input_place([folder], "link/look.cube")


def test_files_are_numbered_behind_those_that_are_there(tmp_path: Path) -> None:
    first = output_place(tmp_path, "grades/look", ".cube")
    assert first == tmp_path / "grades" / "look_00001_.cube"
    first.touch()
    (tmp_path / "grades" / "look_00041_.png").touch()
    (tmp_path / "grades" / "looks_00090_.cube").touch()
    assert output_place(tmp_path, "grades/look", ".ccc").name == "look_00042_.ccc"
    assert output_place(tmp_path, "%year%/look", ".ccc").parent.name == time.strftime("%Y")


def test_grade_files_are_found_below_folders(tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    for name in ("a.cube", "film/B.CLF", "c.txt"):
        (tmp_path / name).touch()
    assert grade_files([tmp_path, tmp_path / "none"], (".cube", ".clf")) == ["a.cube", "film/B.CLF"]
    assert input_place([tmp_path / "none", tmp_path], "film\\B.CLF") == tmp_path / "film" / "B.CLF"
    with pytest.raises(InputError, match="'d.cube' is not below"):
        input_place([tmp_path], "d.cube")


@pytest.mark.parametrize("prefix", ["con/look", "aux/x", "film/Lpt1.b/x", "film./x", "film /x", "con.x"])
def test_a_name_that_windows_cannot_have_is_refused(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(InputError, match="Windows keeps") as error:
        output_place(tmp_path, prefix, ".cube")
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("prefix", ["f/x", "f/deep/x"])
def test_a_prefix_through_a_file_is_refused(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(InputError, match=f"the prefix '{prefix}' goes through a file"):
        output_place(tmp_path, prefix, ".cube")


def test_a_menu_offers_what_may_be_read_and_no_picture_but_hald(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, models = tmp_path / "input", tmp_path / "models"
    (models / "luts").mkdir(parents=True), folder.mkdir()
    for name in ("photo.png", "look.HALD.png", "a.cube", "a?.cube"):
        (folder / name).touch()
    (tmp_path / "secret.cube").touch()
    (folder / "link.cube").symlink_to(tmp_path / "secret.cube")
    (folder / "own.cube").symlink_to(folder / "a.cube")
    paths = SimpleNamespace(models_dir=str(models), folder_names_and_paths={}, get_input_directory=lambda: str(folder))
    monkeypatch.setitem(sys.modules, "folder_paths", paths)
    assert grade_choices() == ["a.cube", "look.HALD.png", "own.cube"]
    for name in grade_choices():
        assert input_place([folder], name).is_file()
