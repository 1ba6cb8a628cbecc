"""The order in which colour spaces are offered."""

from __future__ import annotations

from reswd_torch.spaces import STUDIO, config_place, load_config
from reswd_torch.spaces.names import DISPLAY, LINEAR, LOG
from reswd_torch.spaces.offered import offered_spaces

PLACE = config_place(STUDIO)


def test_cameras_come_first_and_displays_last() -> None:
    offered = offered_spaces(PLACE)
    names = [each.name for each in offered]
    wanted = ["ARRI LogC4", "ACEScct", "Linear Rec.709 (sRGB)", "sRGB - Display", "sRGB Encoded Rec.709 (sRGB)"]
    assert [name for name in names if name in wanted] == wanted
    kinds = {each.name: each.kind for each in offered}
    assert [kinds[name] for name in wanted] == [LOG, LOG, LINEAR, DISPLAY, DISPLAY]


def test_all_that_hold_colours_are_offered_and_no_data() -> None:
    spaces = list(load_config(PLACE).getColorSpaces())
    names = [each.name for each in offered_spaces(PLACE)]
    assert sorted(names) == sorted(one.getName() for one in spaces if not one.isData())
    assert "Raw" not in names
