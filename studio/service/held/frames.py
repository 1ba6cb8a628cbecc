"""A batch of pictures in memory, its masks, and each frame in the form in which the services of files have it.

Programs that hand batches on, such as ComfyUI, hold 8-bit pictures as floats, each of them n/255. Such a frame is given back its
codes, so that it is sampled and graded as its file would be, to the same bytes. All other frames stay floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from studio.service.held.side_by_side import spread_over

_GLANCE = 1024
"""Pixels of the first row that show, of nearly every frame of floats, that it is none of codes."""
_STRIP = 1 << 14
"""Pixels of a strip: 192 KiB of floats."""
_KEPT = 1 << 26
"""Bytes of codes that are kept of a batch between a match, which looks at some frames, and its grading."""
_LEVELS = (np.arange(256) / 255).astype(np.float32)
_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)

Codes = np.ndarray
"""(H, W, 3) uint8."""


@dataclass(frozen=True, eq=False)
class Frames:
    """Pictures of one size.

    Attributes:
        tensor: (B, H, W, 3) or, with an alpha channel, (B, H, W, 4); floats, sRGB-encoded, nominally 0..1; on any device.
        name: what messages call them.
    """

    tensor: Float[Tensor, "b h w c"]
    name: str
    _kept: dict[int, Codes] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.tensor)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.tensor.shape[1]), int(self.tensor.shape[2])

    def colours(self, place: int) -> Codes | Float[Tensor, "h w 3"]:
        """One frame: its codes where all its values are n/255, else float32 in 0..1 on its device.

        Raises:
            InputError: NaN or infinity.
        """
        frame = self.tensor[place, ..., :3].detach()
        codes = self._kept.get(place)
        if codes is None and (codes := codes_of(frame)) is not None:
            self._keep(place, codes)
        return in_range(frame.float(), f"{self.name}, frame {place}") if codes is None else codes

    def codes(self, place: int) -> Codes | None:
        """One frame's codes, as :func:`codes_of` has them: those that :meth:`colours` found are there still, and go now."""
        codes = self._kept.pop(place, None)
        return codes_of(self.tensor[place, ..., :3].detach()) if codes is None else codes

    def _keep(self, place: int, codes: Codes) -> None:
        if sum(each.nbytes for each in list(self._kept.values())) + codes.nbytes <= _KEPT:
            self._kept[place] = codes

    def alpha(self, place: int) -> Float[Tensor, "h w"] | None:
        """One frame's alpha, float32 on the CPU; None where it has none or is opaque everywhere."""
        if self.tensor.shape[3] == 3:
            return None
        alpha = self.tensor[place, ..., 3].detach().float().cpu()
        if not bool(torch.isfinite(alpha).all()):
            raise InputError(f"{self.name}, frame {place}: its alpha holds NaN or infinity: give values in 0..1")
        alpha = alpha.clamp(0.0, 1.0)
        return None if bool((alpha == 1).all()) else alpha


def frames_of(value: object, name: str) -> Frames:
    """Check a batch.

    Args:
        value: (B, H, W, 3 or 4) or (H, W, 3 or 4) floats; or a list of such, all of one size and on one device.
        name: what messages call it.

    Raises:
        InputError: another kind, shape or dtype, no frames, or several sizes.
    """
    if isinstance(value, list | tuple):
        return frames_of(_joined(value, name), name)
    if not isinstance(value, Tensor):
        raise InputError(f"{name}: a {type(value).__name__} is no batch of pictures: give a tensor (B, H, W, 3)")
    if value.ndim == 3:
        value = value[None]
    shape = tuple(value.shape)
    if value.ndim != 4 or shape[3] not in (3, 4):
        raise InputError(
            f"{name}: shape {shape} is no batch of pictures: give (B, H, W, 3), or 4 channels with an alpha"
        )
    if 0 in shape:
        raise InputError(f"{name}: shape {shape} holds no picture: give one at least")
    if value.dtype not in _FLOATS:
        raise InputError(f"{name}: dtype {value.dtype} is no picture's: give floats in 0..1")
    return Frames(value, name)


def _joined(parts: Sequence[object], name: str) -> Tensor:
    batches = [frames_of(part, name).tensor for part in parts]
    if not batches:
        raise InputError(f"{name}: the list is empty: give one picture at least")
    if len(sizes := {tuple(batch.shape[1:]) for batch in batches}) > 1:
        told = ", ".join(f"{width} x {height}" for height, width, _ in sorted(sizes))
        raise InputError(f"{name}: pictures of {told} are no one batch: scale them to one size, or match each alone")
    return torch.cat([batch.to(batches[0].device) for batch in batches])


@dataclass(frozen=True, eq=False)
class Masks:
    """Where frames count and change.

    Attributes:
        tensor: (1 or B, h, w) float32, 0..1; 1 is where. One for all frames, or one each.
        size: (H, W) of the frames: a mask of another size is scaled to theirs, bilinear.
        resized: whether it is.
        name: what messages call them.
    """

    tensor: Float[Tensor, "m h w"]
    size: tuple[int, int]
    name: str

    @property
    def resized(self) -> bool:
        """Whether the masks have another size than their frames."""
        return tuple(self.tensor.shape[1:]) != self.size

    def at(self, place: int) -> Float[np.ndarray, "h w"]:
        """The mask of one frame, on the CPU."""
        mask = self.tensor[place if len(self.tensor) > 1 else 0].detach().float()
        if self.resized:
            mask = F.interpolate(mask[None, None], self.size, mode="bilinear", align_corners=False)[0, 0]
        return np.ascontiguousarray(mask.clamp(0.0, 1.0).cpu().numpy())


