"""The clips that a person chose, as the app remembers them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Lock

import numpy as np

from reswd_torch.errors import InputError
from studio.kinds import is_clip
from studio.media.clips.look import FrameIndex, FrameLooker, read_index
from studio.media.clips.read import ClipFacts, read_facts
from studio.ui.clip.decoders import DECODERS
from studio.ui.limits import limits
from studio.views.preview import resize


@dataclass(frozen=True, eq=False)
class OpenedClip:
    """A clip that a person chose.

    Attributes:
        path: the uploaded file, untouched.
        facts: what it says about itself.
        index: of its frames.
        looker: shows single frames.
        bytes: of the file.
    """

    path: Path
    facts: ClipFacts
    index: FrameIndex
    looker: FrameLooker
    bytes: int

    @property
    def frames(self) -> int:
        """How many it has, as far as it can be read."""
        return len(self.index)

    @property
    def seconds(self) -> float:
        """How long they last together."""
        rate = float(self.facts.rate or 25)
        return self.index.seconds(self.frames - 1) + 1 / rate

    @property
    def is_too_long(self) -> bool:
        """Whether grading all of it takes longer than this instance gives to one clip."""
        height, width = self.facts.size
        return self.frames * height * width / 1e6 > limits().clip

    @property
    def frames_allowed(self) -> float:
        """Frames of its size that this instance grades."""
        height, width = self.facts.size
        return limits().clip * 1e6 / (height * width)


def open_clip(path: Path) -> OpenedClip:
    """Read what a clip says about itself, and when its frames are shown.

    Raises:
        InputError: the file is no clip, or one that cannot be graded.
    """
    if not is_clip(path):
        raise InputError(f"{path}: this is no video file by its name: give a clip such as .mp4, .mov, .mkv or .webm")
    facts = read_facts(path)
    index = read_index(facts)
    return OpenedClip(path, facts, index, FrameLooker(facts, index), path.stat().st_size)


def square_frame(clip: OpenedClip, number: int, *, hurried: bool = False, edge: float = inf) -> np.ndarray:
    """A frame as it is shown, its pixels square.

    Args:
        clip: the clip.
        number: of the frame, from 0.
        hurried: as for :meth:`studio.media.clips.look.FrameLooker.frame`.
        edge: the longest edge, pixels, to which it is reduced.

    Returns:
        (H, W, 3) uint8 or uint16, in the encoding of the clip.

    Raises:
        InputError: the frame cannot be decoded, or the clip is no longer there.
    """
    pixels = DECODERS.frame(clip.looker, number, hurried=hurried)
    height, width = pixels.shape[:2]
    aspect = float(clip.facts.aspect or 1)
    shown = width * (1 / aspect if clip.facts.turn.transposed else aspect)
    scale = min(1.0, edge / max(shown, height))
    size = (max(1, round(shown * scale)), max(1, round(height * scale)))
    return pixels if size == (width, height) else resize(pixels, size)


class ChosenClip:
    """What is in one of the page's places for clips.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        clip: the clip; None while the place is empty.
        lock: held while a chosen clip is read and replaces the last one.
    """

    def __init__(self) -> None:
        self.clip: OpenedClip | None = None
        self.lock = Lock()

    def take(self, path: str | None) -> bool:
        """Take the clip that is in the place on the page, if it is not known yet.

        Args:
            path: the file that is in the place now; None for an empty place.

        Returns:
            Whether the clip was not known.

        Raises:
            InputError: the file cannot be used; the place then holds what it held before.
        """
        with self.lock:
            old = self.clip
            if path is None and old is None or old is not None and path is not None and Path(path) == old.path:
                return False
            self.clip = None if path is None else open_clip(Path(path))
        if old is not None:
            DECODERS.close(old.looker)
        return True

    def close(self) -> None:
        """Give up what is open."""
        if self.clip is not None:
            DECODERS.close(self.clip.looker)
