"""One series that drifts: its path of grades, and its frames through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.files import write_collection, write_text_atomically
from reswd_torch.matching import fit_samples, sample_pixels
from reswd_torch.matching.sampling import sample_colors
from reswd_torch.matching.thumbnail import Thumbnail
from reswd_torch.paths.fit import fit_segment
from reswd_torch.paths.links import SPOTS, Pinned, find_links, shared, unlinked
from reswd_torch.paths.path import GradePath, KeyFrame
from reswd_torch.paths.stretches import Stretch, stretches_of
from reswd_torch.profiles.appearance import profile_appearance
from studio.jobs import ClipJob, settings_for
from studio.jobs.drift import NO_CUTS, DriftAnchor, DriftJob
from studio.kinds import is_clip, is_sequence
from studio.media.edits.edl import new_edl
from studio.media.edits.path_csv import read_path, write_path
from studio.media.edits.timecode import frames_of
from studio.media.images import read_reduced, result_name, supported_output
from studio.media.places import check_place, make_folder, same_file, written_together
from studio.references import SavedGrade
from studio.service.apply import apply_to_file
from studio.service.batch.sequence import plan_sequence
from studio.service.clip import ClipResult, check_clip_fits, check_clip_output
from studio.service.drift.moments import moments_of
from studio.service.drift.series import ClipSeries, PictureSeries, Series, open_series, picture_thumbnail
from studio.watch import UNWATCHED, Watch


@dataclass(frozen=True, eq=False)
class DriftResult:
    """A series without its drift.

    Attributes:
        job: what was asked.
        path: its grades.
        stretches: the path as single grades, as the EDL has them; none where no file asked for them.
        frames: how many were written; of the series, where none were.
        encoding: what the grades are for.
        notes: what was assumed, for the person to read.
        whole: False for a clip that breaks off: what could be read of it was graded.
    """

    job: DriftJob
    path: GradePath
    stretches: tuple[Stretch, ...]
    frames: int
    encoding: str
    notes: tuple[str, ...]
    whole: bool = True


def run_drift(job: DriftJob, watch: Watch = UNWATCHED) -> DriftResult:
    """Fit a path of grades, or read one, and write what is asked for.

    Args:
        job: what to do.
        watch: told how far it is; may stop it. Frames of pictures that are written by then stay.

    Raises:
        InputError: an input or a place that cannot be used.
        Cancelled: it was stopped.
    """
    for anchor in job.anchors:
        if not anchor.picture.is_file():
            raise InputError(
                f"{anchor.picture}: there is no such picture for the anchor at {anchor.time}: check the name"
            )
    given = None if job.path is None else read_path(job.path)
    _check_places(job)
    series = open_series(job.source, job.rate, watch.part(0.0, 0.15))
    anchored = _anchored(job, series)
    planned = list(_planned(job, series)) if isinstance(series, PictureSeries) and job.output is not None else []
    notes: tuple[str, ...] = ()
    if given is not None:
        path = given
        if not any(series.numbers[0] <= key.frame <= series.numbers[-1] for key in path.keys):
            raise InputError(
                f"{job.path}: its frames {path.keys[0].frame} to {path.keys[-1].frame} are none of {job.source}, which has "
                f"{series.numbers[0]} to {series.numbers[-1]}: give the path of this series"
            )
        if path.keys[0].frame < series.numbers[0] or path.keys[-1].frame > series.numbers[-1]:
            notes = (
                f"{job.path}: its frames {path.keys[0].frame} to {path.keys[-1].frame} are not all in {job.source.name}, "
                f"which has {series.numbers[0]} to {series.numbers[-1]}: is it the path of another series?",
            )
    else:
        path, notes = _fitted(job, series, anchored, watch)
    stretches: tuple[Stretch, ...] = ()
    if job.edl is not None or job.ccc is not None:
        stretches = stretches_of(path, series.numbers, appearance=profile_appearance(series.icc))
    result = DriftResult(job, path, stretches, len(series.numbers), series.encoding, notes)
    with written_together(overwrite=job.overwrite):
        if isinstance(series, ClipSeries) and job.output is not None:
            result = _save_clip(result, series, job.output, watch.part(0.5, 1.0))
        _save_lists(result, series)
    if planned and isinstance(series, PictureSeries):
        result = _save_pictures(result, series, planned, watch.part(0.5, 1.0))
    return result


def _check_places(job: DriftJob) -> None:
    """Refuse what could not be written in the end."""
    sources = (job.source, *job.inputs) if job.source.is_file() else job.inputs
    for path in job.lists:
        others = [other for other in job.files if other is not path]
        check_place(path, inputs=(*sources, *others), overwrite=job.overwrite)
    if job.output is not None and is_clip(job.source) and not job.source.is_dir():
        check_clip_output(job.output, inputs=list(sources), overwrite=job.overwrite)
        check_clip_fits(ClipJob(job.source, _kept(Cdl(), "")), job.output)


def _planned(job: DriftJob, series: PictureSeries) -> Iterator[tuple[int, Path, Path]]:
    """Number, file and result of every picture, checked before the first is written."""
    output = job.output
    assert output is not None
    if is_sequence(job.source):
        plan = plan_sequence(job.source, output, output.parent, inputs=job.inputs, overwrite=job.overwrite)
        for number, item in zip(series.numbers, plan.items, strict=True):
            yield number, item.source, output.parent / item.place
        return
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: this is a file, and {job.source.name} a folder of frames: give a folder")
    if same_file(output, job.source):
        raise InputError(f"{output}: the results would replace the frames: give another folder")
    for number, path in series.files.items():
        place = output / result_name(path.name)
        if output.is_dir():
            supported_output(place, inputs=job.inputs, overwrite=job.overwrite)
        yield number, path, place


def _anchored(job: DriftJob, series: Series) -> dict[int, DriftAnchor]:
    """The anchors by the places of their frames."""
    found: dict[int, DriftAnchor] = {}
    for anchor in job.anchors:
        place = _place_of(anchor, series)
        if place in found or (job.anchor_first and place == 0):
            other = found[place].time if place in found else "the first frame"
            raise InputError(
                f"anchors {anchor.time} and {other} are for one frame, {series.numbers[place]}: leave one out"
            )
        found[place] = anchor
    return dict(sorted(found.items()))


def _place_of(anchor: DriftAnchor, series: Series) -> int:
    """The place of an anchor's frame, from 0. Raises InputError."""
    time = anchor.time.strip()
    last = series.numbers[-1]
    outside = f"anchor {time}: {series.source.name} has no such frame: it has {series.numbers[0]} to {last}, "
    outside += f"{series.seconds[-1]:.2f} s"
    if time[:1].lower() == "f" and time[1:].isdecimal():
        number = int(time[1:])
    elif ":" in time:
        number = frames_of(time, series.rate) - series.first + series.numbers[0]
    else:
        try:
            seconds = float(time[:-1] if time[-1:].lower() == "s" else "")
        except ValueError:
            raise InputError(
                f"anchor {time!r} is no time: give seconds (2.5s), a frame (f120) or a timecode (00:00:02:12)"
            ) from None
        lasts = series.seconds[-1] + 1 / float(series.rate)
        if not 0.0 <= seconds <= lasts:
            raise InputError(outside)
        shown = [place for place, begins in enumerate(series.seconds) if begins <= seconds + 1e-4]
        return shown[-1]
    if number not in series.numbers:
        raise InputError(outside)
    return series.numbers.index(number)


