"""Records as version 1 of the program wrote them, letter for letter.

Only where files lie, their hashes, and the states in the report, which hold times, are filled in: ``@folder@``,
``@sha256 of NAME@`` and ``@state of NAME@``.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from reswd_torch import Cdl, Grade
from tests.conftest import digest
from tests.studio.conftest import write

SETTINGS = """\
{
  "format": "reswd-studio match settings",
  "format_version": 1,
  "made_with": {
    "reswd-studio": "0.1.0",
    "python": "3.11.7",
    "torch": "2.13.0+cpu",
    "numpy": "2.4.6",
    "pillow": "12.3.0",
    "opencv-python-headless": "5.0.0.93",
    "opencolorio": "2.6.0"
  },
  "settings": {
    "method": "fast",
    "transform": null,
    "strength": 0.8,
    "seed": 5,
    "device": "auto",
    "samples": 2048,
    "scene": "auto"
  },
  "palette": null,
  "inputs": {
    "source": {
      "path": "@folder@/source.png",
      "sha256": "@sha256 of source.png@"
    },
    "target": {
      "path": "@folder@/warm.png",
      "sha256": "@sha256 of warm.png@"
    },
    "mask": {
      "path": "@folder@/mask.png",
      "sha256": "fefc2f5958247b612e52d2b5de90b76a93a6bba0e1aa77f62c9ae5ab00e70d65",
      "data": "iVBORw0KGgoAAAANSUhEUgAAACAAAAAYCAAAAAC+OKDoAAAAGElEQVR4nGP8z4AfMBGQH1VANQWjYPAAAE1SARd1wZNIAAAAAElFTkSuQmCC"
    }
  },
  "encoding": "sRGB (assumed, untagged)",
  "grade": {
    "strength": 0.8,
    "encoding": "sRGB (assumed, untagged)",
    "kind": "cdl",
    "cdl": {
      "slope": [
        1.107378193124296,
        0.905778062278143,
        0.9815728244939793
      ],
      "offset": [
        -0.029382227959257615,
        -0.03336911891525314,
        -0.2652676925232558
      ],
      "power": [
        1.0389535267812453,
        0.9827436205919929,
        1.0238407731749064
      ],
      "saturation": 1.0395195033276334
    }
  },
  "distance": {
    "before": 20.013246536254883,
    "after": 5.839004993438721
  }
}
"""
"""``reswd match source.png warm.png --mask mask.png --seed 5 --strength 0.8 --save-settings``; the mask travels inside."""

RUN = """\
{
  "format": "reswd-studio batch run",
  "format_version": 1,
  "made_with": {
    "reswd-studio": "0.1.0",
    "python": "3.11.7",
    "torch": "2.13.0+cpu"
  },
  "source": "@folder@/shots",
  "mode": "each",
  "palette": null,
  "reference": {
    "path": "@folder@/warm.png",
    "sha256": "@sha256 of warm.png@"
  },
  "target_mask": null,
  "grade": null,
  "recursive": false,
  "masks": null,
  "grade_files": null,
  "settings": {
    "method": "fast",
    "transform": null,
    "strength": 1.0,
    "seed": 0,
    "device": "auto",
    "samples": 2048,
    "scene": "auto"
  },
  "series": []
}
"""
"""run.json of ``reswd batch shots --target warm.png``."""

REPORT = """\
file,status,seconds,grade,distance_before,distance_after,scene,points,trust,message,state
b.png,done,0.090,slope 0.874135 0.742271 0.679347; offset 0.147730 -0.031216 -0.166079\
; power 0.964229 1.037729 1.028540; saturation 0.742943,20.207,3.441,different,0,0.000,,@state of shots/b.png@
a.png,done,0.069,slope 0.835358 0.692457 0.858599; offset 0.124620 -0.007366 -0.204258\
; power 0.986960 1.031254 1.031726; saturation 0.870693,17.092,3.580,different,0,0.000,,@state of shots/a.png@
c.png,done,0.057,slope 0.986785 0.770203"""
"""report.csv of the same run, killed over its third picture: rows in the order in which they came, the last one half written."""

GRADED_RUN = """\
{
  "format": "reswd-studio batch run",
  "format_version": 1,
  "made_with": {
    "reswd-studio": "0.1.0",
    "python": "3.11.7",
    "torch": "2.13.0+cpu"
  },
  "source": "@folder@/shots",
  "mode": "series",
  "palette": null,
  "reference": null,
  "target_mask": null,
  "grade": {
    "path": "@folder@/look.cc",
    "sha256": "@sha256 of look.cc@"
  },
  "recursive": false,
  "masks": null,
  "grade_files": null,
  "settings": {
    "method": "fast",
    "transform": null,
    "strength": 1.0,
    "seed": 0,
    "device": "auto",
    "samples": 2048,
    "scene": "auto"
  },
  "series": [
    {
      "key": "any",
      "grade": {
        "strength": 1.0,
        "encoding": "as the file's maker meant it",
        "kind": "cdl",
        "cdl": {
          "slope": [
            0.8353576205228098,
            0.692457315589367,
            0.8585985440457446
          ],
          "offset": [
            0.1246204487838284,
            -0.007365609978648927,
            -0.2042582428324534
          ],
          "power": [
            0.9869598032741721,
            1.031254110485162,
            1.031725756734557
          ],
          "saturation": 0.8706933524203416
        }
      }
    }
  ]
}
"""
"""run.json of ``reswd batch shots --grade look.cc``."""

GRADED_REPORT = """\
file,status,seconds,grade,distance_before,distance_after,scene,points,trust,message,state
b.png,done,0.004,slope 0.835358 0.692457 0.858599; offset 0.124620 -0.007366 -0.204258\
; power 0.986960 1.031254 1.031726; saturation 0.870693,,,,,,,@state of shots/b.png@
a.png,done,0.071,slope 0.835358 0.692457 0.858599; offset 0.124620 -0.007366 -0.204258\
; power 0.986960 1.031254 1.031726; saturation 0.870693,,,,,,,@state of shots/a.png@
c.png,done,0.010,slope 0.83535"""
"""report.csv of the same run, killed over its third picture."""

LOOK = Grade(
    Cdl(
        (0.8353576205228098, 0.692457315589367, 0.8585985440457446),
        (0.1246204487838284, -0.007365609978648927, -0.2042582428324534),
        (0.9869598032741721, 1.031254110485162, 1.031725756734557),
        0.8706933524203416,
    )
)
"""The grade in look.cc."""


def filled(text: str, folder: Path) -> str:
    """A record with the places and hashes of what lies in ``folder``, which must be there."""
    text = text.replace("@folder@", str(folder))
    text = re.sub("@sha256 of (.*?)@", lambda found: digest(folder / found[1]), text)
    return re.sub("@state of (.*?)@", lambda found: _state(folder / found[1]), text)


def write_settings(folder: Path) -> Path:
    """Write the pictures, and the settings beside them as v1.json."""
    _write(folder / "source.png", 0)
    _write(folder / "warm.png", 99, (1.0, 0.7, 0.4))
    (folder / "v1.json").write_text(filled(SETTINGS, folder), encoding="utf-8")
    return folder / "v1.json"


def write_pictures(folder: Path) -> Path:
    """Write what the runs read: the folder with four pictures, which is returned, warm.png and look.cc beside it."""
    for number, name in enumerate("abcd"):
        _write(folder / "shots" / f"{name}.png", number)
    _write(folder / "warm.png", 99, (1.0, 0.7, 0.4))
    LOOK.save(folder / "look.cc")
    return folder / "shots"


def _write(path: Path, seed: int, tint: tuple[float, ...] = (1, 1, 1)) -> None:
    """A picture as large as the mask in the settings."""
    write(path, seed, height=24, width=32, tint=tint)


def write_killed_run(folder: Path, output: Path, *, results: Path, run: str = RUN, report: str = REPORT) -> None:
    """Leave in ``output`` what a run of version 1 left that was killed half way.

    Args:
        folder: where :func:`write_pictures` wrote.
        output: made here.
        results: a folder with the results of a whole run, of which two are taken.
        run: ``RUN`` or ``GRADED_RUN``.
        report: ``REPORT`` or ``GRADED_REPORT``.
    """
    output.mkdir()
    (output / "run.json").write_text(filled(run, folder), encoding="utf-8")
    (output / "report.csv").write_bytes(filled(report, folder).replace("\n", "\r\n").encode())
    for name in ("a.png", "b.png"):
        (output / name).write_bytes((results / name).read_bytes())
    (output / ".c.0123abcd.png").write_bytes(b"half a picture")
    (output / ".reswd-batch.lock").touch()


def _state(source: Path) -> str:
    """What version 1 wrote of a picture's file: its size and its time, in one short word."""
    facts = source.stat()
    return hashlib.sha256(f"{facts.st_size}:{facts.st_mtime_ns}".encode()).hexdigest()[:16]
