"""The whole clip: the bytes of the command line, progress, stopping, bounds, and the files of the grade."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch import InputError, load_grade
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.records.match import read_settings
from studio.ui import limits
from studio.ui.clip import grade, run, words
from studio.ui.clip.choice import AS_SOURCE, ClipChoice
from studio.ui.clip.choose import choose_source
from studio.ui.clip.grade import Finished, Step, grade_clip, make_download
from studio.ui.session import Session
from studio.watch import Cancelled
from tests.conftest import digest
from tests.studio.command_line import Reswd
from tests.studio.media.clips.made import difference, make_clip, shown
from tests.studio.ui.clip.conftest import FRAMES
from tests.studio.ui.conftest import silent

_FLAGS = ("--exposure", "0.3", "--neutralise", "0.5", "--only", "colour")
FINE = {"qmin": "2", "qmax": "2"}


def go_on() -> bool:
    return False


def finished(session: Session, container: str = AS_SOURCE) -> Finished:
    last = list(grade_clip(session, container, go_on))[-1]
    assert isinstance(last, Finished)
    return last


def files(session: Session) -> list[str]:
    return sorted(path.name for path in session.folder.glob("graded-*/*"))


@pytest.mark.parametrize(
    ("strength", "trims", "flags"),
    [(1.0, NEUTRAL, ()), (0.6, Trims(exposure=0.3, neutralise=0.5, only="colour"), _FLAGS)],
)
def test_it_is_the_clip_that_the_command_line_writes(
    page: Session, clip: Path, tmp_path: Path, reswd: Reswd, strength: float, trims: Trims, flags: tuple[str, ...]
) -> None:
    run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    run.set_live(page, strength, trims)
    file = finished(page).delivered.written["output"]
    assert file.name == "shot matched.mp4"
    out, cube = tmp_path / "line.mp4", tmp_path / "line.cube"
    words_ = ("match", clip, tmp_path / "look.png", "--strength", strength, "-o", out, "--cube", cube, *flags)
    assert reswd(*words_).code == 0
    assert digest(file) == digest(out)
    assert digest(Path(make_download(page, ".cube", 33))) == digest(cube)


def test_the_settings_run_again_to_the_same_bytes(matched: Session, tmp_path: Path, reswd: Reswd) -> None:
    run.set_live(matched, 0.8, Trims(saturation=1.3, neutralise=0.4, only="lightness"))
    file = finished(matched).delivered.written["output"]
    settings = Path(make_download(matched, "settings", 33))
    assert settings.name == "shot matched.json"
    assert str(tmp_path) not in settings.read_text()
    assert read_settings(settings).settings == matched.clip.shown.job.settings  # type: ignore[union-attr]
    again = tmp_path / "again.mp4"
    (tmp_path / "settings.json").write_bytes(settings.read_bytes())  # beside the inputs
    assert reswd("match", tmp_path / "shot.mp4", "--from-settings", tmp_path / "settings.json", "-o", again).code == 0
    assert digest(again) == digest(file)


def test_progress_counts_frames_and_says_how_long(matched: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade, "_EVERY", 0.0)
    monkeypatch.setattr(grade, "_FIRST", 0.0)
    steps = [step for step in grade_clip(matched, AS_SOURCE, go_on) if isinstance(step, Step)]
    assert [step.done for step in steps] == list(range(1, FRAMES + 1))
    assert all(step.of == FRAMES and step.left is not None for step in steps)
    assert steps[-1].left == 0
    bar = words.progress(120, 480, 14.2, "shot.mp4")
    assert "Grading: frame 120 of 480</b>, about 14 s left" in bar and 'aria-valuenow="25"' in bar


@pytest.mark.parametrize(
    ("container", "name", "plays"), [(".mkv", "shot matched.mkv", False), (".mov", "shot matched.mov", True)]
)
def test_another_container(matched: Session, clip: Path, container: str, name: str, plays: bool) -> None:
    done = finished(matched, container)
    file = done.delivered.written["output"]
    assert (file.name, done.plays) == (name, plays)
    result = matched.clip.shown
    assert result is not None
    assert difference([result.graded(frame) for frame in shown(clip)], shown(file))[0] < 1.5


def test_a_container_that_does_not_hold_it_is_said_and_the_last_clip_stays(matched: Session) -> None:
    finished(matched)
    with pytest.raises(InputError, match=r"its audio \(aac\) is copied as it is, and \.webm files do not hold it"):
        finished(matched, ".webm")
    with pytest.raises(InputError, match="is no file type that clips are written as"):
        finished(matched, "/../x.mp4")
    assert files(matched) == ["shot matched.mp4"]


def test_stop_leaves_nothing_of_it_and_the_last_clip(matched: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(matched, ".mkv")
    monkeypatch.setattr(grade, "_EVERY", 0.0)
    pressed: list[bool] = []
    with pytest.raises(Cancelled):
        for _ in grade_clip(matched, AS_SOURCE, lambda: bool(pressed)):
            pressed.append(True)
    assert files(matched) == ["shot matched.mkv"]
    finished(matched)
    assert files(matched) == ["shot matched.mp4"], "a new one takes the place of the last"


def test_a_clip_that_grows_too_large_is_ended(page: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [np.random.default_rng(number).integers(0, 255, (72, 128, 3), np.uint8) for number in range(60)]
    large = make_clip(tmp_path / "large.avi", "mjpeg", "yuvj420p", pictures=noise, audio=False, options=FINE)
    assert choose_source(page, str(large)) == ""
    run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    monkeypatch.setattr(limits, "_chosen", limits.Limits(graded=256 << 10))
    with pytest.raises(InputError, match=r"large matched\.avi grew beyond 0.25 MB, the most that this server writes"):
        finished(page)
    assert files(page) == []


def test_what_is_missing_is_said_before_any_work(page: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="match first"):
        finished(page)
    with pytest.raises(InputError, match="match first"):
        make_download(page, ".cube", 33)
    run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    monkeypatch.setattr(limits, "_chosen", limits.Limits(clip=0.2))
    with pytest.raises(InputError, match="this server grades"):
        finished(page)
    monkeypatch.undo()
    page.clip.source.clip.path.unlink()  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"shot\.mp4 is no longer on the server"):
        finished(page)


def test_grade_files_hold_the_grade(matched: Session, clip: Path) -> None:
    place = Path(make_download(matched, ".cube", 17))
    assert place.name == "shot matched.cube" and "LUT_3D_SIZE 17" in place.read_text()
    assert load_grade(place).strength == 1.0


def test_a_clip_without_a_length_is_counted_and_stopped_all_the_same(page: Session, tmp_path: Path) -> None:
    live = make_clip(tmp_path / "live.webm", "libvpx-vp9", audio=False, options={"live": "1", "crf": "30", "b": "0"})
    assert choose_source(page, str(live)) == ""
    run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        list(grade_clip(page, AS_SOURCE, lambda: True))
