"""Where the embedded model is looked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guidance import shipped
from guidance.known import EMBEDDED, read_known
from reswd_torch.errors import InputError
from tests.conftest import ASSETS


def test_in_a_repository_it_is_that_of_the_assets() -> None:
    assert shipped.embedded_model() == EMBEDDED == ASSETS / "models" / "pocket-64"


def test_an_installed_one_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "reswd_models"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(shipped, "_ABOVE", tmp_path / "site-packages")
    try:
        assert shipped.embedded_model() == package / "pocket-64"
    finally:
        sys.modules.pop("reswd_models", None)


def test_where_it_is_not_installed_what_installs_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "_ABOVE", tmp_path)
    place = shipped.embedded_model()
    assert place == tmp_path / "reswd_models" / "pocket-64"
    with pytest.raises(InputError, match=r"no model here: pip install 'reswd-studio\[guide\]'"):
        read_known(place)
