"""Grades on pictures in memory, frame by frame into the result: beside it the memory of a frame or two a thread is needed."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.codes import render_by
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.kinds import in_range as kept_in_range
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO, Lut3D
from reswd_torch.grade.transforms import grade_array, processor_of
from studio.service.floats import StripKernel
from studio.service.held.frames import Frames, Masks, floats_of, in_range, is_marked, nothing_marked, where_to_grade
from studio.service.held.side_by_side import spread_over
from studio.service.render import kernel_for
from studio.watch import UNWATCHED, Watch

if TYPE_CHECKING:
    import PyOpenColorIO as ocio


def grade_held(
    frames: Frames, grades: Sequence[Grade], masks: Masks | None = None, watch: Watch = UNWATCHED
) -> Float[Tensor, "b h w c"]:
    """Grade frames.

    A frame of which every value is n/255 becomes what a file with its codes becomes: rounded to codes, as floats n/255. A frame
    of any other floats is not rounded. What lies outside 0..1 is graded as the edge. Where a mask is 0, and in a frame in which
    nothing visible is marked, every value stays as it was, also one outside 0..1.

    Args:
        frames: the frames.
        grades: one for all, or one each.
        masks: where to apply it.
        watch: told how far it is; may stop it.

    Returns:
        float32 on the device of the frames, of their shape; an alpha channel as it was.

    Raises:
        InputError: NaN, another number of grades than of frames, or nothing visible marked in any frame.
        Cancelled: it was stopped.
    """
    if len(grades) not in (1, len(frames)):
        raise InputError(f"{len(grades)} grades for {len(frames)} frames: give one for all, or one each")
    tensor = frames.tensor.detach()
    out = _empty(tensor)
    kernels = _Kernels()
    done: list[int] = []
    changed: list[int] = []

    def work(place: int) -> None:
        watch(len(done) / len(frames), "grading")
        if tensor.shape[3] == 4:
            out[place, ..., 3] = tensor[place, ..., 3]
        grade = grades[place if len(grades) > 1 else 0]
        weights = where_to_grade(frames, masks, place)
        if not is_marked(weights):
            out[place, ..., :3] = tensor[place, ..., :3]
        else:
            if not _grade_codes(frames, place, grade, weights, out, kernels):
                _grade_floats(frames, place, grade, weights, out, kernels)
            changed.append(place)
        done.append(place)

    spread_over(work, range(len(frames)))
    if not changed:
        raise nothing_marked(frames)
    watch(1.0, "done")
    return out


def _empty(like: Tensor) -> Tensor:
    """A float32 tensor of the same shape and device. NumPy asks the system for large pages, which come sooner."""
    if like.device.type != "cpu":
        return torch.empty(like.shape, dtype=torch.float32, device=like.device)
    return torch.from_numpy(np.empty(tuple(like.shape), np.float32))


class _Kernels:
    """What grades codes and floats: that of the latest grade is kept, so that one that serves all frames is prepared once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: tuple[Grade, StripKernel] | None = None
        self._latest_of_floats: tuple[Grade, Transform, ocio.CPUProcessor | None] | None = None

    def of(self, grade: Grade) -> StripKernel:
        """The kernel of a grade."""
        with self._lock:
            if self._latest is None or self._latest[0] is not grade:
                self._latest = grade, kernel_for(grade, np.dtype(np.uint8))
            return self._latest[1]

    def graded(self, grade: Grade, colours: Tensor, into: Tensor | None = None) -> Tensor:
        """Colours (H, W, 3) float32 in 0..1 as ``grade.apply`` grades them; where it can be, in the memory of ``into``."""
        with self._lock:
            if self._latest_of_floats is None or self._latest_of_floats[0] is not grade:
                effective, processor = grade.effective, None
                if isinstance(effective, Lut3D) and effective.size <= LARGEST_OF_OPENCOLORIO:
                    processor = processor_of(effective.opencolorio())
                self._latest_of_floats = grade, effective, processor
            _, effective, processor = self._latest_of_floats
        if processor is None or colours.device.type != "cpu":
            return kept_in_range(effective, effective.apply(colours))
        found = torch.empty_like(colours) if into is None else into
        grade_array(processor, colours.numpy().reshape(-1, 3), found.numpy().reshape(-1, 3), mixes=True)
        return kept_in_range(effective, found)


def _grade_codes(
    frames: Frames, place: int, grade: Grade, weights: np.ndarray | None, out: Tensor, kernels: _Kernels
) -> bool:
    """Grade a frame of codes; False where it is none, or on another device, where it is graded as floats and rounded."""
    if frames.tensor.device.type != "cpu" or (codes := frames.codes(place)) is None:
        return False
    graded = codes
    if not grade.leaves_alone:
        graded = np.empty_like(codes)
        render_by(kernels.of(grade), codes, graded, weights, codes, most_threads=1)
    floats_of(graded, out[place, ..., :3].numpy())
    return True


def _grade_floats(
    frames: Frames, place: int, grade: Grade, weights: np.ndarray | None, out: Tensor, kernels: _Kernels
) -> None:
    """Grade a frame of floats. Each by a call of its own, in which the same pixel has the same place in every frame: what stands
    still in a clip then has the same value in all of them, to the last bit."""
    whole = frames.tensor[place, ..., :3].detach().float()
    colours = in_range(whole, f"{frames.name}, frame {place}")
    room = out[place] if weights is None and out.shape[3] == 3 and out.device.type == "cpu" else None
    graded = colours if grade.leaves_alone else kernels.graded(grade, colours.contiguous(), room)
    share = None if weights is None else torch.from_numpy(np.asarray(weights, np.float32)).to(out.device)[..., None]
    if colours.device.type != "cpu" and bool((torch.round(whole * 255) / 255 == whole).all()):
        graded = as_codes(whole, graded, share)
    elif share is not None:
        graded = torch.lerp(whole, graded, share)
    if graded is not room:
        out[place, ..., :3] = graded


def as_codes(
    whole: Float[Tensor, "h w 3"], graded: Float[Tensor, "h w 3"], share: Float[Tensor, "h w 1"] | None
) -> Float[Tensor, "h w 3"]:
    """A graded frame of codes, again n/255: rounded, mixed where it is masked and rounded once more, as on the CPU. There a value
    half way between two codes may go to the other side."""
    codes = torch.round(graded * 255)
    if share is not None:
        codes = torch.round(torch.lerp(whole * 255, codes, share))
    return codes / 255
