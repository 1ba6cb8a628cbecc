"""The source of a match, read and sampled: before the match is asked for, where somebody chose it already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reswd_torch.matching import PixelSample, sample_pixels
from studio.jobs import MatchJob
from studio.media.images import Picture, read_picture
from studio.media.images.refuse import file_hash
from studio.service.weights import how_much_counts, where_to_grade


@dataclass(frozen=True, eq=False)
class ReadSource:
    """A source as a match needs it.

    Attributes:
        picture: as read; its pixels may have been reduced since, for a caller who grades a preview alone.
        weights: (H, W) float32 where it counts and changes, of the size of the pixels, or None for everywhere.
        sample: its colours.
        hashes: SHA-256 of its file and of its mask, by role.
    """

    picture: Picture
    weights: np.ndarray | None
    sample: PixelSample
    hashes: dict[str, str]


def read_source(job: MatchJob) -> ReadSource:
    """Read and sample the source of a job.

    Raises:
        InputError: it or its mask cannot be used.
    """
    hashes = {"source": file_hash(job.source)}
    picture = read_picture(job.source, hdr=True)
    weights = where_to_grade(picture, job.mask, job.mask_colors)
    counts = how_much_counts(picture, weights)
    if job.mask is not None:
        hashes["mask"] = file_hash(job.mask)
    settings, looks = job.settings, job.looks_for_scene
    colours = picture.in_range if job.spaces is None else picture.unclamped
    sample = sample_pixels(colours, settings.samples, settings.seed, counts, with_thumbnail=looks)
    return ReadSource(picture, weights, sample, hashes)


def same_source(one: MatchJob, other: MatchJob) -> bool:
    """Whether two jobs read their source in the same way."""
    return _asked(one) == _asked(other)


def _asked(job: MatchJob) -> tuple[object, ...]:
    settings = job.settings
    beyond = job.spaces is not None  # then what lies beyond 0..1 counts as well
    return job.source, job.mask, job.mask_colors, settings.samples, settings.seed, job.looks_for_scene, beyond
