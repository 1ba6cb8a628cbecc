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


def test_words_are_escaped() -> None:
    assert "<script>" not in words.message("<script>alert(1)</script>")


def test_every_method_has_a_name() -> None:
    assert set(words.METHOD_NAMES) == set(METHODS)
