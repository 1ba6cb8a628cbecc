"""Folders are chosen in a window of the app's own, and named nowhere else without permission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.ui.app import build_app


def _config(**options: Any) -> dict[str, dict[str, Any]]:
    """The components with a name, by it."""
    components = build_app(**options).get_config_file()["components"]
    return {each["props"]["elem_id"]: each["props"] for each in components if each["props"].get("elem_id")}


def _kinds(props: dict[str, Any]) -> tuple[list[str], str]:
    return [label for label, _ in props["choices"]], props["value"]


@pytest.mark.parametrize("with_folder", [False, True])
def test_a_page_in_a_browser_has_nothing_of_it(tmp_path: Path, with_folder: bool) -> None:
    page = _config(allowed=(tmp_path,) if with_folder else ())
    assert not {"batch-choose-here", "batch-choose-results", "batch-taken"} & set(page)
    kinds = ["ZIP or files", "Folder", *(["Folder on this machine"] if with_folder else [])]
    assert _kinds(page["batch-kind"]) == (kinds, "ZIP or files")
    assert page["batch-start"]["value"] == "Process files"


def test_a_page_in_the_window_asks_for_a_folder_first_and_uploads_none() -> None:
    page = _config(in_window=True)
    assert {"batch-choose-here", "batch-choose-results", "batch-taken"} <= set(page)
    assert _kinds(page["batch-kind"]) == (["Folder on this machine", "ZIP or files"], "Folder on this machine")
    assert page["batch-start"]["value"] == "Process folder"
    assert page["batch-taken"]["visible"] == "hidden"
