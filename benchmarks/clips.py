"""How fast a clip with sound is matched, and how far its frames are from what the saved grade makes of them.

    python -m benchmarks.clips                 match a clip of 10 seconds, 1080p, 25 frames a second, H.264
    python -m benchmarks.clips --keep DIR      leave the clips and some of their frames in DIR

The clip pans slowly over photographs of assets/. Every tenth decoded frame of it is written as PNG and graded with the saved
.cube by the code of ``reswd apply``; the frames of the matched clip are compared with these pictures. Two more lines tell how
much of the difference comes from the conversion to 4:2:0 alone, and how much the encoder alone changes the clip without a grade.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from benchmarks.memory import peak_mib
from reswd_torch import MatchSettings, load_grade
from studio.jobs import ClipJob
from studio.media.clips.color import FrameColors
from studio.media.clips.read import Damage, events, opened, picture_stream, read_facts
from studio.media.images import read_picture
from studio.references import PictureReference
from studio.service.apply import apply_to_file
from studio.service.clip import ClipResult, match_clip

ASSETS = Path(__file__).resolve().parent.parent / "assets"
SOURCES, TARGET = ("autumn-mountain.jpg", "lagoon-jetty.jpg"), "mountain-sunset.jpg"
SIZE, RATE, SECONDS, EVERY = (1080, 1920), 25, 10, 10


def make_clip(path: Path, key_every: int | None = None) -> None:
    """Write a clip that pans slowly over two photographs, with a tone; H.264, Rec.709.

    Args:
        path: the file.
        key_every: frames from one key frame to the next; the encoder's own choice if left out.
    """
    options = {"crf": "16", "preset": "fast"} | ({} if key_every is None else {"g": str(key_every)})
    count = RATE * SECONDS
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options=options)
        context = video.codec_context
        (context.height, context.width), context.pix_fmt = SIZE, "yuv420p"
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
        sound = container.add_stream("aac", rate=48000)
        for number in range(count):
            photograph = SOURCES[number * len(SOURCES) // count]
            frame = av.VideoFrame.from_ndarray(_view(photograph, number % 125), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", interpolation="BICUBIC")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        tone = np.sin(np.arange(48000 * SECONDS) * 0.0576).astype(np.float32) * 0.3
        for start in range(0, len(tone), 1024):
            part = np.ascontiguousarray(tone[None, start : start + 1024].repeat(2, 0))
            heard = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            heard.rate, heard.pts = 48000, start
            container.mux(sound.encode(heard))
        container.mux(sound.encode(None))


_scaled: dict[str, np.ndarray] = {}


def _view(photograph: str, step: int) -> np.ndarray:
    """A part (1080, 1920, 3) of a photograph that was scaled to 1.15 times the frame; each step moves it by one pixel."""
    if photograph not in _scaled:
        pixels = read_picture(ASSETS / photograph).pixels
        scale = 1.15 * max(SIZE[0] / pixels.shape[0], SIZE[1] / pixels.shape[1])
        _scaled[photograph] = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(_scaled[photograph][step : step + SIZE[0], step : step + SIZE[1]])


def frames(path: Path) -> Iterator[np.ndarray]:
    """Every tenth frame of a clip, (height, width, 3)."""
    facts = read_facts(path)
    colors = FrameColors(facts.tags, facts.pixel_format, facts.size, facts.pixel_format, facts.tags.used_matrix)
    with opened(path) as container:
        stream = picture_stream(container, path)
        for number, frame in enumerate(events(container, stream, [], Damage())):
            if number % EVERY == 0:
                yield colors.pixels(frame)


def sound(path: Path) -> list[bytes]:
    """Every audio packet of a clip."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


class Gaps:
    """Differences between frames, gathered frame by frame.

    Attributes:
        counts: (256,) how many values differ by 0, 1, 2 ... steps of 1/255.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(256, np.int64)

    def add(self, one: np.ndarray, other: np.ndarray) -> None:
        """Count the differences of two frames, (height, width, 3) uint8."""
        self.counts += np.bincount(
            cv2.absdiff(np.ascontiguousarray(one), np.ascontiguousarray(other)).ravel(), minlength=256
        )

    def __str__(self) -> str:
        steps = np.arange(256)
        mean = float((self.counts * steps).sum() / self.counts.sum())
        upto = np.cumsum(self.counts) / self.counts.sum()
        return f"mean {mean:.2f}, 99.9 % within {int(np.argmax(upto >= 0.999))}, largest {int(steps[self.counts > 0].max())}"


def measure(folder: Path, source: Path, result: ClipResult, matched: Path, plain: Path) -> None:
    """Print how far the frames of the matched clip are from the graded frames of the source.

    Args:
        folder: where frames and the grade are written.
        source: the clip that was matched.
        result: the match.
        matched: the clip that it made.
        plain: the clip after a match of strength 0, which only the encoder has changed.
    """
    grade = load_grade(result.save_grade(folder / "look.cube"))
    facts = read_facts(source)
    through = FrameColors(facts.tags, facts.pixel_format, facts.size, facts.pixel_format, facts.tags.used_matrix)
    whole, conversion, encoder = Gaps(), Gaps(), Gaps()
    frame = av.VideoFrame(SIZE[1], SIZE[0], "rgb24")
    frame.pts, frame.time_base = 0, Fraction(1, RATE)
    for number, (decoded, written, ungraded) in enumerate(
        zip(frames(source), frames(matched), frames(plain), strict=True)
    ):
        png, graded = folder / "frame.png", folder / f"graded-{number:02d}.png"
        Image.fromarray(np.ascontiguousarray(decoded)).save(png, compress_level=1)
        apply_to_file(grade, png, graded, overwrite=True)
        wanted = read_picture(graded).pixels
        whole.add(wanted, written)
        conversion.add(wanted, through.pixels(through.frame(wanted, frame)))
        encoder.add(decoded, ungraded)
        Image.fromarray(np.ascontiguousarray(written)).save(folder / f"clip-{number:02d}.png", compress_level=1)
    print(f"graded clip against reswd apply on its frames: {whole} of 255")
    print(f"  of which conversion to {facts.pixel_format} and back: {conversion}")
    print(f"  the encoder on the clip without a grade: {encoder}")


def main() -> None:
    """Make a clip, match it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="folder in which the clips and frames are left")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "source.mp4"
        make_clip(source)
        before = peak_mib()
        start = time.perf_counter()
        result, clip = match_clip(
            ClipJob(source, PictureReference(ASSETS / TARGET)), folder / "graded.mp4", overwrite=True
        )
        seconds = time.perf_counter() - start
        peak = peak_mib()
        assert result.report is not None
        print(
            f"{clip.frames} frames, {seconds:.1f} s, {clip.frames / seconds:.1f} frames a second, "
            f"fit {result.report.seconds:.2f} s; peak {peak:.0f} MiB ({before:.0f} MiB after making the clip)"
        )
        print(f"distance {result.report.distance_before:.2f} -> {result.report.distance_after:.2f}")
        print(f"sound bit-identical: {sound(source) == sound(clip.path)} ({len(sound(source))} packets)")
        print(f"size {source.stat().st_size / 1e6:.1f} MB -> {clip.path.stat().st_size / 1e6:.1f} MB")
        plain = ClipJob(source, PictureReference(ASSETS / TARGET), settings=MatchSettings(strength=0.0))
        _, ungraded = match_clip(plain, folder / "ungraded.mp4", overwrite=True)
        measure(folder, source, result, clip.path, ungraded.path)


if __name__ == "__main__":
    main()
