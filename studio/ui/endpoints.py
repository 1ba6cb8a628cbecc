"""The public endpoints, for other programs: /match, /apply, /batch and /guide. The page itself uses none of them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.settings import AIMS, DEVICES, METHODS, SCENES, TRANSFORMS, MatchSettings
from studio.jobs import EACH, SERIES
from studio.records.report import REPORT_FILE
from studio.references import SavedGrade, choose_reference
from studio.service import deliver_into, job_for
from studio.service.batch.run import Summary
from studio.service.batch.uploads import UploadedBatch, UploadedRun
from studio.service.delivery import Delivered
from studio.ui.batch.run import check_chosen, uploads_of
from studio.ui.grades import sent_grade
from studio.ui.guide.endpoint import add_guide_endpoint
from studio.ui.limits import limits
from studio.ui.session import FITS_AT_ONCE, new_folder
from studio.ui.settings import AUTO_AIM, as_sent, settings_from, strength_from
from studio.ui.spaces import spaces_named
from studio.ui.visits import caller_left
from studio.ui.words import STOPPED, plain
from studio.watch import Cancelled, Watch


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
    aim: str = AUTO_AIM,
    protect: str = "all",
    source_space: str = "",
    target_space: str = "",
    output_space: str = "",
    working_space: str = "",
) -> tuple[str, list[str], str | None, float, float]:
    """Give a picture, or a clip, the colours of another one, or of a palette.

    Args:
        source: the picture to grade.
        reference: the picture whose colours are wanted; leave out with a palette.
        palette: hex colours with weights, such as "#aabbcc:2,#112233"; empty with a reference.
        method: fast, reswd, reinhard, mkl or histogram.
        transform: cdl (ten numbers) or lut (a lattice); auto takes what the evidence carries, for a mood a lattice.
        strength: 0 leaves the picture as it is, 1 is the match, up to 4.
        seed: chooses the pixels that are looked at; a whole number.
        device: auto, cpu, cuda or mps.
        scene: same where both pictures show the same things, different where not; auto finds out.
        aim: what to take of a reference that shows something else: look (how it was developed), mood (its light, warmth,
            contrast and leading hues) or colours (its whole distribution); auto takes the mood, and of a palette or by another
            method than fast the colours.
        protect: what a mood keeps: names of blacks, greys, skin and highlights with commas between them, or all, or none.
        source_space: the colour space of the source's code values by its OpenColorIO name, such as ARRI LogC4; empty for what its
            file says.
        target_space: the same of the reference.
        output_space: that of the result; empty for the source's.
        working_space: the one that is graded in; empty for ACEScct where the source is log or linear, else the source's.

    Returns:
        The picture in the source's format and depth; the grade as .cube, and as .cc, .ccc and .cdl where it is a CDL; the
        settings as JSON, of a picture only; the distance to the reference before and after.
    """
    if not source:
        raise gr.Error("source is missing: give a picture file", print_exception=False)
    try:
        settings = settings_from(
            method=method, transform=transform, strength=strength, seed=seed, device=device, scene=scene, aim=aim,
            protect=protect,
        )  # fmt: skip
        wanted = choose_reference(file=Path(reference) if reference else None, palette=palette or None)
        spaces = spaces_named(source_space, target_space, output_space, working_space)
        job = job_for(Path(source), wanted, settings, spaces=spaces)
        delivered = deliver_into(job, new_folder(), _watch())
        return (*_files(delivered.written), *_distances(delivered))
    except InputError as error:
        raise gr.Error(plain(error), print_exception=False) from None
    except Cancelled:
        raise gr.Error(STOPPED, print_exception=False) from None


def apply(source: str, grade: str, strength: float | None = None) -> str:
    """Apply a saved grade to a picture or a clip.

    Args:
        source: the picture to grade.
        grade: a .cube, .cc, .ccc, .cdl or other grade file, or the settings .json of a match.
        strength: 0 to 4, instead of the grade's own.

    Returns:
        The picture or clip in its own format and depth.
    """
    if not source or not grade:
        raise gr.Error("give both a source picture and a grade file", print_exception=False)
    try:
        loaded = sent_grade(grade)
        settings = None if strength is None else MatchSettings(strength=strength_from(strength))
        job = job_for(Path(source), SavedGrade(loaded, Path(grade)), settings)
        return str(deliver_into(job, new_folder(), _watch(), with_grade=False).written["output"])
    except InputError as error:
        raise gr.Error(plain(error), print_exception=False) from None
    except Cancelled:
        raise gr.Error(STOPPED, print_exception=False) from None


def _watch() -> Watch:
    """Stops a job once its caller has left."""
    return Watch(stopped=caller_left())


def _whole(summary: Summary) -> Summary:
    """A run that came to its end. Raises Cancelled for one that was stopped, whose caller wants no part of it."""
    if summary.left and not summary.full:
        raise Cancelled
    return summary


def _files(written: dict[str, Path]) -> tuple[str, list[str], str | None]:
    """The result, the grade files and the settings."""
    grades = [str(path) for role, path in written.items() if role.startswith(".")]
    return str(written["output"]), grades, str(written["settings"]) if "settings" in written else None


def _distances(delivered: Delivered) -> tuple[float, float]:
    report = delivered.grade.report
    assert report is not None
    return report.distance_before, report.distance_after


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
    aim: str = AUTO_AIM,
    protect: str = "all",
    source_space: str = "",
    target_space: str = "",
    output_space: str = "",
    working_space: str = "",
) -> tuple[str, str]:
    """Match many pictures, each on its own or as one series.

    Args:
        files: one ZIP, whose folders are kept, or pictures.
        references: one picture for all; or several: each for the picture of its name, in a series all together.
        palette: hex colours in place of references.
        mode: each or series.
        method: fast, reswd, reinhard, mkl or histogram.
        transform: cdl (ten numbers) or lut (a lattice); auto takes what the evidence carries, for a mood a lattice.
        strength: 0 leaves pictures as they are, 1 is the match, up to 4.
        seed: chooses the pixels that are looked at; a whole number.
        device: auto, cpu, cuda or mps.
        scene: same where each picture and its reference show the same things, different where not; auto finds out. Of a
            series or with a palette, auto compares colours alone.
        aim: what to take of a reference that shows something else: look (how it was developed), mood (its light, warmth,
            contrast and leading hues) or colours (its whole distribution); auto takes the mood, and of a palette or by another
            method than fast the colours.
        protect: what a mood keeps: names of blacks, greys, skin and highlights with commas between them, or all, or none.
        source_space: the colour space of the pictures' code values by its OpenColorIO name, such as ARRI LogC4; empty for what
            their files say.
        target_space: the same of the references.
        output_space: that of the results; empty for the source's.
        working_space: the one that is graded in; empty for ACEScct where the source is log or linear, else the source's.

    Returns:
        A ZIP with the results in the formats of the sources, report.csv, run.json and, of a series, its grade; and the
        report alone.
    """
    try:
        settings = settings_from(
            method=method, transform=transform, strength=strength, seed=seed, device=device, scene=scene, aim=aim,
            protect=protect,
        )  # fmt: skip
        wanted = UploadedBatch(
            files=uploads_of(files),
            references=uploads_of(references),
            palette=palette or None,
            mode=mode,
            settings=settings,
            limits=limits().batch,
            spaces=spaces_named(source_space, target_space, output_space, working_space),
        )
        check_chosen(wanted)
        folder = new_folder()
        uploaded = UploadedRun(wanted, folder)
        archive = uploaded.pack(_whole(uploaded.match(_watch())))
        uploaded.release()
        assert archive is not None
        with zipfile.ZipFile(archive) as opened:
            report = opened.extract(REPORT_FILE, folder)
        return str(archive), report
    except InputError as error:
        raise gr.Error(plain(error), print_exception=False) from None
    except Cancelled:
        raise gr.Error(STOPPED, print_exception=False) from None


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
        transform = as_sent(gr.Dropdown(list(TRANSFORMS), value="auto", label="transform"))
        strength = as_sent(gr.Number(1.0, label="strength"))
        own_strength = as_sent(gr.Number(None, label="strength"))
        seed = as_sent(gr.Number(0, precision=0, label="seed"))
        device = as_sent(gr.Dropdown(list(DEVICES), value="auto", label="device"))
        scene = as_sent(gr.Dropdown(list(SCENES), value="auto", label="scene"))
        aim = as_sent(gr.Dropdown([AUTO_AIM, *AIMS], value=AUTO_AIM, label="aim"))
        protect = as_sent(gr.Textbox("all", label="protect"))
        spaces = [as_sent(gr.Textbox("", label=f"{name} space")) for name in ("source", "target", "output", "working")]
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
        [source, reference, palette, method, transform, strength, seed, device, scene, aim, protect, *spaces],
        [picture, grades, settings, before, after],
        api_name="match",
        **shared,
    )
    call_apply.click(apply, [source, grade, own_strength], picture, api_name="apply", **shared)
    call_batch.click(
        batch,
        [files, references, palette, mode, method, transform, strength, seed, device, scene, aim, protect, *spaces],
        [results, report],
        api_name="batch",
        concurrency_id="batch",
        concurrency_limit=1,
        api_visibility="public",
    )
