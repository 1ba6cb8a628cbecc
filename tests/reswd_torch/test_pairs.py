"""Pairs of colours as settings have them."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from reswd_torch import InputError, MatchSettings
from reswd_torch.pairs import MOST_PAIRS, checked_pairs, codes_of


def test_pairs_are_kept_in_one_spelling() -> None:
    wanted = (("#aabbcc", "#112233"), ("#ffffff", "#000000"))
    assert checked_pairs(["#ABC=123", ("ffffff", "#000"), "#aabbcc=#112233"]) == wanted
    settings = MatchSettings(pairs=[["#ABC", "123"], ["fff", "000"]])  # type: ignore[arg-type]
    assert settings.pairs == wanted
    assert MatchSettings(**json.loads(json.dumps(asdict(settings)))) == settings


def test_codes() -> None:
    assert codes_of("#ff8000") == (1.0, 128 / 255, 0.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("#abc=#def", "give a list of pairs"),
        (5, "give a list of pairs"),
        (["#abc"], "pair '#abc': give two hex colours"),
        (["#abc=#def=#123"], "give two hex colours"),
        ([("#abc", "grün")], "pair colour 'grün' is not a hex colour: write it as #aabbcc"),
        ([("#abc", 7)], "pair colour 7 is not a hex colour"),
        ([None], "pair None: give two hex colours"),
        ([f"#0000{n:02x}=#fff" for n in range(MOST_PAIRS + 1)], "17 pairs of colours: give at most 16"),
        (["#abc=#def", "#aabbcc=#000"], "#aabbcc=#ddeeff and #aabbcc=#000000 contradict each other"),
    ],
)
def test_what_is_no_pair_is_refused_in_one_line(wrong: object, said: str) -> None:
    with pytest.raises(InputError) as error:
        MatchSettings(pairs=wrong)  # type: ignore[arg-type]
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_methods_own_ten_numbers_are_left_to_the_evidence() -> None:
    pairs = (("#abc", "#def"),)
    assert MatchSettings("reswd").resolved_transform == "cdl"
    assert MatchSettings("reswd", pairs=pairs).resolved_transform == "auto"
    assert MatchSettings("reswd", "cdl", pairs=pairs).resolved_transform == "cdl"
    assert MatchSettings("mkl", pairs=pairs).resolved_transform == "lut"
