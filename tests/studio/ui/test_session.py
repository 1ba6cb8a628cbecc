"""What the app remembers for one open page."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from studio.ui.session import Session, forget
from tests.conftest import ROOT


def test_sessions_start_empty_and_clean_up(session: Session) -> None:
    assert copy.deepcopy(session).match.source is None
    folder = session.folder
    assert folder.is_dir()
    assert copy.deepcopy(session).folder != folder
    forget(session)
    assert not folder.exists()
    forget(None)


def test_places_at_the_same_time_are_different_ones(session: Session) -> None:
    with ThreadPoolExecutor(16) as pool:
        places = list(pool.map(lambda _: session.new_place("a.png"), range(400)))
    assert len({*places}) == 400
    assert len({place.parent.parent for place in places}) == 1


def test_nothing_is_left_when_the_process_ends(tmp_path: Path) -> None:
    code = "from studio.ui.session import Session; print(Session().new_place('a'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=ROOT, check=True, env={**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)},
    )  # fmt: skip
    assert str(tmp_path) in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_only_the_last_previews_stay(session: Session) -> None:
    for _ in range(12):
        session.new_file(".png").write_bytes(b"x")
    assert len(list(session.folder.glob("preview-*"))) == 8
