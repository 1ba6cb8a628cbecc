"""The load of the app: that its results are checked. Few jobs; the figures of many stand in the documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.serving import Server, serving


@pytest.mark.slow
def test_a_small_load_gives_every_client_its_own_result(capsys: pytest.CaptureFixture[str]) -> None:
    load.main(["--jobs", "10", "--clients", "5", "--edge", "96"])
    told = capsys.readouterr().out
    assert "10 jobs of 5 clients" in told and "0 wrong" in told and "| 10 |" in told


def test_a_result_of_another_one_is_found(tmp_path: Path) -> None:
    first, second = load.make_pairs(tmp_path, 2, 96)
    assert first.digest != second.digest
    mixed = [replace(first, digest=second.digest), second]
    with serving(tmp_path) as server:
        assert isinstance(server, Server)
        found = load.run_load(server, mixed, 4, None)
    assert len(found.seconds) == 4
    assert found.wrong and all("not the bytes of its own match" in each for each in found.wrong)
    assert not any(second.source.name in each for each in found.wrong)