def masks_of(value: object, frames: Frames, name: str) -> Masks | None:
    """Check masks of frames; None stays None.

    Args:
        value: (B, H, W), (1, H, W) or (H, W) floats.
        frames: whose they are.
        name: what messages call them.

    Raises:
        InputError: another kind or number, NaN, or all are 0 everywhere. One of several may be: what it shows has left the frame.
    """
    if value is None:
        return None
    if not isinstance(value, Tensor) or value.ndim not in (2, 3) or 0 in value.shape:
        what = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise InputError(f"{name}: {what} is no mask: give a tensor (B, H, W)")
    tensor = value[None] if value.ndim == 2 else value
    if len(tensor) not in (1, len(frames)):
        raise InputError(f"{name}: {len(tensor)} masks for {len(frames)} frames: give one for all, or one each")
    if not bool(torch.isfinite(tensor).all()):
        raise InputError(f"{name}: it holds NaN or infinity: give values in 0..1")
    if not bool((tensor > 0).any()):
        raise InputError(
            f"{name}: it is 0 everywhere, so nothing is marked: mark something, or leave the mask out "
            "(Load Image gives such a mask with pictures without transparency)"
        )
    return Masks(tensor, frames.size, name)


def where_to_grade(frames: Frames, masks: Masks | None, place: int) -> np.ndarray | None:
    """(H, W) float32 where a frame changes: its mask, where it is visible at all; None for everywhere, 0 for one that stays as it
    is. Raises InputError for an alpha of NaN."""
    weights, alpha = None if masks is None else masks.at(place), frames.alpha(place)
    if alpha is not None and not bool((alpha > 0).all()):
        visible = (alpha > 0).float().numpy()
        weights = visible if weights is None else weights * visible
    return weights


def marked_in(frames: Frames, masks: Masks | None) -> list[int]:
    """The places of the frames in which something visible is marked. The others, of an object that has left the frame or before a
    fade-in, stay as they are and do not count.

    Raises:
        InputError: there are none, or an alpha holds NaN.
    """
    every = range(len(frames))
    if masks is None and frames.tensor.shape[3] == 3:
        return list(every)

    def marked(place: int) -> bool:
        return is_marked(where_to_grade(frames, masks, place))

    found = [place for place, here in zip(every, spread_over(marked, every), strict=True) if here]
    if not found:
        raise nothing_marked(frames)
    return found


def is_marked(weights: np.ndarray | None) -> bool:
    """Whether a frame changes anywhere."""
    return weights is None or bool((weights > 0).any())


def nothing_marked(frames: Frames) -> InputError:
    """What to raise where all frames would stay as they are."""
    return InputError(f"{frames.name}: nothing visible is marked in any frame: mark something, or leave the mask out")


def how_much_counts(frames: Frames, masks: Masks | None, place: int) -> np.ndarray | None:
    """(H, W) float32: what the pixels of a frame weigh in the statistics; None for all alike. Raises InputError, as for 0
    everywhere."""
    weights, alpha = where_to_grade(frames, masks, place), frames.alpha(place)
    if not is_marked(weights):
        raise nothing_marked(frames)
    if alpha is None:
        return weights
    return alpha.numpy() if weights is None else weights * alpha.numpy()


def codes_of(frame: Float[Tensor, "h w 3"]) -> Codes | None:
    """The codes of a frame of which every value is the float32 next to n/255; None for every other frame.

    A frame on another device is looked at there, and comes to the CPU as codes alone.
    """
    if frame.dtype != torch.float32:
        return None
    if frame.device.type != "cpu":
        codes = torch.round(frame * 255).clamp(0, 255)
        return codes.to(torch.uint8).cpu().numpy() if bool((codes / 255 == frame).all()) else None
    import cv2

    values = frame.numpy()  # PyTorch's threads would wait for each other at every step below
    start = values[0, :_GLANCE].astype(np.float32)
    if not np.array_equal((np.rint(start * 255) / np.float32(255)), start):
        return None
    values = np.ascontiguousarray(values)
    rounded = np.empty(values.shape, np.uint8)
    rows = max(1, _STRIP // values.shape[1])
    for top in range(0, len(values), rows):  # in strips, which stay in the cache
        strip, part = values[top : top + rows], rounded[top : top + rows]
        cv2.convertScaleAbs(strip, part, 255)
        if not np.array_equal(floats_of(part), strip):
            return None
    return rounded


def floats_of(codes: Codes, out: np.ndarray | None = None) -> Float[np.ndarray, "h w 3"]:
    """Codes as floats, n/255; into ``out``, (H, W, 3) float32, where one is given."""
    import cv2

    if out is None or not out.flags.c_contiguous:
        found = np.asarray(cv2.LUT(codes, _LEVELS)).reshape(codes.shape)
        if out is None:
            return found
        out[...] = found
    else:
        cv2.LUT(codes, _LEVELS, out)
    return out


def in_range(colours: Tensor, name: str) -> Tensor:
    """Colours with what lies outside 0..1 at its edge.

    Raises:
        InputError: NaN or infinity.
    """
    if colours.device.type == "cpu":
        values = colours.numpy()
        low, high = float(values.min()), float(values.max())
    else:
        low, high = (float(value) for value in torch.aminmax(colours))
    if not (np.isfinite(low) and np.isfinite(high)):  # NaN shows in both
        raise InputError(f"{name}: it holds NaN or infinity: every value must be a number in 0..1")
    return colours if low >= 0.0 and high <= 1.0 else colours.clamp(0.0, 1.0)
