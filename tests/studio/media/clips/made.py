"""Small clips, made with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from studio.media.clips.color import FrameColors
from studio.media.clips.open import opened, picture_stream
from studio.media.clips.read import Damage, events, read_facts
from tests.conftest import photograph

SIZE = (72, 128)
FRAMES = 24
RATE = 25


def scene(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8: a soft picture that moves a little with each frame."""
    height, width = size
    rows, columns = np.mgrid[0:height, 0:width] / max(size)
    phase = number / 15
    red = 0.5 + 0.3 * np.sin(4 * columns + phase)
    green = 0.45 + 0.3 * np.sin(5 * rows - phase)
    blue = 0.4 + 0.25 * np.cos(3 * (rows + columns) + phase)
    return np.rint(np.stack([red, green, blue], -1) * 255).astype(np.uint8)


def make_clip(
    path: Path,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    *,
    pictures: list[np.ndarray] | None = None,
    times: list[int] | None = None,
    time_base: Fraction = Fraction(1, RATE),
    audio: bool = True,
    tags: tuple[int, int, int, int] = (1, 1, 1, 1),
    options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    rotation: int = 0,
    movflags: str = "",
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a clip; ``tags`` are primaries, transfer, matrix and range. Returns its path."""
    pictures = [scene(n) for n in range(FRAMES)] if pictures is None else pictures
    with av.open(str(path), "w", container_options={"movflags": movflags} if movflags else {}) as container:
        container.metadata.update(metadata or {})
        default = {"libx264": {"crf": "8"}, "libx265": {"crf": "8", "x265-params": "log-level=none"}}
        video = container.add_stream(codec, rate=RATE, options=options or default.get(codec, {}))
        context = video.codec_context
        context.height, context.width = pictures[0].shape[:2]
        context.pix_fmt, context.time_base = pixel_format, time_base
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        if aspect:
            context.sample_aspect_ratio = aspect
        if rotation:
            video.set_display_rotation(rotation)
        sound = container.add_stream("aac", rate=48000) if audio else None
        if sound is not None:
            sound.metadata["language"] = "fra"
        matrix = {2: "ITU601", 1: "ITU709", 9: "BT2020"}.get(tags[2])
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(
                format=pixel_format, dst_colorspace=matrix, dst_color_range=tags[3] or 1, interpolation="BICUBIC"
            )
            frame.pts = number if times is None else times[number]
            frame.time_base = time_base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            _hum(container, sound, len(pictures) / RATE)
    return path


def _hum(container: Any, stream: Any, seconds: float) -> None:
    wave = np.sin(np.arange(int(48000 * seconds)) * 0.05).astype(np.float32) * 0.3
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(wave[None, start : start + 1024].repeat(2, 0)), format="fltp", layout="stereo"
        )
        frame.rate, frame.pts = 48000, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def shown(path: Path, *, hdr: bool = False) -> list[np.ndarray]:
    """The upright frames of a clip as pixels."""
    facts = read_facts(path, hdr=hdr)
    colors = FrameColors(facts.tags, facts.pixel_format, facts.size, facts.pixel_format, facts.tags.used_matrix)
    with opened(path) as container:
        stream = picture_stream(container, path)
        return [facts.turn.applied(colors.pixels(frame)).copy() for frame in events(container, stream, [], Damage())]


def times_of(path: Path) -> list[Fraction]:
    """When each frame is shown, in seconds."""
    with opened(path) as container:
        stream = picture_stream(container, path)
        return [frame.pts * stream.time_base for frame in events(container, stream, [], Damage())]


def sound_of(path: Path) -> list[tuple[bytes, Fraction, Fraction]]:
    """Every audio packet: its bytes, when, and how long."""
    with av.open(str(path)) as container:
        return [
            (bytes(packet), packet.pts * packet.time_base, packet.duration * packet.time_base)
            for packet in container.demux(audio=0)
            if packet.size
        ]


def difference(one: list[np.ndarray], other: list[np.ndarray]) -> tuple[float, float]:
    """Mean and largest difference of frames, in steps of 1/255."""
    assert len(one) == len(other)
    top = np.iinfo(one[0].dtype).max
    gaps = np.abs(np.stack(one).astype(np.float64) - np.stack(other)) / top * 255
    return float(gaps.mean()), float(gaps.max())


def drift(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """How far the mean colour of the frames lies apart, in steps of 1/255: the largest of the three channels."""
    top = np.iinfo(one[0].dtype).max
    apart = np.mean(
        [a.mean((0, 1), dtype=np.float64) - b.mean((0, 1), dtype=np.float64) for a, b in zip(one, other, strict=True)],
        0,
    )
    return float(np.abs(apart).max() / top * 255)


def reference(path: Path) -> Path:
    """A picture to match to."""
    from PIL import Image

    Image.fromarray(np.rint(photograph(2, 40, 56) * 255).astype(np.uint8)).save(path)
    return path
