"""Where the embedded models are looked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guidance import shipped
from guidance.catalogue import EMBEDDED_IDS
from guidance.known import EMBEDDED, read_known
from reswd_torch.errors import InputError
from tests.conftest import ASSETS


def test_in_a_repository_they_are_those_of_the_assets() -> None:
    for name in EMBEDDED_IDS:
        assert shipped.embedded_model(name) == ASSETS / "models" / name


def test_the_default_is_the_larger_one() -> None:
    assert shipped.embedded_model() == EMBEDDED == ASSETS / "models" / "pocket-128"


@pytest.mark.parametrize("name", EMBEDDED_IDS)
def test_an_installed_one_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "reswd_models"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(shipped, "_ABOVE", tmp_path / "site-packages")
    try:
        assert shipped.embedded_model(name) == package / name
    finally:
        sys.modules.pop("reswd_models", None)


@pytest.mark.parametrize("name", EMBEDDED_IDS)
def test_where_none_is_installed_what_installs_it_is_said(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "_ABOVE", tmp_path)
    place = shipped.embedded_model(name)
    assert place == tmp_path / "reswd_models" / name
    with pytest.raises(InputError, match=r"no model here: pip install 'reswd-studio\[guide\]'"):
        read_known(place)