def _fitted(
    job: DriftJob, series: Series, anchored: dict[int, DriftAnchor], watch: Watch
) -> tuple[GradePath, tuple[str, ...]]:
    """The path, segment by segment, and what was assumed."""
    cuts = [] if job.cuts == NO_CUTS else series.cuts()
    edges = [0, *cuts, len(series.numbers)]
    spans = list(zip(edges, edges[1:], strict=False))
    wanted = [moments_of(first, stop, anchored) for first, stop in spans]
    small = series.moments([place for each in wanted for place in each], watch.part(0.15, 0.25))
    if missing := [place for each in wanted for place in each if place not in small]:
        raise InputError(f"{series.source}: frame {series.numbers[missing[0]]} could not be read again: copy the file")
    segments: list[tuple[KeyFrame, ...]] = []
    notes: list[str] = []
    for number, (places, (first, stop)) in enumerate(zip(wanted, spans, strict=True)):
        begin, end = (0.25 + 0.25 * each / len(spans) for each in (number, number + 1))
        within = {place: anchor for place, anchor in anchored.items() if first <= place < stop}
        frames = [series.numbers[place] for place in places]
        moments = [small[place] for place in places]
        pinned, said = _pins(job, series, places, moments, within, own=not within or (job.anchor_first and first == 0))
        if anchored and not within and len(spans) > 1:
            said.append(f"frames {frames[0]} to {frames[-1]} have no anchor: their first frame is taken to look right")
        links = find_links(moments, [one.moment for one in pinned], watch.part(begin, (begin + end) / 2))
        if alone := unlinked(len(moments), links, [one.moment for one in pinned]):
            said.append(
                f"frames {frames[0]} to {frames[-1]}: {len(alone)} of {len(moments)} moments show nothing that an anchored one "
                "shows as well; their grades are carried over from the nearest"
            )
        part = watch.part((begin + end) / 2, end)
        looks = profile_appearance(series.icc)
        segments.append(fit_segment(frames, links, pinned, appearance=looks, progress=part))
        notes += said
    return GradePath(tuple(segments)), tuple(notes)


