"""The colours that are wanted, in the encoding of the picture that shall have them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reswd_torch.matching import PixelSample, palette_sample, sample_pixels
from reswd_torch.matching.encodings import in_profile
from reswd_torch.palette import Palette, parse_palette
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import SpaceChoice, View, target_view
from reswd_torch.spaces.sight import lifts_white
from studio.media.clips.read import ClipFacts, read_facts
from studio.media.images import Picture, profile_name, read_picture, read_reduced, to_profile
from studio.media.images.refuse import file_hash
from studio.media.places import sha256_of
from studio.references import (
    BatchReference,
    ClipReference,
    GuideReference,
    PaletteReference,
    PictureReference,
    reference_files,
)
from studio.service.clip_colours import clip_reference_sample
from studio.service.hdr import Numbers, numbers_of, shown_in_standard_range, space_in
from studio.service.spaces.fit import seen_sample
from studio.service.spaces.said import check_not_developed
from studio.service.weights import how_much_counts, where_to_grade

REDUCED_EDGE = 1024
"""A reference is decoded at least this large: its statistics need no more."""


@dataclass(frozen=True, eq=False)
class _Read:
    """A sampled reference: its colours in its own encoding.

    Attributes:
        sample: the colours.
        icc: the profile of their encoding; None for sRGB.
        notes: what was assumed while it was read.
        size: rows and columns of the whole picture; None for a clip.
        form: the format of a picture, as its container has it.
        hdr: primaries and transfer of HDR; None for standard range, and where the colours were brought into it.
    """

    sample: PixelSample
    icc: bytes | None
    notes: tuple[str, ...]
    size: tuple[int, int] | None
    form: str = ""
    hdr: Numbers | None = None

    def has_size(self, size: tuple[int, int] | None) -> bool:
        """Whether the whole picture has that size, upright or turned."""
        return size is not None and self.size is not None and size in (self.size, self.size[::-1])


class ReferenceSamples:
    """One reference, read and sampled when it is first needed and kept for the next pictures.

    Args:
        reference: whose colours are wanted. A saved grade has none.
        settings: how many colours are sampled, the seed, and whether a common scene is looked for.
    """

    def __init__(self, reference: BatchReference | GuideReference, settings: MatchSettings) -> None:
        assert isinstance(reference, PictureReference | ClipReference | PaletteReference), "it has colours to sample"
        self._reference, self._settings = reference, settings
        self._read: dict[bool, _Read] = {}
        self._beyond: dict[bool, _Read] = {}
        self._seen: dict[_Read, tuple[View, PixelSample]] = {}
        self._hashes: dict[str, str] | None = None
        self._facts: ClipFacts | None = None

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of the reference's files by role, ``target`` and ``target_mask``. Raises InputError."""
        if self._hashes is None:
            hashed = sha256_of if isinstance(self._reference, ClipReference) else file_hash
            self._hashes = {role: hashed(path) for role, path in reference_files(self._reference).items()}
        return self._hashes

    def for_picture(self, picture: Picture) -> tuple[PixelSample, tuple[str, ...]]:
        """The reference's colours for one source picture: in its encoding, and at its places if the sizes are equal.

        A reference of the source's size is read whole and so sampled at the same places: equal pictures, whatever files
        they lie in, have distance 0 and the identity for a grade.

        Raises:
            InputError: the reference or its mask cannot be read.
        """
        return self._converted(picture.full_size, picture.icc)

    def in_encoding(self, icc: bytes | None) -> tuple[PixelSample, tuple[str, ...]]:
        """The same for no picture in particular: in the encoding of an RGB profile; None stands for sRGB."""
        return self._converted(None, icc)

    def between(self, picture: Picture | None, spaces: SpaceChoice) -> tuple[PixelSample, tuple[str, ...]]:
        """The reference as it is seen beside a source in a colour space (:mod:`reswd_torch.spaces.sight`).

        Args:
            picture: the source, at whose places it is sampled if the sizes are equal; None for no picture in particular.
            spaces: the spaces; that of the reference is what its file says where none is named.

        Raises:
            InputError: the reference or its mask cannot be read, or it is camera raw, whose space is its own.
        """
        if spaces.target is None and (own := self._own_space(picture, spaces.config)) is not None:
            spaces = replace(spaces, target=own)
        view = target_view(spaces)
        if spaces.target is not None:
            sample, notes = self.seen(picture, view, spaces.target)
        else:
            sample, notes = self.shown(picture)
            sample = seen_sample(sample, view)
        if lifts_white(spaces):
            notes = (*notes, f"{self._reference.name}: its white was taken for 203 cd/m2 (ITU-R BT.2408)")
        return sample, notes

    def _own_space(self, picture: Picture | None, place: str) -> str | None:
        """The name of the space that the file of an HDR reference means; None for standard range."""
        reference = self._reference
        if isinstance(reference, PaletteReference):
            return None
        numbers = (
            numbers_of(self._facts_of(reference))
            if isinstance(reference, ClipReference)
            else self._as_stored(picture).hdr
        )
        return None if numbers is None else space_in(place, reference.path, numbers)

    def seen(self, picture: Picture | None, view: View, space: str) -> tuple[PixelSample, tuple[str, ...]]:
        """The reference's code values as its file holds them, seen through a view: at the places of one source picture if the
        sizes are equal.

        Args:
            picture: the source; None for no picture in particular.
            view: what a display shows of the reference's space.
            space: the name of that space, for messages.

        Raises:
            InputError: the reference or its mask cannot be read, or it is camera raw, whose space is its own.
        """
        reference, read = self._reference, self._as_stored(picture)
        assert isinstance(reference, PictureReference | ClipReference), "a job refuses the space of anything else"
        check_not_developed(reference.path, read.form, space)
        if (known := self._seen.get(read)) is None or known[0] is not view:
            known = self._seen[read] = (view, seen_sample(read.sample, view))  # its features serve every picture
        # Of a clip they say what it would be taken for otherwise.
        notes = () if isinstance(reference, ClipReference) else read.notes
        return known[1], tuple(f"{reference.path.name}: {note}" for note in notes)

    def _as_stored(self, picture: Picture | None) -> _Read:
        """The reference's code values, whatever they stand for."""
        reference = self._reference
        if isinstance(reference, ClipReference):
            return self._read_clip(reference, beyond=True)
        assert isinstance(reference, PictureReference), "a palette has no code values"
        return self._for_size(reference, None if picture is None else picture.full_size, beyond=True)

    def shown(self, picture: Picture | None) -> tuple[PixelSample, tuple[str, ...]]:
        """The reference in sRGB, at the places of one source picture if the sizes are equal. Raises InputError as above."""
        return self._converted(None if picture is None else picture.full_size, None)

    def _converted(self, size: tuple[int, int] | None, icc: bytes | None) -> tuple[PixelSample, tuple[str, ...]]:
        reference = self._reference
        if isinstance(reference, PaletteReference):
            palette = parse_palette(reference.text)
            colors = to_profile(np.array(palette.colors, dtype=np.float32), None, icc)
            converted = Palette(tuple((float(r), float(g), float(b)) for r, g, b in colors), palette.weights)
            return palette_sample(converted, self._settings.samples), ()
        read = self._read_clip(reference) if isinstance(reference, ClipReference) else self._for_size(reference, size)
        notes = [f"{reference.path.name}: {note}" for note in read.notes]
        if (names := (profile_name(read.icc), profile_name(icc)))[0] != names[1]:
            notes.append(f"reference colours were converted from {names[0]} to {names[1]}")
        return in_profile(read.sample, read.icc, icc), tuple(notes)

    def _read_clip(self, clip: ClipReference, *, beyond: bool = False) -> _Read:
        """The colours of a clip, or of one of its frames, with sRGB's curve, since one display shows both. HDR is brought into
        standard range, unless it is for a view."""
        kept = self._beyond if beyond else self._read
        if True not in kept:
            facts = self._facts_of(clip)
            sample = clip_reference_sample(facts, clip, self._settings)
            read = _Read(sample, None if beyond else facts.tags.icc, (), None, hdr=numbers_of(facts))
            kept[True] = read if beyond or read.hdr is None else _in_standard_range(read, clip.path)
        return kept[True]

    def _facts_of(self, clip: ClipReference) -> ClipFacts:
        """What the clip says about itself, read once for all pictures."""
        if self._facts is None:
            self._facts = read_facts(clip.path, hdr=True)
        return self._facts

    def _for_size(self, picture: PictureReference, size: tuple[int, int] | None, *, beyond: bool = False) -> _Read:
        """Whole for a picture of the reference's own size, reduced for all others; each is read once, for a view with what lies
        beyond 0..1 and else without."""
        kept = self._beyond if beyond else self._read
        for known in kept.values():
            whole = known.has_size(size)
            if whole in kept:
                return kept[whole]
        path, mask = picture.path, picture.mask
        if mask is None:
            read = read_reduced(path, at_least=REDUCED_EDGE, whole_if=size, hdr=True)
        else:
            read = read_picture(path, hdr=True)
        counts = how_much_counts(read, where_to_grade(read, mask, picture.mask_colors))
        looks = self._settings.looks_for_scene
        colours = read.unclamped if beyond else read.in_range
        sample = sample_pixels(colours, self._settings.samples, self._settings.seed, counts, with_thumbnail=looks)
        notes = tuple(note for note in read.notes if not beyond or note not in read.container.assumed)
        found = _Read(sample, read.icc, notes, read.full_size, read.container.format, read.container.hdr)
        if found.hdr is not None and not beyond:
            found = _in_standard_range(found, path)
        every = [(kept, found)]
        if beyond and not read.of_floats and found.hdr is None:  # nothing lies beyond: it serves both
            every.append((self._read, replace(found, notes=tuple(read.notes))))
        same = found.has_size(size)
        for those, one in every:
            those[same] = one
            if not same and (read.height, read.width) == found.size:  # too small for reduction, or a format without
                those[True] = one
        return found


def _in_standard_range(read: _Read, path: Path) -> _Read:
    """An HDR reference as a display of standard range shows it, in sRGB."""
    assert read.hdr is not None
    sample = seen_sample(read.sample, shown_in_standard_range(path, read.hdr))
    told = "its HDR was brought into standard range"
    return replace(read, sample=sample, icc=None, notes=(*read.notes, told), hdr=None)
