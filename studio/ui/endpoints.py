"""The public endpoints, for other programs: /match, /apply, /batch and /guide. The page itself uses none of them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.grade.files import CDL_FORMATS, write_text_atomically
from reswd_torch.settings import DEVICES, METHODS, SCENES, MatchSettings
from studio.media.images import natural_suffix
from studio.records import settings_text
from studio.service.apply import load_any_grade
from studio.service.batch.record import REPORT_FILE
from studio.service.batch.request import EACH, SERIES
from studio.service.match import MatchJob, MatchResult, run_match
from studio.ui.batch.run import Wanted, process, uploads_of
from studio.ui.guide.endpoint import add_guide_endpoint
from studio.ui.session import FITS_AT_ONCE, new_folder
from studio.ui.settings import as_sent, settings_from, strength_from
from studio.ui.words import file_name, plain

_TRANSFORMS = ("auto", "cdl", "lut")


def match(
    source: str,
    reference: str | None = None,
    palette: str = "",
    method: str = "fast",
    transform: str = "auto",
    strength: float = 1.0,
    seed: float = 0,
    device: str = "auto",
    scene: str = "auto",
) -> tuple[str, list[str], str, float, float]:
    """Give a picture the colours of another one, or of a palette.

    Args:
        source: the picture to grade.
        reference: the picture whose colours are wanted; leave out with a palette.
        palette: hex colours with weights, such as "#aabbcc:2,#112233"; empty with a reference.
        method: fast, reswd, reinhard, mkl or histogram.
        transform: auto, cdl (ten numbers) or lut (a lattice).
        strength: 0 leaves the picture as it is, 1 is the match, up to 4.
        seed: chooses the pixels that are looked at; a whole number.
        device: auto, cpu, cuda or mps.
        scene: same where both pictures show the same things, different where not; auto finds out.

    Returns:
        The picture in the source's format and depth; the grade as .cube, and as .cc, .ccc and .cdl where it is a CDL; the
        settings as JSON; the distance to the reference before and after.
    """
    if not source:
        raise gr.Error("source is missing: give a picture file", print_exception=False)
    try:
        settings = settings_from(
            method=method, transform=transform, strength=strength, seed=seed, device=device, scene=scene
        )
        job = MatchJob(Path(source), Path(reference) if reference else None, palette or None, settings=settings)
        result = run_match(job)
        folder = new_folder()
        return (*_files(result, folder), *_distances(result))
    except InputError as error:
        raise gr.Error(plain(error), print_exception=False) from None


def apply(source: str, grade: str, strength: float | None = None) -> str:
    """Apply a saved grade to a picture.

    Args:
        source: the picture to grade.
        grade: a .cube, .cc, .ccc or .cdl file, or the settings .json of a match.
        strength: 0 to 4, instead of the grade's own.

    Returns:
        The picture in its own format and depth.
    """
    if not source or not grade:
        raise gr.Error("give both a source picture and a grade file", print_exception=False)
    try:
        loaded = load_any_grade(Path(grade))
        settings = MatchSettings(strength=loaded.strength if strength is None else strength_from(strength))
        result = run_match(MatchJob(Path(source), grade=loaded, settings=settings))
        return _picture(result, new_folder())
    except InputError as error:
        raise gr.Error(plain(error), print_exception=False) from None


def _files(result: MatchResult, folder: Path) -> tuple[str, list[str], str]:
    suffixes = (".cube", *CDL_FORMATS) if isinstance(result.grade.transform, Cdl) else (".cube",)
    grades = [str(result.save_grade(folder / file_name(result, suffix))) for suffix in suffixes]
    settings = folder / file_name(result, ".json")
    write_text_atomically(settings, settings_text(result, names_only=True))
    return _picture(result, folder), grades, str(settings)


def batch(
    files: Any,
    references: Any = None,
    palette: str = "",
    mode: str = "each",
    method: str = "fast",
    transform: str = "auto",
    strength: float = 1.0,
    seed: float = 0,
    device: str = "auto",
    scene: str = "auto",
) -> tuple[str, str]:
    """Match many pictures, each on its own or as one series.

    Args:
        files: one ZIP, whose folders are kept, or pictures.
        references: one picture for all; or several: each for the picture of its name, in a series all together.
        palette: hex colours in place of references.
        mode: each or series.
        method: fast, reswd, reinhard, mkl or histogram.
        transform: auto, cdl (ten numbers) or lut (a lattice).
        strength: 0 leaves pictures as they are, 1 is the match, up to 4.
        seed: chooses the pixels that are looked at; a whole number.
        device: auto, cpu, cuda or mps.
        scene: same where each picture and its reference show the same things, different where not; auto finds out. Of a
            series or with a palette, auto compares colours alone.

    Returns:
        A ZIP with the results in the formats of the sources, report.csv, run.json and, of a series, its grade; and the
        report alone.
    """
    try:
        settings = settings_from(
            method=method, transform=transform, strength=strength, seed=seed, device=device, scene=scene
        )
        if references and palette:
            raise InputError("more than one reference: give references or a palette")
        wanted = Wanted(
            files=uploads_of(files),
            references=uploads_of(references),
            palette=palette or None,
            mode=mode,
            settings=settings,
        )
        folder = new_folder()
        for view in process(wanted, folder, lambda: False, tiles=False):
            last = view
        assert last.archive is not None
        with zipfile.ZipFile(last.archive) as archive:
            report = archive.extract(REPORT_FILE, folder)
        return str(last.archive), report
    except InputError as error:
        raise gr.Error(plain(error), print_exception=False) from error


def _picture(result: MatchResult, folder: Path) -> str:
    return str(result.save_picture(folder / file_name(result, natural_suffix(result.picture.container))))


def _distances(result: MatchResult) -> tuple[float, float]:
    report = result.report
    assert report is not None
    return report.distance_before, report.distance_after


def add_endpoints() -> None:
    """Add them to the app that is being built.

    Through real components, not gr.api: Gradio checks that a file given to a component was uploaded, so no caller can name
    a file of the server.
    """
    with gr.Column(visible=False):
        source = gr.File(label="source")
        reference = gr.File(label="reference")
        grade = gr.File(label="grade")
        palette = gr.Textbox("", label="palette")
        method = as_sent(gr.Dropdown(list(METHODS), value="fast", label="method"))
        transform = as_sent(gr.Dropdown(list(_TRANSFORMS), value="auto", label="transform"))
        strength = as_sent(gr.Number(1.0, label="strength"))
        own_strength = as_sent(gr.Number(None, label="strength"))
        seed = as_sent(gr.Number(0, precision=0, label="seed"))
        device = as_sent(gr.Dropdown(list(DEVICES), value="auto", label="device"))
        scene = as_sent(gr.Dropdown(list(SCENES), value="auto", label="scene"))
        files = as_sent(gr.File(label="files", file_count="multiple"))
        references = as_sent(gr.File(label="references", file_count="multiple"))
        mode = as_sent(gr.Dropdown([EACH, SERIES], value=EACH, label="mode"))
        results, report = gr.File(label="results"), gr.File(label="report")
        picture = gr.File(label="picture")
        grades = gr.File(label="grade files", file_count="multiple")
        settings = gr.File(label="settings")
        before, after = gr.Number(label="distance before"), gr.Number(label="distance after")
        add_guide_endpoint()
        call_match, call_apply, call_batch = gr.Button("match"), gr.Button("apply"), gr.Button("batch")
    shared: dict[str, Any] = {"concurrency_id": "fit", "concurrency_limit": FITS_AT_ONCE, "api_visibility": "public"}
    call_match.click(
        match,
        [source, reference, palette, method, transform, strength, seed, device, scene],
        [picture, grades, settings, before, after],
        api_name="match",
        **shared,
    )
    call_apply.click(apply, [source, grade, own_strength], picture, api_name="apply", **shared)
    call_batch.click(
        batch,
        [files, references, palette, mode, method, transform, strength, seed, device, scene],
        [results, report],
        api_name="batch",
        concurrency_id="batch",
        concurrency_limit=1,
        api_visibility="public",
    )
