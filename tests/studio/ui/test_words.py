"""What more than one tab says."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch import InputError
from reswd_torch.settings import METHODS
from studio.ui import words
from tests.studio.ui.conftest import SOURCE


def test_messages_name_the_file_and_not_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    error = InputError(f"{tmp_path}/ab12/my harbour.jpg: cut short; and {tmp_path}/reswd/x-y/2/mask.png too")
    assert words.plain(error) == "my harbour.jpg: cut short; and mask.png too"


@pytest.mark.parametrize(
    ("folder", "step"),
    [(r"C:\Users\Jo Smith\AppData\Local\Temp\gradio", "\\"), ("C:/Users/Jo Smith/gradio", "\\"), ("/tmp/a b", "/")],
)
def test_messages_name_no_folder_of_either_system(folder: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", folder)
    path = step.join([folder.replace("/", step), "ab12", "my harbour.jpg"])
    assert words.plain(InputError(f"{path}: cut short")) == "my harbour.jpg: cut short"
    assert words.plain(InputError(f"{SOURCE}: gone")) == "lagoon-jetty.jpg: gone"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/opt/models/private/unet.bin: no such file", "unet.bin: no such file"),
        ("cannot read '/etc/ssl/certs/ca.pem' (denied)", "cannot read 'ca.pem' (denied)"),
        (r"D:\\srv\\gradio\\a b.jpg: cut short", "a b.jpg: cut short"),
        ("holiday/day 1/a.jpg: cut short", "holiday/day 1/a.jpg: cut short"),
        ("give image/png and/or 1/65535, see https://example.org/a/b.html or /match", None),
        ("#fff is no colour / no palette", None),
    ],
)
def test_a_path_of_the_server_is_said_by_its_name(text: str, said: str | None) -> None:
    assert words.plain(InputError(text)) == (text if said is None else said)


def test_folders_that_a_person_names_on_the_page_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = f"{tmp_path}/mine/a b/c.jpg: cut short; /srv/other/d.jpg too"
    assert words.plain(InputError(text)).endswith("; d.jpg too")
    monkeypatch.setattr("studio.ui.paths._known", (str(tmp_path),))
    assert words.plain(InputError(text)) == f"{tmp_path}/mine/a b/c.jpg: cut short; d.jpg too"


def test_words_are_escaped() -> None:
    assert "<script>" not in words.message("<script>alert(1)</script>")


def test_every_method_has_a_name() -> None:
    assert set(words.METHOD_NAMES) == set(METHODS)
