"""The colours that are wanted, in the encoding of the picture that shall have them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from reswd_torch.matching import PixelSample, palette_sample, sample_pixels
from reswd_torch.palette import Palette, parse_palette
from reswd_torch.settings import MatchSettings
from studio.media.images import Picture, profile_name, read_picture, read_reduced, to_profile
from studio.media.images.refuse import file_hash
from studio.service.weights import how_much_counts, where_to_grade

REDUCED_EDGE = 1024
"""A reference is decoded at least this large: its statistics need no more."""


@dataclass(frozen=True, eq=False)
class _Read:
    """A sampled reference picture: its colours in its own encoding, and its whole size."""

    sample: PixelSample
    icc: bytes | None
    notes: tuple[str, ...]
    size: tuple[int, int]


class ReferenceSamples:
    """One reference, read and sampled when it is first needed and kept for the next pictures.

    Args:
        target: the picture whose colours are wanted, or None for a palette.
        palette: hex colours with weights, or None for a target.
        settings: how many colours are sampled, and the seed.
        mask: white where the target counts; the size of the target.
    """

    def __init__(
        self, target: Path | None, palette: str | None, settings: MatchSettings, *, mask: Path | None = None
    ) -> None:
        self._target, self._palette, self._settings, self._mask = target, palette, settings, mask
        self._read: dict[bool, _Read] = {}
        self._hashes: dict[str, str] | None = None

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of the reference's files by role, ``target`` and ``target_mask``. Raises InputError."""
        if self._hashes is None:
            files = {"target": self._target, "target_mask": self._mask}
            self._hashes = {role: file_hash(path) for role, path in files.items() if path is not None}
        return self._hashes

    def for_picture(self, picture: Picture) -> tuple[PixelSample, tuple[str, ...]]:
        """The reference's colours for one source picture: in its encoding, and at its places if the sizes are equal.

        A reference of the source's size is read whole and so sampled at the same places: equal pictures, whatever files
        they lie in, have distance 0 and the identity for a grade.

        Raises:
            InputError: the reference or its mask cannot be read.
        """
        return self._converted((picture.height, picture.width), picture.icc)

    def in_encoding(self, icc: bytes | None) -> tuple[PixelSample, tuple[str, ...]]:
        """The same for no picture in particular: in the encoding of an RGB profile; None stands for sRGB."""
        return self._converted(None, icc)

    def _converted(self, size: tuple[int, int] | None, icc: bytes | None) -> tuple[PixelSample, tuple[str, ...]]:
        if self._palette is not None:
            palette = parse_palette(self._palette)
            colors = to_profile(np.array(palette.colors, dtype=np.float32), None, icc)
            converted = Palette(tuple((float(r), float(g), float(b)) for r, g, b in colors), palette.weights)
            return palette_sample(converted, self._settings.samples), ()
        assert self._target is not None
        read = self._for_size(self._target, size)
        parts = (read.sample.fit, read.sample.held_out)
        fit, held_out = (torch.from_numpy(to_profile(part.numpy(), read.icc, icc)) for part in parts)
        notes = [f"{self._target.name}: {note}" for note in read.notes]
        if (names := (profile_name(read.icc), profile_name(icc)))[0] != names[1]:
            notes.append(f"reference colours were converted from {names[0]} to {names[1]}")
        seen = read.sample.thumbnail
        if seen is not None and (pixels := to_profile(seen.pixels, read.icc, icc)) is not seen.pixels:
            seen = replace(seen, pixels=pixels)  # else its features, which take a while, serve every picture
        return PixelSample(fit, held_out, seen), tuple(notes)

    def _for_size(self, target: Path, size: tuple[int, int] | None) -> _Read:
        """Whole for a picture of the reference's own size, reduced for all others; each is read once."""
        for known in self._read.values():
            whole = size in (known.size, known.size[::-1])
            if whole in self._read:
                return self._read[whole]
        read = (
            read_reduced(target, at_least=REDUCED_EDGE, whole_if=size) if self._mask is None else read_picture(target)
        )
        counts = how_much_counts(read, where_to_grade(read, self._mask))
        looks = self._settings.looks_for_scene
        sample = sample_pixels(read.pixels, self._settings.samples, self._settings.seed, counts, with_thumbnail=looks)
        found = _Read(sample, read.icc, read.notes, read.full_size)
        same = size in (found.size, found.size[::-1])
        self._read[same] = found
        if not same and (read.height, read.width) == found.size:  # too small for, or of a format without, reduction
            self._read[True] = found
        return found
