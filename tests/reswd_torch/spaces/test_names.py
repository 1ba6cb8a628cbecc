"""Names of colour spaces: aliases count, capitals do not, and the nearest names are offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.spaces import choose_spaces, config_place, load_config
from reswd_torch.spaces.names import DISPLAY, LINEAR, LOG, find_space, kind_of
from tests.reswd_torch.spaces.configs_for_tests import own_config

CONFIG = load_config(config_place("ocio://studio-config-latest"))


def test_every_name_and_alias_of_the_studio_config_is_known() -> None:
    for space in CONFIG.getColorSpaces():
        for name in (space.getName(), *space.getAliases()):
            if not space.isData():
                assert find_space(CONFIG, name.upper()) == find_space(CONFIG, name.lower()) == space.getName()


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("ARRI LogC3", "'ARRI LogC3 (EI800)'"),
        ("slog3", "'S-Log3 S-Gamut3'"),
        ("ACEScttt", "'ACEScct'"),
        ("sRGB Display", "'sRGB - Display'"),
        ("vlog", "'V-Log V-Gamut'"),
    ],
)
def test_the_nearest_names_are_offered(name: str, offered: str) -> None:
    with pytest.raises(InputError, match=f"unknown source space '{name}'") as refused:
        find_space(CONFIG, name, "source space")
    assert offered in str(refused.value)


@pytest.mark.parametrize("name", ["", " ", "qqqqqqqqqq", "🙂", "x" * 10_000])
def test_what_is_like_nothing_is_refused_with_some_names(name: str) -> None:
    with pytest.raises(InputError, match="ACES|Display"):
        find_space(CONFIG, name)


def test_data_is_no_colour() -> None:
    with pytest.raises(InputError, match="'raw' holds data and no colours"):
        find_space(CONFIG, "raw")


def test_kinds_are_those_that_the_config_says() -> None:
    kinds = {
        name: kind_of(CONFIG, name) for name in ("ACEScg", "ARRI LogC4", "sRGB - Display", "Rec.2100-PQ - Display")
    }
    assert [*kinds.values()] == [LINEAR, LOG, DISPLAY, DISPLAY]
    assert kind_of(CONFIG, "sRGB Encoded Rec.709 (sRGB)") == DISPLAY


def test_kinds_are_found_where_a_config_does_not_say_them(tmp_path: Path) -> None:
    own = load_config(str(own_config(tmp_path / "own.ocio")))
    assert [kind_of(own, name) for name in ("Light", "Timing", "Shown")] == [LINEAR, LOG, DISPLAY]


def test_what_is_left_out_is_chosen_by_the_kind_of_the_source(tmp_path: Path) -> None:
    log = choose_spaces("arri_logc4", target="lin_ap1", config="ocio://studio-config-latest")
    assert (log.source, log.target, log.output, log.working) == ("ARRI LogC4", "ACEScg", "ARRI LogC4", "ACEScct")
    shown = choose_spaces("srgb_display", config="ocio://studio-config-latest")
    assert (shown.target, shown.output, shown.working) == (None, "sRGB - Display", "sRGB - Display")
    own = choose_spaces("film", output="LIN", config=str(own_config(tmp_path / "own.ocio")))
    assert (own.source, own.output, own.working) == ("Film", "Light", "Timing"), "a role, where there is no ACEScct"


@pytest.mark.parametrize(
    "given", [{"target": "ACEScg"}, {"output": "ACEScg"}, {"working": "ACEScct"}, {"config": "a.ocio"}]
)
def test_nothing_goes_without_the_space_of_the_source(given: dict[str, str]) -> None:
    with pytest.raises(InputError, match=f"'{next(iter(given.values()))}' without a source space"):
        choose_spaces(None, **given)


@pytest.mark.parametrize("role", ["source", "target", "output", "working"])
def test_the_message_says_which_space_is_unknown(role: str) -> None:
    given = {"source": "ACEScct", role: "ACESxyz"}
    with pytest.raises(InputError, match=f"unknown {role} space 'ACESxyz'"):
        choose_spaces(given.pop("source"), config="ocio://studio-config-latest", **given)


def test_a_config_with_nothing_to_grade_in_asks_for_it(tmp_path: Path) -> None:
    place = own_config(tmp_path / "own.ocio")
    place.write_text(place.read_text().replace("  color_timing: Timing\n", ""))
    with pytest.raises(InputError, match="neither ACEScct nor a role"):
        choose_spaces("Film", config=str(place))
    assert choose_spaces("Film", working="Timing", config=str(place)).working == "Timing"
