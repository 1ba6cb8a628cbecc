"""What the nodes do: functions of tensors and settings, which need no ComfyUI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch import load_grade, parse_palette
from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.files import write_collection
from reswd_torch.grade.formats import format_of, suffixes_to_read
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.palette import Palette
from reswd_torch.settings import CDL, MatchSettings
from studio.comfy.grades import Grades, grades_in
from studio.comfy.places import input_place, output_place
from studio.comfy.watching import note, watching
from studio.service.held.apply import grade_held
from studio.service.held.drift import grades_along, path_of
from studio.service.held.frames import Frames, Masks, floats_of, frames_of, masks_of
from studio.service.held.match import HeldReference, match_each, match_held
from studio.views.scopes import draw_scope

Images = Float[Tensor, "b h w c"]
Mask = Float[Tensor, "m h w"]
AUTO = "auto"
MOST_FILES = 100
"""Files of one node Save Grade, at most: a long clip's grades go into one .ccc."""


def match_colours(
    images: Images,
    *,
    reference: Images | None = None,
    palette: str = "",
    mask: Mask | None = None,
    reference_mask: Mask | None = None,
    method: str = "fast",
    transform: str = AUTO,
    aim: str = AUTO,
    strength: float = 1.0,
    scene: str = AUTO,
    seed: int = 0,
    one_each: bool = False,
) -> tuple[Images, Grades]:
    """Give pictures the colours of reference pictures or of a palette.

    Args:
        images: (B, H, W, 3 or 4), 0..1.
        reference: (R, h, w, 3 or 4); None with a palette.
        palette: hex colours, ``"#aabbcc:2, #112233"``; empty with pictures.
        mask, reference_mask: (1 or B, h, w): where the pictures count and change, and where the reference counts.
        method, transform, aim, strength, scene, seed: as :class:`reswd_torch.settings.MatchSettings` has them; an aim ``"auto"``
            stands for none.
        one_each: a grade for each picture, instead of one for all.

    Returns:
        (B, H, W, 3 or 4) float32 on the device of ``images``, and the grade.

    Raises:
        InputError: an input that cannot be used.
    """
    frames = frames_of(images, "images")
    masks = _masks(mask, frames, "mask")
    wanted = _reference(reference, palette, reference_mask)
    settings = MatchSettings(
        method=method, transform=transform, aim=None if aim == AUTO else aim, strength=strength, scene=scene, seed=seed
    )
    watch = watching()
    if one_each:
        each = match_each(frames, wanted, settings, masks, watch.part(0.0, 0.5))
    else:
        each = (match_held(frames, wanted, settings, masks, watch.part(0.0, 0.5)),)
    note(dict.fromkeys(one for grade in each for one in grade.notes))
    what = "a palette" if isinstance(wanted, Palette) else "a reference"
    grades = Grades(each, f"ReSWD Studio: matched to {what} in ComfyUI ({method}, strength {strength:g}, seed {seed})")
    return grade_held(frames, each, masks, watch.part(0.5, 1.0)), grades


def _reference(reference: Images | None, palette: str, mask: Mask | None) -> HeldReference | Palette:
    if (reference is None) == (not palette.strip()):
        raise InputError(
            "no reference: connect pictures to reference, or write a palette"
            if reference is None
            else "both a reference and a palette: disconnect the one or empty the other"
        )
    if reference is None:
        if mask is not None:
            raise InputError("reference_mask belongs to a reference picture, not to a palette: disconnect it")
        return parse_palette(palette)
    frames = frames_of(reference, "reference")
    return HeldReference(frames, _masks(mask, frames, "reference_mask"))


def _masks(mask: Mask | None, frames: Frames, name: str) -> Masks | None:
    masks = masks_of(mask, frames, name)
    if masks is not None and masks.resized:
        height, width = masks.tensor.shape[1:]
        note([f"{name}: {width} x {height} was scaled to the frames' {frames.size[1]} x {frames.size[0]}, bilinear"])
    return masks


def apply_grade(images: Images, grade: Grades, *, mask: Mask | None = None, strength: float = 1.0) -> Images:
    """Grade pictures with a grade that is there already; arguments and result as for :func:`match_colours`."""
    frames = frames_of(images, "images")
    chosen = grades_in(grade).at_strength(strength)
    return grade_held(frames, chosen.each, _masks(mask, frames, "mask"), watching())


