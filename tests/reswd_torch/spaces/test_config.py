"""Configs of OpenColorIO: which one is taken, and one line for each that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.spaces import STUDIO, choose_spaces, config_place, conversion, load_config
from tests.reswd_torch.spaces.configs_for_tests import own_config


def test_the_built_in_studio_config_is_taken_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)
    place = config_place(None)
    assert place.startswith("ocio://studio-config-v") and place == config_place(STUDIO)
    assert load_config(place).getName() == place.removeprefix("ocio://")


def test_a_config_of_ones_own_goes_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = own_config(tmp_path / "one.ocio"), own_config(tmp_path / "other.ocio")
    monkeypatch.setenv("OCIO", str(one))
    assert config_place(None) == str(one) and config_place(str(other)) == str(other)
    monkeypatch.chdir(tmp_path)
    assert config_place("other.ocio") == str(other), "what is recorded holds wherever it is read"


def test_a_config_that_changed_is_read_again(tmp_path: Path) -> None:
    place = config_place(str(own_config(tmp_path / "own.ocio")))
    assert load_config(place).getColorSpace("Slate") is None
    own_config(tmp_path / "own.ocio", more="  - !<ColorSpace>\n    name: Slate\n    encoding: log\n")
    assert load_config(place).getColorSpace("Slate") is not None


@pytest.mark.parametrize("content", [None, b"", b"hello", b"\xff\xfe\x00", b"ocio_profile_version: 99\n"])
def test_what_is_no_config_is_refused(tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "none.ocio"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(InputError, match=r"none\.ocio: .*give a \.ocio or \.ocioz file") as refused:
        config_place(str(place))
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="studio-config-v99"):
        config_place("ocio://studio-config-v99")


@pytest.mark.parametrize("declared", ["", "environment: {SHOW: }\n"])
def test_a_variable_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declared: str) -> None:
    monkeypatch.delenv("SHOW", raising=False)
    place = str(own_config(tmp_path / "own.ocio", head=f"{declared}search_path: $SHOW/luts\n"))
    assert choose_spaces("Film", config=place).working == "Timing", "what needs no variable works without it"
    with pytest.raises(InputError, match=r"own\.ocio: 'Scan' needs the environment variable SHOW, which is not set"):
        choose_spaces("Scan", config=place)
    (tmp_path / "luts").mkdir()
    table = "Version 1\nFrom 0.0 1.0\nLength 2\nComponents 1\n{\n0.0\n1.0\n}\n"
    (tmp_path / "luts" / "scan.spi1d").write_text(table)
    monkeypatch.setenv("SHOW", str(tmp_path))
    again = str(own_config(tmp_path / "again.ocio", head=f"{declared}search_path: $SHOW/luts\n"))
    conversion.cache_clear()
    assert choose_spaces("Scan", config=again).source == "Scan"
