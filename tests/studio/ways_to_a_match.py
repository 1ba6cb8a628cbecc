"""Run by test_same_bytes in a process of its own: matches a picture and a clip by every way, and prints digests as JSON.

    python ways_to_a_match.py FILES OUT all|some

FILES holds small/source.png and small.png, scene/source.png and scene.png, and clip.mkv; OUT is made.
With "some", only ten numbers and the pictures of one scene go every way; the rest, whose LUTs take a second each, goes by the
library alone.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from reswd_torch import Cdl, Grade, match
from reswd_torch.settings import AIMS, METHODS, TRANSFORMS, MatchSettings
from studio.cli import app
from studio.jobs import BatchJob, Outputs
from studio.media.clips.read import read_facts
from studio.references import choose_reference
from studio.service import deliver, deliver_into, job_for, run
from studio.service.apply import apply_to_file
from studio.service.clip_colours import frame_at


def reswd(*words: object) -> None:
    """The command line, in this process."""
    with redirect_stdout(io.StringIO()):
        app([str(word) for word in words], standalone_mode=False)


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def table(path: Path) -> str:
    """The digest of a .cube without its comments, which name the file that was matched."""
    lines = (line for line in path.read_text().splitlines() if not line.startswith("#"))
    return sha256("\n".join(lines).encode()).hexdigest()


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path), np.float32) / 255


def numbers(grade: Grade) -> str:
    """A grade to the last bit."""
    transform = grade.transform
    return repr(transform) if isinstance(transform, Cdl) else sha256(transform.values.numpy().tobytes()).hexdigest()


def every_way(
    here: Path,
    out: Path,
    pair: str,
    method: str,
    transform: str,
    aim: str | None = None,
    *,
    all_ways: bool = True,
) -> dict[str, list[str]]:
    """Digests of what a pair comes to: by the library, into a folder, by the command, by a batch, and of arrays.

    Without ``aim`` it is left to the method. Without ``all_ways`` by the library alone.
    """
    source, target = here / pair / "source.png", here / f"{pair}.png"
    out.mkdir(parents=True)
    settings = MatchSettings(method=method, transform=transform, aim=aim)
    flags = ("--method", method, "--transform", transform, *(("--aim", aim) if aim else ()))
    reference = choose_reference(file=target)
    result = run(job_for(source, reference, settings))
    result.save_picture(out / "library.png")
    result.save_grade(out / "library.cube")
    if not all_ways:
        return {
            "pictures": [digest(out / "library.png")],
            "grades": [table(out / "library.cube")],
            "arrays": [numbers(result.grade)],
        }
    deliver_into(job_for(source, reference, settings), out)
    reswd("match", source, target, "-o", out / "command.png", "--cube", out / "command.cube", *flags)
    run(BatchJob(source.parent, out / "batch", reference, settings=settings, grade_files=".cube"))
    pictures = ("library.png", "source matched.png", "command.png", "batch/source.png")
    grades = ("library.cube", "source matched.cube", "command.cube", "batch/source.png.cube")
    of_arrays = match(pixels(source), pixels(target), settings=settings)
    return {
        "pictures": sorted({digest(out / name) for name in pictures}),
        "grades": sorted({table(out / name) for name in grades}),
        "arrays": sorted({numbers(grade) for grade in (of_arrays, result.grade)}),
    }


def a_clip(here: Path, out: Path) -> dict[str, list[str]]:
    """Digests of a clip's first frame: by the library, by the command, and the frame as a picture with the clip's grade."""
    target = here / "small.png"
    clip = deliver(job_for(here / "clip.mkv", choose_reference(file=target)), Outputs(out / "library.mkv"))
    reswd("match", here / "clip.mkv", target, "-o", out / "command.mkv")
    frames = [frame_at(read_facts(out / name), 0.0) for name in ("library.mkv", "command.mkv")]
    Image.fromarray(frame_at(read_facts(here / "clip.mkv"), 0.0)).save(out / "frame.png")
    apply_to_file(clip.grade, out / "frame.png", out / "graded.png")
    frames.append(np.asarray(Image.open(out / "graded.png")))
    return {"frames": sorted({sha256(frame.tobytes()).hexdigest() for frame in frames})}


if __name__ == "__main__":
    files, results, whole = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "all"
    found = {
        f"{method} {transform}": every_way(
            files, results / method / transform, "small", method, transform, all_ways=whole or transform == "cdl"
        )
        for method in METHODS
        for transform in TRANSFORMS
    }
    for aim in AIMS:
        found[f"fast {aim}"] = every_way(files, results / "aims" / aim, "small", "fast", "auto", aim, all_ways=whole)
    found["one scene"] = every_way(files, results / "scene", "scene", "fast", "auto")
    found["clip"] = a_clip(files, results)
    print(json.dumps(found))
