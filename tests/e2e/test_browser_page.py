"""The app in a real Chromium: two people at the same time, and a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from studio_page import PHONE, REFERENCE, SOURCE, Studio

from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.jobs_for_tests import match_job

pytestmark = pytest.mark.browser


def test_two_people_do_not_see_each_other(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = open_page(), open_page()
    first.choose_pair(SOURCE, REFERENCE)
    first.match()
    assert second.after_address() == ""
    assert second.at("#source-about").inner_text().strip() == ""
    second.choose_pair(REFERENCE, SOURCE)
    people = ((first, SOURCE, REFERENCE), (second, REFERENCE, SOURCE))
    before = first.after_address()
    for studio, _, _ in people:
        studio.at("#match").click()
    first.wait(lambda: first.after_address() not in ("", before))
    second.wait(lambda: second.after_address() != "")
    for studio, source, reference in people:
        out = studio.download("get-picture", tmp_path)
        assert out.name == f"{source.stem} matched.jpg"
        wanted = run_match(match_job(source, reference)).save_picture(tmp_path / f"library {source.name}")
        assert digest(out) == digest(wanted)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_page, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme=scheme)
    assert not studio.too_wide()
    studio.shoot(f"empty-400-{scheme}", full=True)
    studio.at("#examples .thumbnail-item").first.click()
    studio.wait(lambda: studio.after_address() != "")
    studio.wait(lambda: studio.at("#match").is_enabled())
    assert not studio.too_wide()
    for selector in ("#desk", "#scopes", "#strength", "#trims", "#metrics", "#get-picture", "#get-cdl", "#chart"):
        box = studio.at(selector).bounding_box()
        assert box is not None, selector
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= PHONE[0], selector
    studio.shoot(f"match-400-{scheme}", full=True)
