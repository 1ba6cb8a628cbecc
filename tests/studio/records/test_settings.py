"""The settings of records: what is written now, and what records from before aims meant."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from reswd_torch import InputError
from reswd_torch.settings import AIMS, METHODS, PROTECTIONS, TRANSFORMS, MatchSettings
from studio.records.settings import settings_in

BEFORE = {"strength": 0.8, "seed": 5, "device": "auto", "samples": 2048, "scene": "auto"}


@pytest.mark.parametrize("aim", [None, *AIMS])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_of_this_version_they_come_back_as_they_were(aim: str | None, transform: str) -> None:
    settings = MatchSettings(aim=aim, transform=transform, seed=3)
    assert settings_in(asdict(settings)) == settings


@pytest.mark.parametrize("protect", [PROTECTIONS, ("greys", "skin"), ()])
def test_what_a_mood_keeps_comes_back_from_json(protect: tuple[str, ...]) -> None:
    settings = MatchSettings(protect=protect)
    kept = json.loads(json.dumps(asdict(settings)))
    assert kept["protect"] == list(protect)
    assert settings_in(kept) == settings


def test_from_before_protections_all_were_kept() -> None:
    kept = asdict(MatchSettings(aim="mood"))
    del kept["protect"]
    assert settings_in(kept).protect == settings_in(BEFORE).protect == PROTECTIONS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("transform", [None, "cdl", "lut"])
def test_from_before_aims_all_colours_were_taken(method: str, transform: str | None) -> None:
    """An optimiser that was told nothing fitted ten numbers; a formula gave its own map, and still does."""
    found = settings_in(BEFORE | {"method": method, "transform": transform})
    assert found.aim == "colours"
    assert found.transform == (transform or ("cdl" if method in ("fast", "reswd") else "auto"))
    assert (found.method, found.strength, found.seed) == (method, 0.8, 5)


def test_a_saved_grade_took_nothing() -> None:
    assert settings_in({"strength": 0.5}, fitted=False) == MatchSettings(strength=0.5)


@pytest.mark.parametrize(
    ("kept", "error"),
    [
        ({"method": "best"}, InputError),
        ({"method": ["fast"]}, InputError),
        ({"aim": "style"}, InputError),
        ({"aim": "look", "method": "mkl"}, InputError),
        ({"aim": "mood", "protect": ["hair"]}, InputError),
        ({"aim": "mood", "protect": {"skin": True}}, InputError),
        ({"colour": "red"}, TypeError),
        ([], TypeError),
        (None, TypeError),
        ("fast", TypeError),
    ],
)
def test_what_is_no_settings_is_refused(kept: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        settings_in(kept)
