"""The picture with the region in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from reswd_torch.grade.grade import Grade
from reswd_torch.inpainting.highlights import Ends, Highlights, nearness
from reswd_torch.inpainting.membrane import Membrane
from reswd_torch.inpainting.support import regions_of, repainted
from reswd_torch.threads import opencv_on_one_thread


@dataclass(frozen=True, eq=False)
class Region:
    """Regions of a mask that another grade serves better.

    Attributes:
        numbers: which, of ``reswd_torch.inpainting.support.regions_of``.
        grade: theirs.
        blended: as for :class:`Matched`.
    """

    numbers: tuple[int, ...]
    grade: Grade
    blended: bool = False


class Matched(Protocol):
    """What a composite needs: ``reswd_torch.inpainting.result.Inpainting`` says what each is."""

    @property
    def grade(self) -> Grade: ...
    @property
    def regions(self) -> tuple[Region, ...]: ...
    @property
    def blended(self) -> bool: ...
    @property
    def highlights(self) -> Highlights | None: ...
    @property
    def membrane(self) -> Membrane | None: ...
    @property
    def clipped_membrane(self) -> Membrane | None: ...


def composite(fit: Matched, image: Tensor, generated: Tensor, mask: Tensor, feather: float) -> Tensor:
    """Put the generated picture under a fit into the image.

    Args:
        fit: what was found.
        image, generated: (H, W, 3) of one dtype each.
        mask: (H, W).
        feather: pixels inside the edge.

    Returns:
        (H, W, 3) of the image's dtype; where the mask is 0 its values.
    """
    plain = [np.ascontiguousarray(each.cpu().float().numpy()) for each in (image, generated, mask)]
    weights = repainted(*plain)
    inside = weights > 0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    here = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    share, depth = _shares(weights, here, feather)
    work = torch.float64 if image.dtype == torch.float64 else torch.float32
    graded = _graded(fit, generated[here].to(work).contiguous(), weights, plain[1], here)
    if fit.membrane is not None:
        added = fit.membrane.over(depth, here[0].start, here[1].start)
        if fit.clipped_membrane is not None:
            near = nearness(plain[1][here])
            clipped = fit.clipped_membrane.over(depth, here[0].start, here[1].start)
            added += near * (clipped - added)
        closing = torch.from_numpy(added)
        graded = (graded + closing.to(graded)).clamp(0.0, 1.0)
    mixed = torch.from_numpy(share).to(graded)[..., None]
    own = image[here].to(work)
    part = torch.where(mixed >= 1.0, graded, own + mixed * (graded - own)).clamp(0.0, 1.0).to(image.dtype)
    out = image.clone()
    out[here] = torch.where(torch.from_numpy(inside[here]).to(image.device)[..., None], part, image[here])
    return out


def _graded(
    fit: Matched, part: Tensor, weights: np.ndarray, generated: np.ndarray, here: tuple[slice, slice]
) -> Tensor:
    """A part of the generated picture under the grades of its regions."""

    def under(grade: Grade, blended: bool) -> Tensor:
        graded = grade.apply(part, layout="HWC")
        if not blended:
            return graded
        # As much as is in it of what the model made: the mask's weight, where the picture was blended by it.
        return part + torch.from_numpy(np.ascontiguousarray(weights[here])).to(part)[..., None] * (graded - part)

    out = under(fit.grade, fit.blended)
    if fit.regions:
        numbers = regions_of(weights)[here]
        for region in fit.regions:
            chosen = torch.from_numpy(np.isin(numbers, region.numbers)).to(out.device)[..., None]
            out = torch.where(chosen, under(region.grade, region.blended), out)
    if fit.highlights is not None and (ends := Ends.of(generated)) is not None:
        codes, colours = (each.cpu().float().numpy() for each in (part, out))
        added = fit.highlights.over(codes, colours, ends, here[0].start, here[1].start)
        out = (out + torch.from_numpy(added).to(out)).clamp(0.0, 1.0)
    return out


def _shares(mask: np.ndarray, here: tuple[slice, slice], feather: float) -> tuple[np.ndarray, np.ndarray]:
    """How much of the generated picture is in each pixel of a part, and how deep in the mask each lies."""
    import cv2

    framed = np.pad(mask[here] > 0, 1, constant_values=False).astype(np.uint8)
    # At the frame of the picture the mask goes on: nothing has to be joined there.
    for axis, (at, end) in enumerate(zip(here, mask.shape, strict=True)):
        for touches, index in ((at.start == 0, 0), (at.stop == end, -1)):
            if touches:
                line = np.take(framed, 1 if index == 0 else -2, axis=axis)
                framed[(index, slice(None)) if axis == 0 else (slice(None), index)] = line
    with opencv_on_one_thread():
        depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    share = np.ascontiguousarray(mask[here], np.float32)
    if feather > 0.0:
        ramp = np.clip((depth - 0.5) / np.float32(feather), 0, 1)
        share = np.minimum(share, ramp * ramp * (3 - 2 * ramp))
    return share, depth