def save_grade(
    grade: Grades, folder: Path, *, prefix: str = "reswd/grade", kind: str = "cube", size: int = 33
) -> list[Path]:
    """Save grades below a folder: one file each, or one .ccc for all.

    Args:
        grade: what to save.
        folder: ComfyUI's output folder.
        prefix: the name in front of the number, with folders where wanted.
        kind: a format's suffix without its dot: ``"cube"``, ``"ccc"``, ``"cdl"``, ``"clf"``, ...
        size: lattice points along one axis, where the format holds a lattice.

    Returns:
        The files.

    Raises:
        InputError: a prefix that leads outside, a lattice as ten numbers, or more grades than files should be.
    """
    grades, suffix = grades_in(grade), f".{kind.lower()}"
    if format_of(suffix) is None:
        raise InputError(f"format {kind!r}: choose cube, ccc, cdl or clf")
    for one in grades.each:
        check_grade_path(Path(f"grade{suffix}"), is_cdl=one.is_cdl, cube_size=size, lut_makers=one.lut_makers)
    cdls = [one.effective for one in grades.each]
    if suffix == ".ccc" and len(cdls) > 1 and all(isinstance(one, Cdl) for one in cdls):
        place = output_place(folder, prefix, suffix)
        told = [
            (f"{place.stem}{number:05d}", cdl, f"{grades.description}, frame {number}")
            for number, cdl in enumerate(cdls)
            if isinstance(cdl, Cdl)
        ]
        write_collection(place, told)
        return [place]
    if len(cdls) > MOST_FILES:
        raise InputError(
            f"{len(cdls)} grades as {suffix} would be as many files: save them as ccc, or match with one grade"
        )
    saved = []
    for one in grades.each:
        place = output_place(folder, prefix, suffix)
        saved.append(one.save(place, cube_size=size, description=grades.description))
    return saved


def open_grade(folders: Sequence[Path], name: str, *, strength: float = 1.0) -> Grades:
    """Load a grade from a file below one of ComfyUI's folders. Raises InputError."""
    place = input_place(folders, name)
    if place.suffix.lower() not in suffixes_to_read():
        raise InputError(f"the grade file {name!r}: give one of {', '.join(suffixes_to_read())}")
    grade = load_grade(place)
    note(grade.notes)
    return Grades((grade.at_strength(strength),), f"ReSWD Studio: {place.name}")


def repair_drift(
    images: Images,
    *,
    anchors: Images | None = None,
    frames: str = "0",
    cuts: bool = True,
    seed: int = 0,
) -> tuple[Images, Grades]:
    """Take the drift out of frames, by a smooth path of grades.

    Args:
        images: (B, H, W, 3 or 4), two frames at least.
        anchors: pictures of moments as they should look; None: the first frame looks right.
        frames: the numbers of the anchors' frames, from 0, such as ``"0, 40, 80"``; negative ones count from the end.
        cuts: look for cuts, and treat each shot alone.
        seed: of an anchor's match that shows something else than its frame.

    Returns:
        As :func:`match_colours`; a grade for each frame.

    Raises:
        InputError: an input that cannot be used.
    """
    batch = frames_of(images, "images")
    pictures = None if anchors is None else frames_of(anchors, "anchors")
    places = {} if pictures is None else _anchored(frames, len(pictures), len(batch))
    watch = watching()
    settings = MatchSettings(transform=CDL, seed=seed)
    path, notes = path_of(batch, places, pictures, settings, find_cuts=cuts, watch=watch.part(0.0, 0.7))
    note(notes)
    each = grades_along(path, len(batch))
    return grade_held(batch, each, None, watch.part(0.7, 1.0)), Grades(each, "ReSWD Studio: drift taken out in ComfyUI")


def _anchored(text: str, count: int, frames: int) -> dict[int, int]:
    """The place of each anchor by its frame. Raises InputError."""
    words = text.replace(",", " ").replace(";", " ").split()
    try:
        numbers = [int(word) for word in words]
    except ValueError:
        raise InputError(f"frames of the anchors {text!r}: give whole numbers such as 0, 40, 80") from None
    if len(numbers) != count:
        raise InputError(f"{count} anchors and {len(numbers)} frames in {text!r}: give one number for each anchor")
    places = [number + frames if number < 0 else number for number in numbers]
    for number, place in zip(numbers, places, strict=True):
        if not 0 <= place < frames:
            raise InputError(f"anchor for frame {number}: there are frames 0 to {frames - 1}")
    if len(set(places)) < len(places):
        raise InputError(f"frames of the anchors {text!r}: two anchors are for one frame: leave one out")
    return dict(zip(places, range(count), strict=True))


def scopes(images: Images, *, kind: str = "waveform", width: int = 720, height: int = 440) -> Images:
    """Draw a scope of each picture; what lies outside 0..1 is drawn at the edge.

    Returns:
        (B, height, width, 3) float32 on the device of ``images``.

    Raises:
        InputError: an unknown scope, a size out of bounds, or NaN.
    """
    frames = frames_of(images, "images")
    drawn = []
    for place in range(len(frames)):
        colours = frames.colours(place)
        if isinstance(colours, Tensor):
            colours = np.rint(colours.cpu().numpy() * 255).astype(np.uint8)
        drawn.append(torch.from_numpy(floats_of(draw_scope(kind, colours, (width, height)))))
    return torch.stack(drawn).to(frames.tensor.device)


def kind_in_words(grades: Grades) -> str:
    """One line that says what a grade is."""
    first: Grade = grades.each[0]
    many = f"{len(grades.each)} grades, the first: " if len(grades.each) > 1 else ""
    return many + first.effective.describe()
