"""The command line: reswd match | apply | generate | serve. Heavy modules load inside the commands, so that --help is quick."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from reswd_torch.errors import InputError
from reswd_torch.settings import CUBE_SIZES, DEVICES, METHODS, TRANSFORMS, MatchSettings, check_cube_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reswd_torch.matching.report import Progress
    from studio.job import MatchJob, MatchResult
    from studio.settings_file import SavedMatch

app = typer.Typer(
    name="reswd",
    help="Give a picture the colours of another one, and take the grade with you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DEFAULTS = MatchSettings()
_OVERWRITE = typer.Option("--overwrite", help="Replace files that exist.")


def main() -> None:
    """Entry point of ``reswd``. Input that cannot be used is one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        print(f"reswd: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except TyperException as error:  # a flag or argument that is unknown, missing or malformed
        message = " ".join(error.format_message().split()) if hasattr(error, "format_message") else str(error)
        if message:  # empty where the help was printed instead
            print(f"reswd: {message.rstrip('.')}; see reswd --help", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("reswd: stopped; nothing half-written was left behind", file=sys.stderr)
        raise SystemExit(130) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number: give one such as 0.8") from None


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number: give one such as 33") from None


def _show_version(wanted: bool) -> None:
    if wanted:
        from reswd_torch import __version__

        print(f"reswd-studio {__version__}")
        raise typer.Exit


_VERSION = typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)


@app.callback()
def _root(version: Annotated[bool, _VERSION] = False) -> None:
    """Nothing of its own: the commands do the work."""


_either = " | ".join
_OUT = typer.Option("-o", "--output", help="Where the matched picture goes.", metavar="OUT")
_PALETTE = typer.Option(help='Hex colours instead of TARGET: "#aabbcc:2,#112233" (:2 is a weight).')
_METHOD = typer.Option(help=f"{_either(METHODS)} (default: {_DEFAULTS.method})", metavar="NAME")
_TRANSFORM = typer.Option(help=f"{_either(TRANSFORMS)} (default: cdl; closed forms: their own lattice)", metavar="NAME")
_STRENGTH = typer.Option(
    help="0 leaves the picture as it is, 1 is the match, up to 4. (default: 1)", parser=_number, metavar="NUMBER"
)
_MASK = typer.Option(help="White where SOURCE counts and changes.", metavar="FILE")
_TARGET_MASK = typer.Option(help="White where TARGET counts.", metavar="FILE")
_SEED = typer.Option(help="Chooses the pixels that are looked at. (default: 0)", parser=_whole_number, metavar="NUMBER")
_DEVICE = typer.Option(help=f"{_either(DEVICES)} (default: auto)", metavar="NAME")
_CDL = typer.Option(help="Also save the grade as .cc, .ccc or .cdl.", metavar="FILE")
_CUBE = typer.Option(help="Also save the grade as .cube.", metavar="FILE")
_CUBE_SIZE = typer.Option(
    help=f"Lattice points: {_either(map(str, CUBE_SIZES))}.", parser=_whole_number, metavar="NUMBER"
)
_FROM_SETTINGS = typer.Option(help="Match as this saved .json says; flags given here win.", metavar="FILE")
_GRADE = typer.Argument(help="A .cube, .cc, .ccc, .cdl, or a settings .json.", show_default=False, metavar="GRADE")
_IMAGES = typer.Argument(help="Pictures to grade.", show_default=False, metavar="IMAGE")
_FOLDER = typer.Option("-o", "--output", help="Folder for the results; names are kept.", metavar="DIR")
_OWN_STRENGTH = typer.Option(help="Instead of the grade's own: 0 to 4.", parser=_number, metavar="NUMBER")
_SAVE_SETTINGS = typer.Option(help="Save settings, hashes and grade as .json.", metavar="FILE")


@app.command("match")
def match_command(
    source: Annotated[Path, typer.Argument(help="The picture to grade.", show_default=False, metavar="SOURCE")],
    target: Annotated[
        Path | None, typer.Argument(help="The picture with the colours.", show_default=False, metavar="TARGET")
    ] = None,
    output: Annotated[Path | None, _OUT] = None,
    palette: Annotated[str | None, _PALETTE] = None,
    method: Annotated[str | None, _METHOD] = None,
    transform: Annotated[str | None, _TRANSFORM] = None,
    strength: Annotated[float | None, _STRENGTH] = None,
    mask: Annotated[Path | None, _MASK] = None,
    target_mask: Annotated[Path | None, _TARGET_MASK] = None,
    seed: Annotated[int | None, _SEED] = None,
    device: Annotated[str | None, _DEVICE] = None,
    cdl: Annotated[Path | None, _CDL] = None,
    cube: Annotated[Path | None, _CUBE] = None,
    cube_size: Annotated[int, _CUBE_SIZE] = 33,
    from_settings: Annotated[Path | None, _FROM_SETTINGS] = None,
    save_settings: Annotated[Path | None, _SAVE_SETTINGS] = None,
    overwrite: Annotated[bool, _OVERWRITE] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Match the colours of SOURCE to TARGET (or to a palette) and write OUT."""
    from studio.job import run_match
    from studio.settings_file import read_settings, settings_text

    saved = read_settings(from_settings) if from_settings else None
    given: dict[str, Any] = {
        "method": method,
        "transform": transform,
        "strength": strength,
        "seed": seed,
        "device": device,
    }
    settings = replace(saved.settings if saved else _DEFAULTS, **{k: v for k, v in given.items() if v is not None})
    job = _job(source, target, palette, mask, target_mask, settings, saved)
    if output is None:
        raise InputError("nowhere to put the result: give -o OUT")
    _check_outputs(job, output, cdl, cube, cube_size, save_settings, from_settings, overwrite)
    with _progress_bar() as progress:
        result = run_match(job, progress)
    _check_hashes(result, saved)
    written = {"output": result.save_picture(output, overwrite=overwrite)}
    if cdl is not None:
        written["cdl"] = result.save_grade(cdl)
    if cube is not None:
        written["cube"] = result.save_grade(cube, cube_size=cube_size)
    if save_settings is not None:
        from reswd_torch.grade.files import write_text_atomically

        write_text_atomically(save_settings, settings_text(result))
        written["settings"] = save_settings
    _report(result, written, cube_size, as_json)


@app.command("apply")
def apply_command(
    grade: Annotated[Path, _GRADE],
    images: Annotated[list[Path], _IMAGES],
    output: Annotated[Path, _FOLDER],
    strength: Annotated[float | None, _OWN_STRENGTH] = None,
    overwrite: Annotated[bool, _OVERWRITE] = False,
) -> None:
    """Apply a saved grade to one or more pictures.

    A picture that cannot be read does not stop the others; a result that exists (without --overwrite) stops all before
    anything is written.
    """
    from studio.apply import apply_to_file, load_any_grade, planned_outputs

    loaded = load_any_grade(grade)
    if strength is not None:
        loaded = loaded.at_strength(MatchSettings(strength=strength).strength)
    for note in loaded.notes:
        print(f"note: {grade}: {note}", file=sys.stderr)
    failed = 0
    for image, place in planned_outputs(images, output, overwrite=overwrite):
        try:
            notes = apply_to_file(loaded, image, place, overwrite=overwrite)
        except InputError as error:
            failed += 1
            print(f"reswd: {error}", file=sys.stderr)
            continue
        for note in notes:
            print(f"note: {image}: {note}", file=sys.stderr)
        print(place)
    if failed:
        raise SystemExit(2 if failed == len(images) else 1)


_PROMPT = typer.Argument(help='What to paint, such as "a blue dog on a red background".', metavar="PROMPT")
_PNG = typer.Option("-o", "--output", help="Where the picture goes (.png; it keeps its settings).", metavar="OUT")
_NEGATIVE = typer.Option(help="What to keep away from.", metavar="TEXT")
_NOISE = typer.Option(
    "--seed", help="Chooses the noise it starts from. (default: 0)", parser=_whole_number, metavar="NUMBER"
)
_STEPS = typer.Option(help="Denoising steps, 1 to 200. (default: 25)", parser=_whole_number, metavar="NUMBER")
_SCALE = typer.Option(
    help="How closely to follow the prompt, 1 to 20. (default: 2.5)", parser=_number, metavar="NUMBER"
)
_LIST = typer.Option("--list", help="Show every object and colour that the model knows, and exit.")


@app.command("generate")
def generate_command(
    prompt: Annotated[str | None, _PROMPT] = None,
    output: Annotated[Path | None, _PNG] = None,
    negative: Annotated[str, _NEGATIVE] = "",
    seed: Annotated[int, _NOISE] = 0,
    steps: Annotated[int, _STEPS] = 25,
    scale: Annotated[float, _SCALE] = 2.5,
    device: Annotated[str, _DEVICE] = "auto",
    show_list: Annotated[bool, _LIST] = False,
    overwrite: Annotated[bool, _OVERWRITE] = False,
) -> None:
    """Paint a small picture of PROMPT with the model that ships with the project, offline.

    It knows some three hundred objects and a dozen colours: see --list.
    """
    from guidance.known import read_known

    known = read_known()
    if show_list:
        print(known.describe())
        return
    if prompt is None:
        raise InputError("nothing to paint: give a PROMPT, such as 'a blue dog'; --list shows what the model knows")
    if output is None:
        raise InputError("nowhere to put the picture: give -o OUT")
    from guidance.text_to_image import Generation
    from studio.generated import check_output, paint, save

    wanted = Generation(prompt, negative, seed, steps, scale)
    check_output(output, overwrite=overwrite)
    hint = known.hint(prompt)
    if hint:
        print(f"note: {hint}", file=sys.stderr)
    with _progress_bar() as progress:
        tell = (lambda done, of: progress(done / of, f"step {done} of {of}")) if progress else None
        image = paint(wanted, device, tell)
    print(f"wrote {save(image, wanted, output, overwrite=overwrite)}")


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every interface.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; the first free one from 7860 if left out.")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the app in the browser.")] = False,
) -> None:
    """Start the browser app."""
    _check_address(host, port)
    from studio.ui.app import serve

    serve(host=host, port=port, open_browser=browser)


def _check_address(host: str, port: int | None) -> None:
    """Refuse an address that cannot be listened on, in one line and before the app is built."""
    import socket

    if port is not None and not 1 <= port <= 65535:
        raise InputError(f"port {port} is out of range: give one from 1 to 65535, or leave it out")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where = f"{host}:{port}" if port else host
        hint = "choose another --port, or leave it out" if port else "choose another --host, such as 127.0.0.1"
        raise InputError(f"cannot listen on {where} ({error.strerror}): {hint}") from error


def _job(
    source: Path,
    target: Path | None,
    palette: str | None,
    mask: Path | None,
    target_mask: Path | None,
    settings: MatchSettings,
    saved: SavedMatch | None,
) -> MatchJob:
    """The job that the flags describe; what they leave out comes from the settings file."""
    from reswd_torch.grade.grade import grade_from_record
    from studio.job import MatchJob

    grade = None
    if saved is not None:
        if target is None and palette is None:
            target, palette = saved.file("target"), saved.palette
            target_mask = target_mask or saved.file("target_mask")
        if target is None and palette is None:  # the saved run applied a grade and had no reference
            grade = grade_from_record(saved.grade)
        mask = mask or saved.file("mask")
    return MatchJob(source, target, palette, grade, settings=settings, mask=mask, target_mask=target_mask)


def _check_outputs(
    job: MatchJob,
    output: Path,
    cdl: Path | None,
    cube: Path | None,
    cube_size: int,
    save_settings: Path | None,
    from_settings: Path | None,
    overwrite: bool,
) -> None:
    """Refuse before any work what could not be written in the end."""
    from reswd_torch.grade import Cdl
    from reswd_torch.grade.files import CDL_FORMATS
    from reswd_torch.grade.grade import check_grade_path
    from studio.images import supported_output
    from studio.paths import check_place

    check_cube_size(cube_size)
    given = (job.source, job.target, job.mask, job.target_mask, from_settings)
    inputs = [path for path in given if path is not None]
    supported_output(output, inputs=inputs, overwrite=overwrite)
    is_cdl = isinstance(job.grade.transform, Cdl) if job.grade else job.settings.resolved_transform == "cdl"
    for path, suffixes in ((cdl, tuple(CDL_FORMATS)), (cube, (".cube",)), (save_settings, (".json",))):
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: give a name that ends in {' or '.join(suffixes)}")
        if suffixes != (".json",):
            check_grade_path(path, is_cdl=is_cdl, cube_size=cube_size)
        check_place(path, inputs=[*inputs, output], overwrite=overwrite)


def _check_hashes(result: MatchResult, saved: SavedMatch | None) -> None:
    if saved is None:
        return
    for role, entry in saved.inputs.items():
        now = result.hashes.get(role)
        if now is not None and now != entry.get("sha256"):
            print(
                f"note: the {role.replace('_', ' ')} is not the file that the settings were saved with", file=sys.stderr
            )


def _report(result: MatchResult, written: dict[str, Path], cube_size: int, as_json: bool) -> None:
    from studio.images import losses

    report = result.report  # None where a saved grade was applied
    notes = [*result.notes, *losses(written["output"], result.picture)]
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        record: dict[str, Any] = {
            "distance_before": report.distance_before if report else None,
            "distance_after": report.distance_after if report else None,
            "seconds": report.seconds if report else None,
            "device": report.device if report else None,
            "encoding": result.encoding,
            "grade": {name: value for name, value in result.grade.to_record().items() if name != "values"},
            "notes": notes,
            "written": {role: str(path) for role, path in written.items()},
            "cube_error": asdict(result.grade.cube_error(cube_size)),
        }
        print(json.dumps(record, indent=2))
        return
    if report is not None:
        distances = f"{report.distance_before:.2f} -> {report.distance_after:.2f}"
        print(f"distance {distances} (sliced Wasserstein, Lab units), {report.seconds:.2f} s")
    print(result.grade.effective.describe())
    if "cube" in written:
        error = result.grade.cube_error(cube_size)
        print(f".cube, {error.size} points: at most {error.max * 255:.1f}/255 from the grade between its points")
    for path in written.values():
        print(f"wrote {path}")


@contextmanager
def _progress_bar() -> Iterator[Progress | None]:
    """A bar on a terminal; nothing where the output goes to a file or another program."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda done, what: bar.update(task, completed=done, description=what)
