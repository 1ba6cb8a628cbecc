"""SMPTE timecodes as frames, and back (SMPTE ST 12-1; the drop-frame count is that of its section 5.2)."""

from __future__ import annotations

import re
from fractions import Fraction

from reswd_torch.errors import InputError

_TIMECODE = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})([:;.,])([0-9]{2,3})", re.ASCII)


def frames_of(timecode: str, rate: Fraction, *, drop: bool = False) -> int:
    """The number of a frame, from that of 00:00:00:00.

    Args:
        timecode: hours, minutes, seconds and frames. A ``;`` before the frames says that numbers are dropped.
        rate: frames a second.
        drop: whether numbers are dropped where the timecode itself does not say so.

    Raises:
        InputError: no timecode, or one with a frame that this rate does not have.
    """
    found = _TIMECODE.fullmatch(timecode.strip())
    if found is None:
        raise InputError(f"{timecode!r} is no timecode: give hours, minutes, seconds and frames, such as 01:00:12:08")
    hours, minutes, seconds, frames = (int(found[place]) for place in (1, 2, 3, 5))
    nominal = round(rate)
    if minutes > 59 or seconds > 59 or frames >= nominal:
        raise InputError(f"{timecode!r} is no timecode of {float(rate):.6g} frames a second")
    number = (hours * 3600 + minutes * 60 + seconds) * nominal + frames
    if (drop or found[4] in ";,") and nominal % 30 == 0:
        whole = hours * 60 + minutes
        number -= nominal // 15 * (whole - whole // 10)
    return number


def timecode_of(number: int, rate: Fraction) -> str:
    """The timecode of a frame without dropped numbers: the inverse of :func:`frames_of`."""
    nominal = round(rate)
    seconds, frames = divmod(number, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours % 24:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}"
