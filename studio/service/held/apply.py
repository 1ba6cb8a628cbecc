"""Grades on pictures in memory, frame by frame into the result: beside it the memory of a frame or two is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.kinds import in_range as kept_in_range
from studio.service.floats import StripKernel
from studio.service.held.frames import Codes, Frames, Masks, codes_of, floats_of, in_range, where_to_grade
from studio.service.render import kernel_for, render_by
from studio.watch import UNWATCHED, Watch


def grade_held(
    frames: Frames, grades: Sequence[Grade], masks: Masks | None = None, watch: Watch = UNWATCHED
) -> Float[Tensor, "b h w c"]:
    """Grade frames.

    A frame of which every value is n/255 becomes what a file with its codes becomes: rounded to codes, as floats n/255. A frame
    of any other floats is not rounded. What lies outside 0..1 is graded as the edge.

    Args:
        frames: the frames.
        grades: one for all, or one each.
        masks: where to apply it.
        watch: told how far it is; may stop it.

    Returns:
        float32 on the device of the frames, of their shape; an alpha channel as it was.

    Raises:
        InputError: NaN, another number of grades than of frames, or nothing visible.
        Cancelled: it was stopped.
    """
    if len(grades) not in (1, len(frames)):
        raise InputError(f"{len(grades)} grades for {len(frames)} frames: give one for all, or one each")
    tensor = frames.tensor.detach()
    out = torch.empty(tensor.shape, dtype=torch.float32, device=tensor.device)
    by_codes = _ByCodes(frames, masks, out)
    for place in range(len(frames)):
        watch(place / len(frames), "grading")
        if tensor.shape[3] == 4:
            out[place, ..., 3] = tensor[place, ..., 3]
        grade = grades[place if len(grades) > 1 else 0]
        if not by_codes(place, grade):
            _grade_floats(frames, place, grade, masks, out)
    watch(1.0, "done")
    return out


class _ByCodes:
    """Grades frames of codes. A grade that serves many frames is prepared once."""

    def __init__(self, frames: Frames, masks: Masks | None, out: Tensor) -> None:
        self._frames, self._masks, self._out = frames, masks, out
        self._grade: Grade | None = None
        self._kernel: StripKernel | None = None

    def __call__(self, place: int, grade: Grade) -> bool:
        """Grade one frame; False where it is none of codes, or on another device, where it is graded as floats and rounded."""
        frame = self._frames.tensor[place, ..., :3].detach()
        if frame.device.type != "cpu" or (codes := codes_of(frame)) is None:
            return False
        if not grade.leaves_alone:
            codes = self._graded(codes, grade, where_to_grade(self._frames, self._masks, place))
        self._out[place, ..., :3] = torch.from_numpy(floats_of(codes))
        return True

    def _graded(self, codes: Codes, grade: Grade, weights: np.ndarray | None) -> Codes:
        if self._kernel is None or grade is not self._grade:
            self._grade, self._kernel = grade, kernel_for(grade, codes.dtype)
        graded = np.empty_like(codes)
        render_by(self._kernel, codes, graded, weights, codes)
        return graded


def _grade_floats(frames: Frames, place: int, grade: Grade, masks: Masks | None, out: Tensor) -> None:
    """Grade a frame of floats. Each by a call of its own, in which the same pixel has the same place in every frame: what stands
    still in a clip then has the same value in all of them, to the last bit."""
    whole = frames.tensor[place, ..., :3].detach().float()
    colours = in_range(whole, f"{frames.name}, frame {place}")
    effective = grade.effective
    graded = colours if grade.leaves_alone else kept_in_range(effective, effective.apply(colours.contiguous()))
    if colours.device.type != "cpu" and bool((torch.round(colours * 255) / 255 == colours).all()):
        graded = (
            torch.round(graded * 255) / 255
        )  # a value half way between two codes may go to the other side than on the CPU
    weights = where_to_grade(frames, masks, place)
    if weights is not None:
        share = torch.from_numpy(np.asarray(weights, np.float32)).to(out.device)[..., None]
        graded = torch.lerp(whole, graded, share)
    out[place, ..., :3] = graded
