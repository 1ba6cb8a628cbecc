"""The readers that strangers' files reach, and the files that each is fuzzed from.

A target takes a file and does with it what a person would. It may return, or raise InputError. Nothing else.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.corpus.odd import Holds, Odd, Shows, quarters

_LARGEST_SEED = 100_000
"""Bytes of a file of the corpus that is still mutated: long ones take the time and find nothing more."""


@dataclass(frozen=True)
class Family:
    """A kind of file.

    Attributes:
        name: on the command line.
        seeds: makes the files to start from.
        target: reads one as the product does.
    """

    name: str
    seeds: Callable[[], list[Odd]]
    target: Callable[[Path], None]


def _corpus(module: str, *suffixes: str, function: str = "files") -> list[Odd]:
    """The files of a module of the corpus that have one of these suffixes."""
    from importlib import import_module

    made = getattr(import_module(f"tests.corpus.{module}"), function)()
    return [odd for odd in made if odd.name.endswith(suffixes) and 0 < len(odd.content) <= _LARGEST_SEED]


def read_and_write(path: Path) -> None:
    """A picture is read, and written in its own format and in another one."""
    from studio.media.images import read_picture, write_picture
    from studio.media.images.picture import natural_suffix

    picture = read_picture(path)
    if picture.pixels.size > 3_000_000:
        return
    with tempfile.TemporaryDirectory() as folder:
        other = (".png", ".jpg", ".tif", ".webp")[picture.pixels.size % 4]
        for suffix in (natural_suffix(picture.container), other):
            place = Path(folder) / f"out{suffix}"
            write_picture(place, picture, picture.pixels)
            read_picture(place)
            place.unlink()


def load_apply_save(path: Path) -> None:
    """A grade is loaded, applied, described and saved."""
    import torch

    from studio.service.apply import load_any_grade

    grade = load_any_grade(path)
    out = grade.apply(torch.rand((2, 50, 3), generator=torch.Generator().manual_seed(0)))
    assert out.shape == (2, 50, 3) and bool(torch.isfinite(out).all())
    grade.effective.describe()
    grade.to_record()


def read_settings_file(path: Path) -> None:
    """Settings are read, with the masks, the palette and the ranges of colours in them, and written again as they are."""
    from reswd_torch.errors import InputError
    from reswd_torch.settings import MatchSettings
    from studio.records.match import read_settings

    saved = read_settings(path)
    assert MatchSettings(**asdict(saved.settings)) == saved.settings
    for role in saved.inputs:
        saved.file(role)
    with suppress(InputError):  # there may be no such file, or no time in it
        saved.reference()
    load_apply_save(path)


def read_palette(path: Path) -> None:
    """A palette is read, and travels as text without loss."""
    from reswd_torch.palette import parse_palette
    from studio.media.palettes import palette_text, read_palette_file

    palette, _ = read_palette_file(path)
    assert parse_palette(palette_text(palette)) == palette


def ask_the_desk(path: Path) -> None:
    """A page's viewer is asked for something: it answers, or refuses in one line that names no folder.

    An address with a slash too many is led to the one without it (307).
    """
    from tests.fuzz.desk import asked

    answer = asked(path.read_bytes())
    assert answer.status in (200, 307, 400, 404, 405), f"{answer.status}"
    if answer.status >= 400:
        line = answer.body.decode()
        assert len(line.splitlines()) == 1 and tempfile.gettempdir() not in line, line


def read_painted_png(path: Path) -> None:
    """The settings of a painted picture are read."""
    from studio.records.painted import read_painted

    read_painted(path)


def unpack_zip(path: Path) -> None:
    """A ZIP is unpacked. If it is refused, nothing is left of it."""
    from reswd_torch.errors import InputError
    from studio.media.archive import Limits, unpack

    folder = Path(tempfile.mkdtemp())
    try:
        unpack(path, folder / "out", Limits(files=100, total=1 << 26))
    except InputError:
        assert not (folder / "out").exists() or not list((folder / "out").iterdir()), "something is left"
        raise
    finally:
        shutil.rmtree(folder)


def read_clip(path: Path) -> None:
    """A clip is graded, as a whole."""
    from reswd_torch.grade import Cdl, Grade
    from studio.service.apply import apply_to_file

    with tempfile.TemporaryDirectory() as folder:
        apply_to_file(Grade(Cdl(slope=(1.1, 1.0, 0.9))), path, Path(folder) / f"out{path.suffix}")


def plan_model(path: Path) -> None:
    """A folder with this index, or this list of shards, is planned for loading. No weights are read."""
    from guidance.loading.files import INDEX, file_sizes, is_complete, read_index
    from guidance.loading.model import supported
    from guidance.loading.plan import plan_loading

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, content in _model_files().items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(content)
        shards = "unet/diffusion_pytorch_model.safetensors.index.json"
        (folder / (INDEX if b"_class_name" in path.read_bytes() else shards)).write_bytes(path.read_bytes())
        index = read_index(folder / INDEX, "model", supported)
        plan = plan_loading("model", index, file_sizes(folder), "cpu")
        is_complete(folder, index, plan.files)


def _model_files() -> dict[str, bytes]:
    """The small files of a model, by their paths in its folder, with its weights in two shards of nothing."""
    parts = {"unet": ["diffusers", "UNet2DConditionModel"], "scheduler": ["diffusers", "DDIMScheduler"]}
    shards = [f"diffusion_pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    listed = {"metadata": {"total_size": 2}, "weight_map": {"a": shards[0], "b": shards[1]}}
    return {
        "model_index.json": json.dumps({"_class_name": "StableDiffusionPipeline", **parts}).encode(),
        "scheduler/scheduler_config.json": b"{}",
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors.index.json": json.dumps(listed).encode(),
        **{f"unet/{shard}": b"1" for shard in shards},
    }


def _models() -> list[Odd]:
    files = _model_files()
    return [Odd(Path(name).name, files[name], Holds(1)) for name in files if "index" in name]


def _clips() -> list[Odd]:
    """Clips of a few frames, by PyAV."""
    import av
    import numpy as np

    made = []
    for name, codec, form in (
        ("a.mp4", "libx264", "yuv420p"),
        ("b.mkv", "ffv1", "yuv422p"),
        ("c.avi", "mjpeg", "yuvj420p"),
    ):
        stream = io.BytesIO()
        with av.open(stream, "w", format={"mp4": "mp4", "mkv": "matroska", "avi": "avi"}[name[2:]]) as out:
            video = out.add_stream(codec, rate=25)
            video.width = video.height = 32
            video.pix_fmt = form
            for number in range(4):
                frame = av.VideoFrame.from_ndarray(np.roll(quarters(), number, 0), format="rgb24")
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        made.append(Odd(name, stream.getvalue(), Shows()))
    return made


def _film(suffix: str) -> list[Odd]:
    """Small pictures of film: one of every way in which they are stored."""
    import numpy as np

    from tests.studio.media.images import film_for_tests as made

    halves, rendered = ("half",) * 3, np.dstack([made.light(4), made.light(1)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if suffix == ".dpx":
            for bits, order in ((8, "big"), (10, "little"), (10, "big"), (12, "little"), (16, "big")):
                made.dpx(folder / f"{bits}{order}.dpx", bits, **{"oiio:Endian": order})
        else:
            made.plain_exr(folder / "zip.exr")
            for compression in ("none", "rle", "piz", "pxr24", "b44", "dwaa"):
                made.plain_exr(folder / f"{compression}.exr", compression=compression)
            layers = made.ExrPart(rendered, ("R", "G", "B", "A", "Z"), (*halves, "half", "float"), 16)
            made.exr(folder / "tiles.exr", layers)
            made.exr(folder / "parts.exr", made.ExrPart(made.light(1), ("Z",), ("float",)), made.ExrPart(made.light()))
        return [Odd(path.name, path.read_bytes(), Holds(1)) for path in sorted(folder.iterdir())]


def _raw() -> list[Odd]:
    """Small camera raw files: with a thumbnail or without, with and without colours, and one that is no DNG."""
    from tests.studio.media.images.raw_for_tests import camera_directory, chart, dng

    light = chart()[:40, :48]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dng(folder / "camera.dng", light, exif=camera_directory() | {0x927C: b"maker"}, orientation=6)
        dng(folder / "bare.dng", light, thumbnail=False, xmp=b"<x:xmpmeta/>")
        dng(folder / "grey.dng", light, colours=False)
        dng(folder / "other.nef", light, version=False)
        return [Odd(path.name, path.read_bytes(), Holds(1)) for path in sorted(folder.iterdir())]


def _requests() -> list[Odd]:
    from tests.fuzz.desk import requests

    return [Odd(f"{number}.http", content, Holds(1)) for number, content in enumerate(requests())]


FAMILIES = (
    Family("png", lambda: _corpus("pictures_png", ".png"), read_and_write),
    Family("jpeg", lambda: _corpus("pictures_jpeg", ".jpg"), read_and_write),
    Family("tiff", lambda: _corpus("pictures_other", ".tif"), read_and_write),
    Family("exr", lambda: _film(".exr"), read_and_write),
    Family("dpx", lambda: _film(".dpx"), read_and_write),
    Family("raw", _raw, read_and_write),
    Family("webp-avif", lambda: _corpus("pictures_other", ".webp", ".avif"), read_and_write),
    Family(
        "other",
        lambda: _corpus("pictures_other", ".gif", ".bmp", ".ppm", ".pgm", ".tga", ".jp2", ".ico"),
        read_and_write,
    ),
    Family("cube", lambda: _corpus("grades", ".cube"), load_apply_save),
    Family("cdl", lambda: _corpus("grades", ".cc", ".ccc", ".cdl"), load_apply_save),
    Family("clf", lambda: _corpus("grades", ".clf", ".ctf"), load_apply_save),
    Family("lattices", lambda: _corpus("grades", ".3dl", ".spi3d"), load_apply_save),
    Family("hald-icc", lambda: _corpus("grades", ".png", ".icc"), load_apply_save),
    Family("settings", lambda: _corpus("records", ".json"), read_settings_file),
    Family("trims", lambda: _corpus("records", ".json", function="whole"), read_settings_file),
    Family("palette", lambda: _corpus("palettes", ".ase", ".aco", ".gpl", ".css"), read_palette),
    Family("desk", _requests, ask_the_desk),
    Family("painted", lambda: _corpus("records", ".png", function="painted"), read_painted_png),
    Family("zip", lambda: _corpus("archives", ".zip"), unpack_zip),
    Family("model", _models, plan_model),
    Family("clip", _clips, read_clip),
)
"""Every family, in the order in which they run."""
