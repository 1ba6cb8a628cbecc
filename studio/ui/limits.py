"""How much one visitor may ask for: much where the app listens to its own machine alone, less where strangers come."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from studio.media.archive import Limits as Archive
from studio.media.images import limits as pictures
from studio.space import on_a_space

MIB, GIB = 1 << 20, 1 << 30


@dataclass(frozen=True)
class Limits:
    """What one instance of the app takes and keeps.

    Attributes:
        file: largest file that is uploaded, bytes.
        upload: most bytes of one upload, all its files together.
        message: most bytes of any other request.
        grade: largest file of a grade, bytes. Reading one of 256 points takes half a minute and 600 MB.
        batch: what a batch may hold, unpacked.
        results: most bytes that the results of one batch take: pictures of another format may be twenty times as large.
        disk: most bytes that uploads and results take on the disk before the oldest go.
        keep: seconds after which a file that nobody used goes.
        waiting: most jobs that wait, of all visitors.
        waiting_each: most jobs of one visitor that wait.
        painting_cpu, painting_gpu: most megapixels times steps of one painting.
        side: longest side of a painting, pixels.
        any_model: whether models of huggingface.co may be named that are not in the list. They would fill the disk.
        history: most bytes that the matches of one open page hold in memory, beside the one on the screen.
        left: most bytes that all pages hold together that were closed and may come back.
        work: most seconds of one job of an endpoint. Others wait for its place.
        clip: most megapixels of all frames of a clip that is graded in the browser, together. Grading takes time by these.
        graded: largest clip that is written for the browser, bytes.
    """

    file: int = 2 * GIB
    upload: int = 8 * GIB
    message: int = 16 * MIB
    grade: int = 2 * GIB
    batch: Archive = field(default_factory=Archive)
    results: int = 32 * GIB
    disk: int = 32 * GIB
    keep: float = 24 * 3600.0
    waiting: int = 64
    waiting_each: int = 32
    painting_cpu: float = 100.0
    painting_gpu: float = 400.0
    side: int = 2048
    any_model: bool = True
    history: int = 256 * MIB
    left: int = GIB
    work: float = math.inf
    clip: float = math.inf
    graded: int = 32 * GIB


OWN = Limits()
"""On a person's own machine."""
PUBLIC = Limits(
    file=512 * MIB,
    upload=GIB,
    message=4 * MIB,
    grade=96 * MIB,
    batch=Archive(files=500, total=GIB),
    results=2 * GIB,
    disk=8 * GIB,
    keep=2 * 3600.0,
    waiting_each=8,
    painting_cpu=4.0,
    painting_gpu=60.0,
    side=1536,
    any_model=False,
    history=48 * MIB,
    left=512 * MIB,
    work=15 * 60.0,
    clip=12_000.0,
    graded=2 * GIB,
)
"""Where strangers come."""

_chosen = OWN


def choose(*, public: bool) -> None:
    """Say, before the app is built, whether strangers come. On a Space they always do. This holds for pictures too."""
    global _chosen
    _chosen = PUBLIC if public else OWN
    pictures.choose(public=public)


def limits() -> Limits:
    """Those of this process."""
    return PUBLIC if on_a_space() else _chosen


def in_words(size: int) -> str:
    """Bytes as people say them, such as "512 MB"."""
    return f"{size / GIB:g} GB" if size >= GIB else f"{size / MIB:g} MB"