def _pins(
    job: DriftJob,
    series: Series,
    places: Sequence[int],
    moments: Sequence[Thumbnail],
    anchors: dict[int, DriftAnchor],
    *,
    own: bool,
) -> tuple[list[Pinned], list[str]]:
    """What the anchors say, and notes; ``own``: the first moment looks as it should."""
    pinned, notes = [], []
    if own:
        colors = sample_colors(moments[0].pixels, SPOTS, 0, None)
        pinned.append(Pinned(0, colors, colors))
    for place, anchor in anchors.items():
        moment = places.index(place)
        reference = picture_thumbnail(anchor.picture, series.icc)
        colors_of_both = shared(moments[moment], reference)
        if colors_of_both is None:
            notes.append(
                f"{anchor.picture.name} does not show what frame {series.numbers[place]} shows: its look is taken, as of any "
                "reference"
            )
            settings = replace(job.settings, transform="cdl", scene="different")
            here, there = (
                sample_pixels(each.pixels, settings.samples, settings.seed) for each in (moments[moment], reference)
            )
            grade = fit_samples(here, there, settings, icc=series.icc)
            colors = here.fit[:: max(1, len(here.fit) // SPOTS)]
            colors_of_both = colors, grade.effective.apply(colors)
        pinned.append(Pinned(moment, *colors_of_both))
    return pinned, notes


def _kept(cdl: Cdl, encoding: str) -> SavedGrade:
    return SavedGrade(Grade(cdl, encoding=encoding))


def _save_clip(result: DriftResult, series: ClipSeries, output: Path, watch: Watch) -> DriftResult:
    """Write the clip, each of its frames through its own grade."""
    path, encoding = result.path, series.encoding
    saved = _kept(path.at(0), encoding)
    job = ClipJob(series.source, saved, settings_for(saved))
    clip = ClipResult(
        job,
        series.facts,
        saved.grade,
        None,
        None,
        None,
        (),
        grade_at=lambda place: Grade(path.at(place), encoding=encoding),
    )
    written = clip.save_clip(output, overwrite=result.job.overwrite, watch=watch)
    return replace(
        result, frames=written.frames, notes=(*result.notes, *written.notes), whole=written.broken_at is None
    )


def _save_pictures(
    result: DriftResult, series: PictureSeries, planned: Sequence[tuple[int, Path, Path]], watch: Watch
) -> DriftResult:
    """Write the pictures, one after the other."""
    notes = list(result.notes)
    unseen = result.job.path is not None or result.job.cuts == NO_CUTS  # else every picture was looked at for cuts
    make_folder(planned[0][2].parent)
    for done, (number, source, place) in enumerate(planned):
        watch(done / len(planned), f"grading {source.name}")
        if unseen:
            series.check_encoding(read_reduced(source, at_least=1))
        grade = Grade(result.path.at(number), encoding=series.encoding)
        applied = apply_to_file(grade, source, place, overwrite=result.job.overwrite)
        notes += [note for note in applied.notes if note not in notes]
    watch(1.0, "done")
    return replace(result, notes=tuple(notes))


def _save_lists(result: DriftResult, series: Series) -> None:
    """Write the key frames, the EDL and the grades of its events."""
    job = result.job
    if job.csv is not None:
        shown = dict(zip(series.numbers, series.seconds, strict=True))
        first, rate = series.numbers[0], series.rate
        write_path(job.csv, result.path, lambda frame: shown.get(frame, float((frame - first) / Fraction(rate))))
    numbers = series.numbers
    if job.edl is not None:
        start = series.first - numbers[0]
        shots = [
            (series.source.name, start + numbers[each.first], numbers[each.stop - 1] - numbers[each.first] + 1)
            for each in result.stretches
        ]
        title = job.edl.stem
        text = new_edl(title, shots, series.rate, [each.cdl for each in result.stretches])
        write_text_atomically(job.edl, text)
    if job.ccc is not None:
        name, encoding = series.source.name, series.encoding
        write_collection(
            job.ccc,
            [
                (
                    f"{series.source.stem}-{place:03d}",
                    each.cdl,
                    f"ReSWD Studio: {name}, frames {numbers[each.first]} to {numbers[each.stop - 1]}, {encoding}",
                )
                for place, each in enumerate(result.stretches, 1)
            ],
        )
